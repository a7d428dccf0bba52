#include "history/surges.h"

#include "base/buf.h"
#include "base/text.h"
#include "history/outbox_rows.h"
#include "history/sql.h"
#include "trial/kinds.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define DEFAULT_PERCENT 20
#define DEFAULT_STUDIES 30

/* A step's work stays far below a slice of the loop. */
#define STEP_ALERTS 100

int surges_note(struct store *store, const char *refresh, const struct change_list *changes, struct error *e)
{
    uint64_t noted = 0;
    int r = 0;

    for (size_t i = 0; r >= 0 && i < changes->count; i++) {
        const struct change *change = &changes->items[i];
        uint64_t bit = UINT64_C(1) << change->kind;
        if (change->weight > WEIGHT_ROUTINE || (noted & bit))
            continue;
        noted |= bit;
        r = sql_run(store, SQL_REFRESH_KIND_COUNT, e, TEXT(refresh), TEXT(kind_info(change->kind)->name));
    }
    return r;
}

/* A refresh that alerts are gathered of: its name. -ENOENT without one. */
static int find_gathered(struct store *store, char refresh[static REFRESH_BYTES], struct error *e)
{
    _cleanup_query_ struct query query = {0};
    int r = query_row(&query, store, SQL_GATHERED_REFRESH, e);

    return r < 0 ? r : query_copy_text(&query, 0, refresh, REFRESH_BYTES);
}

/* The kinds in which unusually many studies changed, an object that may be empty. */
static int find_kinds(struct store *store, const char *refresh, long studies, const struct surge_limits *limits,
                      json_t *kinds, struct error *e)
{
    _cleanup_query_ struct query query = {0};
    long percent = limits->percent > 0 ? limits->percent : DEFAULT_PERCENT;
    long least = limits->studies > 0 ? limits->studies : DEFAULT_STUDIES;
    int r = query_start(&query, store, SQL_REFRESH_KINDS, e, TEXT(refresh));

    if (r < 0)
        return r;
    while ((r = query_next(&query)) > 0) {
        char name[64];
        int64_t changed = query_integer(&query, 1);
        if (changed < least || changed * 100 < percent * studies)
            continue;
        r = query_copy_text(&query, 0, name, sizeof(name));
        if (r < 0)
            return r;
        if (json_object_set_new(kinds, name, json_integer(changed)) < 0)
            return error_set(e, -ENOMEM, "out of memory");
    }
    return r;
}

/* ",site-geopoint,description,": what an alert's kinds are looked up in. */
static char *list_of(const json_t *kinds)
{
    struct buf list = {0};
    const char *name;
    json_t *count;

    buf_append_string(&list, ",");
    json_object_foreach ((json_t *)kinds, name, count)
        buf_printf(&list, "%s,", name);
    return buf_take(&list);
}

/* "4312 of 5000 studies changed alike in this refresh (site-geopoint); told in one message" */
static char *sentence_of(const json_t *kinds, long studies)
{
    struct buf names = {0}, sentence = {0};
    json_int_t most = 0;
    const char *name;
    json_t *count;

    json_object_foreach ((json_t *)kinds, name, count) {
        buf_printf(&names, "%s%s", names.len > 0 ? ", " : "", name);
        most = json_integer_value(count) > most ? json_integer_value(count) : most;
    }
    buf_printf(&sentence, "%lld of %ld studies changed alike in this refresh (%s): told in one message",
               (long long)most, studies, buf_string(&names));
    buf_free(&names);
    return buf_take(&sentence);
}

static int add_surge(struct store *store, const char *refresh, long studies, const json_t *kinds, int64_t now_usec,
                     int64_t *ret, struct error *e)
{
    _cleanup_free_ char *text = json_dumps(kinds, JSON_COMPACT | JSON_SORT_KEYS);
    _cleanup_free_ char *sentence = sentence_of(kinds, studies);

    if (!text || !sentence)
        return error_set(e, -ENOMEM, "out of memory");
    int r = sql_run(store, SQL_SURGE_INSERT, e, TEXT(refresh), INT(now_usec), INT(studies), TEXT(text), TEXT(sentence));
    *ret = sql_last_id(store);
    return r;
}

/* The surge of the refresh whose alerts are not in messages yet: a step before, or a run that crashed, has found it. */
static int find_open(struct store *store, const char *refresh, json_t *kinds, int64_t *ret, struct error *e)
{
    _cleanup_query_ struct query query = {0};
    _cleanup_free_ char *text = NULL;
    int r = query_row(&query, store, SQL_SURGE_OPEN, e, TEXT(refresh));

    if (r < 0)
        return r;
    *ret = query_integer(&query, 0);
    r = query_take_text(&query, 1, &text);
    json_auto_t *found = text ? json_loads(text, 0, NULL) : NULL;
    if (r >= 0 && json_object_update(kinds, found) < 0)
        r = error_set(e, -EUCLEAN, "history %s is damaged: a surge's kinds are no JSON object", store->path);
    return r;
}

