#include "history_fixture.h"

#include "history/digest.h"
#include "history/outbox.h"

/* The channel "chat" is told of the changes of the second version. */
static void tell(struct fixture *f)
{
    static const char *const watches[] = {"a watch"};
    static const int64_t changes[] = {1, 2};
    const struct alert_new alert = {
        .channel = "chat",
        .nct_id = NCT_1,
        .refresh = REFRESH_1,
        .version = 2,
        .watches = watches,
        .watch_count = 1,
        .changes = changes,
        .change_count = 2,
        .weight = WEIGHT_URGENT,
        .created_usec = f->now_usec,
    };
    const struct attempt attempt = {.started_usec = f->now_usec,
                                    .latency_usec = 7,
                                    .outcome = ATTEMPT_DELIVERED,
                                    .code = 200,
                                    .answer = "ok",
                                    .thread = "1.2"};
    char id[ALERT_ID_BYTES], message[MESSAGE_ID_BYTES];
    const char *const ids[] = {id};

    assert_ok(f, store_begin(f->store, &f->e));
    assert_ok(f, outbox_add(f->store, &alert, id, &f->e));
    assert_ok(f, outbox_compose(f->store, "chat", ids, 1, f->now_usec, message, &f->e));
    assert_ok(f, outbox_record_attempt(f->store, message, &attempt, &f->e));
    assert_ok(f, store_commit(f->store, &f->e));
}

/* Two polls, three versions, an attempt: entries 1 version, 2 version, 3 poll, 4 version, 5 changes, 6 poll, 7 attempt.
 */
static void fill(struct fixture *f)
{
    _cleanup_study_ struct study *a = make_study(NCT_1, "RECRUITING", 3, "one");
    _cleanup_study_ struct study *b = make_study(NCT_1, "SUSPENDED", 3, "one");
    _cleanup_study_ struct study *c = make_study(NCT_2, "COMPLETED", 2, "other");

    fixture_take_in(f, a, NULL);
    fixture_take_in(f, c, NULL);
    fixture_poll_end(f, POLL_COMPLETE);
    fixture_poll(f);
    fixture_take_in(f, b, a);
    fixture_poll_end(f, POLL_COMPLETE);
    tell(f);
}

static void assert_broken(struct fixture *f, const char *tamper, const char *words)
{
    struct ledger_report report = {.entries = -1};

    fill(f);
    assert_ok(f, ledger_verify(f->store, 0, NULL, NULL, &report, &f->e));
    assert_int_equal(report.entries, 7);
    if (outsider_runs(f->path, tamper) != SQLITE_OK)
        fail_msg("could not tamper: %s", tamper);
    report.entries = -1;
    assert_int_equal(ledger_verify(f->store, 0, NULL, NULL, &report, &f->e), -EUCLEAN);
    if (!strstr(f->e.text, words))
        fail_msg("%s: %s", tamper, f->e.text);
    assert_int_equal(report.entries, -1);
}

static void an_untouched_history_verifies(void **state)
{
    struct fixture *f = *state;
    struct ledger_report report;
    char head[LEDGER_HEAD_BYTES];

    assert_ok(f, ledger_head(f->store, head, &f->e));
    assert_string_equal(head, "0:");
    assert_ok(f, ledger_verify(f->store, 0, NULL, NULL, &report, &f->e));
    assert_int_equal(report.entries, 0);
    fill(f);
    assert_ok(f, ledger_verify(f->store, 0, NULL, NULL, &report, &f->e));
    assert_int_equal(report.entries, 7);
    assert_int_equal(report.of[LEDGER_VERSION], 3);
    assert_int_equal(report.of[LEDGER_POLL], 2);
    assert_int_equal(report.of[LEDGER_CHANGES], 1);
    assert_int_equal(report.of[LEDGER_ATTEMPT], 1);
    assert_ok(f, ledger_head(f->store, head, &f->e));
    assert_string_equal(head, report.head);
    assert_ok(f, ledger_verify(f->store, 4, NULL, NULL, &report, &f->e));
    assert_int_equal(report.entries, 4);
    assert_ok(f, ledger_verify(f->store, 8, NULL, NULL, &report, &f->e));
    assert_int_equal(report.entries, 0);
    assert_int_equal(ledger_verify(f->store, 9, NULL, NULL, &report, &f->e), -EUCLEAN);
}

