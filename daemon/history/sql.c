#include "history/sql.h"

#include "base/clock.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A full quota or file size limit is a full disk to whoever has to make room. */
static int io_errno(int system_errno)
{
    return system_errno == ENOSPC || system_errno == EDQUOT || system_errno == EFBIG ? -ENOSPC : -EIO;
}

static int open_errno(int system_errno)
{
    return system_errno == ENOENT || system_errno == EACCES || system_errno == ENOSPC ? -system_errno : -EIO;
}

static int code_to_errno(int code, int system_errno)
{
    static const struct {
        int code, err;
    } map[] = {
        {SQLITE_FULL, -ENOSPC},     {SQLITE_NOMEM, -ENOMEM},        {SQLITE_BUSY, -EBUSY},
        {SQLITE_LOCKED, -EBUSY},    {SQLITE_READONLY, -EROFS},      {SQLITE_PERM, -EACCES},
        {SQLITE_AUTH, -EACCES},     {SQLITE_CORRUPT, -EUCLEAN},     {SQLITE_NOTADB, -EMEDIUMTYPE},
        {SQLITE_TOOBIG, -EFBIG},    {SQLITE_INTERRUPT, -ECANCELED}, {SQLITE_CONSTRAINT, -EINVAL},
        {SQLITE_MISMATCH, -EINVAL}, {SQLITE_ERROR, -EUCLEAN}, /* "no such table": not as we made it */
    };

    if (code == SQLITE_IOERR_NOMEM)
        return -ENOMEM;
    if (code == SQLITE_CONSTRAINT_TRIGGER)
        return -EPERM;
    if ((code & 0xFF) == SQLITE_IOERR)
        return io_errno(system_errno);
    if ((code & 0xFF) == SQLITE_CANTOPEN)
        return open_errno(system_errno);
    for (size_t i = 0; i < ARRAY_SIZE(map); i++)
        if (map[i].code == (code & 0xFF))
            return map[i].err;
    return -EIO;
}

int sql_error(sqlite3 *db, const char *path, int code, struct error *e)
{
    int err = code_to_errno(code, sqlite3_system_errno(db));

    if (err == -EUCLEAN)
        return error_set(e, err, "history %s is damaged: %s; restore a backup", path, sqlite3_errmsg(db));
    if (err == -ENOSPC)
        return error_set(e, err, "history %s: no room to write (%s)", path, sqlite3_errmsg(db));
    return error_set(e, err, "history %s: %s", path, sqlite3_errmsg(db));
}

int sql_note_failure(struct store *store, int err, const struct error *why, struct error *e)
{
    store->health.error = err;
    store->failed_usec = clock_monotonic_usec();
    if (store->failing_since_usec == 0)
        store->failing_since_usec = store->failed_usec;
    snprintf(store->health.error_text, sizeof(store->health.error_text), "%.255s", why->text);
    return error_set(e, err, "%s", why->text);
}

int sql_failed_write(struct store *store, int code, struct error *e)
{
    struct error why = {0};
    int r = sql_error(store->db, store->path, code, &why);

    return sql_note_failure(store, r, &why, e);
}

/* For want of room or memory SQLite may undo the transaction by itself, even where it only reads: what is written
 * afterwards would be committed alone. */
static void note_if_undone(struct store *store, int code)
{
    if (store->in_transaction && store->lost == 0 && sqlite3_get_autocommit(store->db))
        store->lost = sql_error(store->db, store->path, code, &store->lost_why);
}

/* A statement that fails for want of something, and not because of what it says, kept us from writing. */
int sql_failed(struct store *store, int code, struct error *e)
{
    int kind = code & 0xFF;

    note_if_undone(store, code);
    if (store->in_transaction && (kind == SQLITE_FULL || kind == SQLITE_IOERR || kind == SQLITE_NOMEM))
        return sql_failed_write(store, code, e);
    return sql_error(store->db, store->path, code, e);
}

int sql_execute(sqlite3 *db, const char *path, const char *text, struct error *e)
{
    int code = sqlite3_exec(db, text, NULL, NULL, NULL);

    return code == SQLITE_OK ? 0 : sql_error(db, path, code, e);
}

