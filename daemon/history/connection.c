#include "history/connection.h"

#include "history/sql.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* https://www.sqlite.org/fileformat2.html#the_database_header */
#define HEADER_BYTES 100
#define HEADER_MAGIC "SQLite format 3"
#define HEADER_USER_VERSION 60
#define HEADER_APPLICATION_ID 68

/* The WAL is cut back to this when it begins anew, and to nothing when the daemon stops. */
#define WAL_LIMIT "16777216"
#define BUSY_TIMEOUT_MSEC 250

static const char common_settings[] = "PRAGMA foreign_keys = ON;"
                                      "PRAGMA cell_size_check = ON;"
                                      "PRAGMA temp_store = MEMORY;";

static const char writer_settings[] = "PRAGMA synchronous = FULL;"
                                      "PRAGMA journal_size_limit = " WAL_LIMIT ";";

static uint32_t big_endian(const unsigned char *bytes)
{
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

/* SQLite would wait for a writer on a FIFO, calls a directory an I/O error, and does not say why it cannot open one. */
static int check_is_file(const char *path, struct error *e)
{
    struct stat st;

    if (stat(path, &st) < 0)
        return error_set(e, -errno, errno == ENOENT ? "no history at %s" : "history %s: %s", path, strerror(errno));
    if (!S_ISREG(st.st_mode))
        return error_set(e, -EMEDIUMTYPE, "%s is not a file", path);
    if (eaccess(path, R_OK) < 0)
        return error_set(e, -errno, "history %s: %s: its owner may read it, and its group", path, strerror(errno));
    return 0;
}

static int newer_schema(const char *path, int64_t version, struct error *e)
{
    return error_set(e, -EPROTONOSUPPORT,
                     "history %s has schema %lld, newer than the %d of this trialwatch: install a newer one", path,
                     (long long)version, STORE_SCHEMA_VERSION);
}

static int foreign_file(const char *path, struct error *e)
{
    return error_set(e, -EMEDIUMTYPE, "%s is not a trialwatch history: name another file", path);
}

/* Read through SQLite's own file handle: closing one of our own would drop the locks that another connection of this
 * process holds on the file (POSIX locks belong to the process). */
static int check_header(sqlite3 *db, const char *path, struct error *e)
{
    unsigned char header[HEADER_BYTES] = {0};
    sqlite3_file *file = NULL;
    int code = sqlite3_file_control(db, "main", SQLITE_FCNTL_FILE_POINTER, &file);

    if (code == SQLITE_OK)
        code = file->pMethods->xRead(file, header, sizeof(header), 0);
    if (code == SQLITE_IOERR_SHORT_READ)
        return foreign_file(path, e);
    if (code != SQLITE_OK)
        return error_set(e, -EIO, "history %s: %s", path, sqlite3_errstr(code));
    if (memcmp(header, HEADER_MAGIC, sizeof(HEADER_MAGIC)) != 0 ||
        big_endian(header + HEADER_APPLICATION_ID) != STORE_APPLICATION_ID)
        return foreign_file(path, e);
    if (big_endian(header + HEADER_USER_VERSION) > STORE_SCHEMA_VERSION)
        return newer_schema(path, big_endian(header + HEADER_USER_VERSION), e);
    return 0;
}

int connection_open(const char *path, enum store_mode mode, sqlite3 **ret, struct error *e)
{
    _cleanup_connection_ sqlite3 *db = NULL;
    int r = check_is_file(path, e);

    if (r < 0)
        return r;
    int flags = mode == STORE_WRITE ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY;
    int code = sqlite3_open_v2(path, &db, flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, NULL);
    if (!db)
        return error_set(e, -ENOMEM, "out of memory");
    if (code != SQLITE_OK)
        return sql_error(db, path, code, e);
    if (mode == STORE_WRITE && sqlite3_db_readonly(db, "main") != 0)
        return error_set(e, -EACCES, "history %s: may not be written to by this user", path);
    sqlite3_db_config(db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    r = check_header(db, path, e);
    if (r < 0)
        return r;
    *ret = TAKE_PTR(db);
    return 0;
}

/* The WAL and its index stay beside the file when nobody has it open: a reader who may not create files there (the
 * group) needs them, and one who may (root) would leave files that the daemon cannot write. */
static void keep_wal(sqlite3 *db)
{
    int on = 1;

    sqlite3_file_control(db, "main", SQLITE_FCNTL_PERSIST_WAL, &on);
}

static int use_wal(sqlite3 *db, const char *path, struct error *e)
{
    sqlite3_stmt *statement = NULL;
    int code = sqlite3_prepare_v2(db, "PRAGMA journal_mode = WAL", -1, &statement, NULL);

    if (code == SQLITE_OK)
        code = sqlite3_step(statement);
    const char *mode = code == SQLITE_ROW ? (const char *)sqlite3_column_text(statement, 0) : NULL;
    int r = 0;
    if (code != SQLITE_ROW)
        r = sql_error(db, path, code, e);
    else if (!mode || strcmp(mode, "wal") != 0)
        r = error_set(e, -EIO, "history %s: its file system cannot hold a write-ahead log", path);
    sqlite3_finalize(statement);
    return r;
}

int connection_configure(sqlite3 *db, const char *path, enum store_mode mode, struct error *e)
{
    sqlite3_busy_timeout(db, BUSY_TIMEOUT_MSEC);
    sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    sqlite3_db_config(db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    sqlite3_db_config(db, SQLITE_DBCONFIG_DQS_DML, 0, NULL);
    sqlite3_db_config(db, SQLITE_DBCONFIG_DQS_DDL, 0, NULL);
    keep_wal(db);

    int r = sql_execute(db, path, common_settings, e);
    if (r < 0 || mode == STORE_READ)
        return r;
    r = use_wal(db, path, e);
    return r < 0 ? r : sql_execute(db, path, writer_settings, e);
}

void connection_trust(sqlite3 *db)
{
    sqlite3_db_config(db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0, NULL);
}

int connection_schema_version(sqlite3 *db, const char *path, int *ret, struct error *e)
{
    int64_t application = 0, version = 0;
    int r = sql_execute_integer(db, path, "PRAGMA application_id", &application, e);

    if (r >= 0)
        r = sql_execute_integer(db, path, "PRAGMA user_version", &version, e);
    if (r < 0)
        return r;
    if (application != STORE_APPLICATION_ID)
        return foreign_file(path, e);
    if (version > STORE_SCHEMA_VERSION)
        return newer_schema(path, version, e);
    if (version < 1)
        return error_set(e, -EUCLEAN, "history %s is damaged: it says that its schema is %lld; restore a backup", path,
                         (long long)version);
    *ret = (int)version;
    return 0;
}

int connection_open_reader(const char *path, sqlite3 **ret, int *ret_schema_version, struct error *e)
{
    _cleanup_connection_ sqlite3 *db = NULL;
    int version;
    int r = connection_open(path, STORE_READ, &db, e);

    if (r >= 0)
        r = connection_configure(db, path, STORE_READ, e);
    if (r >= 0)
        r = connection_schema_version(db, path, &version, e);
    if (r < 0)
        return r;
    *ret = TAKE_PTR(db);
    if (ret_schema_version)
        *ret_schema_version = version;
    return 0;
}

void connection_close(sqlite3 *db)
{
    sqlite3_close(db);
}
