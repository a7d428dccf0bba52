/* A history as somebody with the sqlite3 program sees and changes it, beside us. */
#pragma once

#include "check.h"

#include <sqlite3.h>
#include <stdio.h>

/* Runs SQL. Returns SQLite's code. */
static inline int outsider_runs(const char *path, const char *sql)
{
    sqlite3 *db = NULL;
    int code = sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL);

    if (code == SQLITE_OK)
        code = sqlite3_exec(db, sql, NULL, NULL, NULL);
    sqlite3_close(db);
    return code;
}

/* The first column of the first row as a number, or as a text in a static buffer. */
static inline const char *outsider_reads(const char *path, const char *sql)
{
    static char text[512];
    sqlite3 *db = NULL;
    sqlite3_stmt *statement = NULL;

    assert_int_equal(sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL), SQLITE_OK);
    if (sqlite3_prepare_v2(db, sql, -1, &statement, NULL) != SQLITE_OK)
        fail_msg("%s: %s", sql, sqlite3_errmsg(db));
    assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
    const char *value = (const char *)sqlite3_column_text(statement, 0);
    snprintf(text, sizeof(text), "%s", value ? value : "NULL");
    sqlite3_finalize(statement);
    sqlite3_close(db);
    return text;
}
