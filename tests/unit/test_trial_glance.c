/* A record by its bytes: never taken for unchanged when it changed. */
#include "trial_records.h"

#include "trial/glance.h"

#include <errno.h>

#define RECORD(day)                                                                                                    \
    "{\"protocolSection\":{\"identificationModule\":{\"nctId\":\"NCT01234567\",\"briefTitle\":\"A "                    \
    "\\\"versionHolder\\\":"                                                                                           \
    "\\\"x\\\" [{ title\\\\\"},\"statusModule\":{\"overallStatus\":\"RECRUITING\"}},\"derivedSection\":"               \
    "{\"miscInfoModule\":{\"versionHolder\":\"" day "\"},\"other\":[1,2.5e3,null,{\"versionHolder\":\"2020\"}]},"      \
    "\"hasResults\":false}"

static const struct glance_key key = {{7, 1, 42}};

static bool same_bytes(const struct glance *a, const struct glance *b)
{
    return memcmp(a->hash, b->hash, sizeof(a->hash)) == 0;
}

static struct glance glance_of(const char *text)
{
    struct glance glance;

    if (glance_at_record(&key, text, strlen(text), &glance) < 0)
        fail_msg("not recognised: %s", text);
    return glance;
}

static void check_same(const struct study *study, const char *text, size_t len)
{
    _cleanup_study_ struct study *other = NULL;

    if (study_from_text(text, len, &other, NULL) < 0 ||
        memcmp(study_hash(study), study_hash(other), STUDY_HASH_BYTES) != 0)
        fail_msg("taken for unchanged: %.*s", (int)size_min(len, 4000), text);
}

/* Equal glances are equal versions, whatever text it is, and so is what is recognised. */
static void check_text(const struct glance *known, const struct study *study, const char *text, size_t len)
{
    struct glance glance;
    size_t known_len;

    if (glance_at_record(&key, text, len, &glance) == 0 && same_bytes(known, &glance))
        check_same(study, text, len);
    if (glance_recognise(&key, known, text, len, &known_len) == 1)
        check_same(study, text, known_len);
}

static void the_day_of_the_refresh_is_no_change(void **state)
{
    struct glance one = glance_of(RECORD("2026-02-11")), two = glance_of(RECORD("2026-02-12"));

    (void)state;
    assert_string_equal(one.nct_id, "NCT01234567");
    assert_true(same_bytes(&one, &two));
    struct glance longer = glance_of(RECORD("2026-02-12T09:00:05")), none = glance_of(RECORD(""));
    assert_true(same_bytes(&one, &longer) && same_bytes(&one, &none));
}

/* What follows the record is not looked at, and neither is where its parts stand. */
static void the_text_that_was_glanced_at_is_recognised_in_a_page(void **state)
{
    static const char *const days[] = {"2026-02-11", "2026-02-12", "2026-02-12T09:00:05Z", ""};
    struct glance known = glance_of(RECORD("2026-02-11"));
    size_t day_at = (size_t)(strstr(RECORD("2026-02-11"), "2026-02-11") - RECORD("2026-02-11"));

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(days); i++) {
        const char *text = RECORD("2026-02-11");
        char page[2048];
        size_t len, record_len = strlen(text) - 10 + strlen(days[i]);
        snprintf(page, sizeof(page), "%.*s%s%s,{\"protocolSection\":", (int)day_at, text, days[i], text + day_at + 10);
        assert_int_equal(glance_recognise(&key, &known, page, strlen(page), &len), 1);
        assert_int_equal(len, record_len);
        assert_int_equal(glance_recognise(&key, &known, page, record_len, &len), 1);
        assert_int_equal(glance_recognise(&key, &known, page, record_len - 1, &len), 0);
        page[record_len - 2] ^= 1;
        assert_int_equal(glance_recognise(&key, &known, page, strlen(page), &len), 0);
    }
}

static void any_numbers_of_a_damaged_history_will_do(void **state)
{
    static const size_t numbers[] = {0, 1, 100, 500, 10000, SIZE_MAX - 8, SIZE_MAX};
    const char *text = RECORD("2026-02-11");
    struct glance known = glance_of(text);
    size_t right_bytes = known.bytes, right_day = known.day_at, len;

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(numbers) * ARRAY_SIZE(numbers); i++) {
        known.bytes = numbers[i / ARRAY_SIZE(numbers)];
        known.day_at = numbers[i % ARRAY_SIZE(numbers)];
        assert_int_equal(glance_recognise(&key, &known, text, strlen(text), &len), 0);
    }
    known.bytes = right_bytes;
    known.day_at = right_day;
    assert_int_equal(glance_recognise(&key, &known, text, strlen(text), &len), 1);
}

