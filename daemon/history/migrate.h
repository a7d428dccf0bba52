/* Brings an older history file to the schema of this program. For this room only. */
#pragma once

#include "base/err.h"

#include <sqlite3.h>

/* steps[n] is the SQL that makes schema n + 1 of schema n; NULL where there never was one. A copy of the file as it was
 * is kept beside it as PATH.schema-N; then all steps run in one transaction. The writer's connection, outside a
 * transaction. */
int migrate_run(sqlite3 *db, const char *path, const char *const *steps, int from, int to, struct error *e);

/* With the steps of this program, to its own schema. */
int migrate_to_current(sqlite3 *db, const char *path, int from, struct error *e);
