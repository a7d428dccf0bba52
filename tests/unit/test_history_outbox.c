#include "history_fixture.h"

#include "history/outbox.h"
#include "history/sql.h"

#define NOW (INT64_C(1770800405) * USEC_PER_SEC)

/* A study in a version, and an open transaction. */
static void prepare(struct fixture *f)
{
    _cleanup_study_ struct study *a = make_study(NCT_1, "RECRUITING", 1, "one");
    _cleanup_study_ struct study *b = make_study(NCT_2, "RECRUITING", 1, "one");

    fixture_take_in(f, a, NULL);
    fixture_take_in(f, b, NULL);
    assert_ok(f, store_begin(f->store, &f->e));
}

static const char *add(struct fixture *f, const char *channel, const char *nct_id, int n)
{
    static const char *const watches[] = {"freedom", "cd34 \"x\""};
    static const int64_t changes[] = {3, 4, 5};
    static char ids[8][ALERT_ID_BYTES];
    char refresh[32];

    snprintf(refresh, sizeof(refresh), "refresh %d", n);
    struct alert_new alert = {.channel = channel,
                              .nct_id = nct_id,
                              .refresh = refresh,
                              .version = 1,
                              .watches = watches,
                              .watch_count = 2,
                              .changes = changes,
                              .change_count = 3,
                              .weight = WEIGHT_URGENT,
                              .created_usec = NOW};
    assert_ok(f, outbox_add(f->store, &alert, ids[n], &f->e));
    return ids[n];
}

struct copy {
    struct alert_row row;
    char channel[64], message_id[MESSAGE_ID_BYTES], last_answer[64], watches[64];
    size_t changes;
    int count;
};

static int copy_alert(const struct alert_row *row, void *userdata)
{
    struct copy *copy = userdata;

    copy->row = *row;
    copy->changes = json_array_size(row->changes);
    snprintf(copy->channel, sizeof(copy->channel), "%s", row->channel);
    snprintf(copy->message_id, sizeof(copy->message_id), "%s", row->message_id);
    snprintf(copy->last_answer, sizeof(copy->last_answer), "%s", row->last_answer);
    snprintf(copy->watches, sizeof(copy->watches), "%s", json_string_value(json_array_get(row->watches, 1)));
    copy->count++;
    return 0;
}

static struct copy look(struct fixture *f, const char *id)
{
    struct copy copy = {0};

    assert_ok(f, outbox_each(f->store, &(struct alert_filter){.id = id}, copy_alert, &copy, &f->e));
    assert_int_equal(copy.count, 1);
    return copy;
}

static void assert_counts(struct fixture *f, const char *channel, const char *expected)
{
    struct outbox_counts counts;
    char text[128];

    assert_ok(f, outbox_count(f->store, channel, &counts, &f->e));
    snprintf(text, sizeof(text), "%ld %ld %ld %ld %ld %ld", counts.due, counts.held, counts.sending, counts.delivered,
             counts.failed, counts.dropped);
    assert_string_equal(text, expected);
}

static void an_alert_reads_back_and_is_added_once(void **state)
{
    struct fixture *f = *state;
    char id[ALERT_ID_BYTES];

    prepare(f);
    strcpy(id, add(f, "cardiology", NCT_1, 1));
    assert_string_equal(add(f, "cardiology", NCT_1, 1), id);
    assert_int_equal(strlen(id), 35);
    assert_string_not_equal(add(f, "cardiology", NCT_1, 2), id);
    assert_string_not_equal(add(f, "other", NCT_1, 1), id);
    assert_string_not_equal(add(f, "cardiology", NCT_2, 1), id);
    assert_counts(f, NULL, "4 0 0 0 0 0");
    assert_counts(f, "other", "1 0 0 0 0 0");
    assert_counts(f, "nobody", "0 0 0 0 0 0");
    struct copy alert = look(f, id);
    assert_string_equal(alert.channel, "cardiology");
    assert_string_equal(alert.row.nct_id, NCT_1);
    assert_string_equal(alert.row.refresh, "refresh 1");
    assert_int_equal(alert.row.version, 1);
    assert_int_equal(alert.row.weight, WEIGHT_URGENT);
    assert_int_equal(alert.row.state, ALERT_DUE);
    assert_int_equal(alert.row.created_usec, NOW);
    assert_int_equal(alert.row.due_usec, NOW);
    assert_int_equal(alert.changes, 3);
    assert_string_equal(alert.watches, "cd34 \"x\"");
    assert_string_equal(alert.message_id, "");
    assert_string_equal(alert.last_answer, "");
}

