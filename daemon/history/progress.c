#include "history/progress.h"

#include "history/sql.h"

int progress_load(struct store *store, struct progress *ret, struct error *e)
{
    _cleanup_query_ struct query query = {0};
    int r = query_row(&query, store, SQL_PROGRESS_GET, e);

    if (r < 0)
        return r;
    ret->records = query_integer(&query, 2);
    ret->total = query_integer(&query, 3);
    ret->first_poll = query_integer(&query, 4);
    r = query_copy_text(&query, 0, ret->refresh, sizeof(ret->refresh));
    if (r >= 0)
        r = query_copy_text(&query, 1, ret->token, sizeof(ret->token));
    if (r >= 0)
        r = query_copy_text(&query, 5, ret->questions, sizeof(ret->questions));
    return r;
}

int progress_save(struct store *store, const struct progress *progress, struct error *e)
{
    return sql_run(store, SQL_PROGRESS_SET, e, TEXT(progress->refresh), TEXT(progress->token), INT(progress->records),
                   INT(progress->total), INT(progress->first_poll), TEXT(progress->questions));
}

int progress_clear(struct store *store, struct error *e)
{
    return sql_run(store, SQL_PROGRESS_CLEAR, e);
}
