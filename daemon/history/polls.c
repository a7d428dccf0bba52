#include "history/polls.h"

#include "history/ledger.h"
#include "history/ledger_entry.h"
#include "history/rows.h"
#include "history/sql.h"

#include <errno.h>
#include <jansson.h>
#include <string.h>

/* The file holds these numbers. */
static const char *const outcome_names[] = {
    [POLL_RUNNING] = "running",
    [POLL_UNCHANGED] = "unchanged",
    [POLL_COMPLETE] = "complete",
    [POLL_FAILED] = "failed",
};
_Static_assert(POLL_RUNNING == 0 && POLL_UNCHANGED == 1 && POLL_COMPLETE == 2 && POLL_FAILED == 3,
               "polls.outcome in schema.sql");

const char *poll_outcome_name(enum poll_outcome outcome)
{
    return outcome_names[outcome];
}

static int poll_from_query(const struct query *query, struct poll *ret)
{
    *ret = (struct poll){
        .id = query_integer(query, 0),
        .started_usec = query_integer(query, 1),
        .finished_usec = query_integer(query, 2),
        .outcome = (enum poll_outcome)query_integer(query, 3),
        .requests = query_integer(query, 6),
        .records = query_integer(query, 7),
        .changed = query_integer(query, 8),
        .missing = query_integer(query, 9),
        .bytes = query_integer(query, 10),
    };
    int r = query_copy_text(query, 4, ret->refresh, sizeof(ret->refresh));
    if (r >= 0)
        r = query_copy_text(query, 5, ret->api_version, sizeof(ret->api_version));
    if (r >= 0)
        r = query_copy_text(query, 11, ret->reason, sizeof(ret->reason));
    return r;
}

int poll_load(struct store *store, int64_t id, struct poll *ret, struct buf *missing_ids, struct error *e)
{
    _cleanup_query_ struct query query = {0};
    _cleanup_keep_ struct keep keep = {0};
    const char *text;
    int r = query_row(&query, store, SQL_POLL_GET, e, INT(id));

    if (r < 0)
        return r;
    r = poll_from_query(&query, ret);
    if (r < 0 || !missing_ids)
        return r;
    r = query_keep_text(&query, 12, &keep, &text);
    if (r < 0)
        return r;
    return buf_append_string(missing_ids, text) < 0 ? error_set(e, -ENOMEM, "out of memory") : 0;
}

int polls_begin(struct store *store, struct poll *poll, struct error *e)
{
    int r = sql_run(store, SQL_POLL_BEGIN, e, INT(poll->started_usec), TEXT(poll->refresh), TEXT(poll->api_version));

    if (r < 0)
        return r;
    poll->id = sql_last_id(store);
    poll->outcome = POLL_RUNNING;
    return 0;
}

/* The caller frees. NULL without memory. */
static char *missing_to_json(const char *const *missing, size_t count)
{
    json_t *array = json_array();

    for (size_t i = 0; i < count; i++)
        json_array_append_new(array, json_string(missing[i]));
    char *text = json_array_size(array) == count ? json_dumps(array, JSON_COMPACT) : NULL;
    json_decref(array);
    return text;
}

static int append_entry(struct store *store, const struct poll *poll, const char *missing_ids, struct error *e)
{
    _cleanup_buf_ struct buf entry = {0};

    ledger_entry_poll(poll, missing_ids, &entry);
    if (buf_status(&entry) < 0)
        return error_set(e, buf_status(&entry), "out of memory");
    return ledger_append(store, LEDGER_POLL, poll->id, buf_string(&entry), e);
}

/* started_usec is that of the row, whatever the caller's struct says. */
static int load_running(struct store *store, int64_t id, struct poll *ret, struct error *e)
{
    int r = poll_load(store, id, ret, NULL, e);

    if (r == -ENOENT)
        return error_set(e, r, "history %s: no poll %lld", store->path, (long long)id);
    if (r < 0)
        return r;
    if (ret->outcome != POLL_RUNNING)
        return error_set(e, -EALREADY, "history %s: poll %lld is finished", store->path, (long long)id);
    return 0;
}

int polls_finish(struct store *store, const struct poll *poll, const char *const *missing, size_t missing_count,
                 struct error *e)
{
    _cleanup_free_ char *ids = missing_to_json(missing, missing_count);
    struct poll running, finished = *poll;

    if (!ids)
        return error_set(e, -ENOMEM, "out of memory");
    if (poll->outcome == POLL_RUNNING || poll->finished_usec <= 0)
        return error_set(e, -EINVAL, "a finished poll has an outcome and a time");
    int r = load_running(store, poll->id, &running, e);
    if (r < 0)
        return r;
    finished.started_usec = running.started_usec;
    r = sql_run(store, SQL_POLL_FINISH, e, INT(poll->id), INT(poll->finished_usec), INT(poll->outcome),
                TEXT(poll->refresh), TEXT(poll->api_version), INT(poll->requests), INT(poll->records),
                INT(poll->changed), INT(poll->missing), INT(poll->bytes), TEXT(poll->reason), TEXT(ids));
    return r < 0 ? r : append_entry(store, &finished, ids, e);
}

int polls_each(struct store *store, int64_t since_usec, long limit, poll_visitor *visit, void *userdata,
               struct error *e)
{
    _cleanup_keys_ struct keys keys = {0};
    int r = keys_find(store, SQL_POLL_KEYS, &keys, e, INT(since_usec), INT(limit > 0 ? limit : -1));

    for (size_t i = 0; r == 0 && i < keys.count; i++) {
        struct poll poll;
        r = poll_load(store, keys.ids[i], &poll, NULL, e);
        if (r == -ENOENT) /* pruned meanwhile */
            r = 0;
        else if (r >= 0)
            r = visit(&poll, userdata);
    }
    return r;
}

int polls_newest(struct store *store, enum poll_outcome outcome, struct poll *ret, struct error *e)
{
    _cleanup_query_ struct query query = {0};
    int r = query_row(&query, store, SQL_POLL_NEWEST, e, INT(outcome));

    if (r == -ENOENT)
        return error_set(e, r, "no poll with outcome %s yet", poll_outcome_name(outcome));
    return r < 0 ? r : poll_from_query(&query, ret);
}

int polls_prune(struct store *store, int64_t before_usec, struct error *e)
{
    return sql_run(store, SQL_POLL_PRUNE, e, INT(before_usec));
}