/* Without a dataTimestamp every refresh is "", and a study that leaves a query and comes back has the same version. */
static void what_happens_again_is_another_alert(void **state)
{
    static const char *const watches[] = {"cd34"};
    static const int64_t changes[] = {6, 7, 67};
    struct fixture *f = *state;
    struct alert_new alert = {.channel = "cardiology",
                              .nct_id = NCT_1,
                              .refresh = "",
                              .version = 1,
                              .watches = watches,
                              .watch_count = 1,
                              .created_usec = NOW};
    char left[ALERT_ID_BYTES], back[ALERT_ID_BYTES], both[ALERT_ID_BYTES], other[ALERT_ID_BYTES];

    prepare(f);
    alert.changes = &changes[0], alert.change_count = 1;
    assert_ok(f, outbox_add(f->store, &alert, left, &f->e));
    alert.changes = &changes[1], alert.change_count = 1;
    assert_ok(f, outbox_add(f->store, &alert, back, &f->e));
    alert.changes = &changes[0], alert.change_count = 2;
    assert_ok(f, outbox_add(f->store, &alert, both, &f->e));
    alert.changes = &changes[2], alert.change_count = 1;
    assert_ok(f, outbox_add(f->store, &alert, other, &f->e));
    assert_string_not_equal(left, back);
    assert_string_not_equal(both, other); /* 6 and 7 are not 67 */
    assert_counts(f, NULL, "4 0 0 0 0 0");
    assert_ok(f, outbox_add(f->store, &alert, back, &f->e));
    assert_string_equal(back, other);
    assert_counts(f, NULL, "4 0 0 0 0 0");
}

/* Receivers remember these: another program, or the next version of this one, must make the same. */
static void ids_are_the_same_for_ever(void **state)
{
    struct fixture *f = *state;
    char message[MESSAGE_ID_BYTES];

    prepare(f);
    const char *id = add(f, "cardiology", NCT_1, 1);
    assert_string_equal(id, "al_266f04bdea95c543384ad18562b755e6");
    assert_ok(f, outbox_compose(f->store, "cardiology", &id, 1, NOW, message, &f->e));
    assert_string_equal(message, "msg_3d1a7d5b32c4afa7eb5e78f05266a0cf");
}

static void what_is_no_alert_is_refused(void **state)
{
    struct fixture *f = *state;
    char id[ALERT_ID_BYTES], name[200];
    struct alert_new alert = {.channel = name, .nct_id = NCT_1, .refresh = "r", .version = 1};

    prepare(f);
    memset(name, 'x', sizeof(name));
    name[128] = '\0';
    assert_int_equal(outbox_add(f->store, &alert, id, &f->e), -EINVAL);
    name[127] = '\0';
    assert_ok(f, outbox_add(f->store, &alert, id, &f->e));
    alert.version = 2;
    assert_int_equal(outbox_add(f->store, &alert, id, &f->e), -ENOENT);
    alert.version = 1;
    alert.nct_id = "NCT99999999";
    assert_int_equal(outbox_add(f->store, &alert, id, &f->e), -ENOENT);
    alert.nct_id = "a very long thing that is no id";
    assert_int_equal(outbox_add(f->store, &alert, id, &f->e), -ENOENT);
}

