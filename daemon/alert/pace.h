/* When a channel may be told, and when a message is tried again: pure calculations. */
#pragma once

#include "alert/channel.h"
#include "alert/zone.h"
#include "trial/kinds.h"

#include <stdbool.h>
#include <stdint.h>

#define PACE_FIRST_RETRY_USEC (30 * USEC_PER_SEC)
#define PACE_MAX_RETRY_USEC USEC_PER_HOUR

/* How long to wait after so many failures in a row (1: the first): 30 s, doubling up to an hour, and up to a quarter
 * more by chance (0 to UINT32_MAX), so that many senders do not come back together. */
int64_t pace_backoff_usec(long failures, uint32_t chance);

/* The first digest after that instant. */
int64_t pace_next_digest_usec(const struct channel_pace *pace, const struct zone *zone, int64_t now_usec);

/* Until when the channel is quiet: 0 when it is not. */
int64_t pace_quiet_until_usec(const struct channel_pace *pace, const struct zone *zone, int64_t now_usec);

/* Whether a time was set by a clock that was ahead and has been set back since: what was made later than now does not
 * wait until then, but is due again. What is put off anew comes before it was made, and is not. */
bool pace_is_stranded(int64_t made_usec, int64_t due_usec, int64_t now_usec);

/* When an alert may go out: now, or later by digest or quiet hours. waited: it was held before and its time has come,
 * so that no digest holds it again. */
int64_t pace_due_usec(const struct channel_pace *pace, const struct zone *zone, enum weight weight, bool waited,
                      int64_t now_usec);
