/* One SQLite connection to a history file, with the settings that all of ours have. For this room only. */
#pragma once

#include "base/err.h"
#include "history/store.h"

#include <sqlite3.h>

/* Opens a file that is there and looks at its header: no SQL is run, nothing beside the file is made, and closing it
 * again changes nothing. -ENOENT, -EMEDIUMTYPE, -EPROTONOSUPPORT (the header says so), -EACCES, -EIO. */
int connection_open(const char *path, enum store_mode mode, sqlite3 **ret, struct error *e);

/* Applies the settings. A reader may also be of another thread than the writer, each with a connection of its own. */
int connection_configure(sqlite3 *db, const char *path, enum store_mode mode, struct error *e);

/* From now on closing may checkpoint the file: it is ours and sound. */
void connection_trust(sqlite3 *db);

/* A reader in one step: open, configure, and the schema is one that this program reads. */
int connection_open_reader(const char *path, sqlite3 **ret, int *ret_schema_version, struct error *e);

/* The schema version; -EPROTONOSUPPORT when it is newer than ours, -EMEDIUMTYPE when the file is not ours. */
int connection_schema_version(sqlite3 *db, const char *path, int *ret, struct error *e);

void connection_close(sqlite3 *db);
DEFINE_CLEANUP(sqlite3 *, connection_close)
#define _cleanup_connection_ _cleanup_(connection_close_cleanup)
