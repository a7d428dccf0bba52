/* A one-shot timer on the event loop, set by base/clock's monotonic time.
 *
 * Unlike a bare libevent timer it follows a simulated clock, and it can be armed again from its own callback. */
#pragma once

#include <event2/event.h>
#include <stdbool.h>
#include <stdint.h>

struct timer;

typedef void timer_callback(void *userdata);

/* The timer starts unarmed. Returns 0 or -ENOMEM. */
int timer_new(struct event_base *base, timer_callback *callback, void *userdata, struct timer **ret);

/* After this the callback is not called again. Takes NULL. */
void timer_free(struct timer *timer);

/* Replaces an earlier deadline; a deadline in the past fires on the next turn of the loop. */
void timer_arm_at(struct timer *timer, int64_t monotonic_usec);
void timer_arm_in(struct timer *timer, int64_t usec);
void timer_disarm(struct timer *timer);

bool timer_is_armed(const struct timer *timer);

/* Monotonic; only meaningful while armed. */
int64_t timer_deadline_usec(const struct timer *timer);
