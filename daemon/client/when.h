/* Times as people type and read them. */
#pragma once

#include "base/clock.h"
#include "base/err.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

/* Which moment of a day a date without a time stands for. */
enum when_edge {
    WHEN_DAY_BEGINS, /* "since that day" */
    WHEN_DAY_ENDS    /* "as it stood on that day" */
};

/* "7d" (that long ago), "2021-12-01", "2021-12-01T09:00", "2021-12-01T09:00:05", with Z in UTC, else in the local zone
 * or, with utc, in UTC. -EINVAL with a sentence. */
int when_parse(const char *text, bool utc, enum when_edge edge, int64_t *ret_wall_usec, struct error *e);

/* "2026-02-11 10:00 CET", or with utc "2026-02-11T09:00:05Z"; "" for 0. Returns text. */
const char *when_format(int64_t wall_usec, bool utc, char text[static CLOCK_TEXT_BYTES]);

/* A string in UTC, null for 0: a new reference, NULL without memory. */
json_t *when_to_json(int64_t wall_usec);