static void finalize_statement(sqlite3_stmt **statement)
{
    sqlite3_finalize(*statement);
}

int sql_execute_integer(sqlite3 *db, const char *path, const char *text, int64_t *ret, struct error *e)
{
    _cleanup_(finalize_statement) sqlite3_stmt *statement = NULL;
    int code = sqlite3_prepare_v2(db, text, -1, &statement, NULL);

    if (code == SQLITE_OK)
        code = sqlite3_step(statement);
    if (code == SQLITE_DONE)
        return error_set(e, -ENOENT, "history %s: no answer to %s", path, text);
    if (code != SQLITE_ROW)
        return sql_error(db, path, code, e);
    *ret = sqlite3_column_int64(statement, 0);
    return 0;
}

int sql_prepare_all(struct store *store, struct error *e)
{
    for (int i = 0; i < SQL_COUNT; i++) {
        int code = sqlite3_prepare_v3(store->db, sql_text((enum statement)i), -1, SQLITE_PREPARE_PERSISTENT,
                                      &store->statements[i], NULL);
        if (code != SQLITE_OK)
            return sql_failed(store, code, e);
    }
    return 0;
}

void sql_finalize_all(struct store *store)
{
    for (int i = 0; i < SQL_COUNT; i++) {
        sqlite3_finalize(store->statements[i]);
        store->statements[i] = NULL;
    }
}

void query_end(struct query *query)
{
    if (query->statement)
        sqlite3_reset(query->statement);
    *query = (struct query){0};
}

static int bind_value(sqlite3_stmt *statement, int index, const struct value *value)
{
    switch (value->type) {
    case VALUE_INTEGER:
        return sqlite3_bind_int64(statement, index, value->integer);
    case VALUE_REAL:
        return sqlite3_bind_double(statement, index, value->real);
    case VALUE_TEXT:
        return value->bytes ? sqlite3_bind_text(statement, index, value->bytes, -1, SQLITE_STATIC)
                            : sqlite3_bind_null(statement, index);
    case VALUE_BLOB:
        return sqlite3_bind_blob64(statement, index, value->bytes, value->len, SQLITE_STATIC);
    default:
        return sqlite3_bind_null(statement, index);
    }
}

int query_start_values(struct query *query, struct store *store, enum statement id, struct error *e,
                       const struct value *values, size_t count)
{
    sqlite3_stmt *statement = store->statements[id];

    query_end(query);
    assert(!sqlite3_stmt_busy(statement));
    assert((size_t)sqlite3_bind_parameter_count(statement) == count);
    for (size_t i = 0; i < count; i++) {
        int code = bind_value(statement, (int)i + 1, &values[i]);
        if (code != SQLITE_OK)
            return sql_failed(store, code, e);
    }
    *query = (struct query){.store = store, .statement = statement, .e = e};
    return 0;
}

int query_next(struct query *query)
{
    int code = sqlite3_step(query->statement);

    if (code == SQLITE_ROW)
        return 1;
    if (code == SQLITE_DONE)
        return 0;
    return sql_failed(query->store, code, query->e);
}

int query_row_values(struct query *query, struct store *store, enum statement id, struct error *e,
                     const struct value *values, size_t count)
{
    int r = query_start_values(query, store, id, e, values, count);

    if (r < 0)
        return r;
    r = query_next(query);
    if (r < 0)
        return r;
    return r > 0 ? 0 : -ENOENT;
}

bool query_is_null(const struct query *query, int column)
{
    return sqlite3_column_type(query->statement, column) == SQLITE_NULL;
}

int64_t query_integer(const struct query *query, int column)
{
    return sqlite3_column_int64(query->statement, column);
}

double query_real(const struct query *query, int column)
{
    return sqlite3_column_double(query->statement, column);
}

const void *query_blob(const struct query *query, int column, size_t *ret_len)
{
    const void *bytes = sqlite3_column_blob(query->statement, column);

    *ret_len = (size_t)sqlite3_column_bytes(query->statement, column);
    return bytes;
}

static int unfit(const struct query *query, int column)
{
    return error_set(query->e, -EUCLEAN, "history %s is damaged: a %s is not as it was written", query->store->path,
                     sqlite3_column_name(query->statement, column));
}

