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

static bool same_bytes(const struct glance *a, const struct glance *b)
{
    return memcmp(a->hash, b->hash, sizeof(a->hash)) == 0;
}

static struct glance glance_of(const char *text)
{
    struct glance glance;

    if (glance_at_record(text, strlen(text), &glance) < 0)
        fail_msg("not recognised: %s", text);
    return glance;
}

/* Equal glances are equal versions, whatever text it is. */
static void check_text(const struct glance *known, const struct study *study, const char *text, size_t len)
{
    struct glance glance;

    if (glance_at_record(text, len, &glance) < 0 || !same_bytes(known, &glance))
        return;
    struct study *other = NULL;
    if (study_from_text(text, len, &other, NULL) == 0 &&
        memcmp(study_hash(study), study_hash(other), STUDY_HASH_BYTES) == 0) {
        study_free(other);
        return;
    }
    fail_msg("taken for unchanged: %.*s", (int)size_min(len, 4000), text);
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
        if (glance_at_record(texts[i], strlen(texts[i]), &glance) != -ENODATA)
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

        if (glance_at_record(text, len, &known) < 0)
            continue; /* it has aliases */
        assert_string_equal(known.nct_id, study_nct_id(study));
        day[strlen("\"versionHolder\":\"")] ^= 1;
        assert_int_equal(glance_at_record(text, len, &glance), 0);
        assert_true(same_bytes(&known, &glance));
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
        cmocka_unit_test(a_record_without_a_day_is_all_that_it_is),
        cmocka_unit_test(white_space_is_read_like_json),
        cmocka_unit_test(any_byte_that_changes_is_seen),
        cmocka_unit_test(what_the_bytes_alone_do_not_tell_is_to_be_decoded),
        cmocka_unit_test(real_records_are_known_by_their_bytes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
