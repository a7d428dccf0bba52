/* Looking at alerts, whatever their state. */
#include "history/outbox.h"
#include "history/outbox_rows.h"
#include "history/sql.h"

#include <errno.h>

/* A row and what its pointers point to. */
struct loaded_alert {
    struct alert_row row;
    struct keep keep;
    json_t *watches, *changes;
};

static void loaded_alert_clear(struct loaded_alert *loaded)
{
    json_decref(loaded->watches);
    json_decref(loaded->changes);
    keep_free(&loaded->keep);
}

static int load_array(const struct query *query, int column, json_t **ret)
{
    size_t len;
    const char *text = query_blob(query, column, &len);

    *ret = json_loadb(text, len, 0, NULL);
    if (!json_is_array(*ret))
        return error_set(query->e, -EUCLEAN, "history %s is damaged: an alert's list is no JSON array",
                         query->store->path);
    return 0;
}

static int load_texts(const struct query *query, struct loaded_alert *ret)
{
    struct alert_row *row = &ret->row;
    int r = query_copy_text(query, 0, row->id, sizeof(row->id));

    if (r >= 0)
        r = query_keep_text(query, 1, &ret->keep, &row->channel);
    if (r >= 0)
        r = query_copy_text(query, 2, row->nct_id, sizeof(row->nct_id));
    if (r >= 0)
        r = query_keep_text(query, 3, &ret->keep, &row->title);
    if (r >= 0)
        r = query_copy_text(query, 4, row->refresh, sizeof(row->refresh));
    if (r >= 0)
        r = query_keep_text(query, 11, &ret->keep, &row->message_id);
    if (r >= 0)
        r = query_keep_text(query, 15, &ret->keep, &row->last_answer);
    if (r >= 0)
        r = query_keep_text(query, 16, &ret->keep, &row->reason);
    if (r >= 0)
        r = query_keep_text(query, 17, &ret->keep, &row->acked_by);
    return r;
}

static int load_alert(struct store *store, int64_t id, struct loaded_alert *ret, struct error *e)
{
    _cleanup_query_ struct query query = {0};
    int r = query_row(&query, store, SQL_ALERT_GET, e, INT(id));

    if (r < 0)
        return r;
    ret->row = (struct alert_row){
        .version = query_integer(&query, 5),
        .weight = (enum weight)query_integer(&query, 6),
        .state = (enum alert_state)query_integer(&query, 7),
        .created_usec = query_integer(&query, 8),
        .due_usec = query_integer(&query, 9),
        .finished_usec = query_integer(&query, 10),
        .attempts = query_integer(&query, 14),
    };
    r = load_texts(&query, ret);
    if (r >= 0)
        r = load_array(&query, 12, &ret->watches);
    if (r >= 0)
        r = load_array(&query, 13, &ret->changes);
    ret->row.watches = ret->watches;
    ret->row.changes = ret->changes;
    return r;
}

/* By the column that leaves the fewest rows. */
static enum statement statement_for(const struct alert_filter *filter)
{
    const unsigned waiting = 1U << ALERT_DUE | 1U << ALERT_HELD;
    bool newest = filter->newest_first;

    if (filter->id)
        return SQL_ALERT_KEYS_BY_ID;
    if (filter->message_id)
        return newest ? SQL_ALERT_KEYS_BY_MESSAGE_NEWEST : SQL_ALERT_KEYS_BY_MESSAGE;
    if (filter->nct_id)
        return newest ? SQL_ALERT_KEYS_BY_STUDY_NEWEST : SQL_ALERT_KEYS_BY_STUDY;
    if (filter->channel && filter->states != 0 && (filter->states & ~waiting) == 0)
        return newest ? SQL_ALERT_KEYS_WAITING_NEWEST : SQL_ALERT_KEYS_WAITING;
    return newest ? SQL_ALERT_KEYS_NEWEST : SQL_ALERT_KEYS;
}

int outbox_each(struct store *store, const struct alert_filter *filter, alert_visitor *visit, void *userdata,
                struct error *e)
{
    _cleanup_keys_ struct keys keys = {0};
    int r = keys_find(store, statement_for(filter), &keys, e, INT(filter->states != 0 ? filter->states : ~0U),
                      INT(filter->since_usec), INT(filter->due_until_usec != 0 ? filter->due_until_usec : INT64_MAX),
                      TEXT(filter->channel), TEXT(filter->nct_id), TEXT(filter->id), TEXT(filter->message_id),
                      INT(filter->limit > 0 ? filter->limit : -1));

    for (size_t i = 0; r == 0 && i < keys.count; i++) {
        _cleanup_(loaded_alert_clear) struct loaded_alert loaded = {0};
        r = load_alert(store, keys.ids[i], &loaded, e);
        if (r >= 0)
            r = visit(&loaded.row, userdata);
    }
    return r;
}
