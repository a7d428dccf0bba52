/* The running daemon: settings, history, poller, dispatch, control API and systemd on one event loop. */
#pragma once

#include "alert/dispatch.h"
#include "base/buf.h"
#include "base/err.h"
#include "service/config.h"
#include "service/maintenance.h"

#include <jansson.h>
#include <stdbool.h>

/* Room for the name of whoever acts. */
#define MANAGER_NAME_BYTES 128

struct manager;

struct manager_options {
    const char *config_path;
    bool once; /* one poll, deliver what is due, end */
};

/* Everything is open and listens afterwards. Mistakes in the settings are logged, a line each. */
int manager_new(const struct manager_options *options, struct manager **ret, struct error *e);
void manager_free(struct manager *manager);
DEFINE_CLEANUP(struct manager *, manager_free)
#define _cleanup_manager_ _cleanup_(manager_free_cleanup)

/* Runs until SIGTERM, SIGINT, or the end of a once-run. Returns the exit status: 0 or 1. */
int manager_run(struct manager *manager);

/* For the control API. */
json_t *manager_status(struct manager *manager); /* new reference; NULL without memory */
bool manager_is_healthy(struct manager *manager);
void manager_print_metrics(struct manager *manager, struct buf *out); /* OpenMetrics */

/* Keeps what ran before on failure; mistakes are logged and, as config_load() does, reported. report may be NULL. */
int manager_reload(struct manager *manager, config_report *report, void *userdata, struct error *e);
/* As poller_look_now(). */
int manager_poll(struct manager *manager, struct error *e);
/* What the next refresh will be asked, as forecast_each() has it. */
int manager_plan(struct manager *manager, json_t **ret, struct error *e);
/* Fetches a study, by its id or an alias, from the registry's own archive: as archive_ask(), but 0 also when it is
 * under way; with what is known of the progress so far, which manager_backfill_progress() tells later. */
int manager_backfill(struct manager *manager, const char *study, json_t **ret_progress, struct error *e);
int manager_backfill_progress(struct manager *manager, const char *study, json_t **ret_progress, struct error *e);
/* As dispatch_test(). */
int manager_test(struct manager *manager, const char *channel, dispatch_test_callback *callback, void *userdata,
                 struct error *e);
/* As dispatch_preview(). */
int manager_preview(struct manager *manager, const char *channel, const char *nct_id, long version, json_t **ret,
                    struct error *e);
/* As outbox_retry() and outbox_drop(), of whom the reason names. */
int manager_retry(struct manager *manager, const char *alert_id, struct error *e);
int manager_drop(struct manager *manager, const char *alert_id, const char *who, struct error *e);
/* What a person wants of the daemon, and who it is. */
struct person_wish {
    const char *name; /* of a study, watch, alert, channel */
    const char *who;
    const char *note; /* why; NULL */
    int64_t for_usec; /* of a mute */
};

/* Nothing of a study or watch is told for a while: -ENOENT for neither, -EINVAL for too long. The caller owns *ret:
 * {"subject", "name", "until"}. */
int manager_mute(struct manager *manager, const struct person_wish *wish, json_t **ret, struct error *e);
int manager_unmute(struct manager *manager, const struct person_wish *wish, struct error *e);
/* Somebody has seen an alert, or the trouble of a channel, the registry or the history. -ENOENT. */
int manager_ack(struct manager *manager, const struct person_wish *wish, struct error *e);

/* The watches of the settings and those that were added at run time, as watches_row_to_json() has them: {"watches":
 * […]}, and the one of a name (-ENOENT). */
int manager_watches(struct manager *manager, json_t **ret, struct error *e);
int manager_watch(struct manager *manager, const char *name, json_t **ret, struct error *e);
/* As watchlist_add(), watchlist_remove() and watchlist_pause(); in force at once, or when the look that is under way
 * has ended. */
int manager_add_watch(struct manager *manager, const json_t *settings, const char *who, config_report *report,
                      void *userdata, json_t **ret, struct error *e);
int manager_remove_watch(struct manager *manager, const char *name, const char *who, struct error *e);
int manager_pause_watch(struct manager *manager, const char *name, bool paused, const char *who, struct error *e);
/* As maintenance_start() for a backup; not called back after manager_free(). */
int manager_backup(struct manager *manager, const char *copy_path, maintenance_callback *callback, void *userdata,
                   struct error *e);
