/* What systemd's watchdog is told. A loop that does not turn, in a commit that does not return or elsewhere, tells
 * nothing; this is about a loop that turns and gets nowhere. Then the daemon is restarted, which mends what this
 * process has got wrong: a lost answer, a transaction that nobody ended, a file handle gone stale. */
#include "service/manager_internal.h"

#include "base/clock.h"
#include "base/events.h"
#include "base/log.h"
#include "base/text.h"

#include <errno.h>
#include <stdio.h>

/* What gets no further for so long has hung. */
#define STUCK_USEC (30 * USEC_PER_MINUTE)

/* What a restart does not mend and somebody else will: a full or read-only disk, a file that is not ours, another
 * program's lock. The daemon stays, says so, and goes on by itself; restarted again and again it would only fall
 * silent. */
static bool waits_for_others(int error)
{
    static const int errors[] = {-ENOSPC, -EROFS, -EACCES, -EPERM, -EBUSY};

    for (size_t i = 0; i < ARRAY_SIZE(errors); i++)
        if (error == errors[i])
            return true;
    return false;
}

static bool history_is_stuck(const struct manager *manager, struct error *why)
{
    struct store_health health;
    char time[64];

    store_health(manager->store, &health);
    if (health.failing_usec < STUCK_USEC || waits_for_others(health.error))
        return false;
    error_set(why, -EIO, "nothing could be committed to the history %s for %s%s%s", store_path(manager->store),
              text_format_duration(health.failing_usec, time, sizeof(time)), health.error < 0 ? ": " : "",
              health.error_text);
    return true;
}

static bool look_is_stuck(struct manager *manager, struct error *why)
{
    struct poller_status status;
    char time[64];

    poller_status(manager->poller, &status);
    if (status.state != manager->last_state) {
        manager->last_state = status.state;
        manager->progress_usec = clock_stopwatch_usec();
    }
    int64_t still_usec = clock_stopwatch_usec() - manager->progress_usec;
    if (status.state == POLLER_WAITING || status.state == POLLER_BACKING_OFF || still_usec < STUCK_USEC)
        return false;
    error_set(why, -ETIMEDOUT, "a look at the registry got no further for %s",
              text_format_duration(still_usec, time, sizeof(time)));
    return true;
}

bool manager_gets_on(struct manager *manager)
{
    struct error why = {0};
    bool stuck = look_is_stuck(manager, &why) || history_is_stuck(manager, &why);

    if (stuck && !manager->stuck)
        log_write(LOG_ERR, &(struct log_event){.message_id = EVENT_STUCK},
                  "The watchdog is not told that all is well, so that systemd restarts the daemon: %s", why.text);
    manager->stuck = stuck;
    return !stuck;
}
