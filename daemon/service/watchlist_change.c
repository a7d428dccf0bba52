/* Watches that come, go and pause while the daemon runs. */
#include "base/clock.h"
#include "history/members.h"
#include "service/config_settings.h"
#include "service/watchlist_parts.h"

#include <errno.h>

static int no_memory(struct error *e)
{
    return error_set(e, -ENOMEM, "out of memory");
}

/* The name itself is checked with the rest. */
static int check_room(const struct watchlist *list, const json_t *settings, struct error *e)
{
    const char *name = json_string_value(json_object_get(settings, "name"));
    const struct watch_entry *taken = name ? watchlist_find(list, name) : NULL;

    if (taken)
        return error_set(e, -EEXIST, "there is already a watch %s, %s %s", name, taken->settings ? "added by" : "at",
                         taken->who);
    if (list->count >= CONFIG_MAX_WATCHES)
        return error_set(e, -EINVAL, "there may be at most %zu watches", CONFIG_MAX_WATCHES);
    return 0;
}

int watchlist_add(struct watchlist *list, struct store *store, const json_t *settings, const char *who,
                  config_report *report, void *userdata, const struct watch **ret, struct error *e)
{
    _cleanup_free_ char *typed = json_dumps(settings, JSON_COMPACT), *printed = NULL;
    struct watch watch;
    int r = typed ? check_room(list, settings, e) : no_memory(e);

    if (r == 0)
        r = watchlist_reserve(list, e);
    if (r == 0)
        r = config_make_watch(list->config, typed, report, userdata, &watch, e);
    if (r < 0)
        return r;
    printed = watchlist_print(&watch);
    _cleanup_(watchlist_free_entry_cleanup) struct watch_entry *entry =
        printed ? watchlist_new_entry(watch.name, who, printed) : NULL;
    if (!entry) {
        watch_clear(&watch);
        return no_memory(e);
    }
    entry->own = watch;
    watchlist_set_watch(entry, &entry->own);
    r = store_begin(store, e);
    if (r < 0)
        return r;
    r = watchlist_end_writing(store, watchlist_note_entry(entry, store, e), e);
    if (r < 0)
        return r;
    *ret = entry->watch;
    watchlist_insert(list, TAKE_PTR(entry));
    return 0;
}

int watchlist_remove(struct watchlist *list, struct store *store, const char *name, struct error *e)
{
    struct watch_entry *entry = watchlist_find(list, name);

    if (!entry)
        return error_set(e, -ENOENT, "there is no watch %s", name);
    if (!entry->settings)
        return error_set(e, -EPERM, "the watch %s stands in the settings at %s: take it out there, or pause it", name,
                         entry->who);
    int r = store_begin(store, e);
    if (r < 0)
        return r;
    r = watches_remove(store, name, e);
    if (r == 0)
        r = members_end(store, name, clock_wall_usec(), e);
    r = watchlist_end_writing(store, r, e);
    if (r < 0)
        return r;
    watchlist_take_out(list, entry);
    return 0;
}

int watchlist_pause(struct watchlist *list, struct store *store, const char *name, const char *who, struct error *e)
{
    struct watch_entry *entry = watchlist_find(list, name);

    if (!entry)
        return error_set(e, -ENOENT, "there is no watch %s", name);
    if (entry->paused == (who != NULL))
        return error_set(e, -EALREADY, "the watch %s is %s", name, who ? "paused already" : "not paused");
    int r = store_begin(store, e);
    if (r < 0)
        return r;
    r = watchlist_end_writing(store, watches_pause(store, name, who ? clock_wall_usec() : 0, who, e), e);
    if (r == 0)
        entry->paused = who != NULL;
    return r;
}
