/* A record decoded, its canonical bytes and their hash. */
#include "trial_records.h"

#include <errno.h>

#define ID "\"identificationModule\":{\"nctId\":\"NCT01234567\"}"
#define RECORD(members) "{\"protocolSection\":{" ID members "}}"

static void assert_canonical(const char *text, const char *canonical)
{
    _cleanup_study_ struct study *study = study_of_text(text);
    size_t len;

    assert_string_equal(study_canonical(study, &len), canonical);
    assert_int_equal(len, strlen(canonical));
}

static void canonical_bytes_are_sorted_and_compact(void **state)
{
    (void)state;
    assert_canonical("{ \"z\" : [1, 2],\n \"protocolSection\": {" ID "}, \"a\": {\"c\":null, \"b\":true} }",
                     "{\"a\":{\"b\":true,\"c\":null},\"protocolSection\":{" ID "},\"z\":[1,2]}");
    assert_canonical("{\"\\u00e9\":\"\\u4e2d\\ud83d\\ude00\",\"protocolSection\":{" ID "}}",
                     "{\"protocolSection\":{" ID "},\"é\":\"中😀\"}");
}

static void the_version_holder_is_left_out_with_what_it_empties(void **state)
{
    (void)state;
    assert_canonical("{\"protocolSection\":{" ID
                     "},\"derivedSection\":{\"miscInfoModule\":{\"versionHolder\":\"2026\"}}}",
                     RECORD(""));
    assert_canonical(
        "{\"derivedSection\":{\"a\":1,\"miscInfoModule\":{\"versionHolder\":\"2026\"}},\"protocolSection\":{" ID "}}",
        "{\"derivedSection\":{\"a\":1},\"protocolSection\":{" ID "}}");
    assert_canonical("{\"derivedSection\":{\"miscInfoModule\":{\"a\":1,\"versionHolder\":{}}},\"protocolSection\":{" ID
                     "}}",
                     "{\"derivedSection\":{\"miscInfoModule\":{\"a\":1}},\"protocolSection\":{" ID "}}");
    /* what was empty before stays */
    assert_canonical("{\"derivedSection\":{\"miscInfoModule\":{}},\"protocolSection\":{" ID "}}",
                     "{\"derivedSection\":{\"miscInfoModule\":{}},\"protocolSection\":{" ID "}}");
}

static void canonical_bytes_read_back_as_the_same_study(void **state)
{
    _cleanup_study_ struct study *study = study_of_text(RECORD(",\"b\":1.5,\"a\":[-0.0]")), *again = NULL;
    size_t len, again_len;
    const char *canonical = study_canonical(study, &len);
    struct error e;

    (void)state;
    assert_int_equal(study_from_canonical(strdup(canonical), len, study_hash(study), NULL, &again, &e), 0);
    assert_string_equal(study_canonical(again, &again_len), canonical);
    assert_int_equal(again_len, len);
    assert_memory_equal(study_hash(again), study_hash(study), STUDY_HASH_BYTES);
    assert_true(json_equal((json_t *)study_record(again), (json_t *)study_record(study)));
    assert_string_equal(study_nct_id(again), study_nct_id(study));
    assert_int_equal(study_from_canonical(strdup("{"), 1, study_hash(study), NULL, &again, &e), -EBADMSG);
}

static void the_record_given_is_not_changed(void **state)
{
    json_t *record = json_loads("{\"protocolSection\":{" ID "},\"x\":-0.0,"
                                "\"derivedSection\":{\"miscInfoModule\":{\"versionHolder\":\"2026\"}}}",
                                0, NULL);
    json_t *copy = json_deep_copy(record);
    struct study *study = NULL;

    (void)state;
    assert_int_equal(study_from_json(record, &study, NULL), 0);
    study_free(study);
    assert_true(json_equal(record, copy));
    json_decref(record);
    json_decref(copy);
}

static void reals_take_the_fewest_digits_that_read_back_equal(void **state)
{
    (void)state;
    assert_canonical(RECORD(",\"x\":[39.14,-84.52,0.1]"), "{\"protocolSection\":{" ID ",\"x\":[39.14,-84.52,0.1]}}");
    assert_canonical(RECORD(",\"x\":[0.30000000000000004]"),
                     "{\"protocolSection\":{" ID ",\"x\":[0.30000000000000004]}}");
    assert_canonical(RECORD(",\"x\":[-0.0]"), "{\"protocolSection\":{" ID ",\"x\":[0.0]}}");
    assert_canonical(RECORD(",\"x\":[1.0,1]"), "{\"protocolSection\":{" ID ",\"x\":[1.0,1]}}");
}

