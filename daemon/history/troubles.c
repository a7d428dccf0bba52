#include "history/troubles.h"

#include "history/sql.h"

int troubles_get(struct store *store, const char *name, struct trouble_row *ret, struct error *e)
{
    _cleanup_query_ struct query query = {0};
    struct trouble_row row = {0};
    int r = query_row(&query, store, SQL_TROUBLE_GET, e, TEXT(name));

    if (r < 0)
        return r;
    row.since_usec = query_integer(&query, 0);
    row.told_usec = query_integer(&query, 1);
    row.needs_person = query_integer(&query, 2) != 0;
    r = query_copy_text(&query, 3, row.words, sizeof(row.words));
    if (r >= 0)
        *ret = row;
    return r;
}

int troubles_set(struct store *store, const char *name, const struct trouble_row *row, struct error *e)
{
    return sql_run(store, SQL_TROUBLE_SET, e, TEXT(name), INT(row->since_usec),
                   INT_OR_NULL(row->told_usec, row->told_usec > 0), INT(row->needs_person), TEXT(row->words));
}

int troubles_clear(struct store *store, const char *name, struct error *e)
{
    return sql_run(store, SQL_TROUBLE_CLEAR, e, TEXT(name));
}
