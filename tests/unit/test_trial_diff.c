/* Two records to typed changes, and back. */
#include "trial_records.h"

#include "base/buf.h"
#include "trial/diff.h"

#include <errno.h>

#define RECORD(members) "{\"protocolSection\":{\"identificationModule\":{\"nctId\":\"NCT01234567\"}" members "}}"
#define OUTCOMES(list) RECORD(",\"outcomesModule\":{\"primaryOutcomes\":[" list "]}")
#define SITES(status, list)                                                                                            \
    RECORD(",\"statusModule\":{\"overallStatus\":\"" status "\"},\"contactsLocationsModule\":{\"locations\":[" list    \
           "]}")

static void compare(const struct study *before, const struct study *after, struct change_list *ret)
{
    _cleanup_site_map_ struct site_map map = {0};
    struct error e = {0};

    assert_int_equal(sites_match(before, after, &map), 0);
    if (diff_studies(before, after, &map, ret, &e) < 0)
        fail_msg("%s", e.text);
}

/* The list as it comes back from JSON. */
static void reread(const struct change_list *changes, struct change_list *ret)
{
    ret->items = calloc(changes->count + 1, sizeof(*ret->items));
    for (size_t i = 0; i < changes->count; i++) {
        struct error e = {0};
        json_t *json = change_to_json(&changes->items[i]);
        assert_non_null(json);
        if (change_from_json(json, &ret->items[i], &e) < 0)
            fail_msg("%s", e.text);
        ret->count++;
        json_t *again = change_to_json(&ret->items[i]);
        assert_true(json_equal(json, again));
        json_decref(again);
        json_decref(json);
    }
}

/* Changes from before to after applied to before give after, byte for byte; read back from JSON, too. */
static void assert_applies(const struct study *before, const struct study *after)
{
    _cleanup_change_list_ struct change_list changes = {0}, read_back = {0};
    struct error e = {0};
    json_t *result = NULL;
    size_t len;

    compare(before, after, &changes);
    reread(&changes, &read_back);
    if (diff_apply(study_record(before), &read_back, &result, &e) < 0)
        fail_msg("%s: %s", study_nct_id(after), e.text);
    _cleanup_free_ char *canonical = study_canonical_value(result);
    assert_string_equal(canonical, study_canonical(after, &len));
    assert_int_equal(changes.count == 0, memcmp(study_hash(before), study_hash(after), STUDY_HASH_BYTES) == 0);
    json_decref(result);
}

/* Compares two records and keeps their changes. */
struct fixture {
    struct study *before, *after;
    struct change_list changes;
};

static void fixture_free(struct fixture *f)
{
    study_free(f->before);
    study_free(f->after);
    change_list_free(&f->changes);
}
#define FIXTURE(name, old, new)                                                                                        \
    _cleanup_(fixture_free) struct fixture name = {.before = study_of_text(old), .after = study_of_text(new)};         \
    compare(name.before, name.after, &name.changes);                                                                   \
    assert_applies(name.before, name.after);                                                                           \
    assert_applies(name.after, name.before)

/* The only change is of this kind and weight; returns it. */
static const struct change *only(const struct fixture *f, enum kind kind, enum weight weight)
{
    assert_int_equal(f->changes.count, 1);
    assert_string_equal(kind_info(f->changes.items[0].kind)->name, kind_info(kind)->name);
    assert_string_equal(weight_name(f->changes.items[0].weight), weight_name(weight));
    return &f->changes.items[0];
}

static void equal_records_have_no_changes(void **state)
{
    (void)state;
    FIXTURE(f, RECORD(",\"x\":1"), RECORD(",\"x\":1"));
    assert_int_equal(f.changes.count, 0);
}

static void records_of_two_studies_are_refused(void **state)
{
    _cleanup_study_ struct study *a = study_of_text(RECORD(""));
    _cleanup_study_ struct study *b =
        study_of_text("{\"protocolSection\":{\"identificationModule\":{\"nctId\":\"NCT07654321\"}}}");
    _cleanup_site_map_ struct site_map map = {0};
    struct change_list changes = {0};
    struct error e = {0};

    (void)state;
    assert_int_equal(sites_match(a, b, &map), 0);
    assert_int_equal(diff_studies(a, b, &map, &changes, &e), -EINVAL);
    assert_string_equal(e.text, "NCT01234567 and NCT07654321 are two studies, not two versions of one");
}