/* The text as ledger_entry.h defines it, written out by hand. */
static void the_hash_is_that_of_the_documented_text(void **state)
{
    struct fixture *f = *state;
    _cleanup_study_ struct study *study = make_study(NCT_1, "RECRUITING", 3, "one");
    struct version version = fixture_take_in(f, study, NULL);
    uint8_t hash[DIGEST_BYTES] = {0};
    char body[DIGEST_HEX_BYTES], hex[DIGEST_HEX_BYTES], head[LEDGER_HEAD_BYTES];
    char text[512];
    int len;

    digest_hex(version.hash, sizeof(version.hash), body);
    len = snprintf(text, sizeof(text), "version\t" NCT_1 "\tseen\t1\t%lld\t" REFRESH_1 "\t%lld\t%s",
                   (long long)version.seen_usec, (long long)f->poll, body);
    assert_int_equal(digest_two(hash, sizeof(hash), text, (size_t)len, hash), 0);
    assert_ok(f, ledger_head(f->store, head, &f->e));
    assert_int_equal(strncmp(head, "1:", 2), 0);
    assert_string_equal(head + 2, digest_hex(hash, sizeof(hash), hex));

    struct poll poll = {.id = f->poll,
                        .finished_usec = f->now_usec + 1,
                        .outcome = POLL_FAILED,
                        .requests = 1,
                        .records = 2,
                        .changed = 3,
                        .missing = 4,
                        .bytes = 5};
    const char *const missing[] = {NCT_2};
    strcpy(poll.reason, "a\tb\\c\nd");
    assert_ok(f, store_begin(f->store, &f->e));
    assert_ok(f, polls_finish(f->store, &poll, missing, 1, &f->e));
    assert_ok(f, store_commit(f->store, &f->e));
    len = snprintf(text, sizeof(text),
                   "poll\t%lld\t%lld\t%lld\tfailed\t\t\t1\t2\t3\t4\t5\ta\\tb\\\\c\\nd\t[\"" NCT_2 "\"]",
                   (long long)f->poll, (long long)(version.seen_usec - USEC_PER_HOUR), (long long)poll.finished_usec);
    assert_int_equal(digest_two(hash, sizeof(hash), text, (size_t)len, hash), 0);
    assert_ok(f, ledger_head(f->store, head, &f->e));
    assert_string_equal(head + 2, digest_hex(hash, sizeof(hash), hex));
}

static void a_flipped_byte_of_a_body_is_found(void **state)
{
    /* the last byte of the frame */
    assert_broken(
        *state,
        "DROP TRIGGER versions_no_update; UPDATE versions SET body = CAST(substr(body, 1, length(body) - 1) ||"
        " x'00' AS BLOB) WHERE id = 2",
        "entry 2 does not hold");
}

static void a_changed_body_with_its_hash_changed_too_is_found(void **state)
{
    assert_broken(*state,
                  "DROP TRIGGER versions_no_update; UPDATE versions SET (hash, body, canonical_bytes) ="
                  " (SELECT hash, body, canonical_bytes FROM versions WHERE id = 2) WHERE id = 1",
                  "entry 1 does not hold");
}

static void swapped_versions_are_found(void **state)
{
    assert_broken(*state,
                  "PRAGMA foreign_keys = OFF; PRAGMA ignore_check_constraints = ON; DROP TRIGGER versions_no_update;"
                  "UPDATE versions SET id = id + 100; UPDATE versions SET base = base + 100 WHERE base IS NOT NULL;"
                  "UPDATE versions SET id = CASE id WHEN 101 THEN 2 WHEN 102 THEN 1 ELSE 3 END;"
                  "UPDATE versions SET base = 2 WHERE base = 101",
                  "entry 1 does not hold");
}

static void every_field_of_a_version_counts(void **state)
{
    static const char *const fields[] = {"number = 7", "seen_usec = seen_usec + 1", "refresh = 2", "poll = 2",
                                         "study = 2, number = 5"};
    char sql[256];

    for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
        fixture_teardown(state);
        fixture_setup(state);
        snprintf(sql, sizeof(sql),
                 "DROP TRIGGER versions_no_update; INSERT INTO refreshes VALUES (2, 'never');"
                 "UPDATE versions SET %s WHERE id = 1",
                 fields[i]);
        assert_broken(*state, sql, "entry 1 does not hold");
    }
}

