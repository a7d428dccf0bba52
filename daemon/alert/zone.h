/* Local time in a zone of the system's time zone database.
 *
 * Reads the compiled files (TZif, RFC 8536) itself: libc knows only one zone a process, and changing it through the
 * environment would race with the mail thread. */
#pragma once

#include "base/err.h"
#include "base/macro.h"

#include <stdbool.h>
#include <stdint.h>

struct zone;

/* name: "America/New_York"; NULL: the system's (/etc/localtime, UTC without one). The files are looked for in $TZDIR or
 * /usr/share/zoneinfo. -ENOENT for an unknown zone, -EBADMSG for a file that is none. */
int zone_open(const char *name, struct zone **ret, struct error *e);
void zone_free(struct zone *zone);
DEFINE_CLEANUP(struct zone *, zone_free)
#define _cleanup_zone_ _cleanup_(zone_free_cleanup)

/* Seconds that local time is ahead of UTC at that instant (seconds since 1970). */
int64_t zone_offset(const struct zone *zone, int64_t utc);

/* The instant at which clocks show that local time (seconds since 1970 as if it were UTC): the first of two when clocks
 * go back; when they skip it, as far after the skip as it is into it. */
int64_t zone_to_utc(const struct zone *zone, int64_t local);
