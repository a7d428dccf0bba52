/* Watches at run time. */
#include "service/manager_internal.h"

#include "base/events.h"
#include "base/log.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

void manager_take_watches(void *userdata)
{
    struct manager *manager = userdata;
    struct manager_settings *settings = &manager->settings;
    struct watch_set *watches = NULL;

    if (!manager->watches_changed)
        return;
    if (watchlist_index(settings->watchlist, &watches) < 0) {
        log_error("The changed watches cannot be taken in: out of memory");
        return;
    }
    if (poller_set_watches(manager->poller, watches, manager->watches_unseen) < 0) {
        watch_set_free(watches);
        return; /* the look that is under way comes back here at its end */
    }
    dispatch_set_watches(manager->dispatch, watches);
    watch_set_free(settings->watches);
    settings->watches = watches;
    watchlist_forget(settings->watchlist);
    manager->watches_changed = manager->watches_unseen = false;
}

static int compare_id(const void *key, const void *item)
{
    return strcmp(key, *(const char *const *)item);
}

/* Whether it needs a look of its own: what other watches name is looked at already. */
static bool is_unseen(const struct manager *manager, const struct watch *watch)
{
    size_t count;
    const char *const *studies = watch_set_studies(manager->settings.watches, &count);
    bool unseen = watch->all_studies || watch_has_query(watch);

    for (size_t i = 0; !unseen && i < watch->study_count; i++)
        unseen = count == 0 || !bsearch(watch->studies[i], studies, count, sizeof(*studies), compare_id);
    return unseen;
}

static void take_change(struct manager *manager, bool unseen)
{
    manager->watches_changed = true;
    manager->watches_unseen = manager->watches_unseen || unseen;
    manager_take_watches(manager);
}

static int copy_row(const struct watch_row *row, void *userdata)
{
    json_t **ret = userdata;

    *ret = watches_row_to_json(row);
    return *ret ? 0 : -ENOMEM;
}

int manager_watch(struct manager *manager, const char *name, json_t **ret, struct error *e)
{
    return watches_get(manager->store, name, copy_row, ret, e);
}

static int append_row(const struct watch_row *row, void *userdata)
{
    return json_array_append_new(userdata, watches_row_to_json(row)) < 0 ? -ENOMEM : 0;
}

int manager_watches(struct manager *manager, json_t **ret, struct error *e)
{
    json_t *rows = json_array();
    int r = watches_each(manager->store, append_row, rows, e);

    if (r == 0)
        *ret = json_pack("{s:O}", "watches", rows);
    json_decref(rows);
    return r;
}

/* what: "added" and so on. */
static void log_change(const char *message_id, const char *who, const char *what, const char *watch)
{
    const struct log_event event = {.message_id = message_id, .fields = {{"TRIALWATCH_WATCH", watch}}};

    log_write(LOG_NOTICE, &event, "%s %s the watch %s", who, what, watch);
}

int manager_add_watch(struct manager *manager, const json_t *settings, const char *who, config_report *report,
                      void *userdata, json_t **ret, struct error *e)
{
    const struct watch *watch;
    int r = watchlist_add(manager->settings.watchlist, manager->store, settings, who, report, userdata, &watch, e);

    if (r < 0)
        return r;
    log_change(EVENT_WATCH_ADDED, who, "added", watch->name);
    take_change(manager, is_unseen(manager, watch));
    return manager_watch(manager, watch->name, ret, e);
}

int manager_remove_watch(struct manager *manager, const char *name, const char *who, struct error *e)
{
    int r = watchlist_remove(manager->settings.watchlist, manager->store, name, e);

    if (r < 0)
        return r;
    log_change(EVENT_WATCH_REMOVED, who, "removed", name);
    take_change(manager, false);
    return 0;
}

int manager_pause_watch(struct manager *manager, const char *name, bool paused, const char *who, struct error *e)
{
    int r = watchlist_pause(manager->settings.watchlist, manager->store, name, paused ? who : NULL, e);

    if (r < 0)
        return r;
    log_change(paused ? EVENT_WATCH_PAUSED : EVENT_WATCH_RESUMED, who, paused ? "paused" : "resumed", name);
    take_change(manager, false);
    return 0;
}