static void a_study_under_an_alias_is_the_same_study(void **state)
{
    (void)state;
    FIXTURE(f, RECORD(""),
            "{\"protocolSection\":{\"identificationModule\":{\"nctId\":\"NCT07654321\",\"nctIdAliases\":["
            "\"NCT01234567\"]}}}");
    assert_int_equal(f.changes.count, 2);
    assert_int_equal(f.changes.items[0].kind, KIND_IDENTIFICATION);
}

static void a_map_of_other_records_is_refused(void **state)
{
    _cleanup_study_ struct study *a = study_of_text(SITES("RECRUITING", "{}"));
    _cleanup_study_ struct study *b = study_of_text(SITES("RECRUITING", ""));
    _cleanup_site_map_ struct site_map map = {0};
    struct change_list changes = {0};

    (void)state;
    assert_int_equal(sites_match(a, a, &map), 0);
    assert_int_equal(diff_studies(a, b, &map, &changes, NULL), -EINVAL);
}

static void the_overall_status_is_urgent(void **state)
{
    (void)state;
    FIXTURE(f, RECORD(",\"statusModule\":{\"overallStatus\":\"RECRUITING\"}"),
            RECORD(",\"statusModule\":{\"overallStatus\":\"TERMINATED\"}"));
    const struct change *change = only(&f, KIND_STATUS, WEIGHT_URGENT);
    assert_string_equal(change->path, "protocolSection.statusModule.overallStatus");
    assert_string_equal(json_string_value(change->before), "RECRUITING");
    assert_string_equal(json_string_value(change->after), "TERMINATED");
}

static void a_date_with_its_type_is_one_change(void **state)
{
    (void)state;
    FIXTURE(f, RECORD(",\"statusModule\":{\"startDateStruct\":{\"date\":\"2020-10\",\"type\":\"ESTIMATED\"}}"),
            RECORD(",\"statusModule\":{\"startDateStruct\":{\"date\":\"2020-10-28\",\"type\":\"ACTUAL\"}}"));
    only(&f, KIND_DATES, WEIGHT_NOTABLE);
}

static void bookkeeping_is_silent(void **state)
{
    (void)state;
    FIXTURE(f, RECORD(",\"statusModule\":{\"lastUpdateSubmitDate\":\"2020-10-01\"}"),
            RECORD(",\"statusModule\":{\"lastUpdateSubmitDate\":\"2020-10-28\"}"));
    only(&f, KIND_SUBMISSION, WEIGHT_SILENT);
}

static void results_are_urgent_the_first_time_only(void **state)
{
    (void)state;
    FIXTURE(first, "{\"hasResults\":false,\"protocolSection\":{\"identificationModule\":{\"nctId\":\"NCT01234567\"}}}",
            "{\"hasResults\":true,\"protocolSection\":{\"identificationModule\":{\"nctId\":\"NCT01234567\"}},"
            "\"resultsSection\":{\"moreInfoModule\":{\"a\":1},\"b\":{\"c\":2}}}");
    assert_int_equal(first.changes.count, 2);
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(first.changes.items[i].kind, KIND_RESULTS);
        assert_int_equal(first.changes.items[i].weight, WEIGHT_URGENT);
    }
    FIXTURE(later,
            "{\"protocolSection\":{\"identificationModule\":{\"nctId\":\"NCT01234567\"}},\"resultsSection\":{\"b\":{"
            "\"c\":2}}}",
            "{\"protocolSection\":{\"identificationModule\":{\"nctId\":\"NCT01234567\"}},\"resultsSection\":{\"b\":{"
            "\"c\":3}}}");
    assert_string_equal(only(&later, KIND_RESULTS, WEIGHT_ROUTINE)->path, "resultsSection.b.c");
}

static enum weight weight_of_stop(const char *reason)
{
    json_t *record = json_pack("{s:{s:{s:s},s:{s:s}}}", "protocolSection", "identificationModule", "nctId",
                               "NCT01234567", "statusModule", "whyStopped", reason);
    _cleanup_(fixture_free) struct fixture f = {.before = study_of_text(RECORD("")), .after = study_of(record)};

