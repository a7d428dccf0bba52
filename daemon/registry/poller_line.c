/* The line to the registry is one for the whole daemon: what else asks, asks between the poller's requests. */
#include "base/clock.h"
#include "registry/poller_parts.h"

#include <errno.h>

/* How soon to ask for the line again while somebody has it. */
#define LINE_AGAIN_USEC (250 * USEC_PER_MSEC)

/* A look that is due goes first, and while the registry cannot be read nobody else tries. */
static int64_t line_free_usec(const struct poller *poller, int64_t now_usec)
{
    int64_t free_usec = pace_clear_usec(&poller->pace, now_usec);
    bool due = timer_is_armed(poller->look_timer) && timer_deadline_usec(poller->look_timer) <= now_usec;

    if (poller->line_is_lent || poller_look_runs(poller) || due || !poller->started)
        return now_usec + LINE_AGAIN_USEC;
    if (poller->pace.failures > 0 && poller->pace.retry_usec > free_usec)
        return poller->pace.retry_usec;
    return free_usec;
}

int poller_line_take(struct poller *poller, int64_t *ret_again_usec)
{
    int64_t now_usec = clock_monotonic_usec(), free_usec = line_free_usec(poller, now_usec);

    if (free_usec > now_usec) {
        *ret_again_usec = free_usec;
        return -EAGAIN;
    }
    poller->line_is_lent = true;
    pace_note_request(&poller->pace, now_usec);
    return 0;
}

void poller_line_give_back(struct poller *poller)
{
    poller->line_is_lent = false;
    pace_note_request(&poller->pace, clock_monotonic_usec());
    if (poller->waits_for_line) {
        poller->waits_for_line = false;
        timer_arm_at(poller->ask_timer, pace_clear_usec(&poller->pace, clock_monotonic_usec()));
    }
}
