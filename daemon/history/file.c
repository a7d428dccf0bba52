#include "history/file.h"

#include "history/connection.h"
#include "history/schema_sql.h"
#include "history/sql.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* The group must not be able to take the lock, so it may not open it. */
#define LOCK_MODE 0600
#define PID_BYTES 24

/* A large body ends in pages of its own, the last of them partly empty: of SQLite's usual 4096 bytes they would take a
 * seventh of the file, and reading takes no longer (tests/bench/README.md). */
#define PAGE_BYTES "1024"

static void close_fd(int *fd)
{
    if (*fd >= 0)
        close(*fd);
}
#define _cleanup_fd_ _cleanup_(close_fd)

static int path_with(char name[static PATH_MAX], const char *path, const char *suffix, struct error *e)
{
    if (snprintf(name, PATH_MAX, "%s%s", path, suffix) >= PATH_MAX)
        return error_set(e, -ENAMETOOLONG, "history %s: the path is too long", path);
    return 0;
}

/* What the lock file says, "" when nothing or nothing readable. */
static void read_pid(int fd, char text[static PID_BYTES])
{
    ssize_t n = pread(fd, text, PID_BYTES - 1, 0);

    text[n > 0 ? n : 0] = '\0';
    text[strspn(text, "0123456789")] = '\0';
}

/* On a full disk this fails, and the daemon starts nevertheless: then an unclean stop goes unnoticed. */
static void write_pid(int fd)
{
    char text[PID_BYTES];
    int len = snprintf(text, sizeof(text), "%ld\n", (long)getpid());

    if (ftruncate(fd, 0) == 0 && pwrite(fd, text, (size_t)len, 0) == len)
        fsync(fd);
}

int file_lock(const char *path, int *ret_fd, bool *ret_unclean, struct error *e)
{
    char name[PATH_MAX], pid[PID_BYTES];
    int r = path_with(name, path, ".lock", e);

    if (r < 0)
        return r;
    _cleanup_fd_ int fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, LOCK_MODE);
    if (fd < 0) {
        r = -errno;
        return error_set(e, r, "cannot lock the history: %s: %s", name, strerror(-r));
    }
    if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
        r = errno == EWOULDBLOCK ? -EBUSY : -errno;
        read_pid(fd, pid);
        if (r == -EBUSY)
            return error_set(e, r, "history %s is in use by process %s: stop it, or name another file", path,
                             pid[0] ? pid : "(unknown)");
        return error_set(e, r, "cannot lock the history: %s: %s", name, strerror(-r));
    }
    read_pid(fd, pid);
    write_pid(fd);
    *ret_unclean = pid[0] != '\0';
    *ret_fd = fd;
    fd = -1;
    return 0;
}

void file_unlock(int fd, bool clean)
{
    if (fd < 0)
        return;
    if (clean && ftruncate(fd, 0) == 0)
        fsync(fd);
    close(fd);
}

bool file_has_content(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 && (!S_ISREG(st.st_mode) || st.st_size > 0);
}

int file_sync(const char *path, struct error *e)
{
    _cleanup_fd_ int fd = open(path, O_RDONLY | O_CLOEXEC);

    if (fd < 0 || fsync(fd) < 0)
        return error_set(e, -errno, "%s: %s", path, strerror(errno));
    return 0;
}

int file_sync_directory(const char *path, struct error *e)
{
    char copy[PATH_MAX];
    int r = path_with(copy, path, "", e);

    return r < 0 ? r : file_sync(dirname(copy), e);
}

/* SQLite gives its own files the modes of the database, so that one is made here. */
static int make_empty_file(const char *path, struct error *e)
{
    _cleanup_fd_ int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, FILE_MODE);

    if (fd < 0 || fchmod(fd, FILE_MODE) < 0)
        return error_set(e, -errno, "cannot make a history: %s: %s", path, strerror(errno));
    return 0;
}

static int write_schema(const char *path, struct error *e)
{
    _cleanup_connection_ sqlite3 *db = NULL;
    char pragmas[128];
    int code = sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, NULL);

    if (!db)
        return error_set(e, -ENOMEM, "out of memory");
    if (code != SQLITE_OK)
        return sql_error(db, path, code, e);
    snprintf(pragmas, sizeof(pragmas), "PRAGMA application_id = %d; PRAGMA user_version = %d;", STORE_APPLICATION_ID,
             STORE_SCHEMA_VERSION);
    /* A crash leaves a file that is thrown away, so its journal need not survive one. */
    int r = sql_execute(db, path,
                        "PRAGMA page_size = " PAGE_BYTES "; PRAGMA journal_mode = MEMORY;"
                        "PRAGMA synchronous = FULL; BEGIN",
                        e);
    if (r >= 0)
        r = sql_execute(db, path, schema_sql, e);
    if (r >= 0)
        r = sql_execute(db, path, pragmas, e);
    return r < 0 ? r : sql_execute(db, path, "COMMIT", e);
}

int file_create(const char *path, struct error *e)
{
    char name[PATH_MAX];
    int r = path_with(name, path, ".new", e);

    if (r < 0 || file_has_content(path))
        return r;
    unlink(name);
    r = make_empty_file(name, e);
    if (r < 0)
        return r;
    r = write_schema(name, e);
    if (r >= 0 && rename(name, path) < 0)
        r = error_set(e, -errno, "cannot make a history: %s: %s", path, strerror(errno));
    if (r < 0) {
        unlink(name);
        return r;
    }
    return file_sync_directory(path, e);
}
