#include "service/manager_internal.h"

#include "base/clock.h"
#include "base/events.h"
#include "base/log.h"
#include "base/text.h"
#include "service/sd.h"

#include <errno.h>
#include <event2/thread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHECK_USEC (15 * USEC_PER_SEC)
/* What a new version's migration of a large history, with its copy beforehand, may take. */
#define OPEN_USEC (30 * USEC_PER_MINUTE)

static void log_mistake(const char *line, void *userdata)
{
    (void)userdata;
    manager_say_mistake(line);
}

static void on_terminate(evutil_socket_t signal, short what, void *userdata)
{
    struct manager *manager = userdata;

    (void)what;
    log_write(LOG_NOTICE, &(struct log_event){.message_id = EVENT_STOPPED}, "Stopping on %s",
              signal == SIGINT ? "SIGINT" : "SIGTERM");
    sd_tell_stopping();
    event_base_loopbreak(manager->base);
}

static void on_hangup(evutil_socket_t signal, short what, void *userdata)
{
    (void)signal;
    (void)what;
    manager_reload(userdata, NULL, NULL, NULL);
}

static void on_watchdog(evutil_socket_t fd, short what, void *userdata)
{
    (void)fd;
    (void)what;
    if (manager_gets_on(userdata))
        sd_tell_alive();
}

static void on_check(void *userdata)
{
    struct manager *manager = userdata;

    manager_check_health(manager);
    manager_take_care(manager);
    manager_tell_systemd(manager);
    timer_arm_in(manager->check_timer, CHECK_USEC);
}

/* While records are taken in, the loop's stalls are measured finely. */
static bool is_busy(void *userdata)
{
    const struct manager *manager = userdata;
    struct poller_status status;

    poller_status(manager->poller, &status);
    return status.state == POLLER_ASKING || status.state == POLLER_TAKING_IN;
}

static int add_signal(struct manager *manager, int signal, event_callback_fn callback, struct event **ret)
{
    *ret = evsignal_new(manager->base, signal, callback, manager);
    return *ret && event_add(*ret, NULL) == 0 ? 0 : -ENOMEM;
}

static int add_watchdog(struct manager *manager)
{
    int64_t period_usec = sd_watchdog_usec() / 2;
    struct timeval tv = {.tv_sec = (time_t)(period_usec / USEC_PER_SEC),
                         .tv_usec = (suseconds_t)(period_usec % USEC_PER_SEC)};

    if (period_usec <= 0)
        return 0;
    manager->watchdog_event = event_new(manager->base, -1, EV_PERSIST, on_watchdog, manager);
    return manager->watchdog_event && event_add(manager->watchdog_event, &tv) == 0 ? 0 : -ENOMEM;
}

/* Loop, signals and timers. */
static int open_loop(struct manager *manager, struct error *e)
{
    /* A client that went away, or a terminal: libevent's and our own writes say EPIPE. Programs of channels are started
     * with the default. */
    signal(SIGPIPE, SIG_IGN);
    evthread_use_pthreads();
    manager->base = event_base_new();
    if (!manager->base)
        return error_set(e, -ENOMEM, "the event loop cannot be made");
    int r = add_signal(manager, SIGTERM, on_terminate, &manager->terminate_event);
    if (r == 0)
        r = add_signal(manager, SIGINT, on_terminate, &manager->interrupt_event);
    if (r == 0)
        r = add_signal(manager, SIGHUP, on_hangup, &manager->hangup_event);
    if (r == 0)
        r = add_watchdog(manager);
    if (r == 0)
        r = timer_new(manager->base, on_check, manager, &manager->check_timer);
    if (r == 0)
        r = timer_new(manager->base, manager_once_look, manager, &manager->once_timer);
    if (r == 0)
        r = timer_new(manager->base, manager_take_watches, manager, &manager->watches_timer);
    return r < 0 ? error_set(e, r, "the event loop cannot be made: %s", strerror(-r)) : 0;
}