static void a_hash_tells_versions_apart_and_only_versions(void **state)
{
    _cleanup_study_ struct study *a = study_of_text(RECORD(",\"x\":1,\"y\":2"));
    _cleanup_study_ struct study *same = study_of_text("{\"protocolSection\":{\"y\":2,\"x\":1," ID "}}");
    _cleanup_study_ struct study *other = study_of_text(RECORD(",\"x\":1,\"y\":3"));
    char hex[2 * STUDY_HASH_BYTES + 1];

    (void)state;
    assert_memory_equal(study_hash(a), study_hash(same), STUDY_HASH_BYTES);
    assert_memory_not_equal(study_hash(a), study_hash(other), STUDY_HASH_BYTES);
    /* printf '%s' '{"protocolSection":{"identificationModule":{"nctId":"NCT01234567"}}}' | sha256sum */
    _cleanup_study_ struct study *plain = study_of_text(RECORD(""));
    for (size_t i = 0; i < STUDY_HASH_BYTES; i++)
        snprintf(hex + 2 * i, 3, "%02x", study_hash(plain)[i]);
    assert_string_equal(hex, "b669d9bafcf091643edfbba711d1e84b210629643dde5c923485b0f2c4360302");
}

static void what_is_no_record_is_refused_with_a_sentence(void **state)
{
    static const struct {
        const char *text;
        const char *sentence; /* its beginning */
    } cases[] = {
        {"", "not a study record: "},
        {"<html>", "not a study record: "},
        {"{\"a\":1", "not a study record: "},
        {"{} x", "not a study record: "},
        {"{\"a\":\"\xff\"}", "not a study record: "},
        {"[]", "a study record must be a JSON object"},
        {"{}", "a study record must have an NCT id"},
        {"{\"protocolSection\":[]}", "a study record must have an NCT id"},
        {"{\"protocolSection\":{\"identificationModule\":{\"nctId\":7}}}", "a study record must have an NCT id"},
        {"{\"protocolSection\":{\"identificationModule\":{\"nctId\":\"NCT0123456\"}}}",
         "a study record must have an NCT id"},
        {"{\"protocolSection\":{\"identificationModule\":{\"nctId\":\"NCT012345678\"}}}",
         "a study record must have an NCT id"},
        {RECORD(",\"contactsLocationsModule\":{\"locations\":[{},7]}"),
         "location 1 in the record of NCT01234567 is not a JSON object"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct study *study = NULL;
        struct error e = {0};
        assert_int_equal(study_from_text(cases[i].text, strlen(cases[i].text), &study, &e), -EBADMSG);
        assert_null(study);
        assert_memory_equal(e.text, cases[i].sentence, strlen(cases[i].sentence));
    }
    assert_int_equal(study_from_json(NULL, &(struct study *){NULL}, NULL), -EBADMSG);
}

static void a_record_is_taken_up_to_the_limit_of_bytes(void **state)
{
    static const char head[] = "{\"protocolSection\":{" ID "},\"x\":\"", tail[] = "\"}";
    char *text = malloc(STUDY_MAX_RECORD_BYTES + 1);
    struct study *study = NULL;
    struct error e = {0};

    (void)state;
    memset(text, 'x', STUDY_MAX_RECORD_BYTES + 1);
    memcpy(text, head, strlen(head));
    memcpy(text + STUDY_MAX_RECORD_BYTES - strlen(tail), tail, strlen(tail));
    assert_int_equal(study_from_text(text, STUDY_MAX_RECORD_BYTES, &study, &e), 0);
    study_free(study);
    study = NULL;
    assert_int_equal(study_from_text(text, STUDY_MAX_RECORD_BYTES + 1, &study, &e), -EFBIG);
    free(text);
}

static struct study *study_of_locations(size_t count, int *ret)
{
    json_t *locations = json_array();
    struct study *study = NULL;

    for (size_t i = 0; i < count; i++)
        json_array_append_new(locations, json_object());
    json_t *record = json_pack("{s:{s:{s:s},s:{s:o}}}", "protocolSection", "identificationModule", "nctId",
                               "NCT01234567", "contactsLocationsModule", "locations", locations);
    *ret = study_from_json(record, &study, NULL);
    json_decref(record);
    return study;
}

static void locations_are_taken_up_to_their_limit(void **state)
{
    int r;

    (void)state;
    _cleanup_study_ struct study *most = study_of_locations(STUDY_MAX_LOCATIONS, &r);
    assert_int_equal(r, 0);
    assert_int_equal(study_location_count(most), STUDY_MAX_LOCATIONS);
    _cleanup_study_ struct study *more = study_of_locations(STUDY_MAX_LOCATIONS + 1, &r);
    assert_int_equal(r, -EBADMSG);
    assert_null(more);
}

static void text_need_not_end_in_a_nul(void **state)
{
    static const char text[] = RECORD("") "garbage";
    struct study *study = NULL;

    (void)state;
    assert_int_equal(study_from_text(text, strlen(text) - strlen("garbage"), &study, NULL), 0);
    study_free(study);
}

static void parts_are_found(void **state)
{
    _cleanup_study_ struct study *study = study_of_text(
        "{\"protocolSection\":{\"identificationModule\":{\"nctId\":\"NCT01234567\",\"briefTitle\":\"A Title\","
        "\"nctIdAliases\":[7,\"NCT00000001\"]},\"statusModule\":{\"overallStatus\":\"RECRUITING\"},"
        "\"sponsorCollaboratorsModule\":{\"leadSponsor\":{\"name\":\"Lisata\"}}}}");

    (void)state;
    assert_string_equal(study_nct_id(study), "NCT01234567");
    assert_string_equal(study_title(study), "A Title");
    assert_string_equal(study_overall_status(study), "RECRUITING");
    assert_string_equal(study_sponsor(study), "Lisata");
    assert_true(study_answers_to(study, "NCT01234567"));
    assert_true(study_answers_to(study, "NCT00000001"));
    assert_false(study_answers_to(study, "NCT00000002"));
    assert_string_equal(study_string_at(study, "protocolSection.statusModule.overallStatus"), "RECRUITING");
    assert_null(study_string_at(study, "protocolSection.statusModule"));
    assert_null(study_string_at(study, "protocolSection.statusModule.overallStatus.x"));
    assert_null(study_string_at(study, "nowhere.at.all"));
}

static void missing_and_mistyped_parts_are_empty(void **state)
{
    _cleanup_study_ struct study *study = study_of_text(
        "{\"protocolSection\":{\"identificationModule\":{\"nctId\":\"NCT01234567\",\"briefTitle\":7,\"nctIdAliases\":{}"
        "},"
        "\"statusModule\":[],\"sponsorCollaboratorsModule\":{\"leadSponsor\":\"x\"},\"contactsLocationsModule\":"
        "{\"locations\":\"x\"}}}");

    (void)state;
    assert_string_equal(study_title(study), "");
    assert_string_equal(study_overall_status(study), "");
    assert_string_equal(study_sponsor(study), "");
    assert_false(study_answers_to(study, "x"));
    assert_int_equal(study_location_count(study), 0);
    assert_null(study_location(study, 0));
}

static void a_site_has_its_own_status_or_the_study_s(void **state)
{
    _cleanup_study_ struct study *study = study_of_text(
        RECORD(",\"statusModule\":{\"overallStatus\":\"UNKNOWN\"},\"contactsLocationsModule\":{\"locations\":["
               "{\"status\":\"RECRUITING\"},{},{\"status\":\"\"},{\"status\":7}]}"));
    _cleanup_study_ struct study *neither = study_of_text(RECORD(",\"contactsLocationsModule\":{\"locations\":[{}]}"));

    (void)state;
    assert_string_equal(study_effective_status(study, 0), "RECRUITING");
    for (size_t i = 1; i < 4; i++)
        assert_string_equal(study_effective_status(study, i), "UNKNOWN");
    assert_string_equal(study_effective_status(neither, 0), "");
}

static void single_values_have_canonical_bytes(void **state)
{
    json_t *value = json_loads("{\"b\":[0.1,\"x\"],\"a\":null}", 0, NULL);
    _cleanup_free_ char *text = study_canonical_value(value);
    _cleanup_free_ char *string = study_canonical_value(json_object_get(value, "a"));

    (void)state;
    assert_string_equal(text, "{\"a\":null,\"b\":[0.1,\"x\"]}");
    assert_string_equal(string, "null");
    assert_null(study_canonical_value(NULL));
    json_decref(value);
}

static void every_real_record_is_read_and_reads_back(void **state)
{
    glob_t files;

    (void)state;
    if (!registry_folder())
        skip();
    registry_files("records/*.json", &files);
    for (size_t i = 0; i < files.gl_pathc; i++) {
        size_t len;
        _cleanup_study_ struct study *study = study_of(json_of_file(files.gl_pathv[i]));
        _cleanup_study_ struct study *again = study_of_text(study_canonical(study, &len));
        assert_memory_equal(study_hash(study), study_hash(again), STUDY_HASH_BYTES);
        assert_true(json_equal((json_t *)study_record(study), (json_t *)study_record(again)));
        assert_null(
            json_object_get(json_object_get(json_object_get(study_record(study), "derivedSection"), "miscInfoModule"),
                            "versionHolder"));
    }
    globfree(&files);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(canonical_bytes_are_sorted_and_compact),
        cmocka_unit_test(the_version_holder_is_left_out_with_what_it_empties),
        cmocka_unit_test(canonical_bytes_read_back_as_the_same_study),
        cmocka_unit_test(the_record_given_is_not_changed),
        cmocka_unit_test(reals_take_the_fewest_digits_that_read_back_equal),
        cmocka_unit_test(a_hash_tells_versions_apart_and_only_versions),
        cmocka_unit_test(what_is_no_record_is_refused_with_a_sentence),
        cmocka_unit_test(a_record_is_taken_up_to_the_limit_of_bytes),
        cmocka_unit_test(locations_are_taken_up_to_their_limit),
        cmocka_unit_test(text_need_not_end_in_a_nul),
        cmocka_unit_test(parts_are_found),
        cmocka_unit_test(missing_and_mistyped_parts_are_empty),
        cmocka_unit_test(a_site_has_its_own_status_or_the_study_s),
        cmocka_unit_test(single_values_have_canonical_bytes),
        cmocka_unit_test(every_real_record_is_read_and_reads_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