static void the_id_is_guessed_from_the_first_bytes(void **state)
{
    static const struct {
        const char *text, *nct_id;
    } texts[] = {
        {RECORD("2026-02-11"), "NCT01234567"},
        {"{ \"protocolSection\" : {\"identificationModule\":\n{\"nctId\" : \"NCT01234567\"", "NCT01234567"},
        {"{\"nctId\":\"NCT0123456\"}", NULL},
        {"{\"nctId\":\"NCT012345678\"}", NULL},
        {"{\"nctId\":1}", NULL},
        {"{\"nctId\":", NULL},
        {"{\"nctId\"", NULL},
        {"{\"nctId\":\"NCT0123", NULL},
        {"", NULL},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
        char nct_id[STUDY_NCT_ID_BYTES] = "";
        bool found = glance_guess_id(texts[i].text, strlen(texts[i].text), nct_id);
        assert_string_equal(nct_id, texts[i].nct_id ? texts[i].nct_id : "");
        assert_int_equal(found, texts[i].nct_id != NULL);
    }
}

static void another_key_knows_nothing(void **state)
{
    static const struct glance_key other = {{7, 1, 43}};
    const char *text = RECORD("2026-02-11");
    struct glance known = glance_of(text);
    size_t len;

    (void)state;
    assert_int_equal(glance_recognise(&key, &known, text, strlen(text), &len), 1);
    assert_int_equal(glance_recognise(&other, &known, text, strlen(text), &len), 0);
}

static void a_record_without_a_day_is_all_that_it_is(void **state)
{
    struct glance one = glance_of("{\"protocolSection\":{\"identificationModule\":{\"nctId\":\"NCT01234567\"}}}");
    struct glance two = glance_of("{\"protocolSection\":{\"identificationModule\":{\"nctId\":\"NCT01234567\"}} }");

    (void)state;
    assert_false(same_bytes(&one, &two)); /* equal, but that takes decoding */
}

static void white_space_is_read_like_json(void **state)
{
    (void)state;
    struct glance glance = glance_of(" {\n\"protocolSection\" : { \"identificationModule\" :\t{\"nctId\" :"
                                     " \"NCT01234567\" } } , \"derivedSection\" : {\"miscInfoModule\" :"
                                     " {\"versionHolder\" : \"2026\"}}}");
    assert_string_equal(glance.nct_id, "NCT01234567");
}

/* Every byte of a record becomes any of these, goes, or comes. */
static void any_byte_that_changes_is_seen(void **state)
{
    static const char bytes[] = "\"\\{}[]:,0-x \n\x7f\xc3";
    const char *text = RECORD("2026-02-11");
    size_t len = strlen(text);
    struct glance known = glance_of(text);
    _cleanup_study_ struct study *study = study_of_text(text);
    _cleanup_free_ char *copy = malloc(len + 1);

    (void)state;
    for (size_t at = 0; at < len; at++) {
        for (const char *byte = bytes; *byte; byte++) {
            memcpy(copy, text, len);
            copy[at] = *byte;
            check_text(&known, study, copy, len);
            memcpy(copy, text, at);
            copy[at] = *byte;
            memcpy(copy + at + 1, text + at, len - at);
            check_text(&known, study, copy, len + 1);
        }
        memcpy(copy, text, at);
        memcpy(copy + at, text + at + 1, len - at - 1);
        check_text(&known, study, copy, len - 1);
    }
}

