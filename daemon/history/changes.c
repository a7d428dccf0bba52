#include "history/changes.h"

#include "history/country.h"
#include "history/ledger_rows.h"
#include "history/rows.h"
#include "history/sql.h"

#include <errno.h>
#include <jansson.h>
#include <string.h>

/* The file holds these numbers. */
_Static_assert(WEIGHT_SILENT == 0 && WEIGHT_ROUTINE == 1 && WEIGHT_NOTABLE == 2 && WEIGHT_URGENT == 3,
               "changes.weight in schema.sql");

static int write_change(struct store *store, const struct version_row *version, const struct change *change,
                        struct error *e)
{
    _cleanup_free_ char *before = change->before ? study_canonical_value(change->before) : NULL;
    _cleanup_free_ char *after = change->after ? study_canonical_value(change->after) : NULL;

    if ((change->before && !before) || (change->after && !after))
        return error_set(e, -ENOMEM, "out of memory");
    return sql_run(store, SQL_CHANGE_INSERT, e, INT(version->id), INT(version->version.seen_usec),
                   TEXT(kind_info(change->kind)->name), INT(change->weight), TEXT(change->path), TEXT(before),
                   TEXT(after), INT_OR_NULL(change->site, change->site > 0),
                   INT_OR_NULL(change->old_index, change->old_index != SITE_NONE),
                   INT_OR_NULL(change->new_index, change->new_index != SITE_NONE), INT(change->with_study),
                   TEXT(change->effective_before), TEXT(change->effective_after), TEXT(change->note),
                   INT_OR_NULL(change->old_item, change->old_item != SITE_NONE),
                   INT_OR_NULL(change->new_item, change->new_item != SITE_NONE));
}

int changes_append(struct store *store, const struct version *version, const struct change_list *changes,
                   int64_t *ret_ids, struct error *e)
{
    struct version_row row;
    int r = version_find(store, version, &row, e);

    for (size_t i = 0; r >= 0 && i < changes->count; i++) {
        r = write_change(store, &row, &changes->items[i], e);
        if (r >= 0)
            ret_ids[i] = sql_last_id(store);
    }
    if (r < 0 || changes->count == 0)
        return r;
    return ledger_rows_append_changes(store, ret_ids[0], ret_ids[changes->count - 1], e);
}

/* NULL for NULL. */
static int load_json(const struct query *query, int column, json_t **ret)
{
    size_t len;
    const char *text = query_blob(query, column, &len);
    json_error_t why;

    *ret = NULL;
    if (!text)
        return 0;
    *ret = json_loadb(text, len, JSON_DECODE_ANY | JSON_ALLOW_NUL, &why);
    if (!*ret)
        return error_set(query->e, -EUCLEAN, "history %s is damaged: a change is no JSON: %s", query->store->path,
                         why.text);
    return 0;
}

static size_t index_or_none(const struct query *query, int column)
{
    return query_is_null(query, column) ? SITE_NONE : (size_t)query_integer(query, column);
}

/* A kind of another version of this program is carried as KIND_OTHER. */
static enum kind kind_of(const char *name)
{
    enum kind kind = kind_from_name(name);

    return kind == KIND_COUNT ? KIND_OTHER : kind;
}

/* A row and what its pointers point to. */
struct loaded_change {
    struct change_row row;
    struct change change;
    struct keep keep;
};

static void loaded_change_clear(struct loaded_change *loaded)
{
    change_clear(&loaded->change);
    keep_free(&loaded->keep);
}

static int load_texts(const struct query *query, struct loaded_change *ret)
{
    struct change *change = &ret->change;
    int r = query_take_text(query, 8, &change->path);

    if (r >= 0)
        r = load_json(query, 9, &change->before);
    if (r >= 0)
        r = load_json(query, 10, &change->after);
    if (r >= 0)
        r = query_take_text(query, 15, &change->effective_before);
    if (r >= 0)
        r = query_take_text(query, 16, &change->effective_after);
    if (r >= 0)
        r = query_keep_text_or_null(query, 17, &ret->keep, &change->note);
    return r;
}

static int change_from_query(const struct query *query, struct loaded_change *ret)
{
    struct change *change = &ret->change;
    const char *kind;
    int r = query_keep_text(query, 6, &ret->keep, &kind);

    if (r < 0)
        return r;
    change->kind = kind_of(kind);
    change->weight = (enum weight)query_integer(query, 7);
    change->site = query_integer(query, 11);
    change->old_index = index_or_none(query, 12);
    change->new_index = index_or_none(query, 13);
    change->old_item = index_or_none(query, 18);
    change->new_item = index_or_none(query, 19);
    change->with_study = query_integer(query, 14) != 0;
    return load_texts(query, ret);
}

