#include "check.h"

#include "base/buf.h"
#include "trial/archived.h"
#include "trial/richtext.h"
#include "trial_records.h"

#include <errno.h>

static struct study *archived_of(const char *text, const struct study *seen)
{
    json_t *json = json_loads(text, 0, NULL);
    struct study *study = NULL;
    struct error e = {0};

    assert_non_null(json);
    if (archived_study(json, seen, &study, &e) < 0)
        fail_msg("%s", e.text);
    json_decref(json);
    return study;
}

static void an_archived_record_is_in_the_form_of_the_api(void **state)
{
    _cleanup_study_ struct study *study = archived_of(
        "{\"protocolSection\": {\"identificationModule\": {\"nctId\": \"NCT01234567\", \"briefTitle\": \"St. "
        "Mary&#x27;s &lt;5\"},"
        " \"eligibilityModule\": {\"eligibilityCriteria\": \"<p>Aged:</p><ul><li>&gt;= 18\\nor so</li></ul>\"},"
        " \"outcomesModule\": {\"primaryOutcomes\": [{\"measure\": \"m^2\", \"description\": \"m^2\", \"reviewUnit\": "
        "{}}]},"
        " \"contactsLocationsModule\": {\"locations\": [{\"facility\": \"A &amp; B\", \"geoPoint\": {\"lat\": "
        "39.1}}]}},"
        " \"resultsSection\": {}, \"hasResults\": true}",
        NULL);

    (void)state;
    assert_string_equal(
        study_canonical(study, &(size_t){0}),
        "{\"protocolSection\":{\"contactsLocationsModule\":{\"locations\":[{\"facility\":\"A & B\","
        "\"geoPoint\":{\"lat\":39.1}}]},\"eligibilityModule\":{\"eligibilityCriteria\":\"Aged:\\n\\n* \\\\>= 18"
        " or so\"},\"identificationModule\":{\"briefTitle\":\"St. Mary's <5\",\"nctId\":\"NCT01234567\"},"
        "\"outcomesModule\":{\"primaryOutcomes\":[{\"description\":\"m\\\\^2\",\"measure\":\"m^2\"}]}}}");
}

static void a_text_that_was_seen_in_other_escapes_is_taken_as_it_was_seen(void **state)
{
    _cleanup_study_ struct study *seen = study_of_text(
        "{\"protocolSection\": {\"identificationModule\": {\"nctId\": \"NCT01234567\"}, \"descriptionModule\":"
        " {\"briefSummary\": \"- SpO\\\\_2\", \"detailedDescription\": \"other\"}}}");
    _cleanup_study_ struct study *study = archived_of(
        "{\"protocolSection\": {\"identificationModule\": {\"nctId\": \"NCT01234567\", \"briefTitle\": \"- SpO_2\"},"
        " \"descriptionModule\": {\"briefSummary\": \"<p>- SpO_2</p>\", \"detailedDescription\": \"- SpO_3\"}}}",
        seen);

    (void)state;
    assert_string_equal(study_string_at(study, "protocolSection.descriptionModule.briefSummary"), "- SpO\\_2");
    assert_string_equal(study_string_at(study, "protocolSection.descriptionModule.detailedDescription"), "\\- SpO_3");
    assert_string_equal(study_title(study), "- SpO_2");
}

static void what_is_no_archived_record_is_refused(void **state)
{
    static const char *const texts[] = {"{}", "[]", "{\"protocolSection\": 1}", "{\"protocolSection\": {}}",
                                        "{\"protocolSection\": {\"identificationModule\": {\"nctId\": \"x\"}}}"};

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
        json_t *json = json_loads(texts[i], 0, NULL);
        struct study *study = NULL;
        struct error e = {0};
        assert_int_equal(archived_study(json, NULL, &study, &e), -EBADMSG);
        assert_null(study);
        assert_string_not_equal(e.text, "");
        json_decref(json);
    }
}

static void only_the_protocol_section_compares(void **state)
{
    _cleanup_study_ struct study *study = study_of_text(
        "{\"protocolSection\": {\"identificationModule\": {\"nctId\": \"NCT01234567\"}}, \"hasResults\": true,"
        " \"derivedSection\": {\"conditionBrowseModule\": {}}}");
    _cleanup_study_ struct study *comparable = NULL;

    (void)state;
    assert_int_equal(archived_comparable(study, &comparable, NULL), 0);
    assert_string_equal(study_canonical(comparable, &(size_t){0}),
                        "{\"protocolSection\":{\"identificationModule\":{\"nctId\":\"NCT01234567\"}}}");
}

/* As the archive escapes every text; a rich one comes as one paragraph that says the same. */
static json_t *escaped_text(const char *text)
{
    _cleanup_buf_ struct buf words = {0}, escaped = {0};

    if (strpbrk(text, "\n\\"))
        richtext_append_key(&words, text);
    else
        buf_append_string(&words, text);
    for (const char *c = buf_string(&words); *c; c++) {
        if (strchr("&<>\"'/", *c))
            buf_printf(&escaped, "&#x%X;", (unsigned)*c);
        else
            buf_append(&escaped, c, 1);
    }
    return json_string(buf_string(&escaped));
}

static json_t *escaped(const json_t *value)
{
    const char *name;
    json_t *member, *copy = json_is_object(value) ? json_object() : json_array();
    size_t i;

    if (json_is_object(value) || json_is_array(value)) {
        json_object_foreach ((json_t *)value, name, member)
            json_object_set_new(copy, name, escaped(member));
        json_array_foreach (value, i, member)
            json_array_append_new(copy, escaped(member));
        return copy;
    }
    json_decref(copy);
    return json_is_string(value) ? escaped_text(json_string_value(value)) : json_deep_copy(value);
}

static void what_did_not_change_comes_from_the_archive_as_it_was_seen(void **state)
{
    glob_t files;
    size_t alike = 0, count = 0;

    (void)state;
    if (!registry_folder())
        skip();
    registry_files("records/*.json", &files);
    for (size_t i = 0; i < files.gl_pathc; i += 8, count++) {
        _cleanup_study_ struct study *seen = study_of(json_of_file(files.gl_pathv[i]));
        _cleanup_study_ struct study *archived = NULL, *comparable = NULL;
        json_t *json = escaped(study_record(seen));
        assert_int_equal(archived_study(json, seen, &archived, NULL), 0);
        assert_int_equal(archived_comparable(seen, &comparable, NULL), 0);
        if (memcmp(study_hash(archived), study_hash(comparable), STUDY_HASH_BYTES) == 0)
            alike++;
        else
            print_message("%s\n", study_nct_id(seen));
        json_decref(json);
    }
    globfree(&files);
    print_message("%zu of %zu records alike\n", alike, count);
    assert_int_equal(alike, count);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_archived_record_is_in_the_form_of_the_api),
        cmocka_unit_test(a_text_that_was_seen_in_other_escapes_is_taken_as_it_was_seen),
        cmocka_unit_test(what_is_no_archived_record_is_refused),
        cmocka_unit_test(only_the_protocol_section_compares),
        cmocka_unit_test(what_did_not_change_comes_from_the_archive_as_it_was_seen),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
