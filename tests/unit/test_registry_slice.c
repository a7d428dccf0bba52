/* What intake takes in between two commits: one transaction, of which a record is still all or nothing. */
#include "outsider.h"
#include "registry_intake.h"

#include "history/ledger.h"

#include <errno.h>
#include <stdlib.h>

#define STUDIES 5

static const char *const watched[STUDIES] = {"NCT00000001", "NCT00000002", "NCT00000003", "NCT00000004", "NCT00000005"};

static bool asked(const char *nct_id, void *userdata)
{
    (void)nct_id;
    (void)userdata;
    return true;
}

/* One record, which is not committed. */
static int take(struct setting *setting, const char *nct_id, const char *status, int sites, struct error *e)
{
    _cleanup_buf_ struct buf text = {0};
    struct intake_result result;

    fixture_append_record(&text, nct_id, status, sites, "a");
    return take_steps(setting, buf_string(&text), text.len, &result, e);
}

static void take_all(struct setting *setting, const char *status, int sites)
{
    struct error e;

    for (size_t i = 0; i < STUDIES; i++)
        if (take(setting, watched[i], status, sites, &e) < 0)
            fail_msg("%s: %s", watched[i], e.text);
}

/* Every study has its first version, and the next refresh has come. */
static int set_up(void **state)
{
    struct setting *setting = open_setting(watched, STUDIES, asked);

    take_all(setting, "NOT_YET_RECRUITING", 2);
    assert_int_equal(intake_commit(setting->intake, NULL), 0);
    begin_poll(setting, "2026-02-12T09:00:05");
    *state = setting;
    return 0;
}

/* What somebody else reads: so many studies have a version of that number, each with its changes and its alert. */
static void assert_committed(struct setting *setting, long version, const char *count)
{
    const char *path = setting->fixture.path;
    char sql[128];

    snprintf(sql, sizeof(sql), "SELECT count(*) FROM versions WHERE number = %ld", version);
    assert_string_equal(outsider_reads(path, sql), count);
    assert_string_equal(outsider_reads(path, "SELECT count(*) FROM versions v WHERE change_count <>"
                                             " (SELECT count(*) FROM changes c WHERE c.version = v.id)"),
                        "0");
    snprintf(sql, sizeof(sql), "SELECT count(*) FROM alerts a JOIN versions v ON v.id = a.version WHERE v.number = %ld",
             version);
    assert_string_equal(outsider_reads(path, sql), version == 1 ? "0" : count);
}

static void assert_ledger_holds(struct setting *setting)
{
    struct ledger_report report;
    struct error e;

    if (ledger_verify(setting->fixture.store, 0, NULL, NULL, &report, &e) < 0)
        fail_msg("%s", e.text);
}

static void records_are_committed_together(void **state)
{
    struct setting *setting = *state;

    take_all(setting, "RECRUITING", 3);
    assert_committed(setting, 2, "0");
    assert_int_equal(fixture_version(&setting->fixture, watched[0]), 2); /* for the writer itself */
    assert_int_equal(intake_commit(setting->intake, NULL), 0);
    assert_committed(setting, 2, "5");
    assert_int_equal(intake_commit(setting->intake, NULL), 0);
    assert_ledger_holds(setting);
}

static void what_is_not_committed_is_dropped_with_the_intake(void **state)
{
    struct setting *setting = *state;

    take_all(setting, "RECRUITING", 3);
    intake_free(TAKE_PTR(setting->intake));
    assert_int_equal(store_begin(setting->fixture.store, NULL), 0);
    store_rollback(setting->fixture.store);
    assert_committed(setting, 2, "0");
}

