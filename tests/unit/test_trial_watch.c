#include "check.h"

#include "base/clock.h"
#include "trial/watch.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define BIT(kind) (UINT64_C(1) << (kind))
#define ARE(...) ((char *[]){__VA_ARGS__})

/* Hand-written, not registry content. The clinic in Paris and the one in Dayton have no geoPoint. */
static const char record[] =
    "{\"protocolSection\":{\"identificationModule\":{\"nctId\":\"NCT00000007\",\"nctIdAliases\":[\"NCT00000003\",7]},"
    "\"statusModule\":{\"overallStatus\":\"RECRUITING\"},"
    "\"eligibilityModule\":{\"eligibilityCriteria\":\"Inclusion Criteria:\\n\\n  * Type 2 Diabetes Mellitus\\r\\n"
    "* M\\u00e9ni\\u00e8re's disease\\n* No prediabetes\\nDIABETES and hypertension\"},"
    "\"contactsLocationsModule\":{\"locations\":["
    "{\"facility\":\"A\",\"city\":\"Cincinnati\",\"country\":\"United States\","
    "\"geoPoint\":{\"lat\":39.12713,\"lon\":-84.51435}},"
    "{\"facility\":\"B\",\"city\":\"Paris\",\"country\":\"France\",\"geoPoint\":{\"lat\":48.85341,\"lon\":2.3488}},"
    "{\"facility\":\"C\",\"city\":\"Paris\",\"country\":\"France\"},"
    "{\"facility\":\"D\",\"city\":\"Dayton\",\"country\":\"United States\"},"
    "{\"facility\":\"E\",\"city\":\"Cincinnati\",\"country\":\"United States\"},"
    "{\"facility\":\"F\",\"geoPoint\":{\"lat\":\"39\",\"lon\":null}}]}}}";

enum { CINCINNATI, PARIS, PARIS_UNLOCATED, DAYTON_UNLOCATED, CINCINNATI_UNLOCATED, NOWHERE };

static struct study *study;

static int setup_study(void **state)
{
    struct error e;

    (void)state;
    return study_from_text(record, strlen(record), &study, &e);
}

static int teardown_study(void **state)
{
    (void)state;
    study_free(study);
    return 0;
}

static struct change site_change(enum kind kind, size_t index)
{
    return (struct change){.kind = kind, .weight = WEIGHT_URGENT, .old_index = SITE_NONE, .new_index = index};
}

static struct change study_change(enum kind kind)
{
    return site_change(kind, SITE_NONE);
}

static bool wants_site(const struct watch *watch, size_t index)
{
    struct change change = site_change(KIND_SITE_OPENED, index);

    return watch_wants(watch, study, &change);
}

static struct watch near_cincinnati(double within_km)
{
    return (struct watch){.weights = watch_default_weights(),
                          .near = {.set = true, .lat = 39.14, .lon = -84.52, .within_km = within_km}};
}

static void defaults_are_what_is_urgent_or_notable(void **state)
{
    static const struct {
        enum kind kind;
        bool told;
    } kinds[] = {
        {KIND_SITE_OPENED, true}, {KIND_STATUS, true}, {KIND_ELIGIBILITY, true},    {KIND_LISTED, true},
        {KIND_UNLISTED, true},    {KIND_TITLE, false}, {KIND_SITE_GEOPOINT, false}, {KIND_SUBMISSION, false},
    };
    struct watch watch = {.kinds = watch_default_kinds(), .weights = watch_default_weights()};

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
        struct change change = study_change(kinds[i].kind);
        change.weight = kind_info(kinds[i].kind)->weight;
        assert_int_equal(watch_wants(&watch, study, &change), kinds[i].told);
    }
}

