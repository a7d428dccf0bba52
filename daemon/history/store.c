#include "history/store.h"

#include "base/clock.h"
#include "base/log.h"
#include "history/body.h"
#include "history/checkpoint.h"
#include "history/connection.h"
#include "history/file.h"
#include "history/migrate.h"
#include "history/sql.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/* A commit that takes longer held up the event loop: worth a line. */
#define SLOW_COMMIT_USEC (100 * USEC_PER_MSEC)

static int open_writer(struct store *store, struct error *e)
{
    bool there = file_has_content(store->path);
    int r = there ? connection_open(store->path, STORE_WRITE, &store->db, e) : 0;

    if (r >= 0)
        r = file_lock(store->path, &store->lock_fd, &store->unclean, e);
    if (r >= 0 && !there)
        r = file_create(store->path, e);
    if (r >= 0 && !there)
        r = connection_open(store->path, STORE_WRITE, &store->db, e);
    if (r >= 0)
        r = connection_configure(store->db, store->path, STORE_WRITE, e);
    if (r >= 0)
        r = connection_schema_version(store->db, store->path, &store->schema_version, e);
    if (r >= 0 && store->schema_version < STORE_SCHEMA_VERSION)
        r = migrate_to_current(store->db, store->path, store->schema_version, e);
    if (r >= 0)
        store->schema_version = STORE_SCHEMA_VERSION;
    return r;
}

static int open_reader(struct store *store, struct error *e)
{
    int r = connection_open_reader(store->path, &store->db, &store->schema_version, e);

    if (r >= 0 && store->schema_version < STORE_SCHEMA_VERSION)
        return error_set(e, -EPROTONOSUPPORT,
                         "history %s has schema %d, older than the %d of this trialwatch: start the daemon once",
                         store->path, store->schema_version, STORE_SCHEMA_VERSION);
    return r;
}

/* The lock of a history that could not be opened keeps what it said of the writer before. */
static void close_store(struct store *store, bool opened)
{
    if (!store)
        return;
    store_rollback(store);
    sql_finalize_all(store);
    connection_close(store->db);
    file_unlock(store->lock_fd, opened || !store->unclean);
    body_coder_free(store->coder);
    free(store->path);
    free(store);
}

int store_open(const char *path, enum store_mode mode, struct store **ret, struct error *e)
{
    struct store *store = calloc(1, sizeof(*store));

    if (!store)
        return error_set(e, -ENOMEM, "out of memory");
    *store = (struct store){.path = strdup(path), .mode = mode, .lock_fd = -1};
    int r = store->path ? 0 : error_set(e, -ENOMEM, "out of memory");
    if (r >= 0)
        r = mode == STORE_WRITE ? open_writer(store, e) : open_reader(store, e);
    if (r >= 0)
        r = sql_prepare_all(store, e);
    if (r < 0) {
        close_store(store, false);
        return r;
    }
    if (mode == STORE_WRITE) {
        connection_trust(store->db);
        checkpoint_start(store);
    }
    *ret = store;
    return 0;
}

void store_close(struct store *store)
{
    close_store(store, true);
}

const char *store_path(const struct store *store)
{
    return store->path;
}

int store_schema_version(const struct store *store)
{
    return store->schema_version;
}

bool store_was_unclean(const struct store *store)
{
    return store->unclean;
}

int store_begin(struct store *store, struct error *e)
{
    if (store->mode != STORE_WRITE)
        return error_set(e, -EROFS, "history %s was opened for reading", store->path);
    if (store->in_transaction)
        return error_set(e, -EALREADY, "history %s: a transaction is under way", store->path);
    int code = sqlite3_exec(store->db, "BEGIN IMMEDIATE", NULL, NULL, NULL);
    if (code != SQLITE_OK)
        return sql_failed_write(store, code, e);
    store->in_transaction = true;
    store->begun_usec = clock_monotonic_usec();
    store->lost = 0;
    return 0;
}

static void note_commit(struct store *store, int64_t took_usec)
{
    char text[24];

    store->health.last_commit_usec = clock_wall_usec();
    store->health.error = 0;
    store->failing_since_usec = store->failed_usec = 0;
    store->health.error_text[0] = '\0';
    if (took_usec > store->health.slowest_commit_usec)
        store->health.slowest_commit_usec = took_usec;
    if (took_usec <= SLOW_COMMIT_USEC)
        return;
    snprintf(text, sizeof(text), "%lld", (long long)took_usec);
    log_write(LOG_WARNING, &(struct log_event){.fields = {{"TRIALWATCH_COMMIT_USEC", text}}},
              "history %s: a commit took %lld ms", store->path, (long long)(took_usec / USEC_PER_MSEC));
}

int store_commit(struct store *store, struct error *e)
{
    if (!store->in_transaction)
        return error_set(e, -EPERM, "history %s: no transaction to commit", store->path);
    if (store->lost < 0) {
        int r = sql_note_failure(store, store->lost, &store->lost_why, e);
        store_rollback(store);
        return r;
    }
    int64_t start_usec = clock_stopwatch_usec();
    int code = sqlite3_exec(store->db, "COMMIT", NULL, NULL, NULL);
    if (code != SQLITE_OK) {
        int r = sql_failed_write(store, code, e);
        store_rollback(store);
        return r;
    }
    store->in_transaction = false;
    note_commit(store, clock_stopwatch_usec() - start_usec);
    return 0;
}

void store_rollback(struct store *store)
{
    if (!store->in_transaction)
        return;
    if (!sqlite3_get_autocommit(store->db))
        sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL);
    store->in_transaction = false;
    store->lost = 0;
}

int store_begin_part(struct store *store, struct error *e)
{
    return sql_run(store, SQL_PART_BEGIN, e);
}

int store_end_part(struct store *store, struct error *e)
{
    return sql_run(store, SQL_PART_END, e);
}

void store_undo_part(struct store *store)
{
    if (sqlite3_get_autocommit(store->db))
        return;
    store->lost = 0;
    if (sql_run(store, SQL_PART_UNDO, NULL) >= 0)
        sql_run(store, SQL_PART_END, NULL);
}

static int64_t bytes_of(const char *path, const char *suffix)
{
    char name[PATH_MAX];
    struct stat st;

    if (snprintf(name, sizeof(name), "%s%s", path, suffix) >= (int)sizeof(name) || stat(name, &st) < 0)
        return 0;
    return st.st_size;
}

void store_health(const struct store *store, struct store_health *ret)
{
    int64_t open_usec = store->in_transaction ? clock_monotonic_usec() - store->begun_usec : 0;

    *ret = store->health;
    ret->failing_usec = store->failed_usec - store->failing_since_usec;
    if (ret->failing_usec < open_usec)
        ret->failing_usec = open_usec;
    ret->file_bytes = bytes_of(store->path, "") + bytes_of(store->path, "-wal");
}