static int load_change(struct store *store, int64_t id, struct loaded_change *ret, struct error *e)
{
    _cleanup_query_ struct query query = {0};
    int r = query_row(&query, store, SQL_CHANGE_GET, e, INT(id));

    if (r < 0)
        return r;
    ret->row.id = query_integer(&query, 0);
    ret->row.version = query_integer(&query, 2);
    ret->row.seen_usec = query_integer(&query, 3);
    ret->row.change = &ret->change;
    r = query_copy_text(&query, 1, ret->row.nct_id, sizeof(ret->row.nct_id));
    if (r >= 0)
        r = query_keep_text(&query, 4, &ret->keep, &ret->row.refresh);
    if (r >= 0)
        r = query_keep_text(&query, 5, &ret->keep, &ret->row.title);
    if (r >= 0)
        r = change_from_query(&query, ret);
    return r;
}

/* The caller frees. NULL without memory. */
static char *kinds_to_json(uint64_t kinds)
{
    json_t *names = json_array();

    for (int i = 0; i < KIND_COUNT; i++)
        if (kinds & UINT64_C(1) << i)
            json_array_append_new(names, json_string(kind_info((enum kind)i)->name));
    char *text = json_dumps(names, JSON_COMPACT);
    json_decref(names);
    return text;
}

static char *country_to_json(const char *country)
{
    json_t *names = country_spellings(country);
    char *text = json_dumps(names, JSON_COMPACT);

    json_decref(names);
    return text;
}

static int find_changes(struct store *store, const struct change_filter *filter, struct keys *ret, struct error *e)
{
    static const enum statement by_study[] = {SQL_CHANGE_KEYS_BY_STUDY, SQL_CHANGE_KEYS_BY_STUDY_NEWEST};
    static const enum statement all[] = {SQL_CHANGE_KEYS, SQL_CHANGE_KEYS_NEWEST};
    _cleanup_free_ char *kinds = filter->kinds != 0 ? kinds_to_json(filter->kinds) : NULL;
    _cleanup_free_ char *country = filter->country ? country_to_json(filter->country) : NULL;

    if ((filter->kinds != 0 && !kinds) || (filter->country && !country))
        return error_set(e, -ENOMEM, "out of memory");
    if (filter->version != 0 && !filter->nct_id)
        return error_set(e, -EINVAL, "a version is one of a study");

    const struct value values[] = {
        INT(filter->since_usec), INT(filter->until_usec != 0 ? filter->until_usec : INT64_MAX),
        INT(filter->min_weight), TEXT(kinds),
        TEXT(country),           INT(filter->limit > 0 ? filter->limit : -1),
        TEXT(filter->nct_id),    INT(filter->version),
    };
    if (filter->nct_id)
        return keys_find_values(store, by_study[filter->newest_first], ret, e, values, ARRAY_SIZE(values));
    return keys_find_values(store, all[filter->newest_first], ret, e, values, ARRAY_SIZE(values) - 2);
}

int changes_each(struct store *store, const struct change_filter *filter, change_visitor *visit, void *userdata,
                 struct error *e)
{
    _cleanup_keys_ struct keys keys = {0};
    int r = find_changes(store, filter, &keys, e);

    for (size_t i = 0; r == 0 && i < keys.count; i++) {
        _cleanup_(loaded_change_clear) struct loaded_change loaded = {0};
        r = load_change(store, keys.ids[i], &loaded, e);
        if (r >= 0)
            r = visit(&loaded.row, userdata);
    }
    return r;
}

int changes_count(struct store *store, const char *nct_id, long version, int64_t since_usec,
                  long ret[static KIND_COUNT], struct error *e)
{
    _cleanup_query_ struct query query = {0};
    long counts[KIND_COUNT] = {0};
    char kind[64];
    int r = query_start(&query, store, SQL_CHANGE_COUNT, e, TEXT(nct_id), INT(version), INT(since_usec));

    while (r >= 0 && (r = query_next(&query)) > 0) {
        r = query_copy_text(&query, 0, kind, sizeof(kind));
        if (r >= 0)
            counts[kind_of(kind)]++;
    }
    if (r >= 0)
        memcpy(ret, counts, sizeof(counts));
    return r;
}