static void a_change_passes_by_its_own_weight_or_a_named_kind(void **state)
{
    struct watch watch = {.kinds = watch_default_kinds(), .weights = watch_default_weights()};
    struct change rewrapped = study_change(KIND_ELIGIBILITY), raised = study_change(KIND_TITLE);

    (void)state;
    rewrapped.weight = WEIGHT_ROUTINE;
    raised.weight = WEIGHT_NOTABLE;
    assert_false(watch_wants(&watch, study, &rewrapped));
    assert_true(watch_wants(&watch, study, &raised));
    watch.kinds |= BIT(KIND_ELIGIBILITY);
    assert_true(watch_wants(&watch, study, &rewrapped));
    watch.kinds = 0;
    watch.weights = watch_weights_from(WEIGHT_ROUTINE);
    assert_true(watch_wants(&watch, study, &rewrapped));
    watch.weights = watch_weights_from(WEIGHT_URGENT);
    assert_false(watch_wants(&watch, study, &raised));
}

static void only_the_kinds_of_the_watch_pass(void **state)
{
    struct watch watch = {.kinds = BIT(KIND_STATUS)};
    struct change status = study_change(KIND_STATUS), title = study_change(KIND_TITLE);

    (void)state;
    assert_true(watch_wants(&watch, study, &status));
    assert_false(watch_wants(&watch, study, &title));
}

static void a_listed_study_always_passes_for_a_query(void **state)
{
    struct watch watch = {.kinds = BIT(KIND_STATUS)};
    struct change listed = study_change(KIND_LISTED);

    (void)state;
    assert_false(watch_has_query(&watch));
    assert_false(watch_wants(&watch, study, &listed));
    watch.query.condition = ARE("angina")[0];
    assert_true(watch_has_query(&watch));
    assert_true(watch_wants(&watch, study, &listed));
}

static void silence_passes_only_by_name(void **state)
{
    struct watch watch = {.kinds = BIT(KIND_SITE_GEOPOINT) | BIT(KIND_SITE_OPENED)};
    struct change geopoint = site_change(KIND_SITE_GEOPOINT, CINCINNATI);
    struct change opened = site_change(KIND_SITE_OPENED, CINCINNATI);

    (void)state;
    geopoint.weight = WEIGHT_SILENT;
    assert_true(watch_wants(&watch, study, &geopoint));
    opened.weight = WEIGHT_SILENT; /* for a kind that is not: nothing that people would see */
    assert_false(watch_wants(&watch, study, &opened));
    watch.kinds = watch_default_kinds();
    watch.weights = watch_default_weights();
    assert_false(watch_wants(&watch, study, &geopoint));
}

static void distances_follow_the_great_circle(void **state)
{
    struct watch_near cincinnati = {true, 39.14, -84.52, 0}, pole = {true, 90, 0, 0};
    struct watch_near here = {true, 48.85341, 2.3488, 0};

    (void)state;
    assert_true(watch_distance_km(&here, study_location(study, PARIS)) < 0.001);
    double km = watch_distance_km(&cincinnati, study_location(study, PARIS));
    assert_true(km > 6640 && km < 6680);
    km = watch_distance_km(&pole, study_location(study, CINCINNATI));
    assert_true(km > 5650 && km < 5660);
    assert_true(watch_distance_km(&here, study_location(study, DAYTON_UNLOCATED)) < 0);
    assert_true(watch_distance_km(&here, study_location(study, NOWHERE)) < 0);
    assert_true(watch_distance_km(&here, NULL) < 0);
}

static void opposite_points_are_half_the_earth_apart(void **state)
{
    struct watch_near here = {true, 10, 20, 0};
    json_t *there = json_pack("{s{sf sf}}", "geoPoint", "lat", -10.0, "lon", -160.0);

    (void)state;
    double km = watch_distance_km(&here, there);
    assert_true(km > 20014 && km < 20016);
    json_decref(there);
}

static void only_sites_near_pass(void **state)
{
    struct watch watch = near_cincinnati(300);
    struct change status = study_change(KIND_STATUS);

    (void)state;
    assert_true(wants_site(&watch, CINCINNATI));
    assert_false(wants_site(&watch, PARIS));
    assert_true(watch_wants(&watch, study, &status));
    watch = near_cincinnati(1.6);
    assert_true(wants_site(&watch, CINCINNATI));
    watch = near_cincinnati(1.4);
    assert_false(wants_site(&watch, CINCINNATI));
}

