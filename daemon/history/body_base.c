#include "history/body_base.h"

#include "history/body.h"
#include "history/sql.h"

#include <errno.h>
#include <stdlib.h>

#define RADIX 16

_Static_assert(BODY_PATTERN_MIN_BYTES == 8192 && BODY_PATTERN_MAX_BYTES == 65536, "versions_patterns in schema.sql");

long body_base_distance(long index)
{
    long distance = 1;

    if (index == 0)
        return 0;
    while (index % (distance * RADIX) == 0)
        distance *= RADIX;
    return distance;
}

void body_base_clear(struct body_base *base)
{
    free(base->owned);
    *base = (struct body_base){0};
}

static int read_base(struct store *store, int64_t id, struct body_base *ret, struct error *e)
{
    size_t len;
    int r = body_read(store, id, NULL, &ret->owned, &len, e);

    if (r < 0)
        return r;
    ret->id = id;
    ret->bytes = ret->owned;
    ret->len = len;
    return 0;
}

/* The newest of the full ones that may be it; none once it has served enough studies. */
static int find_pattern(struct store *store, int64_t study_row, int64_t *ret, struct error *e)
{
    _cleanup_query_ struct query query = {0};
    int r = query_row(&query, store, SQL_BODY_PATTERN, e);

    *ret = 0;
    if (r == -ENOENT)
        return 0;
    if (r >= 0 && study_row - query_integer(&query, 1) < BODY_PATTERN_STUDIES)
        *ret = query_integer(&query, 0);
    return r;
}

/* The first that was seen is nearer to an archived one than another study's. */
static int find_base_of_first(struct store *store, int64_t study_row, enum version_origin origin, int64_t *ret,
                              struct error *e)
{
    _cleanup_query_ struct query query = {0};

    if (origin == VERSION_SEEN)
        return find_pattern(store, study_row, ret, e);
    int r = query_row(&query, store, SQL_BODY_NTH, e, INT(study_row), INT(VERSION_SEEN), INT(0));
    if (r >= 0)
        *ret = query_integer(&query, 0);
    return r;
}

/* Archived ones have the archive's numbers, which may leave some out: so they are counted. */
static int find_base_of_later(struct store *store, int64_t study_row, enum version_origin origin, int64_t *ret,
                              struct error *e)
{
    _cleanup_query_ struct query query = {0};
    int r = query_row(&query, store, SQL_BODY_COUNT, e, INT(study_row), INT(origin));

    if (r < 0)
        return r;
    long index = query_integer(&query, 0);
    query_end(&query);
    r = query_row(&query, store, SQL_BODY_NTH, e, INT(study_row), INT(origin), INT(index - body_base_distance(index)));
    if (r >= 0)
        *ret = query_integer(&query, 0);
    return r;
}

int body_base_find(struct store *store, int64_t study_row, enum version_origin origin, const struct version_row *newest,
                   const struct study *before, struct body_base *ret, struct error *e)
{
    int64_t id = 0;
    int r = newest->id == 0 ? find_base_of_first(store, study_row, origin, &id, e)
                            : find_base_of_later(store, study_row, origin, &id, e);

    *ret = (struct body_base){0};
    if (r < 0 || id == 0)
        return r;
    if (id != newest->id)
        return read_base(store, id, ret, e);
    ret->id = id;
    ret->bytes = study_canonical(before, &ret->len);
    return 0;
}
