#include "service/manager_internal.h"

#include "base/clock.h"
#include "base/log.h"

/* How long a once-run waits for its alerts to go out; what is left stays due for the next run. */
#define DELIVERY_USEC (2 * USEC_PER_MINUTE)
#define LOOK_AGAIN_USEC (20 * USEC_PER_MSEC)

static void end(struct manager *manager, int exit_status)
{
    if (exit_status != 0)
        manager->exit_status = exit_status;
    event_base_loopbreak(manager->base);
}

/* Whether a channel still has something to try now. */
struct waiting {
    int64_t now_usec;
    bool some;  /* alerts that are not delivered */
    bool moves; /* and can be now */
};

static void look_at_channel(const struct channel_status *status, void *userdata)
{
    struct waiting *waiting = userdata;

    if (status->counts.due + status->counts.sending == 0)
        return;
    waiting->some = true;
    if (status->next_attempt_usec <= waiting->now_usec)
        waiting->moves = true;
}

void manager_once_look(void *userdata)
{
    struct manager *manager = userdata;
    struct waiting waiting = {.now_usec = clock_wall_usec()};

    dispatch_each_status(manager->dispatch, look_at_channel, &waiting);
    if (dispatch_is_judging(manager->dispatch)) {
        timer_arm_in(manager->once_timer, LOOK_AGAIN_USEC);
    } else if (!waiting.some) {
        end(manager, 0);
    } else if (!waiting.moves || clock_stopwatch_usec() > manager->once_until_usec) {
        log_warning("Not every alert could be delivered; they stay due for the next run");
        end(manager, 1);
    } else {
        timer_arm_in(manager->once_timer, LOOK_AGAIN_USEC);
    }
}

void manager_once_polled(struct manager *manager, const struct poll *poll)
{
    if (poll->outcome == POLL_FAILED) {
        log_error("The registry could not be read: %s", poll->reason);
        manager->exit_status = 1;
    }
    manager->once_until_usec = clock_stopwatch_usec() + DELIVERY_USEC;
    dispatch_wake(manager->dispatch);
    timer_arm_in(manager->once_timer, LOOK_AGAIN_USEC);
}
