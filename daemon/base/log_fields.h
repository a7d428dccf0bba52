/* Fields of a log line of which there may be many: the watches, channels and alerts that an event concerns.
 *
 * A name may come with several values; journalctl finds the line by each. */
#pragma once

#include "base/log.h"

/* sendmsg() takes 1024 pieces, of which the journal makes two a field. */
#define LOG_FIELDS_MAX ((size_t)400)

struct log_fields {
    struct log_field *items; /* owned; their values too, the names are static */
    size_t count, capacity;
};

void log_fields_clear(struct log_fields *fields);
#define _cleanup_log_fields_ _cleanup_(log_fields_clear)

/* Adds a copy of the value unless it is there. What there is no memory or no room for is left out: a line that says
 * less is better than none. */
void log_fields_add(struct log_fields *fields, const char *name, const char *value);
