/* What the files of the manager share; nobody else includes it. */
#pragma once

#include "alert/trouble.h"
#include "base/timer.h"
#include "history/store.h"
#include "net/http.h"
#include "net/smtp.h"
#include "registry/archive.h"
#include "registry/poller.h"
#include "service/api.h"
#include "service/heartbeat.h"
#include "service/manager.h"
#include "service/watchlist.h"

#include <event2/event.h>

/* Settings in force, with the index over their watches. */
struct manager_settings {
    struct config *config;
    struct watchlist *watchlist;
    struct watch_set *watches;
};

struct manager {
    struct manager_options options;
    char *config_path;
    struct manager_settings settings;
    bool settings_refused; /* the files have mistakes since: the old settings run on */
    bool watches_changed;  /* since the index was made */
    bool watches_unseen;   /* and some of their studies were not looked at yet */

    struct event_base *base;
    struct event *terminate_event, *interrupt_event, *hangup_event;
    struct event *watchdog_event; /* NULL without one */
    struct store *store;
    struct http *http;
    struct smtp *smtp;
    struct dispatch *dispatch;
    struct poller *poller;
    struct archive *archive; /* the registry's own */
    struct maintenance *maintenance;
    struct api *api;
    struct heartbeat *heartbeat;
    struct http_request *switch_request; /* to the dead man's switch, or NULL */
    struct timer *check_timer;           /* health and what systemd is told */
    struct timer *once_timer;            /* of a once-run, while alerts go out */
    struct timer *watches_timer;         /* watches that changed during a look */

    int64_t started_usec;  /* wall */
    int64_t progress_usec; /* stopwatch: when a poll last began, got on or ended */
    enum poller_state last_state;
    bool stuck;              /* the watchdog is refused */
    bool said_studies;       /* what the registry holds was told once */
    long said_changed;       /* studies that changed in the look under way */
    int64_t once_until_usec; /* stopwatch */
    int exit_status;
    char history_damage[256]; /* what the last check found, "" */
    int64_t checked_week;     /* by the calendar, since 1970 */
    int64_t pruned_day;

    struct trouble registry_trouble, history_trouble;

    /* Since the start, for metrics. */
    long polls[POLL_FAILED + 1];
    long versions;
    long changes[KIND_COUNT];
};

/* manager_settings.c */
int manager_settings_load(const char *path, config_report *report, void *userdata, struct manager_settings *ret,
                          struct error *e);
/* Adds the watches of the history, and the index. */
int manager_settings_complete(struct manager_settings *settings, struct store *store, struct error *e);
void manager_settings_clear(struct manager_settings *settings);
struct dispatch_settings manager_dispatch_settings(const struct manager_settings *settings);

/* manager_watches.c: takes changed watches in, as soon as no look is under way */
void manager_take_watches(void *userdata);

/* manager_words.c: what people are told on the terminal and in the journal */
void manager_say_mistake(const char *line);
void manager_say_start(struct manager *manager);
void manager_say_studies(struct manager *manager);
void manager_tell_systemd(struct manager *manager);

/* manager_journal.c */
/* A version, or an entry into a query, was committed; counts its changes for the metrics too. */
void manager_say_changes(struct manager *manager, const struct version *version, size_t alert_count);
/* The look has ended: how many studies had no room. */
void manager_say_rest(struct manager *manager);

/* manager_health.c */
void manager_check_health(struct manager *manager);

/* manager_watchdog.c: whether the daemon gets on, with a line in the log once it does not */
bool manager_gets_on(struct manager *manager);

/* manager_switch.c: a dead man's switch that somebody else runs hears of every good look */
void manager_ask_switch(struct manager *manager);

/* manager_care.c: a quick check of the history after an unclean end; a thorough one a week, and every day the polls
 * that need not be kept */
void manager_begin_care(struct manager *manager);
void manager_take_care(struct manager *manager);

/* manager_events.c: what poller reports */
struct poller_events manager_poller_events(struct manager *manager);

/* manager_backfill.c */
int manager_backfill_begin(struct manager *manager, struct error *e);
/* Asks for what the settings want of the watched studies. */
void manager_backfill_watched(struct manager *manager);
json_t *manager_backfill_status(const struct manager *manager); /* new reference; NULL without memory */

/* manager_once.c */
void manager_once_polled(struct manager *manager, const struct poll *poll);
void manager_once_look(void *userdata);

/* manager_control.c: ends the transaction in which a person changed something; it is kept when r is 0 */
int manager_end_change(struct manager *manager, int r, struct error *e);

/* manager_people.c: the mutes in force; new reference, NULL without memory */
json_t *manager_mutes(struct manager *manager);

/* manager_status.c: visits every reason for not being healthy */
typedef void trouble_visitor(const char *sentence, void *userdata);
void manager_each_trouble(struct manager *manager, trouble_visitor *visit, void *userdata);
