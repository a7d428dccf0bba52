/* The table of kinds and of paths. */
#include "trial_records.h"

#include "trial/kinds.h"

#include <errno.h>

static void every_kind_has_a_name_a_label_and_a_sentence(void **state)
{
    (void)state;
    for (enum kind kind = 0; kind < KIND_COUNT; kind++) {
        const struct kind_info *info = kind_info(kind);
        assert_non_null(info->name);
        assert_non_null(info->label);
        assert_int_equal(info->help[strlen(info->help) - 1], '.');
        assert_int_equal(info->name[strspn(info->name, "abcdefghijklmnopqrstuvwxyz-")], '\0');
        assert_int_equal(kind_from_name(info->name), kind);
    }
    assert_int_equal(kind_from_name("site"), KIND_COUNT);
    assert_int_equal(kind_from_name(""), KIND_COUNT);
}

static void weights_have_names(void **state)
{
    enum weight weight = WEIGHT_SILENT;

    (void)state;
    for (enum weight w = WEIGHT_SILENT; w <= WEIGHT_URGENT; w++) {
        assert_int_equal(weight_from_name(weight_name(w), &weight), 0);
        assert_int_equal(weight, w);
    }
    assert_int_equal(weight_from_name("loud", &weight), -EINVAL);
}

static void paths_have_their_kind(void **state)
{
    static const struct {
        const char *path;
        enum kind kind;
        enum grain grain;
        enum weight weight;
    } cases[] = {
        {"protocolSection.statusModule.overallStatus", KIND_STATUS, GRAIN_WHOLE, WEIGHT_URGENT},
        {"protocolSection.contactsLocationsModule.locations", KIND_SITE_OTHER, GRAIN_SITES, WEIGHT_ROUTINE},
        {"hasResults", KIND_RESULTS, GRAIN_WHOLE, WEIGHT_URGENT},
        {"resultsSection.outcomeMeasuresModule.outcomeMeasures", KIND_RESULTS, GRAIN_LEAVES, WEIGHT_URGENT},
        {"protocolSection.statusModule.startDateStruct", KIND_DATES, GRAIN_WHOLE, WEIGHT_NOTABLE},
        {"protocolSection.statusModule.primaryCompletionDateStruct", KIND_DATES, GRAIN_WHOLE, WEIGHT_NOTABLE},
        {"protocolSection.designModule.enrollmentInfo", KIND_ENROLLMENT, GRAIN_WHOLE, WEIGHT_NOTABLE},
        {"protocolSection.eligibilityModule.minimumAge", KIND_ELIGIBILITY, GRAIN_LEAVES, WEIGHT_NOTABLE},
        {"protocolSection.outcomesModule.primaryOutcomes", KIND_PRIMARY_OUTCOME, GRAIN_ITEMS, WEIGHT_NOTABLE},
        {"protocolSection.outcomesModule.secondaryOutcomes", KIND_OUTCOME, GRAIN_ITEMS, WEIGHT_ROUTINE},
        {"protocolSection.sponsorCollaboratorsModule.leadSponsor", KIND_SPONSOR, GRAIN_WHOLE, WEIGHT_NOTABLE},
        {"protocolSection.descriptionModule.briefSummary", KIND_DESCRIPTION, GRAIN_TEXT, WEIGHT_ROUTINE},
        {"protocolSection.statusModule.statusVerifiedDate", KIND_SUBMISSION, GRAIN_WHOLE, WEIGHT_SILENT},
        {"protocolSection.statusModule.lastUpdatePostDateStruct", KIND_SUBMISSION, GRAIN_WHOLE, WEIGHT_SILENT},
        {"derivedSection.conditionBrowseModule.meshes", KIND_DERIVED, GRAIN_LEAVES, WEIGHT_SILENT},
        {"derivedSection.miscInfoModule.versionHolder", KIND_DERIVED, GRAIN_IGNORED, WEIGHT_SILENT},
        {"protocolSection.futureModule.field", KIND_OTHER, GRAIN_LEAVES, WEIGHT_ROUTINE},
        {"futureSection", KIND_OTHER, GRAIN_LEAVES, WEIGHT_ROUTINE},
        {"protocolSectionX.statusModule", KIND_OTHER, GRAIN_LEAVES, WEIGHT_ROUTINE},
        {"protocolSection.statusModule.overallStatusX", KIND_OTHER, GRAIN_LEAVES, WEIGHT_ROUTINE},
        {"", KIND_OTHER, GRAIN_LEAVES, WEIGHT_ROUTINE},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        const struct path_rule *rule = kind_rule_for_path(cases[i].path);
        assert_string_equal(kind_info(rule->kind)->name, kind_info(cases[i].kind)->name);
        assert_int_equal(rule->grain, cases[i].grain);
        assert_int_equal(kind_info(rule->kind)->weight, cases[i].weight);
    }
}

static void rules_below_a_path_are_known(void **state)
{
    (void)state;
    assert_true(kind_rule_below("protocolSection"));
    assert_true(kind_rule_below("protocolSection.contactsLocationsModule"));
    assert_false(kind_rule_below("protocolSection.contactsLocationsModule.locations"));
    assert_false(kind_rule_below("protocolSection.contacts"));
    assert_false(kind_rule_below("resultsSection"));
}

/* Counts the modules of a section that have no row. */
static size_t count_unknown_modules(const json_t *record, const char *section)
{
    const char *key;
    json_t *value;
    size_t count = 0;

    json_object_foreach (json_object_get(record, section), key, value) {
        char path[200];
        snprintf(path, sizeof(path), "%s.%s", section, key);
        if (strcmp(kind_rule_for_path(path)->path, path) != 0) {
            print_message("no row for %s\n", path);
            count++;
        }
    }
    return count;
}

static void every_module_of_the_real_records_has_a_row(void **state)
{
    static const char *const sections[] = {"protocolSection", "derivedSection", "annotationSection", "documentSection"};
    glob_t files;

    (void)state;
    if (!registry_folder())
        skip();
    registry_files("records/*.json", &files);
    for (size_t i = 0; i < files.gl_pathc; i++) {
        const char *key;
        json_t *value, *record = json_of_file(files.gl_pathv[i]);
        for (size_t s = 0; s < ARRAY_SIZE(sections); s++)
            assert_int_equal(count_unknown_modules(record, sections[s]), 0);
        json_object_foreach (record, key, value)
            assert_string_equal(kind_rule_for_path(key)->path, key);
        json_decref(record);
    }
    globfree(&files);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_has_a_name_a_label_and_a_sentence),
        cmocka_unit_test(weights_have_names),
        cmocka_unit_test(paths_have_their_kind),
        cmocka_unit_test(rules_below_a_path_are_known),
        cmocka_unit_test(every_module_of_the_real_records_has_a_row),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