    compare(f.before, f.after, &f.changes);
    assert_int_equal(f.changes.count, 1);
    assert_int_equal(f.changes.items[0].kind, KIND_WHY_STOPPED);
    return f.changes.items[0].weight;
}

static void a_stop_for_safety_is_urgent(void **state)
{
    static const char *const urgent[] = {"Unexpected toxicity",
                                         "Two deaths in the treatment arm",
                                         "FDA clinical hold",
                                         "Safety concerns",
                                         "No efficacy and increased mortality",
                                         "SAE",
                                         "Slow accrual (adverse events)",
                                         "Hepatotoxicity"};
    static const char *const notable[] = {
        "Slow accrual",
        "Business decision (not for safety reasons)",
        "The decision was not based on any safety concerns and/or regulatory interactions",
        "Sponsor decision not driven by safety concerns as no new safety signals were seen",
        "Unrelated to safety",
        "Household survey ended"};

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(urgent); i++)
        assert_int_equal(weight_of_stop(urgent[i]), WEIGHT_URGENT);
    for (size_t i = 0; i < ARRAY_SIZE(notable); i++)
        assert_int_equal(weight_of_stop(notable[i]), WEIGHT_NOTABLE);
}

static void a_text_that_is_only_rewrapped_is_routine(void **state)
{
    (void)state;
    FIXTURE(wrapped, RECORD(",\"eligibilityModule\":{\"eligibilityCriteria\":\"Age of 18 or more\"}"),
            RECORD(",\"eligibilityModule\":{\"eligibilityCriteria\":\"Age of 18\\n or more\"}"));
    assert_string_equal(only(&wrapped, KIND_ELIGIBILITY, WEIGHT_ROUTINE)->note, "re-wrapped");
    FIXTURE(reworded, RECORD(",\"eligibilityModule\":{\"eligibilityCriteria\":\"Age of 18 or more\"}"),
            RECORD(",\"eligibilityModule\":{\"eligibilityCriteria\":\"Age of 21 or more\"}"));
    assert_string_equal(only(&reworded, KIND_ELIGIBILITY, WEIGHT_NOTABLE)->note, "reworded");
}

static void a_new_field_of_the_registry_is_carried_as_other(void **state)
{
    (void)state;
    FIXTURE(f, RECORD(""), RECORD(",\"futureModule\":{\"a\":{\"b\":[1]}}"));
    assert_string_equal(only(&f, KIND_OTHER, WEIGHT_ROUTINE)->path, "protocolSection.futureModule");
}

static void null_is_not_absent(void **state)
{
    (void)state;
    FIXTURE(f, RECORD(""), RECORD(",\"x\":null"));
    assert_null(f.changes.items[0].before);
    assert_true(json_is_null(f.changes.items[0].after));
}

static void keys_with_dots_and_backslashes_keep_their_place(void **state)
{
    (void)state;
    FIXTURE(f, RECORD(",\"a.b\":{\"c\\\\\":1},\"a\":{\"b\":1},\"\":{\"\":1}"),
            RECORD(",\"a.b\":{\"c\\\\\":2},\"a\":{\"b\":3},\"\":{\"\":4}"));
    assert_int_equal(f.changes.count, 3);
    assert_string_equal(f.changes.items[1].path, "protocolSection.a.b");
    assert_string_equal(f.changes.items[2].path, "protocolSection.a\\.b.c\\\\");
}

static void an_empty_key_of_the_record_itself_is_a_path(void **state)
{
    (void)state;
    FIXTURE(f, RECORD(""), "{\"\":false,\"protocolSection\":{\"identificationModule\":{\"nctId\":\"NCT01234567\"}}}");
    assert_string_equal(only(&f, KIND_OTHER, WEIGHT_ROUTINE)->path, "");
}

