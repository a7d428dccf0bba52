/* Statements of the history file, for this room only.
 *
 * Every statement is a row of the table in statements.c, prepared once when the file is opened. A query is reset when
 * its struct leaves scope, and nothing here calls a visitor while one is active: no read transaction outlives the
 * function that began it. */
#pragma once

#include "base/err.h"
#include "base/macro.h"
#include "history/store.h"

#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define STORE_APPLICATION_ID 0x54726C57 /* "TrlW": what file(1) and SQLite's header know the file by */
#define STORE_SCHEMA_VERSION 1

enum statement {
    SQL_PART_BEGIN,
    SQL_PART_END,
    SQL_PART_UNDO,

    SQL_POLL_BEGIN,
    SQL_POLL_FINISH,
    SQL_POLL_GET,
    SQL_POLL_KEYS,
    SQL_POLL_NEWEST,
    SQL_POLL_PRUNE,

    SQL_STUDY_ID,
    SQL_STUDY_RESOLVE,
    SQL_STUDY_INSERT,
    SQL_STUDY_UPDATE,
    SQL_STUDY_NOTE_SEEN,
    SQL_GLANCE_KEY,
    SQL_STUDY_GLANCE,
    SQL_STUDY_SET_GLANCE,
    SQL_STUDY_SEEN_SINCE,
    SQL_STUDY_COUNT_ARCHIVED,
    SQL_STUDY_COUNT,
    SQL_STUDY_KEYS,
    SQL_STUDY_GET,
    SQL_ALIAS_SET,

    SQL_REFRESH_ADD,
    SQL_VERSION_INSERT,
    SQL_VERSION_NEWEST,
    SQL_VERSION_GET,
    SQL_VERSION_BY_ID,
    SQL_VERSION_AT,
    SQL_VERSION_KEYS,
    SQL_VERSION_KEYS_FROM,
    SQL_BODY_GET,
    SQL_BODY_BASE,
    SQL_BODY_COUNT,
    SQL_BODY_NTH,
    SQL_BODY_PATTERN,

    SQL_CHANGE_INSERT,
    SQL_CHANGE_COUNT,
    SQL_CHANGE_KEYS,
    SQL_CHANGE_KEYS_NEWEST,
    SQL_CHANGE_KEYS_BY_STUDY,
    SQL_CHANGE_KEYS_BY_STUDY_NEWEST,
    SQL_CHANGE_GET,

    SQL_SITE_UPSERT,
    SQL_SITE_UNLIST,
    SQL_SITE_LAST_NUMBER,
    SQL_SITE_KEYS,
    SQL_SITE_GET,
    SQL_SITE_STATUS_SINCE,
    SQL_SITE_MAP_INSERT,
    SQL_SITE_MAP_GET,

    SQL_ALERT_INSERT,
    SQL_ALERT_STATE,
    SQL_ALERT_MOVE,
    SQL_ALERT_EXPLAIN,
    SQL_GATHERED_REFRESH,
    SQL_GATHERED_JUDGE,
    SQL_ALERT_SEND,
    SQL_ALERT_FINISH_MESSAGE,
    SQL_ALERT_DELAY_MESSAGE,
    SQL_ALERT_DETACH,
    SQL_ALERT_GET,
    SQL_ALERT_KEYS,
    SQL_ALERT_KEYS_NEWEST,
    SQL_ALERT_KEYS_BY_ID,
    SQL_ALERT_KEYS_BY_MESSAGE,
    SQL_ALERT_KEYS_BY_MESSAGE_NEWEST,
    SQL_ALERT_KEYS_BY_STUDY,
    SQL_ALERT_KEYS_BY_STUDY_NEWEST,
    SQL_ALERT_KEYS_WAITING,
    SQL_ALERT_KEYS_WAITING_NEWEST,
    SQL_ALERT_COUNTS,
    SQL_ALERT_THREAD,

    SQL_PROGRESS_GET,
    SQL_PROGRESS_SET,
    SQL_PROGRESS_CLEAR,

    SQL_QUERY_RUNS,
    SQL_QUERY_SET,
    SQL_MEMBER_IDS,
    SQL_MEMBER_STAYS,
    SQL_MEMBER_JOIN,
    SQL_MEMBER_LEAVE,
    SQL_MEMBER_LEAVE_ALL,
    SQL_QUERY_END,