int query_copy_text(const struct query *query, int column, char *buffer, size_t size)
{
    const char *text = (const char *)sqlite3_column_text(query->statement, column);
    size_t len = (size_t)sqlite3_column_bytes(query->statement, column);

    if (!text)
        return query_is_null(query, column) ? (buffer[0] = '\0', 0) : -ENOMEM;
    if (len >= size || strlen(text) != len)
        return unfit(query, column);
    memcpy(buffer, text, len + 1);
    return 0;
}

int query_take_text(const struct query *query, int column, char **ret)
{
    const char *text = (const char *)sqlite3_column_text(query->statement, column);

    *ret = NULL;
    if (!text && query_is_null(query, column))
        return 0;
    if (text && strlen(text) != (size_t)sqlite3_column_bytes(query->statement, column))
        return unfit(query, column);
    *ret = text ? strdup(text) : NULL;
    return *ret ? 0 : error_set(query->e, -ENOMEM, "out of memory");
}

int query_copy_blob(const struct query *query, int column, void *buffer, size_t size)
{
    size_t len;
    const void *bytes = query_blob(query, column, &len);

    if (!bytes || len != size)
        return unfit(query, column);
    memcpy(buffer, bytes, size);
    return 0;
}

int sql_run_values(struct store *store, enum statement id, struct error *e, const struct value *values, size_t count)
{
    _cleanup_query_ struct query query = {0};

    if (!store->in_transaction)
        return error_set(e, -EPERM, "history %s: written to outside a transaction", store->path);
    if (store->lost < 0)
        return error_set(e, store->lost, "%s", store->lost_why.text);
    int r = query_start_values(&query, store, id, &store->lost_why, values, count);
    if (r >= 0)
        r = query_next(&query);
    if (r >= 0)
        return 0;
    store->lost = r;
    return error_set(e, r, "%s", store->lost_why.text);
}

int64_t sql_changed_rows(const struct store *store)
{
    return sqlite3_changes64(store->db);
}

int64_t sql_last_id(const struct store *store)
{
    return sqlite3_last_insert_rowid(store->db);
}

void keep_free(struct keep *keep)
{
    for (size_t i = 0; i < keep->count; i++)
        free(keep->texts[i]);
    keep->count = 0;
}

int query_keep_text_or_null(const struct query *query, int column, struct keep *keep, const char **ret)
{
    char *copy;
    int r = query_take_text(query, column, &copy);

    if (r < 0)
        return r;
    *ret = copy;
    if (copy) {
        assert(keep->count < KEEP_MAX_TEXTS);
        keep->texts[keep->count++] = copy;
    }
    return 0;
}

int query_keep_text(const struct query *query, int column, struct keep *keep, const char **ret)
{
    int r = query_keep_text_or_null(query, column, keep, ret);

    if (r >= 0 && !*ret)
        *ret = "";
    return r;
}

void keys_free(struct keys *keys)
{
    free(keys->ids);
    *keys = (struct keys){0};
}

static int keys_add(struct keys *keys, size_t *capacity, int64_t id)
{
    if (keys->count == *capacity) {
        size_t more = size_max(*capacity * 2, 64);
        int64_t *ids = reallocarray(keys->ids, more, sizeof(*ids));
        if (!ids)
            return -ENOMEM;
        keys->ids = ids;
        *capacity = more;
    }
    keys->ids[keys->count++] = id;
    return 0;
}

int keys_find_values(struct store *store, enum statement id, struct keys *ret, struct error *e,
                     const struct value *values, size_t count)
{
    _cleanup_query_ struct query query = {0};
    _cleanup_keys_ struct keys keys = {0};
    size_t capacity = 0;
    int r = query_start_values(&query, store, id, e, values, count);

    if (r < 0)
        return r;
    while ((r = query_next(&query)) > 0)
        if (keys_add(&keys, &capacity, query_integer(&query, 0)) < 0)
            return error_set(e, -ENOMEM, "out of memory");
    if (r < 0)
        return r;
    *ret = (struct keys){.ids = TAKE_PTR(keys.ids), .count = keys.count};
    return 0;
}
