/* When the next request may go: a polite distance after the last one, and later after failures.
 *
 * All times are monotonic and given by the caller, so this file has no clock. */
#pragma once

#include "base/clock.h"

#include <stdbool.h>
#include <stdint.h>

/* The wait after a first failure; it doubles with each further one. */
#define PACE_FIRST_BACKOFF_USEC USEC_PER_MINUTE
#define PACE_MAX_BACKOFF_USEC USEC_PER_HOUR

/* A Retry-After further away than this is not believed. */
#define PACE_MAX_RETRY_AFTER_USEC USEC_PER_DAY

/* So many failures in a row may be retried when the registry says, even if that is sooner than our own wait: one that
 * answers "Retry-After: 0" for ever must not be asked every second. */
#define PACE_TRUSTED_RETRIES 3

struct pace {
    int64_t spacing_usec; /* between the end of one request and the start of the next */
    int64_t first_backoff_usec;
    int64_t clear_usec;       /* no request before */
    int64_t retry_usec;       /* after a failure: no look before, unless a person wants one */
    int64_t asked_until_usec; /* the registry asked us to wait till then, not even for a person; 0: it did not */
    long failures;            /* in a row */
    uint64_t random;          /* state of the jitter */
};

/* seed makes the jitter of one daemon another one's. To be followed by pace_configure(). */
void pace_init(struct pace *pace, uint64_t seed);

/* every_usec is the distance of two looks, which the first backoff does not exceed. Keeps what went on so far. */
void pace_configure(struct pace *pace, int64_t spacing_usec, int64_t every_usec);

/* To be called when a request starts and when it ends: the registry sees at least the spacing in between. */
void pace_note_request(struct pace *pace, int64_t now_usec);

/* When a request may start, now_usec or later. */
int64_t pace_clear_usec(const struct pace *pace, int64_t now_usec);

/* retry_after_usec is the registry's wish, negative without one. Returns when to look again: retry_usec. */
int64_t pace_note_failure(struct pace *pace, int64_t now_usec, int64_t retry_after_usec);

/* The registry answered a look in full. */
void pace_note_success(struct pace *pace);

/* Whether the registry asked us to be quiet at this time. */
bool pace_must_wait(const struct pace *pace, int64_t now_usec);