/* 0: no surge. */
static int have_surge(struct store *store, const char *refresh, long studies, const struct surge_limits *limits,
                      int64_t now_usec, json_t *kinds, int64_t *ret, struct error *e)
{
    int r = find_open(store, refresh, kinds, ret, e);

    if (r != -ENOENT)
        return r;
    *ret = 0;
    r = find_kinds(store, refresh, studies, limits, kinds, e);
    return r < 0 || json_object_size(kinds) == 0 ? r : add_surge(store, refresh, studies, kinds, now_usec, ret, e);
}

int surges_judge(struct store *store, long studies, const struct surge_limits *limits, int64_t now_usec,
                 struct error *e)
{
    json_auto_t *kinds = json_object();
    char refresh[REFRESH_BYTES];
    int64_t surge = 0;

    int r = kinds ? find_gathered(store, refresh, e) : error_set(e, -ENOMEM, "out of memory");
    if (r < 0)
        return r == -ENOENT ? 0 : r;
    r = have_surge(store, refresh, studies, limits, now_usec, kinds, &surge, e);
    if (r < 0)
        return r;
    _cleanup_free_ char *list = list_of(kinds);
    if (!list)
        return error_set(e, -ENOMEM, "out of memory");
    r = sql_run(store, SQL_GATHERED_JUDGE, e, TEXT(refresh), TEXT(list), INT_OR_NULL(surge, surge != 0), INT(now_usec),
                INT(STEP_ALERTS));
    return r < 0 ? r : 1;
}

int surges_next_due(struct store *store, struct surge_due *ret, struct error *e)
{
    _cleanup_query_ struct query query = {0};
    int r = query_row(&query, store, SQL_SURGE_DUE, e);

    if (r < 0)
        return r;
    ret->surge = query_integer(&query, 0);
    ret->weight = (enum weight)query_integer(&query, 2);
    ret->alerts = query_integer(&query, 3);
    _cleanup_free_ char *sentence = NULL;
    r = query_take_text(&query, 4, &sentence);
    if (r < 0)
        return r;
    snprintf(ret->sentence, sizeof(ret->sentence), "%s", sentence ? sentence : "");
    text_drop_half_character(ret->sentence);
    return query_copy_text(&query, 1, ret->channel, sizeof(ret->channel));
}

int surges_compose(struct store *store, const struct surge_due *due, int64_t now_usec, int64_t first_usec,
                   struct error *e)
{
    char text[CHANNEL_NAME_BYTES + 32], id[MESSAGE_ID_BYTES];

    snprintf(text, sizeof(text), "%s surge %lld", due->channel, (long long)due->surge);
    int r = outbox_make_id(OUTBOX_ID_PREFIX_MESSAGE, text, strlen(text), id, e);
    if (r >= 0)
        r = sql_run(store, SQL_SURGE_MESSAGE, e, TEXT(id), TEXT(due->channel), INT(first_usec), INT(due->surge),
                    INT(now_usec));
    return r < 0 ? r
                 : sql_run(store, SQL_SURGE_SEND, e, INT(due->surge), TEXT(due->channel), INT(first_usec),
                           INT(sql_last_id(store)));
}

void surge_clear(struct surge *surge)
{
    json_decref(surge->kinds);
    json_decref(surge->watches);
    *surge = (struct surge){0};
}

/* A JSON text of a row as a value; -EUCLEAN when it is none. */
static int take_json(const struct query *query, int column, json_t **ret)
{
    _cleanup_free_ char *text = NULL;
    int r = query_take_text(query, column, &text);

    if (r < 0)
        return r;
    *ret = text ? json_loads(text, 0, NULL) : NULL;
    return *ret ? 0 : error_set(query->e, -EUCLEAN, "history %s is damaged: a surge has no JSON", query->store->path);
}

int surges_of_message(struct store *store, const char *message_id, struct surge *ret, struct error *e)
{
    _cleanup_query_ struct query query = {0};
    _cleanup_(surge_clear) struct surge surge = {0};
    int r = query_row(&query, store, SQL_SURGE_OF_MESSAGE, e, TEXT(message_id));

    if (r < 0)
        return r;
    surge.studies = query_integer(&query, 1);
    surge.alerts = query_integer(&query, 2);
    r = query_copy_text(&query, 0, surge.refresh, sizeof(surge.refresh));
    if (r >= 0)
        r = query_copy_text(&query, 5, surge.channel, sizeof(surge.channel));
    if (r >= 0)
        r = take_json(&query, 3, &surge.kinds);
    if (r >= 0)
        r = take_json(&query, 4, &surge.watches);
    if (r >= 0) {
        *ret = surge;
        surge = (struct surge){0};
    }
    return r;
}
