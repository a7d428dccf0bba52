/* How long the event loop did not turn: a timer that notices how late it is.
 *
 * It beats fast while the daemon works, so that short stalls are seen, and slowly while it waits. In real time, also
 * under a simulated clock. */
#pragma once

#include <event2/event.h>
#include <stdbool.h>
#include <stdint.h>

struct heartbeat;

/* is_busy says which pace to take. -ENOMEM. */
int heartbeat_new(struct event_base *base, bool (*is_busy)(void *userdata), void *userdata, struct heartbeat **ret);
void heartbeat_free(struct heartbeat *heartbeat);

/* Since the start. */
int64_t heartbeat_longest_stall_usec(const struct heartbeat *heartbeat);
