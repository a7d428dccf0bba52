/* The way of one record into a real history. */
#include "registry_intake.h"

#include <errno.h>

static const char *const watched[] = {"NCT00000001", "NCT00000002"};

static bool asked(const char *nct_id, void *userdata)
{
    (void)userdata;
    for (size_t i = 0; i < ARRAY_SIZE(watched); i++) {
        if (strcmp(nct_id, watched[i]) == 0)
            return true;
    }
    return false;
}

static int set_up(void **state)
{
    *state = open_setting(watched, ARRAY_SIZE(watched), asked);
    return 0;
}

static int take_text(struct setting *setting, const char *text, size_t len, struct intake_result *ret, struct error *e)
{
    assert_false(intake_is_busy(setting->intake));
    int r = take_steps(setting, text, len, ret, e);
    assert_false(intake_is_busy(setting->intake));
    return r < 0 ? r : intake_commit(setting->intake, e);
}

static enum intake_verdict take(struct setting *setting, const char *nct_id, const char *status, int sites,
                                const char *holder, struct intake_result *ret)
{
    _cleanup_buf_ struct buf text = {0};
    struct error e;

    fixture_append_record(&text, nct_id, status, sites, holder);
    if (take_text(setting, buf_string(&text), text.len, ret, &e) < 0)
        fail_msg("%s", e.text);
    return ret->verdict;
}

static void a_first_sight_is_a_baseline(void **state)
{
    struct setting *setting = *state;
    struct intake_result result;

    assert_int_equal(take(setting, watched[0], "RECRUITING", 3, "a", &result), INTAKE_FIRST);
    assert_int_equal(result.version.number, 1);
    assert_int_equal(result.version.change_count, 0);
    assert_int_equal(result.alert_count, 0);
    assert_string_equal(result.nct_id, watched[0]);
    assert_int_equal(fixture_alerts_due(&setting->fixture), 0);
}

static void what_is_no_change_is_only_noted(void **state)
{
    struct setting *setting = *state;
    struct intake_result result;

    take(setting, watched[0], "RECRUITING", 3, "2026-02-11", &result);
    begin_poll(setting, "2026-02-12T09:00:05");
    assert_int_equal(take(setting, watched[0], "RECRUITING", 3, "2026-02-12", &result), INTAKE_UNCHANGED);
    assert_int_equal(fixture_version(&setting->fixture, watched[0]), 1);
    assert_int_equal(intake_commit(setting->intake, NULL), 0); /* nothing */
}

/* Whether the next record is known by its bytes, of which the page goes on after it; else it is decoded. */
static bool is_recognised(struct setting *setting, const char *text)
{
    _cleanup_buf_ struct buf page = {0};
    struct intake_result result;
    size_t len;

    buf_printf(&page, "%s,{\"protocolSection\":{", text);
    int recognised = intake_recognise(setting->intake, buf_string(&page), page.len, &len, &result, NULL);
    if (recognised == 0)
        assert_int_equal(take_text(setting, text, strlen(text), &result, NULL), 0);
    else
        assert_int_equal(len, strlen(text));
    assert_int_equal(intake_commit(setting->intake, NULL), 0);
    assert_true(result.verdict == INTAKE_UNCHANGED || recognised == 0);
    assert_string_equal(result.nct_id, watched[0]);
    return recognised > 0;
}

#define TEXT(aliases, status, day)                                                                                     \
    "{\"protocolSection\":{\"identificationModule\":{\"nctId\":\"NCT00000001\"" aliases                                \
    "},\"statusModule\":{\"overallStatus\":\"" status "\"}},\"derivedSection\":{\"miscInfoModule\":"                   \
    "{\"versionHolder\":\"" day "\"}}}"

static void what_came_before_is_recognised_without_decoding(void **state)
{
    struct setting *setting = *state;

    assert_false(is_recognised(setting, TEXT("", "RECRUITING", "2026-02-11")));
    assert_true(is_recognised(setting, TEXT("", "RECRUITING", "2026-02-12")));
    assert_false(is_recognised(setting, TEXT("", "COMPLETED", "2026-02-13")));
    assert_false(is_recognised(setting, TEXT("", "RECRUITING", "2026-02-13")));
    assert_int_equal(fixture_version(&setting->fixture, watched[0]), 3);
    assert_true(is_recognised(setting, TEXT("", "RECRUITING", "2026-02-14")));
    assert_int_equal(fixture_version(&setting->fixture, watched[0]), 3);
}

static void the_same_record_in_other_bytes_is_decoded_once(void **state)
{
    struct setting *setting = *state;

    assert_false(is_recognised(setting, TEXT("", "RECRUITING", "2026-02-11")));
    assert_false(is_recognised(setting, TEXT(" ", "RECRUITING", "2026-02-12")));
    assert_true(is_recognised(setting, TEXT(" ", "RECRUITING", "2026-02-13")));
    assert_false(is_recognised(setting, TEXT("", "RECRUITING", "2026-02-14")));
    assert_int_equal(fixture_version(&setting->fixture, watched[0]), 1);
}

static void a_study_with_an_alias_is_always_decoded(void **state)
{
    struct setting *setting = *state;

    assert_false(is_recognised(setting, TEXT(",\"nctIdAliases\":[\"NCT00000003\"]", "RECRUITING", "2026-02-11")));
    assert_false(is_recognised(setting, TEXT(",\"nctIdAliases\":[\"NCT00000003\"]", "RECRUITING", "2026-02-11")));
    assert_int_equal(fixture_version(&setting->fixture, watched[0]), 1);
}

