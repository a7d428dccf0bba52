#include "service/watchlist_parts.h"

#include "base/clock.h"
#include "base/log.h"
#include "trial/watch_json.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void watchlist_free_entry(struct watch_entry *entry)
{
    if (!entry)
        return;
    watch_clear(&entry->own);
    free(entry->name);
    free(entry->settings);
    free(entry->who);
    free(entry);
}

void watchlist_forget(struct watchlist *list)
{
    for (size_t i = 0; i < list->removed_count; i++)
        watchlist_free_entry(list->removed[i]);
    list->removed_count = 0;
}

void watchlist_free(struct watchlist *list)
{
    if (!list)
        return;
    watchlist_forget(list);
    for (size_t i = 0; i < list->count; i++)
        watchlist_free_entry(list->entries[i]);
    free(list->entries);
    free(list->removed);
    free(list);
}

/* Where the name stands in the list, or would. */
static size_t find_place(const struct watchlist *list, const char *name)
{
    size_t low = 0, high = list->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (strcmp(list->entries[middle]->name, name) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

struct watch_entry *watchlist_find(const struct watchlist *list, const char *name)
{
    size_t place = find_place(list, name);

    return place < list->count && strcmp(list->entries[place]->name, name) == 0 ? list->entries[place] : NULL;
}

static int no_memory(struct error *e)
{
    return error_set(e, -ENOMEM, "out of memory");
}

void watchlist_set_watch(struct watch_entry *entry, const struct watch *watch)
{
    entry->watch = watch;
    entry->silent = *watch;
    entry->silent.channels = NULL;
    entry->silent.channel_count = 0;
}

struct watch_entry *watchlist_new_entry(const char *name, const char *who, const char *settings)
{
    _cleanup_(watchlist_free_entry_cleanup) struct watch_entry *entry = calloc(1, sizeof(*entry));

    if (!entry)
        return NULL;
    entry->name = strdup(name);
    entry->who = strdup(who);
    entry->settings = settings ? strdup(settings) : NULL;
    return entry->name && entry->who && (entry->settings || !settings) ? TAKE_PTR(entry) : NULL;
}

int watchlist_reserve(struct watchlist *list, struct error *e)
{
    struct watch_entry **entries = reallocarray(list->entries, list->count + 1, sizeof(struct watch_entry *));
    struct watch_entry **removed =
        reallocarray(list->removed, list->count + list->removed_count + 1, sizeof(struct watch_entry *));

    if (entries)
        list->entries = entries;
    if (removed)
        list->removed = removed;
    return entries && removed ? 0 : no_memory(e);
}

void watchlist_insert(struct watchlist *list, struct watch_entry *entry)
{
    size_t place = find_place(list, entry->name);

    memmove(&list->entries[place + 1], &list->entries[place], (list->count - place) * sizeof(struct watch_entry *));
    list->entries[place] = entry;
    list->count++;
}

void watchlist_take_out(struct watchlist *list, struct watch_entry *entry)
{
    size_t place = find_place(list, entry->name);

    list->count--;
    memmove(&list->entries[place], &list->entries[place + 1], (list->count - place) * sizeof(struct watch_entry *));
    list->removed[list->removed_count++] = entry;
}

/* Takes the entry over, also on failure; NULL fails. */
static int insert(struct watchlist *list, struct watch_entry *entry, struct error *e)
{
    if (!entry || watchlist_reserve(list, e) < 0) {
        watchlist_free_entry(entry);
        return no_memory(e);
    }
    watchlist_insert(list, entry);
    return 0;
}

static int add_configured(struct watchlist *list, struct error *e)
{
    const struct config *config = list->config;
    int r = 0;

    for (size_t i = 0; r == 0 && i < config->watch_count; i++) {
        struct watch_entry *entry = watchlist_new_entry(config->watches[i].name, config->watch_places[i], NULL);
        if (entry)
            watchlist_set_watch(entry, &config->watches[i]);
        r = insert(list, entry, e);
    }
    return r;
}

static void keep_first(const char *line, void *userdata)
{
    struct watch_entry *entry = userdata;

    if (entry->trouble[0] == '\0')
        snprintf(entry->trouble, sizeof(entry->trouble), "%s", line);
}

/* One that fits no longer, since its channel is gone, say, waits until it does. */
static void check_added(const struct watchlist *list, struct watch_entry *entry)
{
    struct error e = {0};
    int r = config_make_watch(list->config, entry->settings, keep_first, entry, &entry->own, &e);

    if (r < 0)
        keep_first(e.text, entry);
    else
        watchlist_set_watch(entry, &entry->own);
}

struct recalling {
    struct watchlist *list;
    struct error *e;
};

static int recall(const struct watch_row *row, void *userdata)
{
    struct recalling *recalling = userdata;
    struct watchlist *list = recalling->list;
    struct watch_entry *entry = watchlist_find(list, row->name);
    int r = 0;

    if (entry && row->origin == WATCH_ADDED)
        log_notice("The watch %s, which %s added, is now the one at %s", row->name, row->place, entry->who);
    if (!entry && row->origin == WATCH_ADDED) {
        entry = watchlist_new_entry(row->name, row->place, row->settings);
        if (entry)
            check_added(list, entry);
        r = insert(list, entry, recalling->e);
    }
    if (r == 0 && entry)
        entry->paused = row->paused_usec > 0;
    return r;
}

int watchlist_new(const struct config *config, struct store *store, struct watchlist **ret, struct error *e)
{
    _cleanup_(watchlist_free_cleanup) struct watchlist *list = calloc(1, sizeof(*list));
    struct recalling recalling = {.list = list, .e = e};

    if (!list)
        return no_memory(e);
    list->config = config;
    int r = add_configured(list, e);
    if (r == 0)
        r = watches_each(store, recall, &recalling, e);
    if (r < 0)
        return r;
    *ret = TAKE_PTR(list);
    return 0;
}

char *watchlist_print(const struct watch *watch)
{
    json_t *settings = watch_to_json(watch);
    char *text = settings ? json_dumps(settings, JSON_COMPACT) : NULL;

    json_decref(settings);
    return text;
}

int watchlist_note_entry(const struct watch_entry *entry, struct store *store, struct error *e)
{
    _cleanup_free_ char *printed = entry->settings ? NULL : watchlist_print(entry->watch);
    const struct watch_row row = {
        .name = entry->name,
        .settings = printed ? printed : entry->settings,
        .origin = entry->settings ? WATCH_ADDED : WATCH_OF_SETTINGS,
        .place = entry->who,
        .since_usec = clock_wall_usec(),
        .trouble = entry->trouble,
    };

    return row.settings ? watches_put(store, &row, e) : no_memory(e);
}

struct clearing {
    const struct watchlist *list;
    struct store *store;
    struct error *e;
};

/* One that the settings no longer have. */
static int clear_gone(const struct watch_row *row, void *userdata)
{
    const struct clearing *clearing = userdata;

    return watchlist_find(clearing->list, row->name) ? 0 : watches_remove(clearing->store, row->name, clearing->e);
}

int watchlist_end_writing(struct store *store, int r, struct error *e)
{
    if (r == 0)
        r = store_commit(store, e);
    store_rollback(store);
    return r;
}

int watchlist_note(const struct watchlist *list, struct store *store, struct error *e)
{
    struct clearing clearing = {.list = list, .store = store, .e = e};
    int r = store_begin(store, e);

    if (r < 0)
        return r;
    for (size_t i = 0; r == 0 && i < list->count; i++)
        r = watchlist_note_entry(list->entries[i], store, e);
    if (r == 0)
        r = watches_each(store, clear_gone, &clearing, e);
    return watchlist_end_writing(store, r, e);
}

int watchlist_index(const struct watchlist *list, struct watch_set **ret)
{
    const struct watch **watches = calloc(list->count + 1, sizeof(struct watch *));
    size_t count = 0;

    if (!watches)
        return -ENOMEM;
    for (size_t i = 0; i < list->count; i++) {
        const struct watch_entry *entry = list->entries[i];
        if (entry->watch)
            watches[count++] = entry->paused ? &entry->silent : entry->watch;
    }
    int r = watch_set_new(watches, count, ret);
    free(watches);
    return r;
}

void watchlist_each(const struct watchlist *list, watchlist_visitor *visit, void *userdata)
{
    for (size_t i = 0; i < list->count; i++) {
        const struct watch_entry *entry = list->entries[i];
        visit(entry->name, entry->watch, entry->paused, entry->trouble, userdata);
    }
}