static void every_field_of_a_poll_counts(void **state)
{
    static const char *const fields[] = {"started_usec", "finished_usec", "outcome", "requests",
                                         "records",      "changed",       "missing", "bytes"};
    static const char *const texts[] = {"refresh", "api_version", "reason", "missing_ids"};
    char sql[256];

    for (size_t i = 0; i < ARRAY_SIZE(fields) + ARRAY_SIZE(texts); i++) {
        bool is_text = i >= ARRAY_SIZE(fields);
        const char *name = is_text ? texts[i - ARRAY_SIZE(fields)] : fields[i];
        fixture_teardown(state);
        fixture_setup(state);
        snprintf(sql, sizeof(sql), "DROP TRIGGER polls_no_late_update; UPDATE polls SET %s = %s %s WHERE id = 1", name,
                 name, is_text ? "|| 'x'" : "+ 1");
        assert_broken(*state, sql, "entry 3 does not hold");
    }
}

static void a_text_made_longer_behind_a_nul_is_found(void **state)
{
    assert_broken(*state,
                  "DROP TRIGGER polls_no_late_update; UPDATE polls SET reason = reason || char(0) || 'x' WHERE id = 2",
                  "entry 6 does not hold");
}

static void a_deleted_version_is_found(void **state)
{
    assert_broken(*state, "DROP TRIGGER versions_no_delete; DELETE FROM versions WHERE id = 2",
                  "entry 2 does not hold: its version is not there");
}

static void a_deleted_base_is_found_at_its_own_entry(void **state)
{
    assert_broken(*state,
                  "PRAGMA foreign_keys = OFF; DROP TRIGGER versions_no_delete; DELETE FROM versions WHERE id = 1",
                  "entry 1 does not hold: its version is not there");
}

static void a_deleted_poll_is_found(void **state)
{
    assert_broken(*state, "PRAGMA foreign_keys = OFF; DROP TRIGGER polls_no_delete; DELETE FROM polls WHERE id = 1",
                  "entry 3 does not hold: its poll is not there");
}

static void a_deleted_entry_is_found(void **state)
{
    assert_broken(*state, "DROP TRIGGER ledger_no_delete; DELETE FROM ledger WHERE number = 2",
                  "entry 2 does not hold: it is not there");
}

static void a_row_deleted_with_its_entry_is_found(void **state)
{
    assert_broken(*state,
                  "DROP TRIGGER ledger_no_delete; DROP TRIGGER ledger_no_update; DROP TRIGGER versions_no_delete;"
                  "DELETE FROM versions WHERE id = 2; DELETE FROM ledger WHERE number = 2;"
                  "UPDATE ledger SET number = number - 1 WHERE number > 2",
                  "entry 2 does not hold");
}

static void the_newest_entry_deleted_without_its_row_is_found(void **state)
{
    assert_broken(*state, "DROP TRIGGER ledger_no_delete; DELETE FROM ledger WHERE number >= 6",
                  "poll 2 has no ledger entry");
}

static void a_version_put_in_without_an_entry_is_found(void **state)
{
    assert_broken(
        *state,
        "INSERT INTO versions SELECT 9, study, 0, 9, seen_usec, refresh, poll, 0, hash, canonical_bytes, base,"
        " body FROM versions WHERE id = 1",
        "version 9 of " NCT_1 " has no ledger entry");
}

static void every_field_of_a_change_counts(void **state)
{
    static const char *const fields[] = {"version = 2",
                                         "study = 2",
                                         "seen_usec = seen_usec + 1",
                                         "kind = 'results'",
                                         "weight = 0",
                                         "path = path || 'x'",
                                         "before = '1'",
                                         "after = NULL",
                                         "site = 3",
                                         "old_index = 2",
                                         "new_index = 2",
                                         "old_item = 2",
                                         "new_item = 2",
                                         "with_study = 1 - with_study",
                                         "effective_before = 'x'",
                                         "effective_after = 'x'",
                                         "note = 'x'"};
    char sql[256];

    for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
        fixture_teardown(state);
        fixture_setup(state);
        snprintf(sql, sizeof(sql), "DROP TRIGGER changes_no_update; UPDATE changes SET %s WHERE id = 1", fields[i]);
        assert_broken(*state, sql, "entry 5 does not hold");
    }
}

static void a_deleted_change_is_found(void **state)
{
    assert_broken(*state, "DROP TRIGGER changes_no_delete; DELETE FROM changes WHERE id = 1", "entry 5 does not hold");
}

static void a_change_put_in_without_an_entry_is_found(void **state)
{
    assert_broken(*state,
                  "INSERT INTO changes (version, study, seen_usec, kind, weight, path, with_study)"
                  " SELECT version, study, seen_usec, kind, weight, path, with_study FROM changes WHERE id = 1",
                  "has no ledger entry");
}

