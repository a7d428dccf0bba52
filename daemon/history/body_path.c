#include "history/body_path.h"

#include "history/sql.h"

#include <stdlib.h>

static void shorten(struct body_path *path, size_t count)
{
    while (path->count > count)
        free((char *)path->steps[--path->count].bytes);
}

void body_path_clear(struct body_path *path)
{
    shorten(path, 0);
}

/* How many steps lie on the way to that base, it included; 0 when it is not on the path. */
static size_t steps_to(const struct body_path *path, int64_t base)
{
    size_t count = path->count;

    while (count > 0 && path->steps[count - 1].id != base)
        count--;
    return count;
}

static int base_of(struct store *store, int64_t id, int64_t *ret, struct error *e)
{
    _cleanup_query_ struct query query = {0};
    int r = query_row(&query, store, SQL_BODY_BASE, e, INT(id));

    if (r >= 0)
        *ret = query_integer(&query, 0);
    return r;
}

int body_path_read(struct store *store, struct body_path *path, int64_t id, const char **ret, size_t *ret_len,
                   struct error *e)
{
    int64_t base = 0;
    char *bytes = NULL;
    size_t len;
    int r = base_of(store, id, &base, e);

    if (r < 0)
        return r;
    size_t count = steps_to(path, base);
    r = body_read(store, id, count > 0 ? &path->steps[count - 1] : NULL, &bytes, &len, e);
    if (r < 0)
        return r;
    shorten(path, count < BODY_CHAIN_MAX ? count : 0);
    path->steps[path->count++] = (struct body_known){.id = id, .bytes = bytes, .len = len};
    *ret = bytes;
    *ret_len = len;
    return 0;
}
