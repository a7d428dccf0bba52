#include "service/manager_internal.h"

#include "base/clock.h"

static void on_committed(const struct version *version, size_t alert_count, void *userdata)
{
    struct manager *manager = userdata;

    manager->versions++;
    manager->progress_usec = clock_stopwatch_usec();
    manager_say_changes(manager, version, alert_count);
    if (alert_count > 0)
        dispatch_wake(manager->dispatch);
}

static void on_finished(const struct poll *poll, void *userdata)
{
    struct manager *manager = userdata;

    manager->polls[poll->outcome]++;
    timer_arm_in(manager->watches_timer, 0);
    manager->progress_usec = clock_stopwatch_usec();
    manager_say_rest(manager);
    if (!manager->said_studies && poll->outcome != POLL_FAILED) {
        manager->said_studies = true;
        manager_say_studies(manager);
    }
    if (poll->outcome == POLL_COMPLETE)
        dispatch_judge(manager->dispatch, poll->records + poll->missing);
    if (poll->outcome != POLL_FAILED)
        manager_ask_switch(manager);
    manager_check_health(manager);
    manager_tell_systemd(manager);
    if (manager->options.once)
        manager_once_polled(manager, poll);
    else if (poll->outcome == POLL_COMPLETE)
        manager_backfill_watched(manager);
}

struct poller_events manager_poller_events(struct manager *manager)
{
    return (struct poller_events){.committed = on_committed, .finished = on_finished, .userdata = manager};
}
