/* Work in proportion to the file. For this room only; store.h has what others call. */
#pragma once

#include "base/err.h"

#include <sqlite3.h>

/* A consistent copy of what the connection sees, whole or not at all. -EEXIST. */
int maintenance_copy(sqlite3 *db, const char *path, const char *copy_path, struct error *e);
