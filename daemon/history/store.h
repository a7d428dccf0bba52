/* The history file: one SQLite database, one writer.
 *
 * Exactly one connection ever writes or checkpoints: the daemon's, which holds a lock file beside the database. All
 * others open STORE_READ. The files behind it in this room (versions, changes, sites, polls, outbox, ledger) each own
 * their tables; nobody else includes sqlite3.h. A store belongs to the thread that opened it. No function keeps a read
 * transaction open when it returns or calls a visitor: a visitor may take its time, write, and call anything of this
 * room. */
#pragma once

#include "base/err.h"
#include "base/macro.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum store_mode { STORE_READ, STORE_WRITE };

struct store;

/* STORE_WRITE creates or migrates. Errors, each with a sentence, the file untouched: -ENOENT (read: no file),
 * -EMEDIUMTYPE (not an SQLite file, or not a trialwatch history), -EPROTONOSUPPORT (a newer schema), -EBUSY (another
 * daemon has it), -EUCLEAN (damaged), -EACCES, -ENOSPC, -EIO. */
int store_open(const char *path, enum store_mode mode, struct store **ret, struct error *e);
void store_close(struct store *store);
DEFINE_CLEANUP(struct store *, store_close)
#define _cleanup_store_ _cleanup_(store_close_cleanup)

const char *store_path(const struct store *store);
int store_schema_version(const struct store *store);

/* Transactions do not nest. Every function of this room that writes must be called between begin and commit (else
 * -EPERM), and when one fails the transaction is to be rolled back: where a statement failed, a commit does so itself
 * and returns that failure. A commit that fails (-ENOSPC, -EIO) has rolled back. */
int store_begin(struct store *store, struct error *e);
int store_commit(struct store *store, struct error *e);

/* Does nothing outside a transaction, so that it can stand on every failure path. */
void store_rollback(struct store *store);

/* A part of the transaction under way that can be undone without the rest: what is written between begin and end. Parts
 * do not nest. A part that failed is to be undone, and then the transaction goes on without it; where SQLite has undone
 * all of it by itself (as it may without room or memory), everything else that is written and the commit fail with what
 * the part failed with. */
int store_begin_part(struct store *store, struct error *e);
int store_end_part(struct store *store, struct error *e);
void store_undo_part(struct store *store);

/* How the writing goes, for status and watchdog. */
struct store_health {
    int64_t last_commit_usec;    /* wall; 0 before the first */
    int64_t slowest_commit_usec; /* since the opening */
    int error;                   /* negative errno of the last commit, 0 when it went well */
    char error_text[256];
    int64_t failing_usec; /* from the first to the last try that failed since the last commit, or how long a transaction
                             is open */
    int64_t file_bytes;   /* database and WAL */
};
void store_health(const struct store *store, struct store_health *ret);

/* Whether the last writer did not close the file properly: a quick check is due. Its pid is then still in PATH.lock,
 * which a proper close empties. False for STORE_READ. */
bool store_was_unclean(const struct store *store);

/* A consistent copy while the daemon runs, through a read-only connection of its own: any thread. The file must not
 * exist (-EEXIST). */
int store_backup(const char *path, const char *copy_path, struct error *e);

/* PRAGMA quick_check or integrity_check through a read-only connection of its own: any thread. -EUCLEAN with what is
 * wrong. */
int store_check(const char *path, bool thorough, struct error *e);