static void a_message_is_delivered(void **state)
{
    struct fixture *f = *state;
    const char *ids[2];
    char message[MESSAGE_ID_BYTES], again[MESSAGE_ID_BYTES];
    struct message_row row;

    prepare(f);
    ids[0] = add(f, "cardiology", NCT_1, 1);
    ids[1] = add(f, "cardiology", NCT_2, 2);
    assert_int_equal(outbox_next_message(f->store, "cardiology", &row, &f->e), -ENOENT);
    assert_ok(f, outbox_compose(f->store, "cardiology", ids, 2, NOW, message, &f->e));
    assert_int_equal(outbox_compose(f->store, "cardiology", ids, 1, NOW, again, &f->e), -EALREADY);
    assert_counts(f, "cardiology", "0 0 2 0 0 0");
    assert_ok(f, outbox_next_message(f->store, "cardiology", &row, &f->e));
    assert_string_equal(row.id, message);
    assert_string_equal(row.channel, "cardiology");
    assert_int_equal(row.created_usec, NOW);
    assert_int_equal(row.next_attempt_usec, NOW);
    assert_int_equal(row.alert_count, 2);

    struct attempt retry = {.started_usec = NOW,
                            .latency_usec = 10,
                            .outcome = ATTEMPT_RETRY,
                            .code = 503,
                            .retry_at_usec = NOW + USEC_PER_MINUTE,
                            .answer = "busy"};
    assert_ok(f, outbox_record_attempt(f->store, message, &retry, &f->e));
    assert_ok(f, outbox_next_message(f->store, "cardiology", &row, &f->e));
    assert_int_equal(row.attempts, 1);
    assert_int_equal(row.next_attempt_usec, NOW + USEC_PER_MINUTE);
    assert_int_equal(look(f, ids[0]).row.due_usec, NOW + USEC_PER_MINUTE);
    assert_string_equal(look(f, ids[0]).last_answer, "busy");

    struct attempt good = {.started_usec = NOW + USEC_PER_MINUTE,
                           .latency_usec = 20,
                           .outcome = ATTEMPT_DELIVERED,
                           .code = 200,
                           .answer = "ok",
                           .thread = "1770.42"};
    assert_ok(f, outbox_record_attempt(f->store, message, &good, &f->e));
    assert_int_equal(outbox_record_attempt(f->store, message, &good, &f->e), -EALREADY);
    assert_int_equal(outbox_record_attempt(f->store, "msg_none", &good, &f->e), -ENOENT);
    assert_counts(f, "cardiology", "0 0 0 2 0 0");
    assert_int_equal(outbox_next_message(f->store, "cardiology", &row, &f->e), -ENOENT);
    struct copy alert = look(f, ids[1]);
    assert_int_equal(alert.row.finished_usec, NOW + USEC_PER_MINUTE + 20);
    assert_int_equal(alert.row.attempts, 2);
    assert_string_equal(alert.message_id, message);
    assert_int_equal(outbox_delivered_since(f->store, "cardiology", NOW + USEC_PER_MINUTE + 20, INT64_MAX), 1);
    assert_int_equal(outbox_delivered_since(f->store, "cardiology", NOW + USEC_PER_MINUTE + 21, INT64_MAX), 0);
    assert_int_equal(outbox_delivered_since(f->store, "cardiology", 0, NOW + USEC_PER_MINUTE + 19), 0);
    assert_int_equal(outbox_delivered_since(f->store, "other", 0, INT64_MAX), 0);
    assert_string_equal(outsider_reads(f->path, "SELECT count(*) FROM attempts"), "0"); /* not committed yet */
    assert_ok(f, store_commit(f->store, &f->e));
    assert_string_equal(outsider_reads(f->path, "SELECT state || ' ' || attempts || ' ' || last_answer FROM alert_log"),
                        "delivered 2 ok");
}