static void a_site_without_position_is_where_its_city_is(void **state)
{
    struct watch watch = near_cincinnati(300);

    (void)state;
    assert_true(wants_site(&watch, CINCINNATI_UNLOCATED));
    assert_false(wants_site(&watch, PARIS_UNLOCATED));
    assert_true(wants_site(&watch, DAYTON_UNLOCATED)); /* nobody knows: better told than lost */
    assert_true(wants_site(&watch, NOWHERE));
}

static void a_removed_site_is_where_it_was(void **state)
{
    struct watch watch = near_cincinnati(300);
    struct change removed = {
        .kind = KIND_SITE_REMOVED, .weight = WEIGHT_NOTABLE, .old_index = 3, .new_index = SITE_NONE};

    (void)state;
    removed.before = (json_t *)study_location(study, PARIS);
    assert_false(watch_wants(&watch, study, &removed));
    removed.before = (json_t *)study_location(study, CINCINNATI);
    assert_true(watch_wants(&watch, study, &removed));
    removed.before = (json_t *)study_location(study, PARIS_UNLOCATED);
    assert_false(watch_wants(&watch, study, &removed));
    removed.before = NULL;
    assert_true(watch_wants(&watch, study, &removed));
}

static void only_sites_of_the_countries_pass(void **state)
{
    struct watch watch = {
        .weights = watch_default_weights(), .countries = ARE("Canada", "united  states"), .country_count = 2};
    struct change status = study_change(KIND_STATUS);

    (void)state;
    assert_true(wants_site(&watch, CINCINNATI));
    assert_false(wants_site(&watch, PARIS));
    assert_true(wants_site(&watch, NOWHERE));
    assert_true(watch_wants(&watch, study, &status));
}

static void a_watch_of_all_studies_looks_at_those_with_a_site_there(void **state)
{
    static const char nowhere[] = "{\"protocolSection\":{\"identificationModule\":{\"nctId\":\"NCT00000009\"}}}";
    struct watch watch = {.weights = watch_default_weights(), .countries = ARE("Canada"), .country_count = 1};
    struct change status = study_change(KIND_STATUS);
    struct study *other;
    struct error e;

    (void)state;
    assert_int_equal(study_from_text(nowhere, strlen(nowhere), &other, &e), 0);
    assert_true(watch_wants(&watch, study, &status)); /* by its id it is meant wherever it is */
    assert_true(watch_wants(&watch, other, &status));
    watch.all_studies = true;
    watch.countries = ARE("france");
    assert_true(watch_wants(&watch, study, &status));
    assert_false(watch_wants(&watch, other, &status));
    watch.countries = ARE("Germany");
    assert_true(wants_site(&watch, NOWHERE));
    assert_true(watch_wants(&watch, study, &status)); /* a site that does not say where it is */
    watch.near = (struct watch_near){.set = true, .lat = -80, .lon = 0, .within_km = 10};
    watch.country_count = 0;
    assert_true(watch_wants(&watch, study, &status)); /* Dayton has no position */
    study_free(other);
}

static void country_and_distance_hold_both(void **state)
{
    struct watch watch = near_cincinnati(10000);

    (void)state;
    watch.countries = ARE("France");
    watch.country_count = 1;
    assert_true(wants_site(&watch, PARIS));
    assert_false(wants_site(&watch, CINCINNATI));
    watch.near.within_km = 300;
    assert_false(wants_site(&watch, PARIS));
}

static struct watch in_place(void)
{
    return (struct watch){.weights = watch_default_weights()};
}

/* A study of the given sites, for the one place that the watch wants. */
static bool wants_site_of(const struct watch *watch, const char *locations, size_t index)
{
    char text[2048];
    struct study *there;
    struct change change = site_change(KIND_SITE_OPENED, index);

    snprintf(text, sizeof(text),
             "{\"protocolSection\":{\"identificationModule\":{\"nctId\":\"NCT00000008\"},"
             "\"contactsLocationsModule\":{\"locations\":[%s]}}}",
             locations);
    assert_int_equal(study_from_text(text, strlen(text), &there, NULL), 0);
    bool wants = watch_wants(watch, there, &change);
    study_free(there);
    return wants;
}

