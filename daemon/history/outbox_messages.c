/* Messages: alerts of one channel on their way, and the attempts to deliver them. */
#include "base/buf.h"
#include "history/ledger_rows.h"
#include "history/outbox.h"
#include "history/outbox_rows.h"
#include "history/sql.h"

#include <errno.h>
#include <string.h>

_Static_assert(sizeof(((struct message_row *)0)->channel) == CHANNEL_NAME_BYTES, "what outbox_add() lets in fits");
_Static_assert(ATTEMPT_DELIVERED == 0 && ATTEMPT_RETRY == 1 && ATTEMPT_FAILED == 2, "attempts.outcome in schema.sql");

/* What an attempt makes of a message and its alerts; a retry leaves both open. */
static const struct {
    enum message_state message;
    enum alert_state alert;
} end_of[] = {
    [ATTEMPT_DELIVERED] = {MESSAGE_DELIVERED, ALERT_DELIVERED},
    [ATTEMPT_FAILED] = {MESSAGE_FAILED, ALERT_FAILED},
};

struct message_found {
    int64_t id;
    enum message_state state;
    long alert_count;
};

/* -ENOENT without a sentence. */
static int find_message(struct store *store, const char *message_id, struct message_found *ret, struct error *e)
{
    _cleanup_query_ struct query query = {0};
    int r = query_row(&query, store, SQL_MESSAGE_STATE, e, TEXT(message_id));

    if (r < 0)
        return r;
    *ret = (struct message_found){
        .id = query_integer(&query, 0),
        .state = (enum message_state)query_integer(&query, 1),
        .alert_count = query_integer(&query, 2),
    };
    return 0;
}