static void empty_objects_and_lists_stand_and_go_exactly(void **state)
{
    static const char *const shapes[] = {
        RECORD(""),
        RECORD(",\"contactsLocationsModule\":{}"),
        RECORD(",\"contactsLocationsModule\":{\"locations\":[]}"),
        RECORD(",\"contactsLocationsModule\":{\"locations\":[{}]}"),
        RECORD(",\"contactsLocationsModule\":{\"locations\":[{},{}]}"),
        RECORD(",\"contactsLocationsModule\":{\"locations\":null}"),
        RECORD(",\"contactsLocationsModule\":{\"locations\":{\"a\":1}}"),
        RECORD(",\"contactsLocationsModule\":null"),
        RECORD(",\"contactsLocationsModule\":[]"),
        RECORD(",\"outcomesModule\":{\"primaryOutcomes\":[]}"),
        RECORD(",\"outcomesModule\":{\"primaryOutcomes\":[null,{},\"x\"]}"),
        RECORD(",\"outcomesModule\":{\"primaryOutcomes\":[{},\"x\",\"x\"]}"),
        RECORD(",\"outcomesModule\":\"x\""),
        RECORD(",\"eligibilityModule\":{}"),
        RECORD(",\"eligibilityModule\":{\"sex\":{}}"),
        RECORD(",\"eligibilityModule\":{\"sex\":{\"a\":{}}}"),
        RECORD(",\"eligibilityModule\":{\"sex\":{\"a\":{},\"b\":[]}}"),
        RECORD(",\"eligibilityModule\":{\"stdAges\":[],\"sex\":[]}"),
        RECORD(",\"x\":{\"a\":{\"b\":{\"c\":{}}}}"),
        RECORD(",\"x\":{\"a\":{\"b\":{\"c\":{\"d\":1}}}}"),
        RECORD(",\"x\":{\"a\":{\"b\":{}}}"),
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(shapes); i++) {
        for (size_t j = 0; j < ARRAY_SIZE(shapes); j++) {
            _cleanup_study_ struct study *a = study_of_text(shapes[i]);
            _cleanup_study_ struct study *b = study_of_text(shapes[j]);
            assert_applies(a, b);
        }
    }
}

static void outcomes_are_told_apart_as_added_dropped_and_reworded(void **state)
{
    (void)state;
    FIXTURE(added, OUTCOMES("{\"measure\":\"Overall survival\"}"),
            OUTCOMES("{\"measure\":\"Quality of life\"},{\"measure\":\"Overall survival\"}"));
    const struct change *change = only(&added, KIND_PRIMARY_OUTCOME, WEIGHT_NOTABLE);
    assert_string_equal(change->note, "added");
    assert_int_equal(change->new_item, 0);
    assert_true(change->old_item == SITE_NONE);

    FIXTURE(dropped, OUTCOMES("{\"measure\":\"Overall survival\"},{\"measure\":\"Quality of life\"}"),
            OUTCOMES("{\"measure\":\"Overall survival\"}"));
    assert_string_equal(only(&dropped, KIND_PRIMARY_OUTCOME, WEIGHT_NOTABLE)->note, "dropped");

    FIXTURE(reworded, OUTCOMES("{\"measure\":\"Overall survival at 12 months\"}"),
            OUTCOMES("{\"measure\":\"Overall survival at 24 months\"}"));
    assert_string_equal(only(&reworded, KIND_PRIMARY_OUTCOME, WEIGHT_NOTABLE)->note, "reworded");

    FIXTURE(time_frame, OUTCOMES("{\"measure\":\"Overall survival\",\"timeFrame\":\"1 year\"}"),
            OUTCOMES("{\"measure\":\"Overall survival\",\"timeFrame\":\"2 years\"}"));
    assert_string_equal(only(&time_frame, KIND_PRIMARY_OUTCOME, WEIGHT_NOTABLE)->note, "reworded");

    FIXTURE(switched, OUTCOMES("{\"measure\":\"Overall survival\"}"), OUTCOMES("{\"measure\":\"Tumour size by MRI\"}"));
    assert_int_equal(switched.changes.count, 2);
    assert_string_equal(switched.changes.items[0].note, "added");
    assert_string_equal(switched.changes.items[1].note, "dropped");
}

