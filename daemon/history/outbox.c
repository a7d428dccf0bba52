#include "history/outbox.h"

#include "base/buf.h"
#include "history/digest.h"
#include "history/outbox_rows.h"
#include "history/rows.h"
#include "history/sql.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* So much of a SHA-256 makes an id. */
#define ID_DIGEST_BYTES 16

_Static_assert(ALERT_ID_BYTES == MESSAGE_ID_BYTES, "outbox_make_id() makes both");

/* The file holds these numbers. */
static const char *const state_names[] = {
    [ALERT_DUE] = "due",         [ALERT_HELD] = "held",
    [ALERT_SENDING] = "sending", [ALERT_DELIVERED] = "delivered",
    [ALERT_FAILED] = "failed",   [ALERT_DROPPED] = "dropped",
};
_Static_assert(ALERT_DUE == 0 && ALERT_HELD == 1 && ALERT_SENDING == 2 && ALERT_DELIVERED == 3 && ALERT_FAILED == 4 &&
                   ALERT_DROPPED == 5,
               "alerts.state in schema.sql");

const char *alert_state_name(enum alert_state state)
{
    return state_names[state];
}

int outbox_make_id(const char *prefix, const void *bytes, size_t len, char ret[static ALERT_ID_BYTES], struct error *e)
{
    uint8_t hash[DIGEST_BYTES];
    char hex[2 * ID_DIGEST_BYTES + 1];

    if (digest_two(bytes, len, NULL, 0, hash) < 0)
        return error_set(e, -ENOMEM, "out of memory");
    snprintf(ret, ALERT_ID_BYTES, "%s%s", prefix, digest_hex(hash, ID_DIGEST_BYTES, hex));
    return 0;
}

/* Channel, study, refresh and version, each but the last with its NUL; then each change's number behind a comma: a
 * study can leave a query and come back in one version, and the registry need not name its refreshes. A transaction
 * that a crash undid gives its changes the same numbers when it is done again. */
static int make_alert_id(const struct alert_new *alert, char ret[static ALERT_ID_BYTES], struct error *e)
{
    _cleanup_buf_ struct buf text = {0};

    buf_append(&text, alert->channel, strlen(alert->channel) + 1);
    buf_append(&text, alert->nct_id, strlen(alert->nct_id) + 1);
    buf_append(&text, alert->refresh, strlen(alert->refresh) + 1);
    buf_printf(&text, "%ld", alert->version);
    for (size_t i = 0; i < alert->change_count; i++)
        buf_printf(&text, ",%" PRId64, alert->changes[i]);
    if (buf_status(&text) < 0)
        return error_set(e, buf_status(&text), "out of memory");
    return outbox_make_id(OUTBOX_ID_PREFIX_ALERT, text.data, text.len, ret, e);
}

/* Takes the array. The caller frees the text; NULL without memory. */
static char *dump_array(json_t *array, size_t count)
{
    char *text = json_array_size(array) == count ? json_dumps(array, JSON_COMPACT) : NULL;

    json_decref(array);
    return text;
}

static char *watches_to_json(const struct alert_new *alert)
{
    json_t *array = json_array();

    for (size_t i = 0; i < alert->watch_count; i++)
        json_array_append_new(array, json_string(alert->watches[i]));
    return dump_array(array, alert->watch_count);
}

static char *changes_to_json(const struct alert_new *alert)
{
    json_t *array = json_array();

    for (size_t i = 0; i < alert->change_count; i++)
        json_array_append_new(array, json_integer(alert->changes[i]));
    return dump_array(array, alert->change_count);
}

static int find_version(struct store *store, const struct alert_new *alert, int64_t *ret_row, struct error *e)
{
    struct version version = {.origin = VERSION_SEEN, .number = alert->version};
    struct version_row row;

    if (strlen(alert->nct_id) >= sizeof(version.nct_id))
        return error_set(e, -ENOENT, "%s was never seen", alert->nct_id);
    strcpy(version.nct_id, alert->nct_id);
    int r = version_find(store, &version, &row, e);
    if (r >= 0)
        *ret_row = row.id;
    return r;
}

static enum alert_state state_of(const struct alert_new *alert)
{
    if (alert->dropped)
        return ALERT_DROPPED;
    return alert->gather_usec > 0 ? ALERT_HELD : ALERT_DUE;
}