/* Damage that shows when the version before is read, and damage that shows in the midst of writing. */
static void a_record_that_fails_leaves_the_others(void **state)
{
    static const struct {
        const char *damage, *repair;
    } cases[] = {
        {"DROP TRIGGER versions_no_update; CREATE TABLE kept AS SELECT id, body AS was FROM versions;"
         "UPDATE versions SET body = zeroblob(9) WHERE id = 3",
         "UPDATE versions SET body = (SELECT was FROM kept k WHERE k.id = versions.id) WHERE id = 3;"
         "DROP TABLE kept"},
        {"DROP TRIGGER site_maps_no_update; CREATE TABLE kept AS SELECT study, version, numbers AS was FROM site_maps;"
         "UPDATE site_maps SET numbers = 'x' WHERE study = 3",
         "UPDATE site_maps SET numbers = (SELECT was FROM kept k WHERE k.study = 3 AND k.version = site_maps.version)"
         " WHERE study = 3; DROP TABLE kept"},
        {"CREATE TRIGGER no_alert BEFORE INSERT ON alerts WHEN NEW.study = 3 BEGIN SELECT RAISE(ABORT, 'no'); END",
         "DROP TRIGGER no_alert"},
    };
    struct setting *setting = *state;
    struct error e;
    char refresh[REFRESH_BYTES];

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        long version = 2 + (long)i;
        snprintf(refresh, sizeof(refresh), "2026-03-%02zuT09:00:05", i + 1);
        begin_poll(setting, refresh);
        assert_int_equal(outsider_runs(setting->fixture.path, cases[i].damage), SQLITE_OK);
        for (size_t study = 0; study < STUDIES; study++) {
            int r = take(setting, watched[study], "RECRUITING", 3 + (int)i, &e);
            assert_true(study == 2 ? r < 0 : r == 0);
        }
        assert_int_equal(intake_commit(setting->intake, &e), 0);
        assert_committed(setting, version, "4");
        assert_int_equal(fixture_version(&setting->fixture, watched[2]), version - 1);

        /* whoever is taken in again has nothing new to say */
        assert_int_equal(outsider_runs(setting->fixture.path, cases[i].repair), SQLITE_OK);
        take_all(setting, "RECRUITING", 3 + (int)i);
        assert_int_equal(intake_commit(setting->intake, &e), 0);
        assert_committed(setting, version, "5");
    }
    assert_ledger_holds(setting);
}

static void a_full_disk_keeps_none_of_them_and_all_come_again(void **state)
{
    struct setting *setting = *state;
    struct error e = {.text = ""};
    int r;

    for (size_t i = 0; i < 3; i++)
        assert_int_equal(take(setting, watched[i], "RECRUITING", 100, &e), 0);
    struct rlimit before = fill_disk();
    for (size_t i = 3; i < STUDIES; i++)
        take(setting, watched[i], "RECRUITING", 100, &e);
    r = intake_commit(setting->intake, &e);
    make_room_on_disk(&before);
    assert_true(r < 0);
    assert_non_null(strstr(e.text, "history.db"));
    assert_committed(setting, 2, "0");
    assert_committed(setting, 1, "5");

    take_all(setting, "RECRUITING", 100);
    assert_int_equal(intake_commit(setting->intake, &e), 0);
    assert_committed(setting, 2, "5");
    assert_ledger_holds(setting);
}

/* What was written reaches the full disk while others are still taken in. */
static void a_disk_that_fills_amid_the_writing_keeps_none_of_them(void **state)
{
    struct setting *setting = *state;
    struct error e = {.text = ""};
    int r = 0;

    assert_int_equal(take(setting, watched[0], "RECRUITING", 3, &e), 0);
    struct rlimit before = fill_disk();
    for (size_t i = 1; r == 0 && i < STUDIES; i++)
        r = take(setting, watched[i], "RECRUITING", 2500, &e);
    assert_true(r < 0);
    assert_int_equal(take(setting, watched[0], "SUSPENDED", 3, &e), -ENOSPC);
    r = intake_commit(setting->intake, &e);
    make_room_on_disk(&before);
    assert_int_equal(r, -ENOSPC);
    assert_committed(setting, 2, "0");

    take_all(setting, "RECRUITING", 3);
    assert_int_equal(intake_commit(setting->intake, &e), 0);
    assert_committed(setting, 2, "5");
}

static void one_study_twice_in_a_slice_has_both_its_versions(void **state)
{
    struct setting *setting = *state;

    assert_int_equal(take(setting, watched[0], "RECRUITING", 2, NULL), 0);
    assert_int_equal(take(setting, watched[0], "SUSPENDED", 2, NULL), 0);
    assert_int_equal(take(setting, watched[0], "SUSPENDED", 2, NULL), 0);
    assert_int_equal(intake_commit(setting->intake, NULL), 0);
    assert_committed(setting, 2, "1");
    assert_committed(setting, 3, "1");
    assert_committed(setting, 4, "0");
}

#define SLICE_TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SLICE_TEST(records_are_committed_together),
        SLICE_TEST(what_is_not_committed_is_dropped_with_the_intake),
        SLICE_TEST(a_record_that_fails_leaves_the_others),
        SLICE_TEST(a_full_disk_keeps_none_of_them_and_all_come_again),
        SLICE_TEST(a_disk_that_fills_amid_the_writing_keeps_none_of_them),
        SLICE_TEST(one_study_twice_in_a_slice_has_both_its_versions),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