static int collect_attempt(const struct attempt *attempt, void *userdata)
{
    struct buf *text = userdata;

    return buf_printf(text, "%d %d %s %s %lld;", (int)attempt->outcome, attempt->code, attempt->answer,
                      attempt->thread ? attempt->thread : "-", (long long)attempt->retry_at_usec);
}

static void every_attempt_is_kept(void **state)
{
    struct fixture *f = *state;
    _cleanup_buf_ struct buf text = {0};
    char message[MESSAGE_ID_BYTES];

    prepare(f);
    const char *id = add(f, "cardiology", NCT_1, 1);
    assert_ok(f, outbox_compose(f->store, "cardiology", &id, 1, NOW, message, &f->e));
    struct attempt attempt = {.started_usec = NOW, .outcome = ATTEMPT_RETRY, .retry_at_usec = 0};
    assert_int_equal(outbox_record_attempt(f->store, message, &attempt, &f->e), -EINVAL);
    attempt.retry_at_usec = 7;
    assert_ok(f, outbox_record_attempt(f->store, message, &attempt, &f->e));
    attempt = (struct attempt){.outcome = ATTEMPT_FAILED, .code = 410, .answer = "gone", .thread = "t"};
    assert_ok(f, outbox_record_attempt(f->store, message, &attempt, &f->e));
    assert_ok(f, outbox_each_attempt(f->store, message, collect_attempt, &text, &f->e));
    assert_string_equal(buf_string(&text), "1 0  - 7;2 410 gone t 0;");
    assert_counts(f, NULL, "0 0 0 0 1 0");
}

static void what_failed_is_tried_again_under_the_same_id(void **state)
{
    struct fixture *f = *state;
    char first[MESSAGE_ID_BYTES], second[MESSAGE_ID_BYTES];
    const char *ids[2], *reversed[3];
    struct message_row row;
    struct attempt failed = {.started_usec = NOW, .outcome = ATTEMPT_FAILED, .code = 404};

    prepare(f);
    ids[0] = add(f, "cardiology", NCT_1, 1);
    ids[1] = add(f, "cardiology", NCT_1, 2);
    assert_ok(f, outbox_compose(f->store, "cardiology", ids, 2, NOW, first, &f->e));
    assert_ok(f, outbox_record_attempt(f->store, first, &failed, &f->e));
    assert_int_equal(outbox_retry(f->store, "al_none", NOW, &f->e), -ENOENT);
    assert_ok(f, outbox_retry(f->store, ids[0], NOW + 5, &f->e));
    assert_int_equal(outbox_retry(f->store, ids[0], NOW + 5, &f->e), -EALREADY);
    assert_ok(f, outbox_retry(f->store, ids[1], NOW + 5, &f->e));
    assert_counts(f, NULL, "2 0 0 0 0 0");
    assert_int_equal(look(f, ids[0]).row.due_usec, NOW + 5);
    reversed[0] = reversed[2] = ids[1];
    reversed[1] = ids[0];
    assert_ok(f, outbox_compose(f->store, "cardiology", reversed, 3, NOW + 6, second, &f->e));
    assert_string_equal(second, first);
    assert_ok(f, outbox_next_message(f->store, "cardiology", &row, &f->e));
    assert_int_equal(row.attempts, 0);
    assert_int_equal(row.created_usec, NOW + 6);
    assert_int_equal(row.alert_count, 2);
    assert_int_equal(look(f, ids[0]).row.attempts, 1);
}