static void only_sites_of_the_states_pass(void **state)
{
    static const char sites[] =
        "{\"city\":\"Dayton\",\"state\":\"Ohio\",\"country\":\"United States\"},"
        "{\"city\":\"Montr\u00e9al\",\"state\":\"Qu\u00e9bec\",\"country\":\"Canada\"},"
        "{\"city\":\"Dayton\",\"country\":\"United States\"},{\"city\":\"Montr\u00e9al\",\"country\":\"Canada\"},"
        "{\"city\":\"Paris\",\"country\":\"France\"}";
    struct watch watch = in_place();

    (void)state;
    watch.states = ARE("ohio");
    watch.state_count = 1;
    assert_true(wants_site_of(&watch, sites, 0));
    assert_false(wants_site_of(&watch, sites, 1));
    assert_true(wants_site_of(&watch, sites, 2));  /* its city is in Ohio */
    assert_false(wants_site_of(&watch, sites, 3)); /* its city is in Québec */
    assert_true(wants_site_of(&watch, sites, 4));  /* nobody knows */
    watch.countries = ARE("United States");
    watch.country_count = 1;
    assert_false(wants_site_of(&watch, sites, 4));
    watch.country_count = 0;
    watch.states = ARE("QUEBEC", "Ohio");
    watch.state_count = 2;
    assert_true(wants_site_of(&watch, sites, 0));
    assert_true(wants_site_of(&watch, sites, 1));
}

static void only_sites_of_the_cities_pass(void **state)
{
    struct watch watch = in_place();

    (void)state;
    watch.cities = ARE("CINCINNATI");
    watch.city_count = 1;
    assert_true(wants_site(&watch, CINCINNATI));
    assert_false(wants_site(&watch, PARIS));
    assert_true(wants_site(&watch, NOWHERE));
    watch.cities = ARE("Cincin");
    assert_false(wants_site(&watch, CINCINNATI));
}

static void only_facilities_that_mention_a_word_pass(void **state)
{
    static const char sites[] = "{\"facility\":\"H\u00f4pital Universit\u00e9 Laval (Site 12)\"},"
                                "{\"facility\":\"Mayo  Clinic - Rochester\"},{\"facility\":\"Clinic of Mayonnaise\"},"
                                "{\"city\":\"Paris\"},{\"facility\":7}";
    struct watch watch = in_place();

    (void)state;
    watch.facilities = ARE("mayo clinic", "universite");
    watch.facility_count = 2;
    assert_true(wants_site_of(&watch, sites, 0));
    assert_true(wants_site_of(&watch, sites, 1));
    assert_false(wants_site_of(&watch, sites, 2));
    assert_true(wants_site_of(&watch, sites, 3)); /* without a name */
    assert_true(wants_site_of(&watch, sites, 4));
}

static void a_study_enters_a_query_where_one_of_its_sites_is(void **state)
{
    struct watch watch = in_place();
    struct change listed = study_change(KIND_LISTED), unlisted = study_change(KIND_UNLISTED);

    (void)state;
    watch.kinds = watch_default_kinds();
    watch.query.condition = "angina";
    watch.cities = ARE("Dayton");
    watch.city_count = 1;
    assert_true(watch_wants(&watch, study, &listed));
    assert_true(watch_wants(&watch, study, &unlisted));
    watch.countries = ARE("France");
    watch.country_count = 1;
    watch.cities = ARE("Lyon");
    struct study *elsewhere, *nowhere;
    static const char paris[] = "{\"protocolSection\":{\"identificationModule\":{\"nctId\":\"NCT00000009\"},"
                                "\"contactsLocationsModule\":{\"locations\":[{\"city\":\"Paris\"}]}}}",
                      none[] = "{\"protocolSection\":{\"identificationModule\":{\"nctId\":\"NCT00000009\"}}}";
    assert_int_equal(study_from_text(paris, strlen(paris), &elsewhere, NULL), 0);
    assert_int_equal(study_from_text(none, strlen(none), &nowhere, NULL), 0);
    assert_false(watch_wants(&watch, elsewhere, &listed));
    assert_false(watch_wants(&watch, elsewhere, &unlisted));
    assert_true(watch_wants(&watch, nowhere, &listed)); /* a study without sites may be anywhere */
    study_free(elsewhere);
    study_free(nowhere);
}

