#include "history/maintenance.h"

#include "base/buf.h"
#include "history/connection.h"
#include "history/file.h"
#include "history/sql.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* As many complaints of a check as are kept. */
#define CHECK_MAX_LINES "5"

/* The name is taken by an empty file, so that nobody else's is replaced. */
static int claim_name(const char *path, struct error *e)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, FILE_MODE);

    if (fd < 0)
        return error_set(e, -errno, "cannot copy the history to %s: %s", path, strerror(errno));
    if (fchmod(fd, FILE_MODE) < 0) {
        int r = error_set(e, -errno, "cannot copy the history to %s: %s", path, strerror(errno));
        close(fd);
        unlink(path);
        return r;
    }
    close(fd);
    return 0;
}

static int vacuum_into(sqlite3 *db, const char *path, const char *copy_path, struct error *e)
{
    sqlite3_stmt *statement = NULL;
    int code = sqlite3_prepare_v2(db, "VACUUM INTO ?1", -1, &statement, NULL);

    if (code == SQLITE_OK)
        code = sqlite3_bind_text(statement, 1, copy_path, -1, SQLITE_STATIC);
    if (code == SQLITE_OK)
        code = sqlite3_step(statement);
    int r = code == SQLITE_DONE ? 0 : sql_error(db, path, code, e);
    sqlite3_finalize(statement);
    return r;
}

/* Written under another name first: a copy that was interrupted must not look like one. */
int maintenance_copy(sqlite3 *db, const char *path, const char *copy_path, struct error *e)
{
    char partial[PATH_MAX];

    if (snprintf(partial, sizeof(partial), "%s.partial", copy_path) >= (int)sizeof(partial))
        return error_set(e, -ENAMETOOLONG, "%s: the path is too long", copy_path);
    int r = claim_name(copy_path, e);
    if (r < 0)
        return r;
    unlink(partial);
    r = claim_name(partial, e);
    if (r >= 0)
        r = vacuum_into(db, path, partial, e);
    if (r >= 0)
        r = file_sync(partial, e);
    if (r >= 0 && rename(partial, copy_path) < 0)
        r = error_set(e, -errno, "cannot copy the history to %s: %s", copy_path, strerror(errno));
    if (r < 0) {
        unlink(partial);
        unlink(copy_path);
        return r;
    }
    return file_sync_directory(copy_path, e);
}

int store_backup(const char *path, const char *copy_path, struct error *e)
{
    _cleanup_connection_ sqlite3 *db = NULL;
    int r = connection_open_reader(path, &db, NULL, e);

    return r < 0 ? r : maintenance_copy(db, path, copy_path, e);
}

int store_check(const char *path, bool thorough, struct error *e)
{
    _cleanup_connection_ sqlite3 *db = NULL;
    _cleanup_buf_ struct buf complaints = {0};
    sqlite3_stmt *statement = NULL;
    int r = connection_open_reader(path, &db, NULL, e);

    if (r < 0)
        return r;
    int code = sqlite3_prepare_v2(
        db, thorough ? "PRAGMA integrity_check(" CHECK_MAX_LINES ")" : "PRAGMA quick_check(" CHECK_MAX_LINES ")", -1,
        &statement, NULL);
    while (code == SQLITE_OK || code == SQLITE_ROW) {
        code = sqlite3_step(statement);
        const char *line = code == SQLITE_ROW ? (const char *)sqlite3_column_text(statement, 0) : NULL;
        if (line && strcmp(line, "ok") != 0)
            buf_printf(&complaints, "%s%s", complaints.len > 0 ? "; " : "", line);
    }
    r = code == SQLITE_DONE ? buf_status(&complaints) : sql_error(db, path, code, e);
    sqlite3_finalize(statement);
    if (r >= 0 && complaints.len > 0)
        return error_set(e, -EUCLEAN, "history %s is damaged: %s; restore a backup", path, buf_string(&complaints));
    return r;
}