static void every_field_of_an_attempt_counts(void **state)
{
    static const char *const fields[] = {"started_usec = 1",  "latency_usec = 1", "outcome = 2",
                                         "retry_at_usec = 1", "code = 500",       "answer = 'never came'",
                                         "thread = NULL"};
    char sql[256];

    for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
        fixture_teardown(state);
        fixture_setup(state);
        snprintf(sql, sizeof(sql), "DROP TRIGGER attempts_no_update; UPDATE attempts SET %s WHERE id = 1", fields[i]);
        assert_broken(*state, sql, "entry 7 does not hold: its attempt is not as it was written");
    }
}

static void who_was_told_of_what_counts(void **state)
{
    static const struct {
        const char *tamper, *words;
    } cases[] = {
        {"UPDATE messages SET channel = 'mail'", "entry 7 does not hold"},
        {"UPDATE messages SET message_id = 'msg_0'", "entry 7 does not hold"},
        {"UPDATE alerts SET channel = 'mail'", "entry 7 does not hold: its attempt told of an alert"},
        {"UPDATE alerts SET study = 2", "entry 7 does not hold: its attempt told of an alert"},
        {"UPDATE alerts SET version = 1", "entry 7 does not hold: its attempt told of an alert"},
        {"UPDATE alerts SET changes = '[2]'", "entry 7 does not hold: its attempt told of an alert"},
        {"UPDATE alerts SET alert_id = 'al_0'", "entry 7 does not hold: its attempt told of an alert"},
        {"DROP TRIGGER alerts_no_delete; DELETE FROM alerts", "entry 7 does not hold: its attempt told of an alert"},
        {"DROP TRIGGER attempts_no_delete; DELETE FROM attempts", "entry 7 does not hold: its attempt is not there"},
        {"INSERT INTO attempts SELECT 2, message, started_usec, latency_usec, outcome, retry_at_usec, code, answer,"
         " thread FROM attempts",
         "attempt 2 has no ledger entry"},
        {"INSERT INTO alerts (alert_id, channel, study, version, refresh, weight, state, created_usec, due_usec,"
         " finished_usec, watches, changes, gathered) SELECT 'al_2', channel, study, version, refresh, weight, state,"
         " created_usec, due_usec, finished_usec, watches, changes, gathered FROM alerts",
         "alert al_2 is called delivered, but no attempt delivered it"},
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        fixture_teardown(state);
        fixture_setup(state);
        assert_broken(*state, cases[i].tamper, cases[i].words);
    }
}

static void an_older_file_does_not_contain_what_was_attested(void **state)
{
    struct fixture *f = *state;
    char older[LEDGER_HEAD_BYTES], newer[LEDGER_HEAD_BYTES], forged[LEDGER_HEAD_BYTES];
    char copy[128];
    struct ledger_report report;

    snprintf(copy, sizeof(copy), "%s/older.db", f->dir);
    fill(f);
    assert_ok(f, ledger_head(f->store, older, &f->e));
    assert_ok(f, store_backup(f->path, copy, &f->e));
    fixture_poll(f);
    fixture_poll_end(f, POLL_UNCHANGED);
    assert_ok(f, ledger_head(f->store, newer, &f->e));
    assert_ok(f, ledger_verify_against(f->store, older, &f->e));
    assert_ok(f, ledger_verify_against(f->store, newer, &f->e));
    assert_ok(f, ledger_verify_against(f->store, "0:", &f->e));
    strcpy(forged, older);
    forged[10] = forged[10] == 'a' ? 'b' : 'a';
    assert_int_equal(ledger_verify_against(f->store, forged, &f->e), -EUCLEAN);

    fixture_close(f);
    assert_int_equal(rename(copy, f->path), 0);
    assert_ok(f, store_open(f->path, STORE_WRITE, &f->store, &f->e));
    assert_ok(f, ledger_verify(f->store, 0, NULL, NULL, &report, &f->e));
    assert_ok(f, ledger_verify_against(f->store, older, &f->e));
    assert_int_equal(ledger_verify_against(f->store, newer, &f->e), -EUCLEAN);
    assert_non_null(strstr(f->e.text, "ends before entry 8"));
}

static void what_is_no_head_is_refused(void **state)
{
    static const char *const heads[] = {"",
                                        ":",
                                        "1",
                                        "1:",
                                        "x:",
                                        "-1:",
                                        "0:00",
                                        "1:abc",
                                        "99999999999999999999:",
                                        "1:zz34567890123456789012345678901234567890123456789012345678901234",
                                        "1:AA34567890123456789012345678901234567890123456789012345678901234",
                                        " 1:aa34567890123456789012345678901234567890123456789012345678901234"};
    struct fixture *f = *state;

    fill(f);
    for (size_t i = 0; i < ARRAY_SIZE(heads); i++)
        if (ledger_verify_against(f->store, heads[i], &f->e) != -EINVAL)
            fail_msg("taken for a head: %s", heads[i]);
}

