#include "history/migrate.h"

#include "history/file.h"
#include "history/maintenance.h"
#include "history/sql.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Schema 1 is the first, and schema.sql makes the newest: a change of it adds a row here for older files. */
static const char *const steps_of_program[STORE_SCHEMA_VERSION] = {
    [0] = NULL,
};

/* One that an interrupted migration left is replaced: the file is still as it was. */
static int keep_copy(sqlite3 *db, const char *path, int from, struct error *e)
{
    char copy[PATH_MAX];

    if (snprintf(copy, sizeof(copy), "%s.schema-%d", path, from) >= (int)sizeof(copy))
        return error_set(e, -ENAMETOOLONG, "history %s: the path is too long", path);
    unlink(copy);
    return maintenance_copy(db, path, copy, e);
}

static int run_steps(sqlite3 *db, const char *path, const char *const *steps, int from, int to, struct error *e)
{
    char pragma[64];
    int64_t violations = 0;

    for (int version = from; version < to; version++) {
        int r = steps[version] ? sql_execute(db, path, steps[version], e)
                               : error_set(e, -EUCLEAN, "history %s: no way from schema %d", path, version);
        if (r < 0)
            return r;
    }
    int r = sql_execute_integer(db, path, "SELECT count(*) FROM pragma_foreign_key_check", &violations, e);
    if (r < 0)
        return r;
    if (violations > 0)
        return error_set(e, -EUCLEAN, "history %s: %lld rows name others that are not there", path,
                         (long long)violations);
    snprintf(pragma, sizeof(pragma), "PRAGMA user_version = %d", to);
    return sql_execute(db, path, pragma, e);
}

int migrate_run(sqlite3 *db, const char *path, const char *const *steps, int from, int to, struct error *e)
{
    int r = keep_copy(db, path, from, e);

    /* Tables are rebuilt under other names meanwhile, and the setting cannot change inside a transaction. */
    if (r >= 0)
        r = sql_execute(db, path, "PRAGMA foreign_keys = OFF; BEGIN IMMEDIATE", e);
    if (r >= 0)
        r = run_steps(db, path, steps, from, to, e);
    if (r >= 0)
        r = sql_execute(db, path, "COMMIT", e);
    if (r < 0 && !sqlite3_get_autocommit(db))
        sql_execute(db, path, "ROLLBACK", NULL);
    if (r >= 0)
        r = sql_execute(db, path, "PRAGMA foreign_keys = ON", e);
    return r < 0 ? error_prefix(e, r, "cannot bring the history from schema %d to %d", from, to) : 0;
}

int migrate_to_current(sqlite3 *db, const char *path, int from, struct error *e)
{
    return migrate_run(db, path, steps_of_program, from, STORE_SCHEMA_VERSION, e);
}