static void what_the_bytes_alone_do_not_tell_is_to_be_decoded(void **state)
{
    static const char *const texts[] = {
        "",
        "{}",
        "[]",
        "\"NCT01234567\"",
        "{\"protocolSection\":{\"identificationModule\":{\"nctId\":\"NCT01234567\"}}",   /* ends early */
        "{\"protocolSection\":{\"identificationModule\":{\"nctId\":\"NCT01234567\"}}} ", /* more than it */
        "{\"protocolSection\":{\"identificationModule\":{\"nctId\":\"NCT0123456\"}}}",   /* no id */
        "{\"protocolSection\":{\"identificationModule\":{\"nctId\":1}}}",
        "{\"protocolSection\":[{\"identificationModule\":{\"nctId\":\"NCT01234567\"}}]}", /* not where it belongs */
        "{\"protocolSection\":{\"identificationModule\":{\"nctId\":\"NCT01234567\",\"nctIdAliases\":[]}}}",
        "{\"protocolSection\":{\"identificationModule\":{\"nctId\":\"NCT01234567\",\"nctId\":\"NCT01234568\"}}}",
        "{\"protocolSection\":{\"identificationModule\":{\"nctId\":\"NCT01234567\",\"nct\\u0049d\":\"NCT01234568\"}}}",
        ("{\"protocolSection\":{\"identificationModule\":{\"nctId\":\"NCT01234567\"}},\"derivedSection\":"
         "{\"miscInfoModule\":{\"versionHolder\":{}}}}"),
        ("{\"protocolSection\":{\"identificationModule\":{\"nctId\":\"NCT01234567\"}},\"derivedSection\":"
         "{\"miscInfoModule\":{\"versionHolder\":\"words\"}}}"),
        ("{\"protocolSection\":{\"identificationModule\":{\"nctId\":\"NCT01234567\"}},\"derivedSection\":"
         "{\"miscInfoModule\":{\"versionHolder\":\"0000000000000000000000000000000000000000\"}}}"),
        ("{\"protocolSection\":{\"identificationModule\":{\"nctId\":\"NCT01234567\"}},\"derivedSection\":"
         "{\"miscInfoModule\":{\"versionHolder\":\"2026\",\"versionHolder\":\"2027\"}}}"),
        ("{\"protocolSection\":{\"identificationModule\":{\"nctId\":\"NCT01234567\"}},\"derivedSection\":{},"
         "\"derivedSection\":{\"miscInfoModule\":{\"versionHolder\":\"2026\"}}}"),
    };
    struct glance glance;

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
        if (glance_at_record(&key, texts[i], strlen(texts[i]), &glance) != -ENODATA)
            fail_msg("recognised: %s", texts[i]);
}

/* Of every real record: another day is no change, and a byte that changes anywhere is one, or is none to a decoder. */
static void real_records_are_known_by_their_bytes(void **state)
{
    unsigned seed = 1;
    glob_t files;

    (void)state;
    if (!registry_folder())
        skip();
    registry_files("records/NCT*.json", &files);
    for (size_t i = 0; i < files.gl_pathc; i += 4) {
        json_t *tree = json_of_file(files.gl_pathv[i]);
        _cleanup_free_ char *text = json_dumps(tree, JSON_COMPACT);
        _cleanup_study_ struct study *study = study_of(tree);
        size_t len = strlen(text);
        char *day = strstr(text, "\"versionHolder\":\"");
        struct glance known, glance;

        if (glance_at_record(&key, text, len, &known) < 0)
            continue; /* it has aliases */
        assert_string_equal(known.nct_id, study_nct_id(study));
        day[strlen("\"versionHolder\":\"")] ^= 1;
        assert_int_equal(glance_at_record(&key, text, len, &glance), 0);
        assert_true(same_bytes(&known, &glance));
        size_t known_len = 0;
        char nct_id[STUDY_NCT_ID_BYTES];
        assert_int_equal(glance_recognise(&key, &known, text, len, &known_len), 1);
        assert_int_equal(known_len, len);
        assert_true(glance_guess_id(text, len, nct_id));
        assert_string_equal(nct_id, study_nct_id(study));
        for (int number = 0; number < 20; number++) {
            size_t at = (size_t)rand_r(&seed) % len;
            char was = text[at];
            text[at] = (char)(was ^ (1 << rand_r(&seed) % 7));
            check_text(&known, study, text, len);
            text[at] = was;
        }
    }
    globfree(&files);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_day_of_the_refresh_is_no_change),
        cmocka_unit_test(the_text_that_was_glanced_at_is_recognised_in_a_page),
        cmocka_unit_test(any_numbers_of_a_damaged_history_will_do),
        cmocka_unit_test(the_id_is_guessed_from_the_first_bytes),
        cmocka_unit_test(another_key_knows_nothing),
        cmocka_unit_test(a_record_without_a_day_is_all_that_it_is),
        cmocka_unit_test(white_space_is_read_like_json),
        cmocka_unit_test(any_byte_that_changes_is_seen),
        cmocka_unit_test(what_the_bytes_alone_do_not_tell_is_to_be_decoded),
        cmocka_unit_test(real_records_are_known_by_their_bytes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
