#include "history/versions.h"

#include "history/body.h"
#include "history/digest.h"
#include "history/rows.h"
#include "history/sql.h"

#include <errno.h>
#include <string.h>

_Static_assert(VERSION_SEEN == 0 && VERSION_ARCHIVE == 1, "versions.origin in schema.sql");

int version_from_query(const struct query *query, struct version_row *ret)
{
    struct version *version = &ret->version;

    *ret = (struct version_row){
        .id = query_integer(query, 0),
        .version =
            {
                .number = query_integer(query, 2),
                .origin = (enum version_origin)query_integer(query, 3),
                .seen_usec = query_integer(query, 4),
                .poll = query_integer(query, 6),
                .canonical_bytes = (size_t)query_integer(query, 8),
                .change_count = query_integer(query, 9),
            },
    };
    int r = query_copy_text(query, 1, version->nct_id, sizeof(version->nct_id));
    if (r >= 0)
        r = query_copy_text(query, 5, version->refresh, sizeof(version->refresh));
    if (r >= 0)
        r = query_copy_blob(query, 7, version->hash, sizeof(version->hash));
    return r;
}

int version_load(struct store *store, int64_t id, struct version_row *ret, struct error *e)
{
    _cleanup_query_ struct query query = {0};
    int r = query_row(&query, store, SQL_VERSION_BY_ID, e, INT(id));

    return r < 0 ? r : version_from_query(&query, ret);
}

static int never_seen(const char *nct_id, struct error *e)
{
    return error_set(e, -ENOENT, "%s was never seen", nct_id);
}

int version_find(struct store *store, const struct version *version, struct version_row *ret, struct error *e)
{
    _cleanup_query_ struct query query = {0};
    int r =
        query_row(&query, store, SQL_VERSION_GET, e, TEXT(version->nct_id), INT(version->origin), INT(version->number));

    if (r == -ENOENT)
        return error_set(e, r, "%s has no version %ld", version->nct_id, version->number);
    return r < 0 ? r : version_from_query(&query, ret);
}

int versions_newest(struct store *store, const char *nct_id, struct version *ret, struct error *e)
{
    _cleanup_query_ struct query query = {0};
    struct version_row row;
    int r = query_row(&query, store, SQL_VERSION_NEWEST, e, TEXT(nct_id), INT(VERSION_SEEN));

    if (r == -ENOENT)
        return never_seen(nct_id, e);
    if (r >= 0)
        r = version_from_query(&query, &row);
    if (r >= 0)
        *ret = row.version;
    return r;
}

int versions_get(struct store *store, const char *nct_id, long number, struct version *ret, struct error *e)
{
    struct version wanted = {.origin = VERSION_SEEN, .number = number};
    struct version_row row;

    if (strlen(nct_id) >= sizeof(wanted.nct_id))
        return never_seen(nct_id, e);
    strcpy(wanted.nct_id, nct_id);
    int r = version_find(store, &wanted, &row, e);
    if (r >= 0)
        *ret = row.version;
    return r;
}

int versions_at(struct store *store, const char *nct_id, int64_t wall_usec, struct version *ret, struct error *e)
{
    _cleanup_query_ struct query query = {0};
    struct version_row row;
    int r = query_row(&query, store, SQL_VERSION_AT, e, TEXT(nct_id), INT(wall_usec));

    if (r == -ENOENT)
        return error_set(e, r, "%s was not seen until then", nct_id);
    if (r >= 0)
        r = version_from_query(&query, &row);
    if (r >= 0)
        *ret = row.version;
    return r;
}

static int check_hash(const struct store *store, const struct version *version, const char *bytes, size_t len,
                      struct error *e)
{
    uint8_t hash[DIGEST_BYTES];

    if (digest_two(bytes, len, NULL, 0, hash) < 0)
        return error_set(e, -ENOMEM, "out of memory");
    if (memcmp(hash, version->hash, sizeof(hash)) != 0)
        return error_set(e, -EUCLEAN,
                         "history %s is damaged: version %ld of %s does not fit its hash; restore a backup",
                         store->path, version->number, version->nct_id);
    return 0;
}

/* The canonical bytes, which fit the row's hash. */
static int read_body(struct store *store, const struct version *version, struct version_row *row, char **ret,
                     size_t *ret_len, struct error *e)
{
    _cleanup_free_ char *bytes = NULL;
    int r = version_find(store, version, row, e);

    if (r >= 0)
        r = body_read(store, row->id, NULL, &bytes, ret_len, e);
    if (r >= 0)
        r = check_hash(store, &row->version, bytes, *ret_len, e);
    if (r >= 0)
        *ret = TAKE_PTR(bytes);
    return r;
}

int versions_body(struct store *store, const struct version *version, char **ret, size_t *ret_len, struct error *e)
{
    struct version_row row;

    return read_body(store, version, &row, ret, ret_len, e);
}

int versions_study_like(struct store *store, const struct version *version, const struct study *like,
                        struct study **ret, struct error *e)
{
    struct version_row row;
    char *bytes;
    size_t len;
    int r = read_body(store, version, &row, &bytes, &len, e);

    return r < 0 ? r : study_from_canonical(bytes, len, row.version.hash, like, ret, e);
}

int versions_study(struct store *store, const struct version *version, struct study **ret, struct error *e)
{
    return versions_study_like(store, version, NULL, ret, e);
}

int versions_each(struct store *store, const char *nct_id, version_visitor *visit, void *userdata, struct error *e)
{
    _cleanup_keys_ struct keys keys = {0};
    int r = keys_find(store, SQL_VERSION_KEYS, &keys, e, TEXT(nct_id));

    if (r >= 0 && keys.count == 0)
        return never_seen(nct_id, e);
    for (size_t i = 0; r == 0 && i < keys.count; i++) {
        struct version_row row;
        r = version_load(store, keys.ids[i], &row, e);
        if (r >= 0)
            r = visit(&row.version, userdata);
    }
    return r;
}