static void check_highlights(char **words, size_t count, const char *expected)
{
    json_t *highlights = watch_highlights(words, count, study);
    char *text = json_dumps(highlights, JSON_COMPACT | JSON_SORT_KEYS);

    assert_string_equal(text, expected);
    free(text);
    json_decref(highlights);
}

static void lines_with_the_words_are_quoted(void **state)
{
    (void)state;
    check_highlights(ARE("diabetes", "hypertension"), 2,
                     "[{\"line\":\"* Type 2 Diabetes Mellitus\",\"word\":\"diabetes\"},"
                     "{\"line\":\"DIABETES and hypertension\",\"word\":\"diabetes\"}]");
    check_highlights(ARE("Hypertension"), 1, "[{\"line\":\"DIABETES and hypertension\",\"word\":\"Hypertension\"}]");
    check_highlights(ARE("meniere's DISEASE"), 1,
                     "[{\"line\":\"* M\xC3\xA9ni\xC3\xA8re's disease\",\"word\":\"meniere's DISEASE\"}]");
    check_highlights(ARE("diabete", "mellitus type", "", " - "), 4, "[]");
    check_highlights(NULL, 0, "[]");
}

static void a_study_without_criteria_has_no_highlights(void **state)
{
    static const char bare[] = "{\"protocolSection\":{\"identificationModule\":{\"nctId\":\"NCT00000009\"}}}";
    struct study *other;
    struct error e;

    (void)state;
    assert_int_equal(study_from_text(bare, strlen(bare), &other, &e), 0);
    json_t *highlights = watch_highlights(ARE("diabetes"), 1, other);
    assert_int_equal(json_array_size(highlights), 0);
    json_decref(highlights);
    study_free(other);
}

static void note_visit(const struct watch *watch, void *userdata)
{
    char *names = userdata;

    strcat(names, watch->name);
    strcat(names, " ");
}

static void check_visits(const struct watch *const *watches, size_t count, const char *expected)
{
    struct watch_set *set = NULL;
    char names[200] = "";

    assert_int_equal(watch_set_new(watches, count, &set), 0);
    watch_set_visit(set, study, note_visit, names);
    assert_string_equal(names, expected);
    watch_set_free(set);
}

static void a_study_finds_its_watches_once(void **state)
{
    struct watch by_id = {.name = ARE("id")[0], .studies = ARE("NCT00000007", "NCT00000007"), .study_count = 2};
    struct watch by_alias = {.name = ARE("alias")[0], .studies = ARE("NCT00000003"), .study_count = 1};
    struct watch by_both = {.name = ARE("both")[0], .studies = ARE("NCT00000003", "NCT00000007"), .study_count = 2};
    struct watch all = {.name = ARE("all")[0], .all_studies = true, .studies = ARE("NCT00000007"), .study_count = 1};
    struct watch other = {.name = ARE("other")[0], .studies = ARE("NCT00000001", "NCT00000008", ""), .study_count = 3};
    struct watch query = {.name = ARE("query")[0], .query = {.term = ARE("angina")[0]}};

    (void)state;
    check_visits((const struct watch *[]){&by_id, &by_alias, &by_both, &all, &other, &query}, 6, "all both id alias ");
    check_visits((const struct watch *[]){&other, &query}, 2, "");
    check_visits(NULL, 0, "");
}