static void outcomes_in_another_order_are_one_silent_change(void **state)
{
    (void)state;
    FIXTURE(f, OUTCOMES("{\"measure\":\"A\"},{\"measure\":\"B\"},{\"measure\":\"C\"}"),
            OUTCOMES("{\"measure\":\"C\"},{\"measure\":\"A\"},{\"measure\":\"B\"}"));
    assert_string_equal(only(&f, KIND_PRIMARY_OUTCOME, WEIGHT_SILENT)->note, "reordered");
}

static void a_recruiting_site_that_is_new_opens(void **state)
{
    (void)state;
    FIXTURE(f, SITES("RECRUITING", ""), SITES("RECRUITING", "{\"facility\":\"Emory\",\"status\":\"RECRUITING\"}"));
    const struct change *change = only(&f, KIND_SITE_OPENED, WEIGHT_URGENT);
    assert_true(change->old_index == SITE_NONE);
    assert_int_equal(change->new_index, 0);
    assert_null(change->before);
    assert_int_equal(json_object_size(change->after), 2);
    assert_false(change->with_study);
    assert_null(change->effective_before);
    assert_string_equal(change->effective_after, "RECRUITING");
}

static void a_site_that_does_not_recruit_yet_is_added(void **state)
{
    (void)state;
    FIXTURE(f, SITES("RECRUITING", ""),
            SITES("RECRUITING", "{\"facility\":\"Emory\",\"status\":\"NOT_YET_RECRUITING\"}"));
    only(&f, KIND_SITE_ADDED, WEIGHT_ROUTINE);
}

static void a_site_that_is_no_longer_listed_is_removed(void **state)
{
    (void)state;
    FIXTURE(f, SITES("RECRUITING", "{\"facility\":\"Emory\",\"status\":\"RECRUITING\"},{\"facility\":\"Mayo\"}"),
            SITES("RECRUITING", "{\"facility\":\"Mayo\"}"));
    const struct change *change = only(&f, KIND_SITE_REMOVED, WEIGHT_NOTABLE);
    assert_int_equal(change->old_index, 0);
    assert_true(change->new_index == SITE_NONE);
    assert_string_equal(change->effective_before, "RECRUITING");
}

static void a_site_changes_in_several_ways_at_once(void **state)
{
    (void)state;
    FIXTURE(f,
            SITES("RECRUITING",
                  "{\"facility\":\"Mayo Clinic\",\"city\":\"Rochester\",\"zip\":\"55905\",\"status\":"
                  "\"NOT_YET_RECRUITING\",\"contacts\":[{\"name\":\"A\"}],\"geoPoint\":{\"lat\":1.5,\"lon\":2.5}}"),
            SITES("RECRUITING",
                  "{\"facility\":\"Mayo Clinic Hospital\",\"city\":\"Rochester\",\"zip\":\"55905\",\"status\":"
                  "\"RECRUITING\",\"geoPoint\":{\"lat\":1.6,\"lon\":2.5},\"wing\":\"B\"}"));
    static const enum kind kinds[] = {KIND_SITE_OPENED, KIND_SITE_RENAMED, KIND_SITE_CONTACT, KIND_SITE_GEOPOINT,
                                      KIND_SITE_OTHER};
    assert_int_equal(f.changes.count, ARRAY_SIZE(kinds));
    for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
        assert_int_equal(f.changes.items[i].kind, kinds[i]);
        assert_int_equal(f.changes.items[i].old_index, 0);
        assert_int_equal(f.changes.items[i].new_index, 0);
    }
    assert_string_equal(json_string_value(json_object_get(f.changes.items[1].before, "facility")), "Mayo Clinic");
    assert_int_equal(json_object_size(f.changes.items[1].before), 1);
    assert_int_equal(json_object_size(f.changes.items[2].after), 0);
}

static void sites_open_with_the_study_when_their_status_appears(void **state)
{
    (void)state;
    FIXTURE(
        f, SITES("NOT_YET_RECRUITING", "{\"facility\":\"A\"},{\"facility\":\"B\"}"),
        SITES("RECRUITING",
              "{\"facility\":\"A\",\"status\":\"RECRUITING\"},{\"facility\":\"B\",\"status\":\"NOT_YET_RECRUITING\"}"));
    assert_int_equal(f.changes.count, 3);
    assert_int_equal(f.changes.items[0].kind, KIND_SITE_OPENED);
    assert_true(f.changes.items[0].with_study);
    /* the status appeared, but says what the study's said before */
    assert_int_equal(f.changes.items[1].kind, KIND_SITE_STATUS);
    assert_int_equal(f.changes.items[1].weight, WEIGHT_SILENT);
    assert_int_equal(f.changes.items[2].kind, KIND_STATUS);
}