    SQL_WATCH_PUT,
    SQL_WATCH_REMOVE,
    SQL_WATCH_PAUSE,
    SQL_WATCH_KEYS,
    SQL_WATCH_GET,

    SQL_REFRESH_KIND_COUNT,
    SQL_REFRESH_KINDS,
    SQL_SURGE_INSERT,
    SQL_SURGE_OPEN,
    SQL_SURGE_DUE,
    SQL_SURGE_MESSAGE,
    SQL_SURGE_SEND,
    SQL_SURGE_OF_MESSAGE,

    SQL_MUTE_INSERT,
    SQL_MUTE_END,
    SQL_MUTE_KEYS,
    SQL_MUTE_GET,
    SQL_MUTE_FIND,
    SQL_ACK_INSERT,
    SQL_ACK_NEWEST,

    SQL_MESSAGE_INSERT,
    SQL_MESSAGE_REOPEN,
    SQL_MESSAGE_STATE,
    SQL_MESSAGE_NEXT,
    SQL_MESSAGE_RETRY,
    SQL_MESSAGE_FINISH,
    SQL_MESSAGE_SHRINK,
    SQL_MESSAGE_SENDING,
    SQL_MESSAGE_DELIVERED_SINCE,
    SQL_ATTEMPT_INSERT,
    SQL_ATTEMPT_KEYS,
    SQL_ATTEMPT_GET,
    SQL_RECIPIENT_INSERT,
    SQL_RECIPIENT_KEYS,
    SQL_RECIPIENT_GET,
    SQL_BULLETIN_INSERT,
    SQL_BULLETIN_GET,

    SQL_TROUBLE_GET,
    SQL_TROUBLE_SET,
    SQL_TROUBLE_CLEAR,

    SQL_LEDGER_INSERT,
    SQL_LEDGER_HEAD,
    SQL_LEDGER_HASH,
    SQL_LEDGER_PAGE,
    SQL_LEDGER_VERSION_ROWS,
    SQL_LEDGER_ROW_BEFORE,
    SQL_LEDGER_CHANGE,
    SQL_LEDGER_ATTEMPT,
    SQL_LEDGER_ALERTS,
    SQL_LEDGER_FALSE_ALERT,
    SQL_LEDGER_UNCOVERED_VERSION,
    SQL_LEDGER_UNCOVERED_POLL,
    SQL_LEDGER_UNCOVERED_ATTEMPT,
    SQL_LEDGER_UNCOVERED_CHANGE,
    SQL_LEDGER_UNTOLD_ALERT,

    SQL_COUNT
};

#define LEDGER_CHANGE_COLUMNS 18
#define LEDGER_ATTEMPT_COLUMNS 11

/* The text of a statement. */
const char *sql_text(enum statement id);

struct body_coder;

struct store {
    sqlite3 *db;
    char *path;
    enum store_mode mode;
    int lock_fd; /* -1: none */
    int schema_version;
    bool unclean;
    bool in_transaction;
    int lost; /* why a statement of the transaction failed, so that it must not be committed; 0: none did */
    struct error lost_why;
    struct store_health health;              /* failing_usec and file_bytes are found out when asked for */
    int64_t begun_usec;                      /* monotonic; of the transaction under way */
    int64_t failing_since_usec, failed_usec; /* monotonic; first and last failure since the last commit, 0: none */
    int checkpoint_pages;                    /* that the log may have before they are moved into the file */
    struct body_coder *coder;                /* made when first needed */
    sqlite3_stmt *statements[SQL_COUNT];
};

int sql_prepare_all(struct store *store, struct error *e);
void sql_finalize_all(struct store *store);

/* Maps what the connection last said to a negative errno and keeps SQLite's words: "history PATH: words". */
int sql_error(sqlite3 *db, const char *path, int code, struct error *e);

/* The same for a statement of a store, and for the beginning or end of a transaction. Its health remembers what kept it
 * from writing. */
int sql_failed(struct store *store, int code, struct error *e);
int sql_failed_write(struct store *store, int code, struct error *e);

/* Keeps the failure in the store's health and hands it on. Returns err. */
int sql_note_failure(struct store *store, int err, const struct error *why, struct error *e);

/* Runs a text of one or more statements without results. */
int sql_execute(sqlite3 *db, const char *path, const char *text, struct error *e);

/* The first column of the first row. -ENOENT without one. */
int sql_execute_integer(sqlite3 *db, const char *path, const char *text, int64_t *ret, struct error *e);