static void studies_are_listed_sorted_and_once(void **state)
{
    struct watch a = {.name = ARE("a")[0], .studies = ARE("NCT00000007", "NCT00000003"), .study_count = 2};
    struct watch b = {.name = ARE("b")[0], .studies = ARE("NCT00000005", "NCT00000007"), .study_count = 2};
    struct watch_set *set;
    size_t count;

    (void)state;
    assert_int_equal(watch_set_new((const struct watch *[]){&b, &a}, 2, &set), 0);
    const char *const *studies = watch_set_studies(set, &count);
    assert_int_equal(count, 3);
    assert_string_equal(studies[0], "NCT00000003");
    assert_string_equal(studies[1], "NCT00000005");
    assert_string_equal(studies[2], "NCT00000007");
    assert_ptr_equal(watch_set_find(set, "a"), &a);
    assert_ptr_equal(watch_set_find(set, "b"), &b);
    assert_null(watch_set_find(set, "c"));
    assert_null(watch_set_find(set, ""));
    watch_set_free(set);
    watch_set_free(NULL);
}

static void a_channel_gets_one_notice(void **state)
{
    char **here = ARE("NCT00000007");
    struct watch status = {.name = ARE("status")[0],
                           .studies = here,
                           .study_count = 1,
                           .kinds = BIT(KIND_STATUS),
                           .channels = ARE("mail", "slack", "mail"),
                           .channel_count = 3};
    struct watch near = near_cincinnati(300);
    struct watch title = {.name = ARE("title")[0],
                          .studies = here,
                          .study_count = 1,
                          .kinds = BIT(KIND_TITLE),
                          .channels = ARE("nobody"),
                          .channel_count = 1};
    struct watch mute = {.name = ARE("mute")[0], .studies = here, .study_count = 1, .kinds = BIT(KIND_STATUS)};
    struct change items[] = {site_change(KIND_SITE_OPENED, CINCINNATI), site_change(KIND_SITE_OPENED, PARIS),
                             study_change(KIND_STATUS), study_change(KIND_DESCRIPTION)};
    struct change_list changes = {.items = items, .count = ARRAY_SIZE(items)};
    struct watch_set *set;
    struct notice_list notices = {0};

    (void)state;
    items[3].weight = WEIGHT_ROUTINE;
    near.name = ARE("near")[0];
    near.studies = here;
    near.study_count = 1;
    near.channels = ARE("slack");
    near.channel_count = 1;
    assert_int_equal(watch_set_new((const struct watch *[]){&status, &near, &title, &mute}, 4, &set), 0);
    assert_int_equal(watch_set_notices(set, study, NULL, 0, &changes, &notices), 0);
    assert_int_equal(notices.count, 2);

    assert_string_equal(notices.items[0].channel, "mail");
    assert_int_equal(notices.items[0].watch_count, 1);
    assert_ptr_equal(notices.items[0].watches[0], &status);
    assert_int_equal(notices.items[0].change_count, 1);
    assert_int_equal(notices.items[0].changes[0], 2);

    assert_string_equal(notices.items[1].channel, "slack");
    assert_int_equal(notices.items[1].watch_count, 2);
    assert_ptr_equal(notices.items[1].watches[0], &near);
    assert_ptr_equal(notices.items[1].watches[1], &status);
    assert_int_equal(notices.items[1].change_count, 2);
    assert_int_equal(notices.items[1].changes[0], 0);
    assert_int_equal(notices.items[1].changes[1], 2);
    notice_list_free(&notices);
    notice_list_free(&notices);

    changes.count = 0;
    assert_int_equal(watch_set_notices(set, study, NULL, 0, &changes, &notices), 0);
    assert_int_equal(notices.count, 0);
    notice_list_free(&notices);
    watch_set_free(set);
}

static void count_visit(const struct watch *watch, void *userdata)
{
    (void)watch;
    ++*(size_t *)userdata;
}

/* Of this process: how busy the machine is does not count. */
static int64_t cpu_usec(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
    return (int64_t)ts.tv_sec * USEC_PER_SEC + ts.tv_nsec / 1000;
}

