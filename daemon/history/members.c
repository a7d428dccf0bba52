#include "history/members.h"

#include "history/sql.h"

#include <errno.h>
#include <string.h>

int members_is_running(struct store *store, const char *watch, const char *question, bool *ret, struct error *e)
{
    _cleanup_query_ struct query query = {0};
    int r = query_row(&query, store, SQL_QUERY_RUNS, e, TEXT(watch), TEXT(question));

    if (r < 0 && r != -ENOENT)
        return r;
    *ret = r != -ENOENT;
    return 0;
}

int members_set_running(struct store *store, const char *watch, const char *question, int64_t now_usec, struct error *e)
{
    return sql_run(store, SQL_QUERY_SET, e, TEXT(watch), TEXT(question), INT(now_usec));
}

static int add_id(const struct query *query, char (**ids)[STUDY_NCT_ID_BYTES], size_t *count, size_t *capacity)
{
    if (*count == *capacity) {
        size_t more = size_max(64, 2 * *capacity);
        void *grown = reallocarray(*ids, more, sizeof(**ids));
        if (!grown)
            return error_set(query->e, -ENOMEM, "out of memory");
        *ids = grown;
        *capacity = more;
    }
    return query_copy_text(query, 0, (*ids)[(*count)++], STUDY_NCT_ID_BYTES);
}

int members_load(struct store *store, const char *watch, char (**ret)[STUDY_NCT_ID_BYTES], size_t *ret_count,
                 struct error *e)
{
    _cleanup_query_ struct query query = {0};
    char(*ids)[STUDY_NCT_ID_BYTES] = NULL;
    size_t count = 0, capacity = 0;
    int r = query_start(&query, store, SQL_MEMBER_IDS, e, TEXT(watch));

    if (r < 0)
        return r;
    while ((r = query_next(&query)) > 0 && (r = add_id(&query, &ids, &count, &capacity)) >= 0)
        ;
    if (r < 0) {
        free(ids);
        return r;
    }
    *ret = ids;
    *ret_count = count;
    return 0;
}

static int add_stay(const struct query *query, struct member_stay **stays, size_t *count, size_t *capacity)
{
    if (*count == *capacity) {
        size_t more = size_max(64, 2 * *capacity);
        struct member_stay *grown = reallocarray(*stays, more, sizeof(**stays));
        if (!grown)
            return error_set(query->e, -ENOMEM, "out of memory");
        *stays = grown;
        *capacity = more;
    }
    struct member_stay *stay = &(*stays)[(*count)++];
    stay->joined_usec = query_integer(query, 1);
    stay->left_usec = query_is_null(query, 2) ? 0 : query_integer(query, 2);
    return query_copy_text(query, 0, stay->nct_id, sizeof(stay->nct_id));
}

int members_stays(struct store *store, const char *watch, struct member_stay **ret, size_t *ret_count, struct error *e)
{
    _cleanup_query_ struct query query = {0};
    _cleanup_free_ struct member_stay *stays = NULL;
    size_t count = 0, capacity = 0;
    int r = query_start(&query, store, SQL_MEMBER_STAYS, e, TEXT(watch));

    if (r < 0)
        return r;
    while ((r = query_next(&query)) > 0 && (r = add_stay(&query, &stays, &count, &capacity)) >= 0)
        ;
    if (r < 0)
        return r;
    *ret = TAKE_PTR(stays);
    *ret_count = count;
    return 0;
}

int members_join(struct store *store, const char *watch, const char *nct_id, int64_t now_usec, struct error *e)
{
    int r = sql_run(store, SQL_MEMBER_JOIN, e, TEXT(watch), TEXT(nct_id), INT(now_usec));

    if (r < 0 || sql_changed_rows(store) > 0)
        return r;
    return error_set(e, -EALREADY, "%s answers the watch %s already, or was never seen", nct_id, watch);
}

int members_leave(struct store *store, const char *watch, const char *nct_id, int64_t now_usec, struct error *e)
{
    int r = sql_run(store, SQL_MEMBER_LEAVE, e, TEXT(watch), TEXT(nct_id), INT(now_usec));

    if (r < 0 || sql_changed_rows(store) > 0)
        return r;
    return error_set(e, -ENOENT, "%s does not answer the watch %s", nct_id, watch);
}

int members_end(struct store *store, const char *watch, int64_t now_usec, struct error *e)
{
    int r = sql_run(store, SQL_MEMBER_LEAVE_ALL, e, TEXT(watch), INT(now_usec));

    return r < 0 ? r : sql_run(store, SQL_QUERY_END, e, TEXT(watch));
}
