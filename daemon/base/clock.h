/* The only source of time.
 *
 * Every time is in microseconds: wall times since 1970 in UTC, monotonic ones since some start. A test shifts both by
 * an offset, so that years pass in seconds: in the process by clock_advance_usec(), from outside by a file that the
 * environment variable TRIALWATCH_TEST_CLOCK names and that holds the offset as a decimal number. A second number there
 * shifts wall time alone, as when somebody sets the clock. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define USEC_PER_SEC INT64_C(1000000)
#define USEC_PER_MSEC INT64_C(1000)
#define USEC_PER_MINUTE (60 * USEC_PER_SEC)
#define USEC_PER_HOUR (60 * USEC_PER_MINUTE)
#define USEC_PER_DAY (24 * USEC_PER_HOUR)

/* Room for any clock_format_*() result with its NUL. */
#define CLOCK_TEXT_BYTES 40

int64_t clock_wall_usec(void);
int64_t clock_monotonic_usec(void);

/* Real, never shifted: for measuring how long work took. */
int64_t clock_stopwatch_usec(void);

/* Whether time can be shifted from outside; timers then look at the clock more often. */
bool clock_is_simulated(void);

void clock_advance_usec(int64_t usec);

/* "2026-02-11T09:00:05Z". Returns text. */
const char *clock_format_utc(int64_t wall_usec, char text[static CLOCK_TEXT_BYTES]);

/* "2026-02-11 10:00 CET", in the local zone. Returns text. */
const char *clock_format_local(int64_t wall_usec, char text[static CLOCK_TEXT_BYTES]);

/* Reads "2026-02-11", "2026-02-11T09:00:05" or the same with Z; without a zone it is UTC. -EINVAL otherwise. */
int clock_parse_utc(const char *text, int64_t *ret_wall_usec);