static void a_pruned_poll_must_have_been_unchanged(void **state)
{
    struct fixture *f = *state;
    struct ledger_report report;

    fixture_poll(f);
    fixture_poll_end(f, POLL_UNCHANGED);
    fixture_poll(f);
    fixture_poll_end(f, POLL_FAILED);
    assert_int_equal(outsider_runs(f->path, "DELETE FROM polls WHERE id = 1"), SQLITE_OK);
    assert_ok(f, ledger_verify(f->store, 0, NULL, NULL, &report, &f->e));
    assert_int_equal(outsider_runs(f->path, "DROP TRIGGER ledger_no_update;"
                                            "UPDATE ledger SET entry = entry || 'x' WHERE number = 1"),
                     SQLITE_OK);
    assert_int_equal(ledger_verify(f->store, 0, NULL, NULL, &report, &f->e), -EUCLEAN);
    assert_int_equal(outsider_runs(f->path, "UPDATE ledger SET entry = substr(entry, 1, length(entry) - 1) WHERE"
                                            " number = 1; DROP TRIGGER polls_no_delete; DELETE FROM polls"),
                     SQLITE_OK);
    assert_int_equal(ledger_verify(f->store, 0, NULL, NULL, &report, &f->e), -EUCLEAN);
    assert_non_null(strstr(f->e.text, "entry 2 does not hold: its poll is not there"));
}

struct progress {
    int64_t done, total;
    int calls;
};

static void note_progress(int64_t done, int64_t total, void *userdata)
{
    struct progress *progress = userdata;

    assert_true(done >= progress->done && done <= total);
    *progress = (struct progress){.done = done, .total = total, .calls = progress->calls + 1};
}

static void long_work_tells_how_far_it_is(void **state)
{
    struct fixture *f = *state;
    struct progress progress = {0};
    struct ledger_report report;
    struct study *last = NULL;
    char text[16];

    fixture_poll(f);
    assert_ok(f, store_begin(f->store, &f->e));
    for (int i = 0; i < 600; i++) {
        struct version version;
        snprintf(text, sizeof(text), "%d", i);
        struct study *next = make_study(NCT_1, "COMPLETED", 1, text);
        assert_ok(f, take_in(f, next, last, &version, NULL));
        study_free(last);
        last = next;
    }
    assert_ok(f, store_commit(f->store, &f->e));
    study_free(last);
    assert_ok(f, ledger_verify(f->store, 0, note_progress, &progress, &report, &f->e));
    assert_int_equal(report.entries, 1199);
    assert_int_equal(progress.total, 1799);
    assert_int_equal(progress.done, 1799);
    assert_int_equal(progress.calls, 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        test_with_history(an_untouched_history_verifies),
        test_with_history(the_hash_is_that_of_the_documented_text),
        test_with_history(a_flipped_byte_of_a_body_is_found),
        test_with_history(a_changed_body_with_its_hash_changed_too_is_found),
        test_with_history(swapped_versions_are_found),
        test_with_history(every_field_of_a_version_counts),
        test_with_history(every_field_of_a_poll_counts),
        test_with_history(a_text_made_longer_behind_a_nul_is_found),
        test_with_history(a_deleted_version_is_found),
        test_with_history(a_deleted_base_is_found_at_its_own_entry),
        test_with_history(a_deleted_poll_is_found),
        test_with_history(a_deleted_entry_is_found),
        test_with_history(a_row_deleted_with_its_entry_is_found),
        test_with_history(the_newest_entry_deleted_without_its_row_is_found),
        test_with_history(a_version_put_in_without_an_entry_is_found),
        test_with_history(every_field_of_a_change_counts),
        test_with_history(a_deleted_change_is_found),
        test_with_history(a_change_put_in_without_an_entry_is_found),
        test_with_history(every_field_of_an_attempt_counts),
        test_with_history(who_was_told_of_what_counts),
        test_with_history(an_older_file_does_not_contain_what_was_attested),
        test_with_history(what_is_no_head_is_refused),
        test_with_history(a_pruned_poll_must_have_been_unchanged),
        test_with_history(long_work_tells_how_far_it_is),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