static void sites_close_with_the_study_when_their_status_vanishes(void **state)
{
    (void)state;
    FIXTURE(f, SITES("RECRUITING", "{\"facility\":\"A\",\"status\":\"RECRUITING\"}"),
            SITES("COMPLETED", "{\"facility\":\"A\"}"));
    assert_int_equal(f.changes.count, 2);
    assert_int_equal(f.changes.items[0].kind, KIND_SITE_CLOSED);
    assert_true(f.changes.items[0].with_study);
    assert_string_equal(f.changes.items[0].effective_after, "COMPLETED");
    assert_int_equal(json_object_size(f.changes.items[0].after), 0);
}

static void sites_open_with_the_study_even_when_nothing_in_them_changed(void **state)
{
    (void)state;
    FIXTURE(f, SITES("SUSPENDED", "{\"facility\":\"A\"},{\"facility\":\"B\",\"status\":\"COMPLETED\"}"),
            SITES("RECRUITING", "{\"facility\":\"A\"},{\"facility\":\"B\",\"status\":\"COMPLETED\"}"));
    assert_int_equal(f.changes.count, 2);
    assert_int_equal(f.changes.items[0].kind, KIND_SITE_OPENED);
    assert_int_equal(f.changes.items[0].new_index, 0);
    assert_true(f.changes.items[0].with_study);
}

static void one_site_that_closes_alone_is_not_with_the_study(void **state)
{
    (void)state;
    FIXTURE(f, SITES("RECRUITING", "{\"facility\":\"A\",\"status\":\"RECRUITING\"}"),
            SITES("RECRUITING", "{\"facility\":\"A\",\"status\":\"COMPLETED\"}"));
    assert_false(only(&f, KIND_SITE_CLOSED, WEIGHT_URGENT)->with_study);
}

static void a_new_status_of_the_registry_is_carried_through(void **state)
{
    (void)state;
    FIXTURE(f, SITES("RECRUITING", "{\"facility\":\"A\",\"status\":\"PAUSED_FOR_TEA\"}"),
            SITES("RECRUITING", "{\"facility\":\"A\",\"status\":\"COMPLETED\"}"));
    assert_string_equal(only(&f, KIND_SITE_STATUS, WEIGHT_ROUTINE)->effective_before, "PAUSED_FOR_TEA");
}

static void sites_in_another_order_are_one_silent_change(void **state)
{
    (void)state;
    FIXTURE(
        f, SITES("COMPLETED", "{\"facility\":\"A\"},{\"facility\":\"B\"},{\"facility\":\"C\"}"),
        SITES("COMPLETED", "{\"facility\":\"B\"},{\"facility\":\"New\"},{\"facility\":\"A\"},{\"facility\":\"C\"}"));
    assert_int_equal(f.changes.count, 2);
    assert_int_equal(f.changes.items[0].kind, KIND_SITE_ADDED);
    assert_int_equal(f.changes.items[1].kind, KIND_SITE_ORDER);
    assert_int_equal(f.changes.items[1].weight, WEIGHT_SILENT);
    _cleanup_free_ char *order = study_canonical_value(f.changes.items[1].after);
    assert_string_equal(order, "[1,null,0,2]");
}

static void an_inserted_site_moves_nothing(void **state)
{
    (void)state;
    FIXTURE(f, SITES("COMPLETED", "{\"facility\":\"A\"},{\"facility\":\"C\"}"),
            SITES("COMPLETED", "{\"facility\":\"A\"},{\"facility\":\"B\"},{\"facility\":\"C\"}"));
    only(&f, KIND_SITE_ADDED, WEIGHT_ROUTINE);
}