/* From the history to the poller, each on top of the ones before. */
static int open_parts(struct manager *manager, struct error *e)
{
    const struct config *config = manager->settings.config;
    struct poller_events events = manager_poller_events(manager);

    sd_extend_timeout(OPEN_USEC);
    int r = store_open(config->history_path, STORE_WRITE, &manager->store, e);

    if (r == 0)
        r = manager_settings_complete(&manager->settings, manager->store, e);
    if (r < 0)
        return r;
    struct dispatch_settings settings = manager_dispatch_settings(&manager->settings);
    trouble_load(&manager->registry_trouble, manager->store, "registry", "");
    trouble_load(&manager->history_trouble, manager->store, "history", "");
    r = http_new(manager->base, &manager->http, e);
    if (r == 0)
        r = smtp_new(manager->base, &manager->smtp, e);
    if (r == 0)
        r = dispatch_new(manager->base, manager->http, manager->smtp, manager->store, &settings, &manager->dispatch, e);
    if (r == 0)
        r = poller_new(manager->base, manager->http, manager->store, &config->registry, manager->settings.watches,
                       &events, &manager->poller, e);
    if (r == 0)
        r = manager_backfill_begin(manager, e);
    if (r < 0)
        return r;
    r = maintenance_new(manager->base, config->history_path, &manager->maintenance);
    if (r == 0)
        r = heartbeat_new(manager->base, is_busy, manager, &manager->heartbeat);
    if (r < 0)
        return error_set(e, r, "the daemon's parts cannot be made: %s", strerror(-r));
    /* A once-run beside a daemon's socket unit needs no control. */
    return manager->options.once ? 0 : api_new(manager->base, manager, config->control_path, &manager->api, e);
}

int manager_new(const struct manager_options *options, struct manager **ret, struct error *e)
{
    _cleanup_manager_ struct manager *manager = calloc(1, sizeof(*manager));

    if (!manager)
        return error_set(e, -ENOMEM, "out of memory");
    manager->options = *options;
    manager->started_usec = clock_wall_usec();
    manager->progress_usec = clock_stopwatch_usec();
    manager->config_path = strdup(options->config_path);
    if (!manager->config_path)
        return error_set(e, -ENOMEM, "out of memory");
    int r = manager_settings_load(manager->config_path, log_mistake, NULL, &manager->settings, e);
    if (r < 0)
        return r;
    log_set_max_priority(manager->settings.config->log_priority);
    r = open_loop(manager, e);
    if (r == 0)
        r = open_parts(manager, e);
    if (r < 0)
        return r;
    *ret = TAKE_PTR(manager);
    return 0;
}

static void free_event(struct event *event)
{
    if (event)
        event_free(event);
}

void manager_free(struct manager *manager)
{
    if (!manager)
        return;
    api_free(manager->api);
    heartbeat_free(manager->heartbeat);
    archive_free(manager->archive);
    poller_free(manager->poller);
    dispatch_free(manager->dispatch);
    maintenance_free(manager->maintenance);
    smtp_free(manager->smtp);
    http_free(manager->http);
    store_close(manager->store);
    timer_free(manager->watches_timer);
    timer_free(manager->once_timer);
    timer_free(manager->check_timer);
    free_event(manager->watchdog_event);
    free_event(manager->terminate_event);
    free_event(manager->interrupt_event);
    free_event(manager->hangup_event);
    if (manager->base)
        event_base_free(manager->base);
    manager_settings_clear(&manager->settings);
    free(manager->config_path);
    free(manager);
}

int manager_run(struct manager *manager)
{
    manager_say_start(manager);
    manager_begin_care(manager);
    sd_tell_ready();
    poller_start(manager->poller);
    dispatch_wake(manager->dispatch);
    timer_arm_in(manager->check_timer, CHECK_USEC);
    manager_tell_systemd(manager);
    if (event_base_dispatch(manager->base) < 0) {
        log_error("The event loop failed");
        return 1;
    }
    return manager->exit_status;
}