static void alerts_are_held_until_their_time(void **state)
{
    struct fixture *f = *state;
    struct copy copy = {0};
    struct alert_filter waiting = {
        .channel = "digest", .states = 1U << ALERT_DUE | 1U << ALERT_HELD, .due_until_usec = NOW};

    prepare(f);
    const char *a = add(f, "digest", NCT_1, 1), *b = add(f, "digest", NCT_1, 2);
    assert_ok(f, outbox_hold(f->store, a, NOW + USEC_PER_HOUR, NOW, &f->e));
    assert_counts(f, "digest", "1 1 0 0 0 0");
    assert_ok(f, outbox_each(f->store, &waiting, copy_alert, &copy, &f->e));
    assert_int_equal(copy.count, 1);
    assert_string_equal(copy.row.id, b);
    waiting.due_until_usec = NOW + USEC_PER_HOUR;
    assert_ok(f, outbox_each(f->store, &waiting, copy_alert, &copy, &f->e));
    assert_int_equal(copy.count, 3);
    assert_string_equal(copy.row.id, a); /* by the time it is due */
    assert_ok(f, outbox_hold(f->store, a, NOW - 1, NOW, &f->e));
    assert_counts(f, "digest", "2 0 0 0 0 0");
    assert_ok(f, outbox_hold(f->store, a, NOW + 9, NOW, &f->e));
    assert_ok(f, outbox_retry(f->store, a, NOW, &f->e));
    assert_int_equal(look(f, a).row.state, ALERT_DUE);
    assert_ok(f, outbox_drop(f->store, a, "by hand", NOW, &f->e));
    assert_int_equal(outbox_hold(f->store, a, NOW + 9, NOW, &f->e), -EALREADY);
    assert_non_null(strstr(f->e.text, "is dropped"));
}

static void a_person_drops_alerts(void **state)
{
    struct fixture *f = *state;
    char message[MESSAGE_ID_BYTES];
    const char *ids[2];
    struct message_row row;
    struct attempt late = {.started_usec = NOW, .outcome = ATTEMPT_DELIVERED, .answer = "ok"};

    prepare(f);
    ids[0] = add(f, "cardiology", NCT_1, 1);
    ids[1] = add(f, "cardiology", NCT_1, 2);
    assert_ok(f, outbox_compose(f->store, "cardiology", ids, 2, NOW, message, &f->e));
    assert_ok(f, outbox_drop(f->store, ids[0], "by hand", NOW + 1, &f->e));
    assert_int_equal(outbox_drop(f->store, ids[0], "by hand", NOW + 1, &f->e), -EALREADY);
    assert_string_equal(look(f, ids[0]).message_id, "");
    assert_ok(f, outbox_next_message(f->store, "cardiology", &row, &f->e));
    assert_int_equal(row.alert_count, 1);
    assert_ok(f, outbox_drop(f->store, ids[1], "by hand", NOW + 1, &f->e));
    assert_int_equal(outbox_next_message(f->store, "cardiology", &row, &f->e), -ENOENT);
    assert_ok(f, outbox_record_attempt(f->store, message, &late, &f->e));
    assert_counts(f, "cardiology", "0 0 0 0 0 2");
    assert_int_equal(look(f, ids[1]).row.attempts, 1);
    assert_int_equal(outbox_retry(f->store, ids[1], NOW, &f->e), -EALREADY);
}

static void a_message_has_alerts_of_its_channel_only(void **state)
{
    struct fixture *f = *state;
    char message[MESSAGE_ID_BYTES];
    const char *ids[2];

    prepare(f);
    ids[0] = add(f, "cardiology", NCT_1, 1);
    ids[1] = add(f, "other", NCT_1, 2);
    assert_int_equal(outbox_compose(f->store, "cardiology", ids, 2, NOW, message, &f->e), -EINVAL);
    assert_int_equal(outbox_compose(f->store, "cardiology", ids, 0, NOW, message, &f->e), -EINVAL);
    ids[1] = "al_none";
    assert_int_equal(outbox_compose(f->store, "cardiology", ids, 2, NOW, message, &f->e), -ENOENT);
    assert_counts(f, NULL, "2 0 0 0 0 0");
}

static void a_crash_leaves_messages_open(void **state)
{
    struct fixture *f = *state;
    char message[MESSAGE_ID_BYTES];
    struct message_row row;

    prepare(f);
    const char *id = add(f, "cardiology", NCT_1, 1);
    assert_ok(f, outbox_compose(f->store, "cardiology", &id, 1, NOW, message, &f->e));
    assert_ok(f, store_commit(f->store, &f->e));
    fixture_reopen(f);
    assert_ok(f, outbox_next_message(f->store, "cardiology", &row, &f->e));
    assert_string_equal(row.id, message);
}