static void changes_that_do_not_fit_are_refused(void **state)
{
    FIXTURE(f, SITES("RECRUITING", "{\"facility\":\"A\",\"status\":\"RECRUITING\"},{\"facility\":\"B\"}"),
            SITES("COMPLETED", "{\"facility\":\"B\"},{\"facility\":\"A\"},{\"facility\":\"C\"}"));
    static const char *const others[] = {RECORD(""),
                                         SITES("RECRUITING", "{\"facility\":\"A\"}"),
                                         SITES("UNKNOWN", ""),
                                         RECORD(",\"contactsLocationsModule\":[]"),
                                         "{}",
                                         "[]",
                                         "1"};
    struct error e = {0};

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(others); i++) {
        json_t *record = json_loads(others[i], JSON_DECODE_ANY, NULL);
        json_t *result = NULL;
        assert_int_equal(diff_apply(record, &f.changes, &result, &e), -EINVAL);
        assert_null(result);
        json_decref(record);
    }
}

static void what_is_no_change_is_not_read_from_json(void **state)
{
    static const char *const texts[] = {
        "[]",
        "{}",
        "{\"kind\":\"status\",\"weight\":\"urgent\"}",
        "{\"kind\":\"x\",\"weight\":\"urgent\",\"path\":\"a\"}",
        "{\"kind\":\"status\",\"weight\":\"x\",\"path\":\"a\"}",
        "{\"kind\":\"status\",\"weight\":\"urgent\",\"path\":1}",
        "{\"kind\":\"status\",\"weight\":\"urgent\",\"path\":\"a\",\"note\":\"x\"}",
        "{\"kind\":\"site-added\",\"weight\":\"urgent\",\"path\":\"a\",\"new_index\":-1}",
        "{\"kind\":\"site-added\",\"weight\":\"urgent\",\"path\":\"a\",\"new_index\":\"0\"}",
        "{\"kind\":\"site-added\",\"weight\":\"urgent\",\"path\":\"a\",\"effective_after\":1}"};
    struct error e = {0};

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
        json_t *json = json_loads(texts[i], 0, NULL);
        struct change change;
        assert_int_equal(change_from_json(json, &change, &e), -EINVAL);
        json_decref(json);
    }
}

/* A record whose parts at some paths of the table are of random shape. */
static struct study *random_study(struct random_source *random)
{
    static const struct {
        const char *section, *module, *field;
    } places[] = {
        {"protocolSection", "contactsLocationsModule", "locations"},
        {"protocolSection", "contactsLocationsModule", "centralContacts"},
        {"protocolSection", "outcomesModule", "primaryOutcomes"},
        {"protocolSection", "statusModule", "overallStatus"},
        {"protocolSection", "statusModule", "whyStopped"},
        {"protocolSection", "eligibilityModule", "eligibilityCriteria"},
        {"resultsSection", "moreInfoModule", "a"},
        {"derivedSection", "miscInfoModule", "versionHolder"},
        {"derivedSection", "miscInfoModule", "b"},
    };
    json_t *record = json_pack("{s:{s:{s:s}}}", "protocolSection", "identificationModule", "nctId", "NCT01234567");

    for (size_t n = random_below(random, 6); n > 0; n--) {
        size_t p = random_below(random, ARRAY_SIZE(places));
        json_t *section = json_object_get(record, places[p].section);
        json_t *module = json_object_get(section, places[p].module);
        json_t *value = random_value(random, 0);
        if (p == 0) {
            size_t i;
            json_t *location;
            json_array_foreach (value, i, location)
                if (!json_is_object(location))
                    json_array_set_new(value, i, json_object());
        }
        if (!section)
            json_object_set_new(record, places[p].section, section = json_object());
        if (!module)
            json_object_set_new(section, places[p].module, module = json_object());
        json_object_set_new(module, places[p].field, value);
    }
    return study_of(record);
}

static void random_records_apply_exactly(void **state)
{
    struct random_source random = {.state = 20260211};

    (void)state;
    for (int i = 0; i < 20000; i++) {
        _cleanup_study_ struct study *a = random_study(&random);
        _cleanup_study_ struct study *b = random_study(&random);
        assert_applies(a, b);
    }
}

static void assert_applies_both_ways(const struct study *a, const struct study *b)
{
    assert_applies(a, b);
    assert_applies(b, a);
}

