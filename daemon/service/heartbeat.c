#include "service/heartbeat.h"

#include "base/clock.h"
#include "base/events.h"
#include "base/log.h"

#include <errno.h>
#include <stdlib.h>

#define BUSY_USEC (10 * USEC_PER_MSEC)
#define IDLE_USEC (500 * USEC_PER_MSEC)
/* A stall this long is worth a line: deliveries and answers wait for it. */
#define TOLD_USEC (250 * USEC_PER_MSEC)

struct heartbeat {
    struct event *event;
    bool (*is_busy)(void *userdata);
    void *userdata;
    int64_t due_usec; /* stopwatch */
    int64_t longest_usec;
};

static void schedule(struct heartbeat *heartbeat)
{
    int64_t wait = heartbeat->is_busy(heartbeat->userdata) ? BUSY_USEC : IDLE_USEC;
    struct timeval tv = {.tv_usec = (suseconds_t)wait};

    heartbeat->due_usec = clock_stopwatch_usec() + wait;
    event_add(heartbeat->event, &tv);
}

static void on_beat(evutil_socket_t fd, short what, void *userdata)
{
    struct heartbeat *heartbeat = userdata;
    int64_t late = clock_stopwatch_usec() - heartbeat->due_usec;

    (void)fd;
    (void)what;
    if (late > heartbeat->longest_usec)
        heartbeat->longest_usec = late;
    if (late >= TOLD_USEC)
        log_write(LOG_WARNING, &(struct log_event){.message_id = EVENT_LOOP_STALLED},
                  "Nothing could be done for %lld ms: the machine was busy, asleep, or the disk is slow",
                  (long long)(late / USEC_PER_MSEC));
    schedule(heartbeat);
}

int heartbeat_new(struct event_base *base, bool (*is_busy)(void *userdata), void *userdata, struct heartbeat **ret)
{
    struct heartbeat *heartbeat = calloc(1, sizeof(*heartbeat));

    if (!heartbeat)
        return -ENOMEM;
    heartbeat->is_busy = is_busy;
    heartbeat->userdata = userdata;
    heartbeat->event = evtimer_new(base, on_beat, heartbeat);
    if (!heartbeat->event) {
        free(heartbeat);
        return -ENOMEM;
    }
    schedule(heartbeat);
    *ret = heartbeat;
    return 0;
}

void heartbeat_free(struct heartbeat *heartbeat)
{
    if (!heartbeat)
        return;
    event_free(heartbeat->event);
    free(heartbeat);
}

int64_t heartbeat_longest_stall_usec(const struct heartbeat *heartbeat)
{
    return heartbeat->longest_usec;
}