struct value {
    enum { VALUE_NULL, VALUE_INTEGER, VALUE_REAL, VALUE_TEXT, VALUE_BLOB } type;
    int64_t integer;
    double real;
    const void *bytes;
    size_t len;
};

#define NONE() ((struct value){.type = VALUE_NULL})
#define INT(x) ((struct value){.type = VALUE_INTEGER, .integer = (int64_t)(x)})
#define INT_OR_NULL(x, present) ((present) ? INT(x) : NONE())
#define REAL(x) ((struct value){.type = VALUE_REAL, .real = (x)})
#define TEXT(x) ((struct value){.type = VALUE_TEXT, .bytes = (x)}) /* NULL is bound as NULL */
#define BLOB(x, n) ((struct value){.type = VALUE_BLOB, .bytes = (x), .len = (n)})
#define VALUE_COUNT(...) (sizeof((const struct value[]){__VA_ARGS__}) / sizeof(struct value))

struct query {
    struct store *store; /* NULL: not started */
    sqlite3_stmt *statement;
    struct error *e;
};

void query_end(struct query *query);
#define _cleanup_query_ _cleanup_(query_end)

/* Binds the values in order; they must outlive the query. The last argument list may be empty. */
int query_start_values(struct query *query, struct store *store, enum statement id, struct error *e,
                       const struct value *values, size_t count);
#define query_start(query, store, id, e, ...)                                                                          \
    query_start_values(query, store, id, e, (const struct value[]){__VA_ARGS__}, VALUE_COUNT(__VA_ARGS__))

/* 1 with a row, 0 at the end, or a negative errno. */
int query_next(struct query *query);

/* Starts the query and takes its first row: -ENOENT without one, with no sentence: only the caller knows what is
 * missing. */
#define query_row(query, store, id, e, ...)                                                                            \
    query_row_values(query, store, id, e, (const struct value[]){__VA_ARGS__}, VALUE_COUNT(__VA_ARGS__))
int query_row_values(struct query *query, struct store *store, enum statement id, struct error *e,
                     const struct value *values, size_t count);

bool query_is_null(const struct query *query, int column);
int64_t query_integer(const struct query *query, int column); /* 0 for NULL */
double query_real(const struct query *query, int column);
const void *query_blob(const struct query *query, int column, size_t *ret_len);

/* Copies a text that the columns' owner knows to fit. -EUCLEAN when it does not or holds a NUL: somebody else wrote
 * it. */
int query_copy_text(const struct query *query, int column, char *buffer, size_t size);
int query_copy_blob(const struct query *query, int column, void *buffer, size_t size);

/* Runs a statement that returns no rows. When it fails, the transaction can only be rolled back: what the caller meant
 * to write as one is not whole, and SQLite may have rolled back by itself, so that later statements would commit alone.
 * -EPERM outside a transaction. */
int sql_run_values(struct store *store, enum statement id, struct error *e, const struct value *values, size_t count);
#define sql_run(store, id, e, ...)                                                                                     \
    sql_run_values(store, id, e, (const struct value[]){__VA_ARGS__}, VALUE_COUNT(__VA_ARGS__))
int64_t sql_changed_rows(const struct store *store);
int64_t sql_last_id(const struct store *store);

/* A copy that the caller frees; NULL for NULL. */
int query_take_text(const struct query *query, int column, char **ret);

/* Texts of a row, copied so that they live through a visit. */
#define KEEP_MAX_TEXTS 16
struct keep {
    char *texts[KEEP_MAX_TEXTS];
    size_t count;
};
void keep_free(struct keep *keep);
#define _cleanup_keep_ _cleanup_(keep_free)

/* "" (or NULL) for NULL. -ENOMEM. */
int query_keep_text(const struct query *query, int column, struct keep *keep, const char **ret);
int query_keep_text_or_null(const struct query *query, int column, struct keep *keep, const char **ret);

/* The ids of rows, found first and then visited one by one, so that a visitor may write and take its time. */
struct keys {
    int64_t *ids; /* owned */
    size_t count;
};
void keys_free(struct keys *keys);
#define _cleanup_keys_ _cleanup_(keys_free)

#define keys_find(store, id, ret, e, ...)                                                                              \
    keys_find_values(store, id, ret, e, (const struct value[]){__VA_ARGS__}, VALUE_COUNT(__VA_ARGS__))
int keys_find_values(struct store *store, enum statement id, struct keys *ret, struct error *e,
                     const struct value *values, size_t count);
