/* What is known of every study, whatever its versions. */
#include "base/clock.h"
#include "history/rows.h"
#include "history/sql.h"
#include "history/versions.h"

#include <errno.h>
#include <stdio.h>

int study_row_id(struct store *store, const char *nct_id, int64_t *ret, struct error *e)
{
    _cleanup_query_ struct query query = {0};
    int r = query_row(&query, store, SQL_STUDY_ID, e, TEXT(nct_id));

    if (r >= 0)
        *ret = query_integer(&query, 0);
    return r;
}

static int check_seen(const struct store *store, const char *nct_id, struct error *e)
{
    return sql_changed_rows(store) > 0 ? 0 : error_set(e, -ENOENT, "%s was never seen", nct_id);
}

int versions_note_seen(struct store *store, const char *nct_id, int64_t poll, const struct glance *glance,
                       struct error *e)
{
    int r = sql_run(store, SQL_STUDY_NOTE_SEEN, e, TEXT(nct_id), INT(clock_wall_usec()), INT(poll));

    if (r >= 0)
        r = check_seen(store, nct_id, e);
    return r >= 0 && glance ? versions_set_glance(store, nct_id, glance, e) : r;
}

int versions_glance_key(struct store *store, struct glance_key *ret, struct error *e)
{
    _cleanup_query_ struct query query = {0};
    int r = query_row(&query, store, SQL_GLANCE_KEY, e);

    if (r == -ENOENT)
        return error_set(e, -EUCLEAN, "history %s is damaged: its glance_key is missing; restore a backup",
                         store->path);
    return r < 0 ? r : query_copy_blob(&query, 0, ret->bytes, sizeof(ret->bytes));
}

int versions_glance(struct store *store, const char *nct_id, struct glance *ret, struct error *e)
{
    _cleanup_query_ struct query query = {0};
    int r = query_row(&query, store, SQL_STUDY_GLANCE, e, TEXT(nct_id));

    if (r < 0)
        return r;
    *ret = (struct glance){.bytes = (size_t)query_integer(&query, 1), .day_at = (size_t)query_integer(&query, 2)};
    snprintf(ret->nct_id, sizeof(ret->nct_id), "%s", nct_id);
    return query_copy_blob(&query, 0, ret->hash, sizeof(ret->hash));
}

int versions_set_glance(struct store *store, const char *nct_id, const struct glance *glance, struct error *e)
{
    int r = sql_run(store, SQL_STUDY_SET_GLANCE, e, TEXT(nct_id), BLOB(glance->hash, sizeof(glance->hash)),
                    INT(glance->bytes), INT(glance->day_at));

    return r < 0 ? r : check_seen(store, nct_id, e);
}

int versions_seen_since(struct store *store, const char *nct_id_or_alias, int64_t poll, bool *ret, struct error *e)
{
    _cleanup_query_ struct query query = {0};
    int r = query_row(&query, store, SQL_STUDY_SEEN_SINCE, e, TEXT(nct_id_or_alias), INT(poll));

    *ret = r >= 0;
    return r == -ENOENT ? 0 : r;
}

int versions_resolve(struct store *store, const char *nct_id_or_alias, char ret[static STUDY_NCT_ID_BYTES],
                     struct error *e)
{
    _cleanup_query_ struct query query = {0};
    int r = query_row(&query, store, SQL_STUDY_RESOLVE, e, TEXT(nct_id_or_alias));

    if (r == -ENOENT)
        return error_set(e, r, "%s was never seen", nct_id_or_alias);
    return r < 0 ? r : query_copy_text(&query, 0, ret, STUDY_NCT_ID_BYTES);
}

/* The texts of ret are in keep. */
static int load_study(struct store *store, int64_t id, struct keep *keep, struct study_row *ret, struct error *e)
{
    _cleanup_query_ struct query query = {0};
    int r = query_row(&query, store, SQL_STUDY_GET, e, INT(id));

    if (r < 0)
        return r;
    *ret = (struct study_row){
        .versions = query_integer(&query, 3),
        .sites = query_integer(&query, 4),
        .recruiting_sites = query_integer(&query, 5),
        .first_seen_usec = query_integer(&query, 6),
        .last_seen_usec = query_integer(&query, 7),
        .last_changed_usec = query_integer(&query, 8),
    };
    r = query_copy_text(&query, 0, ret->nct_id, sizeof(ret->nct_id));
    if (r >= 0)
        r = query_keep_text(&query, 1, keep, &ret->title);
    if (r >= 0)
        r = query_keep_text(&query, 2, keep, &ret->overall_status);
    if (r >= 0)
        r = query_copy_text(&query, 9, ret->refresh, sizeof(ret->refresh));
    return r;
}

static int visit_study(struct store *store, int64_t id, study_visitor *visit, void *userdata, struct error *e)
{
    _cleanup_keep_ struct keep keep = {0};
    struct study_row row;
    int r = load_study(store, id, &keep, &row, e);

    return r < 0 ? r : visit(&row, userdata);
}

int versions_visit_study(struct store *store, const char *nct_id_or_alias, study_visitor *visit, void *userdata,
                         struct error *e)
{
    char nct_id[STUDY_NCT_ID_BYTES];
    int64_t id;
    int r = versions_resolve(store, nct_id_or_alias, nct_id, e);

    if (r >= 0)
        r = study_row_id(store, nct_id, &id, e);
    return r < 0 ? r : visit_study(store, id, visit, userdata, e);
}

int versions_each_study(struct store *store, study_visitor *visit, void *userdata, struct error *e)
{
    _cleanup_keys_ struct keys keys = {0};
    int r = keys_find(store, SQL_STUDY_KEYS, &keys, e);

    for (size_t i = 0; r == 0 && i < keys.count; i++)
        r = visit_study(store, keys.ids[i], visit, userdata, e);
    return r;
}

long versions_count_studies(struct store *store)
{
    _cleanup_query_ struct query query = {0};
    int r = query_row(&query, store, SQL_STUDY_COUNT, NULL);

    return r < 0 ? r : query_integer(&query, 0);
}
