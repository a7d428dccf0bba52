#include "check.h"

#include "base/macro.h"
#include "client/findmatch.h"

#include <errno.h>
#include <string.h>

static const struct option_spec specs[] = {
    {.name = "condition", .value = ""},
    {.name = "intervention", .value = ""},
    {.name = "near", .value = ""},
    {.name = "within", .value = ""},
    {.name = "country", .value = ""},
    {.name = "mentions", .value = ""},
    {.name = "recruiting"},
    {.name = NULL},
};

/* Two centres, as the registry writes them; made for this test. */
static const char record[] =
    "{\"protocolSection\":{"
    "\"identificationModule\":{\"nctId\":\"NCT00000001\",\"briefTitle\":\"Cell Therapy in Ang\xC3\xADna\"},"
    "\"statusModule\":{\"overallStatus\":\"RECRUITING\"},"
    "\"conditionsModule\":{\"conditions\":[\"Coronary Microvascular Disease\",\"Diabetes Mellitus\"]},"
    "\"armsInterventionsModule\":{\"interventions\":[{\"name\":\"CD34+ cells\",\"otherNames\":[\"CLBS16\"]}]},"
    "\"contactsLocationsModule\":{\"locations\":["
    "{\"facility\":\"The Christ Hospital\",\"city\":\"Cincinnati\",\"country\":\"United States\","
    "\"status\":\"RECRUITING\",\"geoPoint\":{\"lat\":39.1271,\"lon\":-84.5144}},"
    "{\"facility\":\"Mayo Clinic\",\"city\":\"Rochester\",\"country\":\"United States\","
    "\"status\":\"ACTIVE_NOT_RECRUITING\"}]}}}";

static void read_match(const char *const *words, struct findmatch *ret, struct options *options)
{
    size_t count = 0;

    while (words[count])
        count++;
    *options = (struct options){0};
    assert_true(options_parse(words, count, specs, NULL, false, options, NULL) >= 0);
    assert_int_equal(findmatch_read(options, ret, NULL), 0);
}

#define WORDS(...) ((const char *const[]){__VA_ARGS__, NULL})

static bool study_matches(const char *option, const char *text)
{
    _cleanup_study_ struct study *study = NULL;
    _cleanup_findmatch_ struct findmatch match = {0};
    struct options options;

    assert_int_equal(study_from_text(record, strlen(record), &study, NULL), 0);
    read_match(WORDS(option, text), &match, &options);
    return findmatch_study(&match, study);
}

static void words_are_found_whatever_their_case_order_and_accents(void **state)
{
    (void)state;
    assert_true(study_matches("--condition", "coronary microvascular disease"));
    assert_true(study_matches("--condition", "Microvascular, coronary"));
    assert_true(study_matches("--condition", "angina"));
    assert_true(study_matches("--condition", "diabet"));
    assert_true(study_matches("--intervention", "cd34"));
    assert_true(study_matches("--intervention", "CLBS16"));
}

static void every_word_must_be_there_from_its_start(void **state)
{
    (void)state;
    assert_false(study_matches("--condition", "coronary stroke"));
    assert_false(study_matches("--condition", "vascular"));
    assert_false(study_matches("--condition", "CD34"));
    assert_false(study_matches("--intervention", "diabetes"));
}

static size_t sites_that_match(const char *const *words)
{
    _cleanup_study_ struct study *study = NULL;
    _cleanup_findmatch_ struct findmatch match = {0};
    struct options options;
    size_t found = 0;
    double km;

    assert_int_equal(study_from_text(record, strlen(record), &study, NULL), 0);
    read_match(words, &match, &options);
    for (size_t i = 0; i < study_location_count(study); i++)
        found += findmatch_site(&match, study, i, &km);
    return found;
}

static void centres_are_chosen_by_status_country_and_distance(void **state)
{
    (void)state;
    assert_int_equal(sites_that_match(WORDS("--country", "united states")), 2);
    assert_int_equal(sites_that_match(WORDS("--country", "Canada")), 0);
    assert_int_equal(sites_that_match(WORDS("--country", "us")), 2);
    assert_int_equal(sites_that_match(WORDS("--country", "CA")), 0);
    assert_int_equal(sites_that_match(WORDS("--recruiting")), 1);
    /* One without a position is not known to be near, but it is listed where distance is only shown. */
    assert_int_equal(sites_that_match(WORDS("--near", "39.14,-84.52", "--within", "300km")), 1);
    assert_int_equal(sites_that_match(WORDS("--near", "39.14,-84.52", "--within", "1km")), 0);
    assert_int_equal(sites_that_match(WORDS("--near", "39.14,-84.52")), 2);
}

static void mistakes_are_refused(void **state)
{
    static const char *const cases[][5] = {
        {"--near", "39.14"},
        {"--near", "here"},
        {"--near", "91,0"},
        {"--near", "0,181"},
        {"--near", "nan,0"},
        {"--near", "1,2,3"},
        {"--within", "300km"},
        {"--near", "1,2", "--within", "300"},
        {"--mentions", "a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        _cleanup_findmatch_ struct findmatch match = {0};
        struct options options = {0};
        size_t count = 0;
        while (cases[i][count])
            count++;
        assert_true(options_parse(cases[i], count, specs, NULL, false, &options, NULL) >= 0);
        assert_int_equal(findmatch_read(&options, &match, NULL), -EINVAL);
    }
}

static void mentioned_words_are_taken_apart(void **state)
{
    _cleanup_findmatch_ struct findmatch match = {0};
    struct options options;

    (void)state;
    read_match(WORDS("--mentions", "diabetes,,heart failure"), &match, &options);
    assert_int_equal(match.word_count, 2);
    assert_string_equal(match.words[0], "diabetes");
    assert_string_equal(match.words[1], "heart failure");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_are_found_whatever_their_case_order_and_accents),
        cmocka_unit_test(every_word_must_be_there_from_its_start),
        cmocka_unit_test(centres_are_chosen_by_status_country_and_distance),
        cmocka_unit_test(mistakes_are_refused),
        cmocka_unit_test(mentioned_words_are_taken_apart),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