static void the_earliest_message_comes_first(void **state)
{
    struct fixture *f = *state;
    char first[MESSAGE_ID_BYTES], second[MESSAGE_ID_BYTES];
    struct message_row row;
    struct attempt retry = {.started_usec = NOW, .outcome = ATTEMPT_RETRY, .retry_at_usec = NOW + USEC_PER_HOUR};

    prepare(f);
    const char *a = add(f, "cardiology", NCT_1, 1), *b = add(f, "cardiology", NCT_1, 2);
    assert_ok(f, outbox_compose(f->store, "cardiology", &a, 1, NOW, first, &f->e));
    assert_ok(f, outbox_compose(f->store, "cardiology", &b, 1, NOW + 1, second, &f->e));
    assert_ok(f, outbox_next_message(f->store, "cardiology", &row, &f->e));
    assert_string_equal(row.id, first);
    assert_ok(f, outbox_record_attempt(f->store, first, &retry, &f->e));
    assert_ok(f, outbox_next_message(f->store, "cardiology", &row, &f->e));
    assert_string_equal(row.id, second);
}

static void later_messages_find_the_first_thread(void **state)
{
    struct fixture *f = *state;
    char message[MESSAGE_ID_BYTES], *thread = NULL;

    prepare(f);
    for (int i = 1; i <= 2; i++) {
        const char *id = add(f, "cardiology", NCT_1, i);
        struct attempt good = {.started_usec = NOW, .outcome = ATTEMPT_DELIVERED, .thread = i == 1 ? "root" : "leaf"};
        assert_ok(f, outbox_compose(f->store, "cardiology", &id, 1, NOW, message, &f->e));
        assert_ok(f, outbox_record_attempt(f->store, message, &good, &f->e));
    }
    assert_ok(f, outbox_thread(f->store, "cardiology", NCT_1, &thread, &f->e));
    assert_string_equal(thread, "root");
    free(thread);
    assert_int_equal(outbox_thread(f->store, "cardiology", NCT_2, &thread, &f->e), -ENOENT);
    assert_int_equal(outbox_thread(f->store, "other", NCT_1, &thread, &f->e), -ENOENT);
}

static size_t count_matches(struct fixture *f, struct alert_filter filter)
{
    struct copy copy = {0};

    assert_ok(f, outbox_each(f->store, &filter, copy_alert, &copy, &f->e));
    return (size_t)copy.count;
}

static void filters_choose_alerts(void **state)
{
    struct fixture *f = *state;
    char message[MESSAGE_ID_BYTES];
    struct copy copy = {0};

    prepare(f);
    const char *a = add(f, "one", NCT_1, 1), *b = add(f, "one", NCT_2, 2), *c = add(f, "two", NCT_1, 3);
    assert_ok(f, outbox_compose(f->store, "one", &a, 1, NOW, message, &f->e));
    assert_ok(f, outbox_drop(f->store, c, "by hand", NOW, &f->e));
    assert_int_equal(count_matches(f, (struct alert_filter){0}), 3);
    assert_int_equal(count_matches(f, (struct alert_filter){.limit = 2}), 2);
    assert_int_equal(count_matches(f, (struct alert_filter){.channel = "one"}), 2);
    assert_int_equal(count_matches(f, (struct alert_filter){.nct_id = NCT_1}), 2);
    assert_int_equal(count_matches(f, (struct alert_filter){.nct_id = NCT_1, .channel = "two"}), 1);
    assert_int_equal(count_matches(f, (struct alert_filter){.message_id = message}), 1);
    assert_int_equal(count_matches(f, (struct alert_filter){.message_id = "msg_none"}), 0);
    assert_int_equal(count_matches(f, (struct alert_filter){.id = b}), 1);
    assert_int_equal(count_matches(f, (struct alert_filter){.id = b, .channel = "two"}), 0);
    assert_int_equal(count_matches(f, (struct alert_filter){.states = 1U << ALERT_DROPPED}), 1);
    assert_int_equal(count_matches(f, (struct alert_filter){.channel = "one", .states = 1U << ALERT_DUE}), 1);
    assert_int_equal(count_matches(f, (struct alert_filter){.since_usec = NOW + 1}), 0);
    assert_ok(
        f, outbox_each(f->store, &(struct alert_filter){.newest_first = true, .limit = 1}, copy_alert, &copy, &f->e));
    assert_string_equal(copy.row.id, c);
}

