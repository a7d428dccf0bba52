#include "base/timer.h"

#include "base/clock.h"

#include <errno.h>
#include <stdlib.h>

/* Under a simulated clock the loop wakes this often to see whether the deadline has come. */
#define SIMULATED_LOOK_USEC (10 * USEC_PER_MSEC)

struct timer {
    struct event *event;
    timer_callback *callback;
    void *userdata;
    int64_t deadline_usec;
    bool armed;
};

static void schedule(struct timer *timer)
{
    int64_t wait = timer->deadline_usec - clock_monotonic_usec();

    if (wait < 0)
        wait = 0;
    if (clock_is_simulated() && wait > SIMULATED_LOOK_USEC)
        wait = SIMULATED_LOOK_USEC;
    struct timeval tv = {.tv_sec = (time_t)(wait / USEC_PER_SEC), .tv_usec = (suseconds_t)(wait % USEC_PER_SEC)};
    event_add(timer->event, &tv);
}

static void on_event(evutil_socket_t fd, short what, void *userdata)
{
    struct timer *timer = userdata;

    (void)fd;
    (void)what;
    if (!timer->armed)
        return;
    if (clock_monotonic_usec() < timer->deadline_usec) {
        schedule(timer);
        return;
    }
    timer->armed = false;
    timer->callback(timer->userdata);
}

int timer_new(struct event_base *base, timer_callback *callback, void *userdata, struct timer **ret)
{
    struct timer *timer = calloc(1, sizeof(*timer));

    if (!timer)
        return -ENOMEM;
    timer->callback = callback;
    timer->userdata = userdata;
    timer->event = evtimer_new(base, on_event, timer);
    if (!timer->event) {
        free(timer);
        return -ENOMEM;
    }
    *ret = timer;
    return 0;
}

void timer_free(struct timer *timer)
{
    if (!timer)
        return;
    event_free(timer->event);
    free(timer);
}

void timer_arm_at(struct timer *timer, int64_t monotonic_usec)
{
    timer->deadline_usec = monotonic_usec;
    timer->armed = true;
    schedule(timer);
}

void timer_arm_in(struct timer *timer, int64_t usec)
{
    int64_t deadline_usec;

    if (__builtin_add_overflow(clock_monotonic_usec(), usec, &deadline_usec))
        deadline_usec = INT64_MAX;
    timer_arm_at(timer, deadline_usec);
}

void timer_disarm(struct timer *timer)
{
    timer->armed = false;
    event_del(timer->event);
}

bool timer_is_armed(const struct timer *timer)
{
    return timer->armed;
}

int64_t timer_deadline_usec(const struct timer *timer)
{
    return timer->deadline_usec;
}
