/* A list of flat JSON objects, shown as what was asked for: JSON, CSV, or a table for people.
 *
 * A command makes rows and says by a table of columns how people see them; JSON prints every key of a row, CSV the
 * columns. */
#pragma once

#include "base/err.h"
#include "client/client.h"
#include "client/table.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

enum column_format {
    COLUMN_TEXT,
    COLUMN_ENUM,   /* of the registry: "ACTIVE_NOT_RECRUITING" */
    COLUMN_TIME,   /* UTC in the row, the local zone for people */
    COLUMN_NUMBER, /* right-aligned */
    COLUMN_KM
};

struct report_column {
    const char *key;
    const char *title; /* NULL: not in the table for people */
    enum column_format format;
    bool cut;  /* may be cut to fit the terminal */
    bool once; /* people see it only where it differs from the row above */
};

#define REPORT_MAX_COLUMNS 24

struct report {
    const struct client *client;
    const struct report_column *columns; /* ended by a row without a key */
    size_t count;
    struct table *table; /* people's; NULL otherwise */
    struct table_column titles[REPORT_MAX_COLUMNS];
    json_t *above; /* the row before */
};

/* report is not moved until report_end(). columns are borrowed. */
int report_begin(struct report *report, const struct client *client, const struct report_column *columns,
                 struct error *e);
void report_clear(struct report *report);
#define _cleanup_report_ _cleanup_(report_clear)

/* Takes the reference, also on failure. row NULL: no memory. */
int report_add(struct report *report, json_t *row, struct error *e);

/* Prints what is still to print; nothing: the sentence that people read when there was no row. */
void report_end(struct report *report, const char *nothing);
