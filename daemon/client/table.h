/* Cells aligned in columns by what they take on a terminal, cut where the terminal ends. */
#pragma once

#include "base/macro.h"
#include "client/terminal.h"

#include <stdbool.h>
#include <stddef.h>

struct table_column {
    const char *title;
    bool right; /* numbers */
    bool cut;   /* may be cut when the terminal is too narrow; without such a column lines may be longer */
};

struct table;

/* columns are borrowed until table_free(). -ENOMEM. */
int table_new(const struct table_column *columns, size_t column_count, struct table **ret);
void table_free(struct table *table);
DEFINE_CLEANUP(struct table *, table_free)
#define _cleanup_table_ _cleanup_(table_free_cleanup)

/* The next cell, row by row. The text is copied and made safe. -ENOMEM. */
int table_add(struct table *table, const char *text, enum style style);

size_t table_row_count(const struct table *table);

/* With a line of titles first. A column without any text is left out. */
void table_print(const struct table *table, const struct terminal *terminal);
