#include "service/manager_internal.h"

#include "base/clock.h"
#include "base/events.h"
#include "base/log.h"
#include "service/sd.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Mistakes go to the log and to whoever asked. */
struct reporting {
    config_report *report;
    void *userdata;
};

static void tell_mistake(const char *line, void *userdata)
{
    const struct reporting *reporting = userdata;

    manager_say_mistake(line);
    if (reporting->report)
        reporting->report(line, reporting->userdata);
}

/* What only a restart takes; said, so that nobody waits for it. */
static void warn_of_restart(const struct config *before, const struct config *after)
{
    if (strcmp(before->history_path, after->history_path) != 0)
        log_warning("history.path was changed: that takes effect with a restart");
    if (strcmp(before->control_path, after->control_path) != 0)
        log_warning("control.socket was changed: that takes effect with a restart");
}

int manager_reload(struct manager *manager, config_report *report, void *userdata, struct error *e)
{
    struct manager_settings before = manager->settings, after;
    struct reporting reporting = {.report = report, .userdata = userdata};
    struct error own;

    if (!e)
        e = &own;
    sd_tell_reloading();
    int r = manager_settings_load(manager->config_path, tell_mistake, &reporting, &after, e);
    if (r == 0) {
        r = manager_settings_complete(&after, manager->store, e);
        if (r < 0)
            manager_settings_clear(&after);
    }
    manager->settings_refused = r < 0;
    if (r < 0)
        log_error("The settings from before stay in force: %s", e->text);
    if (r == 0) {
        struct dispatch_settings settings = manager_dispatch_settings(&after);
        manager->settings = after;
        manager->watches_changed = manager->watches_unseen = false;
        dispatch_configure(manager->dispatch, &settings);
        poller_configure(manager->poller, &after.config->registry, after.watches);
        archive_configure(manager->archive, &after.config->registry);
        log_set_max_priority(after.config->log_priority);
        warn_of_restart(before.config, after.config);
        manager_settings_clear(&before);
        manager->said_studies = false;
        log_write(LOG_NOTICE, &(struct log_event){.message_id = EVENT_RELOADED}, "The settings were taken in");
        manager_say_start(manager);
    }
    sd_tell_ready();
    return r;
}

int manager_poll(struct manager *manager, struct error *e)
{
    return poller_look_now(manager->poller, e);
}

int manager_test(struct manager *manager, const char *channel, dispatch_test_callback *callback, void *userdata,
                 struct error *e)
{
    return dispatch_test(manager->dispatch, channel, callback, userdata, e);
}

int manager_preview(struct manager *manager, const char *channel, const char *nct_id, long version, json_t **ret,
                    struct error *e)
{
    return dispatch_preview(manager->dispatch, channel, nct_id, version, ret, e);
}

int manager_end_change(struct manager *manager, int r, struct error *e)
{
    if (r == 0)
        r = store_commit(manager->store, e);
    store_rollback(manager->store);
    if (r == 0)
        dispatch_wake(manager->dispatch);
    return r;
}

int manager_retry(struct manager *manager, const char *alert_id, struct error *e)
{
    int r = store_begin(manager->store, e);

    return r < 0 ? r : manager_end_change(manager, outbox_retry(manager->store, alert_id, clock_wall_usec(), e), e);
}

int manager_drop(struct manager *manager, const char *alert_id, const char *who, struct error *e)
{
    char reason[MANAGER_NAME_BYTES + 32];
    int r = store_begin(manager->store, e);

    snprintf(reason, sizeof(reason), "dropped by %s", who);
    return r < 0 ? r
                 : manager_end_change(manager, outbox_drop(manager->store, alert_id, reason, clock_wall_usec(), e), e);
}

int manager_backup(struct manager *manager, const char *copy_path, maintenance_callback *callback, void *userdata,
                   struct error *e)
{
    return maintenance_start(manager->maintenance, MAINTENANCE_BACKUP, copy_path, callback, userdata, e);
}