static int compare_ids(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* A sorted copy of the list, each id once. The caller frees. NULL without memory. */
static const char **sort_ids(const char *const *ids, size_t *count)
{
    const char **sorted = reallocarray(NULL, *count, sizeof(*sorted));
    size_t kept = 0;

    if (!sorted)
        return NULL;
    memcpy(sorted, ids, *count * sizeof(*sorted));
    qsort(sorted, *count, sizeof(*sorted), compare_ids);
    for (size_t i = 0; i < *count; i++)
        if (kept == 0 || strcmp(sorted[kept - 1], sorted[i]) != 0)
            sorted[kept++] = sorted[i];
    *count = kept;
    return sorted;
}

/* The channel and the sorted ids, each with its NUL. */
static int make_message_id(const char *channel, const char *const *ids, size_t count, char ret[static MESSAGE_ID_BYTES],
                           struct error *e)
{
    _cleanup_buf_ struct buf text = {0};

    buf_append(&text, channel, strlen(channel) + 1);
    for (size_t i = 0; i < count; i++)
        buf_append(&text, ids[i], strlen(ids[i]) + 1);
    if (buf_status(&text) < 0)
        return error_set(e, buf_status(&text), "out of memory");
    return outbox_make_id(OUTBOX_ID_PREFIX_MESSAGE, text.data, text.len, ret, e);
}

/* Alerts that failed together and are tried again together are the same message again. */
static int open_message(struct store *store, const char *message_id, const char *channel, size_t count,
                        int64_t now_usec, int64_t *ret, struct error *e)
{
    struct message_found message;
    int r = find_message(store, message_id, &message, e);

    if (r == -ENOENT) {
        r = sql_run(store, SQL_MESSAGE_INSERT, e, TEXT(message_id), TEXT(channel), INT(now_usec), INT(count));
        *ret = sql_last_id(store);
        return r;
    }
    if (r < 0)
        return r;
    if (message.state != MESSAGE_FAILED)
        return error_set(e, -EALREADY, "message %s is under way or was delivered", message_id);
    *ret = message.id;
    return sql_run(store, SQL_MESSAGE_REOPEN, e, INT(message.id), INT(now_usec), INT(count));
}

/* All must be there, of this channel, and waiting. rows has room for all. */
static int check_alerts(struct store *store, const char *channel, const char *const *ids, size_t count, int64_t *rows,
                        struct error *e)
{
    for (size_t i = 0; i < count; i++) {
        struct alert_found alert;
        int r = alert_find(store, ids[i], &alert, e);
        if (r < 0)
            return r;
        if (strcmp(alert.channel, channel) != 0)
            return error_set(e, -EINVAL, "alert %s is one of channel %s, not %s", ids[i], alert.channel, channel);
        if (alert.state != ALERT_DUE && alert.state != ALERT_HELD)
            return alert_is_beyond(ids[i], alert.state, e);
        rows[i] = alert.id;
    }
    return 0;
}

int outbox_compose(struct store *store, const char *channel, const char *const *alert_ids, size_t count,
                   int64_t now_usec, char ret_message_id[static MESSAGE_ID_BYTES], struct error *e)
{
    char message_id[MESSAGE_ID_BYTES];
    int64_t message = 0;

    if (count == 0)
        return error_set(e, -EINVAL, "a message has at least one alert");
    _cleanup_free_ const char **ids = sort_ids(alert_ids, &count);
    _cleanup_free_ int64_t *rows = reallocarray(NULL, count, sizeof(*rows));
    if (!ids || !rows)
        return error_set(e, -ENOMEM, "out of memory");
    int r = check_alerts(store, channel, ids, count, rows, e);
    if (r >= 0)
        r = make_message_id(channel, ids, count, message_id, e);
    if (r >= 0)
        r = open_message(store, message_id, channel, count, now_usec, &message, e);
    for (size_t i = 0; r >= 0 && i < count; i++)
        r = sql_run(store, SQL_ALERT_SEND, e, INT(rows[i]), INT(now_usec), INT(message));
    if (r >= 0)
        memcpy(ret_message_id, message_id, sizeof(message_id));
    return r;
}

int outbox_next_message(struct store *store, const char *channel, struct message_row *ret, struct error *e)
{
    _cleanup_query_ struct query query = {0};
    struct message_row row;
    int r = query_row(&query, store, SQL_MESSAGE_NEXT, e, TEXT(channel));

    if (r == -ENOENT)
        return error_set(e, r, "channel %s has no message under way", channel);
    if (r < 0)
        return r;
    row = (struct message_row){
        .created_usec = query_integer(&query, 2),
        .next_attempt_usec = query_integer(&query, 3),
        .attempts = query_integer(&query, 4),
        .alert_count = query_integer(&query, 5),
        .of_surge = !query_is_null(&query, 6),
    };
    r = query_copy_text(&query, 0, row.id, sizeof(row.id));
    if (r >= 0)
        r = query_copy_text(&query, 1, row.channel, sizeof(row.channel));
    if (r >= 0)
        *ret = row;
    return r;
}

/* Before its alerts move: the ledger keeps which were in the message. */
static int write_attempt(struct store *store, int64_t message, const struct attempt *attempt, struct error *e)
{
    int r = sql_run(store, SQL_ATTEMPT_INSERT, e, INT(message), INT(attempt->started_usec), INT(attempt->latency_usec),
                    INT(attempt->outcome), INT_OR_NULL(attempt->retry_at_usec, attempt->outcome == ATTEMPT_RETRY),
                    INT(attempt->code), TEXT(attempt->answer ? attempt->answer : ""), TEXT(attempt->thread));
    int64_t attempt_row = sql_last_id(store);
    if (r >= 0)
        r = recipients_write(store, attempt_row, attempt, e);
    return r < 0 ? r : ledger_rows_append_attempt(store, attempt_row, e);
}

static int move_message(struct store *store, int64_t message, const struct attempt *attempt, struct error *e)
{
    int64_t finished_usec = attempt->started_usec + attempt->latency_usec;
    int r;

    if (attempt->outcome == ATTEMPT_RETRY) {
        r = sql_run(store, SQL_MESSAGE_RETRY, e, INT(message), INT(attempt->retry_at_usec));
        return r < 0 ? r : sql_run(store, SQL_ALERT_DELAY_MESSAGE, e, INT(message), INT(attempt->retry_at_usec));
    }
    r = sql_run(store, SQL_MESSAGE_FINISH, e, INT(message), INT(end_of[attempt->outcome].message), INT(finished_usec),
                INT(1));
    return r < 0 ? r
                 : sql_run(store, SQL_ALERT_FINISH_MESSAGE, e, INT(message), INT(end_of[attempt->outcome].alert),
                           INT(finished_usec));
}

int outbox_record_attempt(struct store *store, const char *message_id, const struct attempt *attempt, struct error *e)
{
    struct message_found message;
    int r = find_message(store, message_id, &message, e);

    if (r == -ENOENT)
        return error_set(e, r, "no message %s", message_id);
    if (r < 0)
        return r;
    if (message.state == MESSAGE_DELIVERED || message.state == MESSAGE_FAILED)
        return error_set(e, -EALREADY, "message %s was %s", message_id,
                         message.state == MESSAGE_DELIVERED ? "delivered" : "given up");
    if (attempt->outcome == ATTEMPT_RETRY && attempt->retry_at_usec <= 0)
        return error_set(e, -EINVAL, "message %s is to be tried again, but not when", message_id);
    r = write_attempt(store, message.id, attempt, e);
    /* A person dropped it while the attempt was under way: that it was made is kept. */
    return r < 0 || message.state == MESSAGE_DROPPED ? r : move_message(store, message.id, attempt, e);
}

/* The texts of ret are in keep. */
static int load_attempt(struct store *store, int64_t id, struct keep *keep, struct attempt *ret, struct error *e)
{
    _cleanup_query_ struct query query = {0};
    int r = query_row(&query, store, SQL_ATTEMPT_GET, e, INT(id));

    if (r < 0)
        return r;
    *ret = (struct attempt){
        .started_usec = query_integer(&query, 0),
        .latency_usec = query_integer(&query, 1),
        .outcome = (enum attempt_outcome)query_integer(&query, 2),
        .retry_at_usec = query_integer(&query, 3),
        .code = (int)query_integer(&query, 4),
    };
    r = query_keep_text(&query, 5, keep, &ret->answer);
    return r < 0 ? r : query_keep_text_or_null(&query, 6, keep, &ret->thread);
}

int outbox_each_attempt(struct store *store, const char *message_id, attempt_visitor *visit, void *userdata,
                        struct error *e)
{
    _cleanup_keys_ struct keys keys = {0};
    int r = keys_find(store, SQL_ATTEMPT_KEYS, &keys, e, TEXT(message_id));

    for (size_t i = 0; r == 0 && i < keys.count; i++) {
        _cleanup_keep_ struct keep keep = {0};
        struct attempt attempt;
        r = load_attempt(store, keys.ids[i], &keep, &attempt, e);
        if (r >= 0)
            r = visit(&attempt, userdata);
    }
    return r;
}

int outbox_thread(struct store *store, const char *channel, const char *nct_id, char **ret, struct error *e)
{
    _cleanup_query_ struct query query = {0};
    _cleanup_keep_ struct keep keep = {0};
    const char *thread;
    int r = query_row(&query, store, SQL_ALERT_THREAD, e, TEXT(channel), TEXT(nct_id));

    if (r == -ENOENT)
        return error_set(e, r, "channel %s has no thread about %s", channel, nct_id);
    if (r >= 0)
        r = query_keep_text(&query, 0, &keep, &thread);
    if (r < 0)
        return r;
    *ret = TAKE_PTR(keep.texts[0]);
    return 0;
}

long outbox_delivered_since(struct store *store, const char *channel, int64_t since_usec, int64_t now_usec)
{
    _cleanup_query_ struct query query = {0};
    int r = query_row(&query, store, SQL_MESSAGE_DELIVERED_SINCE, NULL, TEXT(channel), INT(since_usec), INT(now_usec));

    return r < 0 ? r : query_integer(&query, 0);
}