static int hold_it(const struct alert_row *row, void *userdata)
{
    struct fixture *f = userdata;

    return outbox_hold(f->store, row->id, row->due_usec + USEC_PER_HOUR, NOW, &f->e);
}

static void a_visitor_may_move_what_it_visits(void **state)
{
    struct fixture *f = *state;

    prepare(f);
    for (int i = 0; i < 8; i++)
        add(f, "one", NCT_1, i);
    struct alert_filter waiting = {.channel = "one", .states = 1U << ALERT_DUE | 1U << ALERT_HELD};
    assert_ok(f, outbox_each(f->store, &waiting, hold_it, f, &f->e));
    waiting.due_until_usec = NOW + USEC_PER_HOUR;
    assert_int_equal(count_matches(f, waiting), 8); /* each was visited once */
    assert_counts(f, "one", "0 8 0 0 0 0");
}

/* The plan of a statement as SQLite tells it. */
static void assert_plan(struct fixture *f, enum statement id, const char *words)
{
    _cleanup_buf_ struct buf plan = {0}, sql = {0};
    sqlite3_stmt *statement = NULL;

    buf_printf(&sql, "EXPLAIN QUERY PLAN %s", sql_text(id));
    assert_int_equal(sqlite3_prepare_v2(f->store->db, buf_string(&sql), -1, &statement, NULL), SQLITE_OK);
    while (sqlite3_step(statement) == SQLITE_ROW)
        buf_printf(&plan, "%s\n", (const char *)sqlite3_column_text(statement, 3));
    sqlite3_finalize(statement);
    if (!strstr(buf_string(&plan), words) || strstr(buf_string(&plan), "TEMP B-TREE"))
        fail_msg("%s", buf_string(&plan));
}

static void what_is_due_is_found_without_scanning(void **state)
{
    struct fixture *f = *state;

    assert_plan(f, SQL_MESSAGE_NEXT, "SEARCH messages USING INDEX messages_open (channel=?)");
    assert_plan(f, SQL_ALERT_KEYS_WAITING, "SEARCH alerts USING INDEX alerts_waiting (channel=? AND due_usec<?)");
    assert_plan(f, SQL_MESSAGE_DELIVERED_SINCE,
                "messages_delivered (channel=? AND finished_usec>? AND finished_usec<?)");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        test_with_history(an_alert_reads_back_and_is_added_once),
        test_with_history(what_happens_again_is_another_alert),
        test_with_history(ids_are_the_same_for_ever),
        test_with_history(what_is_no_alert_is_refused),
        test_with_history(a_message_is_delivered),
        test_with_history(every_attempt_is_kept),
        test_with_history(what_failed_is_tried_again_under_the_same_id),
        test_with_history(alerts_are_held_until_their_time),
        test_with_history(a_person_drops_alerts),
        test_with_history(a_message_has_alerts_of_its_channel_only),
        test_with_history(a_crash_leaves_messages_open),
        test_with_history(the_earliest_message_comes_first),
        test_with_history(later_messages_find_the_first_thread),
        test_with_history(filters_choose_alerts),
        test_with_history(a_visitor_may_move_what_it_visits),
        test_with_history(what_is_due_is_found_without_scanning),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