int outbox_add(struct store *store, const struct alert_new *alert, char ret_id[static ALERT_ID_BYTES], struct error *e)
{
    _cleanup_free_ char *watches = watches_to_json(alert);
    _cleanup_free_ char *changes = changes_to_json(alert);
    char id[ALERT_ID_BYTES];
    int64_t version_row = 0;

    if (!watches || !changes)
        return error_set(e, -ENOMEM, "out of memory");
    if (alert->channel[0] == '\0' || strlen(alert->channel) >= CHANNEL_NAME_BYTES)
        return error_set(e, -EINVAL, "the name of a channel has 1 to %d bytes", CHANNEL_NAME_BYTES - 1);
    if (strlen(alert->refresh) >= REFRESH_BYTES)
        return error_set(e, -EINVAL, "the name of a refresh has at most %d bytes", REFRESH_BYTES - 1);
    int r = make_alert_id(alert, id, e);
    if (r >= 0)
        r = find_version(store, alert, &version_row, e);
    if (r >= 0)
        r = sql_run(store, SQL_ALERT_INSERT, e, TEXT(id), TEXT(alert->channel), INT(version_row), TEXT(alert->refresh),
                    INT(alert->weight), INT(alert->created_usec), TEXT(watches), TEXT(changes), INT(state_of(alert)),
                    INT(alert->created_usec + alert->gather_usec), TEXT(alert->reason));
    if (r >= 0)
        memcpy(ret_id, id, sizeof(id));
    return r;
}

int alert_find(struct store *store, const char *alert_id, struct alert_found *ret, struct error *e)
{
    _cleanup_query_ struct query query = {0};
    int r = query_row(&query, store, SQL_ALERT_STATE, e, TEXT(alert_id));

    if (r == -ENOENT)
        return error_set(e, r, "no alert %s", alert_id);
    if (r < 0)
        return r;
    ret->id = query_integer(&query, 0);
    ret->state = (enum alert_state)query_integer(&query, 1);
    ret->message = query_integer(&query, 3);
    return query_copy_text(&query, 2, ret->channel, sizeof(ret->channel));
}

int alert_is_beyond(const char *alert_id, enum alert_state state, struct error *e)
{
    return error_set(e, -EALREADY, "alert %s is %s", alert_id, alert_state_name(state));
}

int outbox_hold(struct store *store, const char *alert_id, int64_t due_usec, int64_t now_usec, struct error *e)
{
    struct alert_found alert;
    int r = alert_find(store, alert_id, &alert, e);

    if (r < 0)
        return r;
    if (alert.state != ALERT_DUE && alert.state != ALERT_HELD)
        return alert_is_beyond(alert_id, alert.state, e);
    return sql_run(store, SQL_ALERT_MOVE, e, INT(alert.id), INT(due_usec > now_usec ? ALERT_HELD : ALERT_DUE),
                   INT(due_usec), NONE());
}

int outbox_retry(struct store *store, const char *alert_id, int64_t now_usec, struct error *e)
{
    struct alert_found alert;
    int r = alert_find(store, alert_id, &alert, e);

    if (r < 0)
        return r;
    if (alert.state != ALERT_FAILED && alert.state != ALERT_HELD)
        return alert_is_beyond(alert_id, alert.state, e);
    return sql_run(store, SQL_ALERT_MOVE, e, INT(alert.id), INT(ALERT_DUE), INT(now_usec), NONE());
}

/* A message whose last alert is dropped is not tried any more; from others the alert is taken out. */
static int leave_message(struct store *store, const struct alert_found *alert, int64_t now_usec, struct error *e)
{
    _cleanup_query_ struct query query = {0};
    int r = query_row(&query, store, SQL_MESSAGE_SENDING, e, INT(alert->message));

    if (r < 0)
        return r;
    int64_t left = query_integer(&query, 0);
    query_end(&query);
    if (left == 0)
        return sql_run(store, SQL_MESSAGE_FINISH, e, INT(alert->message), INT(MESSAGE_DROPPED), INT(now_usec), INT(0));
    r = sql_run(store, SQL_ALERT_DETACH, e, INT(alert->id));
    return r < 0 ? r : sql_run(store, SQL_MESSAGE_SHRINK, e, INT(alert->message));
}

int outbox_drop(struct store *store, const char *alert_id, const char *reason, int64_t now_usec, struct error *e)
{
    struct alert_found alert;
    int r = alert_find(store, alert_id, &alert, e);

    if (r < 0)
        return r;
    if (alert.state > ALERT_SENDING)
        return alert_is_beyond(alert_id, alert.state, e);
    r = sql_run(store, SQL_ALERT_MOVE, e, INT(alert.id), INT(ALERT_DROPPED), NONE(), INT(now_usec));
    if (r >= 0)
        r = sql_run(store, SQL_ALERT_EXPLAIN, e, INT(alert.id), TEXT(reason));
    return r < 0 || alert.state != ALERT_SENDING ? r : leave_message(store, &alert, now_usec, e);
}

int outbox_count(struct store *store, const char *channel, struct outbox_counts *ret, struct error *e)
{
    _cleanup_query_ struct query query = {0};
    struct outbox_counts counts = {0};
    long *const of_state[] = {&counts.due,       &counts.held,   &counts.sending,
                              &counts.delivered, &counts.failed, &counts.dropped};
    int r = query_start(&query, store, SQL_ALERT_COUNTS, e, TEXT(channel));

    if (r < 0)
        return r;
    while ((r = query_next(&query)) > 0) {
        int64_t state = query_integer(&query, 0);
        if (state >= 0 && state < (int64_t)ARRAY_SIZE(of_state))
            *of_state[state] = query_integer(&query, 1);
    }
    if (r >= 0)
        *ret = counts;
    return r;
}