static void a_change_is_committed_with_its_alert(void **state)
{
    struct setting *setting = *state;
    struct intake_result result;

    take(setting, watched[0], "NOT_YET_RECRUITING", 1, "a", &result);
    begin_poll(setting, "2026-02-12T09:00:05");
    assert_int_equal(take(setting, watched[0], "RECRUITING", 2, "b", &result), INTAKE_CHANGED);
    assert_int_equal(result.version.number, 2);
    assert_true(result.version.change_count > 1);
    assert_string_equal(result.version.refresh, "2026-02-12T09:00:05");
    assert_int_equal(result.version.poll, setting->poll);
    assert_int_equal(result.alert_count, 1);
    assert_int_equal(fixture_alerts_due(&setting->fixture), 1);
}

static void strangers_records_are_left_alone(void **state)
{
    struct setting *setting = *state;
    struct intake_result result;

    assert_int_equal(take(setting, "NCT00000077", "RECRUITING", 1, "a", &result), INTAKE_UNASKED);
    assert_string_equal(result.nct_id, "NCT00000077");
    assert_int_equal(fixture_version(&setting->fixture, "NCT00000077"), 0);
}

static void what_is_no_record_is_unreadable_and_says_whose_it_would_be(void **state)
{
    static const struct {
        const char *text;
        const char *nct_id;
    } cases[] = {
        {"", ""},
        {"17", ""},
        {"null", ""},
        {"[]", ""},
        {"{}", ""},
        {"{\"protocolSection\":{}}", ""},
        {"{\"protocolSection\":{\"identificationModule\":{\"nctId\":\"NCT1\"}}}", ""},
        {"{\"protocolSection\":{\"identificationModule\":{\"nctId\":\"NCT00000001\",\"x\":\"\\u0000\"}}}", ""},
        {"{\"protocolSection\":{\"identificationModule\":{\"nctId\":\"NCT00000001\"},"
         "\"contactsLocationsModule\":{\"locations\":[5]}}}",
         "NCT00000001"},
    };
    struct setting *setting = *state;

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct intake_result result = {.verdict = INTAKE_FIRST};
        struct error e;
        assert_int_equal(take_text(setting, cases[i].text, strlen(cases[i].text), &result, &e), 0);
        assert_int_equal(result.verdict, INTAKE_UNREADABLE);
        assert_string_equal(result.nct_id, cases[i].nct_id);
        assert_true(strlen(result.why.text) > 5);
    }
}

static void a_record_over_the_limit_is_not_even_decoded(void **state)
{
    struct setting *setting = *state;
    size_t len = STUDY_MAX_RECORD_BYTES + 1;
    _cleanup_free_ char *text = malloc(len);
    struct intake_result result;
    struct error e;

    assert_non_null(text);
    memset(text, ' ', len);
    assert_int_equal(take_text(setting, text, len, &result, &e), 0);
    assert_int_equal(result.verdict, INTAKE_UNREADABLE);
    assert_non_null(strstr(result.why.text, "33554433 bytes"));
    assert_int_equal(take_text(setting, text, len - 1, &result, &e), 0);
    assert_non_null(strstr(result.why.text, "not JSON"));
}

static void nothing_is_lost_when_the_disk_is_full(void **state)
{
    struct setting *setting = *state;
    struct intake_result result;
    _cleanup_buf_ struct buf text = {0};
    struct error e = {.text = ""};

    take(setting, watched[0], "NOT_YET_RECRUITING", 1, "a", &result);
    begin_poll(setting, "2026-02-12T09:00:05");
    fixture_append_record(&text, watched[0], "RECRUITING", 200, "b");

    struct rlimit before = fill_disk();
    int r = take_text(setting, buf_string(&text), text.len, &result, &e);
    make_room_on_disk(&before);
    assert_true(r < 0);
    assert_true(strlen(e.text) > 10);
    assert_int_equal(fixture_version(&setting->fixture, watched[0]), 1);
    assert_int_equal(fixture_alerts_due(&setting->fixture), 0);

    /* with room again, the same record is taken in whole */
    assert_int_equal(take_text(setting, buf_string(&text), text.len, &result, &e), 0);
    assert_int_equal(result.verdict, INTAKE_CHANGED);
    assert_int_equal(fixture_version(&setting->fixture, watched[0]), 2);
    assert_int_equal(fixture_alerts_due(&setting->fixture), 1);
}

static void a_cancelled_record_leaves_nothing(void **state)
{
    struct setting *setting = *state;
    _cleanup_buf_ struct buf text = {0};
    struct intake_result result;

    fixture_append_record(&text, watched[1], "RECRUITING", 1, "a");
    intake_begin(setting->intake, buf_string(&text), text.len);
    assert_int_equal(intake_step(setting->intake, &result, NULL), 1);
    assert_int_equal(intake_step(setting->intake, &result, NULL), 1);
    intake_cancel(setting->intake);
    assert_false(intake_is_busy(setting->intake));
    assert_int_equal(fixture_version(&setting->fixture, watched[1]), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_first_sight_is_a_baseline, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_no_change_is_only_noted, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_came_before_is_recognised_without_decoding, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_same_record_in_other_bytes_is_decoded_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_study_with_an_alias_is_always_decoded, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_change_is_committed_with_its_alert, set_up, tear_down),
        cmocka_unit_test_setup_teardown(strangers_records_are_left_alone, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_no_record_is_unreadable_and_says_whose_it_would_be, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_record_over_the_limit_is_not_even_decoded, set_up, tear_down),
        cmocka_unit_test_setup_teardown(nothing_is_lost_when_the_disk_is_full, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_cancelled_record_leaves_nothing, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