/* A million watches of some 500,000 studies: what one daemon for everybody would hold. */
static void a_million_watches_are_found_at_once(void **state)
{
    const size_t count = 1000000;
    struct watch *watches = calloc(count, sizeof(*watches));
    const struct watch **pointers = calloc(count, sizeof(*pointers));
    char(*names)[16] = calloc(count, sizeof(*names)), (*ids)[16] = calloc(count, sizeof(*ids));
    char **studies = calloc(count, sizeof(*studies));
    struct watch_set *set;
    size_t visits = 0;

    (void)state;
    for (size_t i = 0; i < count; i++) {
        snprintf(names[i], sizeof(names[i]), "watch-%zu", i);
        snprintf(ids[i], sizeof(ids[i]), "NCT%08zu", i * 7919 % 500000);
        studies[i] = ids[i];
        watches[i] = (struct watch){.name = names[i], .studies = &studies[i], .study_count = 1};
        pointers[i] = &watches[i];
    }
    int64_t start_usec = cpu_usec();
    assert_int_equal(watch_set_new(pointers, count, &set), 0);
    int64_t built_usec = cpu_usec();
    for (int i = 0; i < 100000; i++)
        watch_set_visit(set, study, count_visit, &visits);
    int64_t visited_usec = cpu_usec();
    print_message("1,000,000 watches: built in %lld ms, 100,000 studies visited in %lld ms\n",
                  (long long)(built_usec - start_usec) / 1000, (long long)(visited_usec - built_usec) / 1000);
    assert_int_equal(visits, 100000 * 4);
    assert_in_range(built_usec - start_usec, 0, 20 * USEC_PER_SEC);
    assert_in_range(visited_usec - built_usec, 0, 5 * USEC_PER_SEC);
    watch_set_free(set);
    free(watches);
    free(pointers);
    free(names);
    free(ids);
    free(studies);
}

static void clearing_frees_everything(void **state)
{
    struct watch watch = {.name = strdup("a"),
                          .study_count = 1,
                          .studies = calloc(1, sizeof(char *)),
                          .query = {.condition = strdup("b"), .advanced = strdup("c")}};

    (void)state;
    watch.studies[0] = strdup("NCT00000007");
    watch_clear(&watch);
    assert_null(watch.name);
    assert_int_equal(watch.study_count, 0);
    watch_clear(&watch);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(defaults_are_what_is_urgent_or_notable),
        cmocka_unit_test(a_change_passes_by_its_own_weight_or_a_named_kind),
        cmocka_unit_test(only_the_kinds_of_the_watch_pass),
        cmocka_unit_test(a_listed_study_always_passes_for_a_query),
        cmocka_unit_test(silence_passes_only_by_name),
        cmocka_unit_test(distances_follow_the_great_circle),
        cmocka_unit_test(opposite_points_are_half_the_earth_apart),
        cmocka_unit_test(only_sites_near_pass),
        cmocka_unit_test(a_site_without_position_is_where_its_city_is),
        cmocka_unit_test(a_removed_site_is_where_it_was),
        cmocka_unit_test(only_sites_of_the_countries_pass),
        cmocka_unit_test(only_sites_of_the_states_pass),
        cmocka_unit_test(only_sites_of_the_cities_pass),
        cmocka_unit_test(only_facilities_that_mention_a_word_pass),
        cmocka_unit_test(a_study_enters_a_query_where_one_of_its_sites_is),
        cmocka_unit_test(a_watch_of_all_studies_looks_at_those_with_a_site_there),
        cmocka_unit_test(country_and_distance_hold_both),
        cmocka_unit_test(lines_with_the_words_are_quoted),
        cmocka_unit_test(a_study_without_criteria_has_no_highlights),
        cmocka_unit_test(a_study_finds_its_watches_once),
        cmocka_unit_test(studies_are_listed_sorted_and_once),
        cmocka_unit_test(a_channel_gets_one_notice),
        cmocka_unit_test(a_million_watches_are_found_at_once),
        cmocka_unit_test(clearing_frees_everything),
    };

    return cmocka_run_group_tests(tests, setup_study, teardown_study);
}