static void real_pairs_apply_exactly(void **state)
{
    (void)state;
    if (!registry_folder())
        skip();
    each_real_pair(assert_applies_both_ways);
}

static void daily_copies_of_an_unchanged_record_are_one_version(void **state)
{
    glob_t files;

    (void)state;
    if (!registry_folder())
        skip();
    registry_files("unchanged/*/*.json", &files);
    _cleanup_study_ struct study *last = NULL;
    for (size_t i = 0; i < files.gl_pathc; i++) {
        struct study *study = study_of(json_of_file(files.gl_pathv[i]));
        if (last && strcmp(study_nct_id(last), study_nct_id(study)) == 0)
            assert_memory_equal(study_hash(last), study_hash(study), STUDY_HASH_BYTES);
        study_free(last);
        last = study;
    }
    globfree(&files);
}

/* The record with the id of all others. */
static struct study *as_one_study(const char *path)
{
    json_t *record = json_of_file(path);

    json_object_set_new(json_object_get(json_object_get(record, "protocolSection"), "identificationModule"), "nctId",
                        json_string("NCT01234567"));
    return study_of(record);
}

static void any_real_record_becomes_any_other_exactly(void **state)
{
    glob_t files;

    (void)state;
    if (!registry_folder())
        skip();
    registry_files("records/*.json", &files);
    _cleanup_study_ struct study *last = as_one_study(files.gl_pathv[0]);
    for (size_t i = 3; i < files.gl_pathc; i += 4) {
        struct study *study = as_one_study(files.gl_pathv[i]);
        assert_applies(last, study);
        study_free(last);
        last = study;
    }
    globfree(&files);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equal_records_have_no_changes),
        cmocka_unit_test(records_of_two_studies_are_refused),
        cmocka_unit_test(a_study_under_an_alias_is_the_same_study),
        cmocka_unit_test(a_map_of_other_records_is_refused),
        cmocka_unit_test(the_overall_status_is_urgent),
        cmocka_unit_test(a_date_with_its_type_is_one_change),
        cmocka_unit_test(bookkeeping_is_silent),
        cmocka_unit_test(results_are_urgent_the_first_time_only),
        cmocka_unit_test(a_stop_for_safety_is_urgent),
        cmocka_unit_test(a_text_that_is_only_rewrapped_is_routine),
        cmocka_unit_test(a_new_field_of_the_registry_is_carried_as_other),
        cmocka_unit_test(null_is_not_absent),
        cmocka_unit_test(keys_with_dots_and_backslashes_keep_their_place),
        cmocka_unit_test(an_empty_key_of_the_record_itself_is_a_path),
        cmocka_unit_test(empty_objects_and_lists_stand_and_go_exactly),
        cmocka_unit_test(outcomes_are_told_apart_as_added_dropped_and_reworded),
        cmocka_unit_test(outcomes_in_another_order_are_one_silent_change),
        cmocka_unit_test(a_recruiting_site_that_is_new_opens),
        cmocka_unit_test(a_site_that_does_not_recruit_yet_is_added),
        cmocka_unit_test(a_site_that_is_no_longer_listed_is_removed),
        cmocka_unit_test(a_site_changes_in_several_ways_at_once),
        cmocka_unit_test(sites_open_with_the_study_when_their_status_appears),
        cmocka_unit_test(sites_close_with_the_study_when_their_status_vanishes),
        cmocka_unit_test(sites_open_with_the_study_even_when_nothing_in_them_changed),
        cmocka_unit_test(one_site_that_closes_alone_is_not_with_the_study),
        cmocka_unit_test(a_new_status_of_the_registry_is_carried_through),
        cmocka_unit_test(sites_in_another_order_are_one_silent_change),
        cmocka_unit_test(an_inserted_site_moves_nothing),
        cmocka_unit_test(changes_that_do_not_fit_are_refused),
        cmocka_unit_test(what_is_no_change_is_not_read_from_json),
        cmocka_unit_test(random_records_apply_exactly),
        cmocka_unit_test(real_pairs_apply_exactly),
        cmocka_unit_test(daily_copies_of_an_unchanged_record_are_one_version),
        cmocka_unit_test(any_real_record_becomes_any_other_exactly),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
