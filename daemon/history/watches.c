#include "history/watches.h"

#include "base/clock.h"
#include "history/sql.h"

#include <errno.h>

_Static_assert(WATCH_OF_SETTINGS == 0 && WATCH_ADDED == 1, "watches.origin in schema.sql");

int watches_put(struct store *store, const struct watch_row *row, struct error *e)
{
    return sql_run(store, SQL_WATCH_PUT, e, TEXT(row->name), TEXT(row->settings), INT(row->origin), TEXT(row->place),
                   INT(row->since_usec), TEXT(row->trouble));
}

static int check_known(const struct store *store, const char *name, int r, struct error *e)
{
    if (r < 0 || sql_changed_rows(store) > 0)
        return r;
    return error_set(e, -ENOENT, "there is no watch %s", name);
}

int watches_remove(struct store *store, const char *name, struct error *e)
{
    return check_known(store, name, sql_run(store, SQL_WATCH_REMOVE, e, TEXT(name)), e);
}

int watches_pause(struct store *store, const char *name, int64_t paused_usec, const char *by, struct error *e)
{
    int r = sql_run(store, SQL_WATCH_PAUSE, e, TEXT(name), INT_OR_NULL(paused_usec, paused_usec > 0),
                    TEXT(paused_usec > 0 ? by : NULL));

    return check_known(store, name, r, e);
}

/* The texts of ret are in keep. */
static int row_from_query(const struct query *query, struct keep *keep, struct watch_row *ret)
{
    const struct {
        int column;
        const char **text;
    } texts[] = {{0, &ret->name}, {1, &ret->settings}, {3, &ret->place}, {6, &ret->paused_by}, {7, &ret->trouble}};
    int r = 0;

    *ret = (struct watch_row){
        .origin = query_integer(query, 2) == WATCH_ADDED ? WATCH_ADDED : WATCH_OF_SETTINGS,
        .since_usec = query_integer(query, 4),
        .paused_usec = query_integer(query, 5),
    };
    for (size_t i = 0; r >= 0 && i < ARRAY_SIZE(texts); i++)
        r = query_keep_text(query, texts[i].column, keep, texts[i].text);
    return r;
}

static int load(struct store *store, int64_t id, struct keep *keep, struct watch_row *ret, struct error *e)
{
    _cleanup_query_ struct query query = {0};
    int r = query_row(&query, store, SQL_WATCH_GET, e, INT(id));

    return r < 0 ? r : row_from_query(&query, keep, ret);
}

static int visit_keys(struct store *store, const struct keys *keys, watch_row_visitor *visit, void *userdata,
                      struct error *e)
{
    int r = 0;

    for (size_t i = 0; r == 0 && i < keys->count; i++) {
        _cleanup_keep_ struct keep keep = {0};
        struct watch_row row;
        r = load(store, keys->ids[i], &keep, &row, e);
        if (r >= 0)
            r = visit(&row, userdata);
    }
    return r;
}

int watches_each(struct store *store, watch_row_visitor *visit, void *userdata, struct error *e)
{
    _cleanup_keys_ struct keys keys = {0};
    int r = keys_find(store, SQL_WATCH_KEYS, &keys, e, NONE());

    return r < 0 ? r : visit_keys(store, &keys, visit, userdata, e);
}

int watches_get(struct store *store, const char *name, watch_row_visitor *visit, void *userdata, struct error *e)
{
    _cleanup_keys_ struct keys keys = {0};
    int r = keys_find(store, SQL_WATCH_KEYS, &keys, e, TEXT(name));

    if (r == 0 && keys.count == 0)
        return error_set(e, -ENOENT, "there is no watch %s", name);
    return r < 0 ? r : visit_keys(store, &keys, visit, userdata, e);
}

static json_t *time_or_null(int64_t wall_usec)
{
    char text[CLOCK_TEXT_BYTES];

    return wall_usec > 0 ? json_string(clock_format_utc(wall_usec, text)) : json_null();
}

json_t *watches_row_to_json(const struct watch_row *row)
{
    json_t *settings = json_loads(row->settings, 0, NULL);

    return json_pack("{s:s, s:s, s:s, s:o, s:o, s:s, s:s, s:o}", "name", row->name, "origin",
                     row->origin == WATCH_ADDED ? "added" : "settings", "place", row->place, "since",
                     time_or_null(row->since_usec), "paused", time_or_null(row->paused_usec), "paused_by",
                     row->paused_by, "trouble", row->trouble, "settings", settings ? settings : json_null());
}
