#include "service/watchlist.h"

#include "base/clock.h"
#include "base/log.h"
#include "history/members.h"
#include "service/config_settings.h"
#include "trial/watch_json.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct entry {
    char *name;
    char *settings;            /* JSON; NULL of one of the settings */
    char *who;                 /* added it, or where it stands */
    struct watch own;          /* of one that was added */
    const struct watch *watch; /* own, or one of the settings; NULL: not in force */
    struct watch silent;       /* the same without channels; borrows from it */
    bool paused;
    char trouble[ERROR_TEXT_BYTES];
};

struct watchlist {
    const struct config *config;
    struct entry **entries;
    size_t count;
    struct entry **removed; /* which an index may still know */
    size_t removed_count;
};

static void free_entry(struct entry *entry)
{
    if (!entry)
        return;
    watch_clear(&entry->own);
    free(entry->name);
    free(entry->settings);
    free(entry->who);
    free(entry);
}
DEFINE_CLEANUP(struct entry *, free_entry)

void watchlist_forget(struct watchlist *list)
{
    for (size_t i = 0; i < list->removed_count; i++)
        free_entry(list->removed[i]);
    list->removed_count = 0;
}

void watchlist_free(struct watchlist *list)
{
    if (!list)
        return;
    watchlist_forget(list);
    for (size_t i = 0; i < list->count; i++)
        free_entry(list->entries[i]);
    free(list->entries);
    free(list->removed);
    free(list);
}

static struct entry *find(const struct watchlist *list, const char *name)
{
    for (size_t i = 0; i < list->count; i++)
        if (strcmp(list->entries[i]->name, name) == 0)
            return list->entries[i];
    return NULL;
}

static int no_memory(struct error *e)
{
    return error_set(e, -ENOMEM, "out of memory");
}

static void set_watch(struct entry *entry, const struct watch *watch)
{
    entry->watch = watch;
    entry->silent = *watch;
    entry->silent.channels = NULL;
    entry->silent.channel_count = 0;
}

static struct entry *new_entry(const char *name, const char *who, const char *settings)
{
    _cleanup_(free_entry_cleanup) struct entry *entry = calloc(1, sizeof(*entry));

    if (!entry)
        return NULL;
    entry->name = strdup(name);
    entry->who = strdup(who);
    entry->settings = settings ? strdup(settings) : NULL;
    return entry->name && entry->who && (entry->settings || !settings) ? TAKE_PTR(entry) : NULL;
}

/* Room for one more, and for its removal. */
static int reserve(struct watchlist *list, struct error *e)
{
    struct entry **entries = reallocarray(list->entries, list->count + 1, sizeof(struct entry *));
    struct entry **removed = reallocarray(list->removed, list->count + list->removed_count + 1, sizeof(struct entry *));

    if (entries)
        list->entries = entries;
    if (removed)
        list->removed = removed;
    return entries && removed ? 0 : no_memory(e);
}

/* Takes the entry over, also on failure; NULL fails. */
static int append(struct watchlist *list, struct entry *entry, struct error *e)
{
    if (!entry || reserve(list, e) < 0) {
        free_entry(entry);
        return no_memory(e);
    }
    list->entries[list->count++] = entry;
    return 0;
}

static int add_configured(struct watchlist *list, struct error *e)
{
    const struct config *config = list->config;
    int r = 0;

    for (size_t i = 0; r == 0 && i < config->watch_count; i++) {
        struct entry *entry = new_entry(config->watches[i].name, config->watch_places[i], NULL);
        if (entry)
            set_watch(entry, &config->watches[i]);
        r = append(list, entry, e);
    }
    return r;
}

static void keep_first(const char *line, void *userdata)
{
    struct entry *entry = userdata;

    if (entry->trouble[0] == '\0')
        snprintf(entry->trouble, sizeof(entry->trouble), "%s", line);
}

/* One that fits no longer, since its channel is gone, say, waits until it does. */
static void check_added(const struct watchlist *list, struct entry *entry)
{
    struct error e = {0};
    int r = config_make_watch(list->config, entry->settings, keep_first, entry, &entry->own, &e);

    if (r < 0)
        keep_first(e.text, entry);
    else
        set_watch(entry, &entry->own);
}

struct recalling {
    struct watchlist *list;
    struct error *e;
};

static int recall(const struct watch_row *row, void *userdata)
{
    struct recalling *recalling = userdata;
    struct watchlist *list = recalling->list;
    struct entry *entry = find(list, row->name);
    int r = 0;

    if (entry && row->origin == WATCH_ADDED)
        log_notice("The watch %s, which %s added, is now the one at %s", row->name, row->place, entry->who);
    if (!entry && row->origin == WATCH_ADDED) {
        entry = new_entry(row->name, row->place, row->settings);
        if (entry)
            check_added(list, entry);
        r = append(list, entry, recalling->e);
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

/* The JSON of a watch, which the caller frees. */
static char *print_settings(const struct watch *watch)
{
    json_t *settings = watch_to_json(watch);
    char *text = settings ? json_dumps(settings, JSON_COMPACT) : NULL;

    json_decref(settings);
    return text;
}

static int note_entry(const struct entry *entry, struct store *store, struct error *e)
{
    _cleanup_free_ char *printed = entry->settings ? NULL : print_settings(entry->watch);
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

    return find(clearing->list, row->name) ? 0 : watches_remove(clearing->store, row->name, clearing->e);
}

/* Ends a transaction: kept when r is 0. */
static int end_writing(struct store *store, int r, struct error *e)
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
        r = note_entry(list->entries[i], store, e);
    if (r == 0)
        r = watches_each(store, clear_gone, &clearing, e);
    return end_writing(store, r, e);
}

int watchlist_index(const struct watchlist *list, struct watch_set **ret)
{
    const struct watch **watches = calloc(list->count + 1, sizeof(struct watch *));
    size_t count = 0;

    if (!watches)
        return -ENOMEM;
    for (size_t i = 0; i < list->count; i++) {
        const struct entry *entry = list->entries[i];
        if (entry->watch)
            watches[count++] = entry->paused ? &entry->silent : entry->watch;
    }
    int r = watch_set_new(watches, count, ret);
    free(watches);
    return r;
}

/* The name itself is checked with the rest. */
static int check_room(const struct watchlist *list, const json_t *settings, struct error *e)
{
    const char *name = json_string_value(json_object_get(settings, "name"));
    const struct entry *taken = name ? find(list, name) : NULL;

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
        r = reserve(list, e);
    if (r == 0)
        r = config_make_watch(list->config, typed, report, userdata, &watch, e);
    if (r < 0)
        return r;
    printed = print_settings(&watch);
    _cleanup_(free_entry_cleanup) struct entry *entry = printed ? new_entry(watch.name, who, printed) : NULL;
    if (!entry) {
        watch_clear(&watch);
        return no_memory(e);
    }
    entry->own = watch;
    set_watch(entry, &entry->own);
    r = store_begin(store, e);
    if (r < 0)
        return r;
    r = end_writing(store, note_entry(entry, store, e), e);
    if (r < 0)
        return r;
    *ret = entry->watch;
    list->entries[list->count++] = TAKE_PTR(entry);
    return 0;
}

int watchlist_remove(struct watchlist *list, struct store *store, const char *name, struct error *e)
{
    struct entry *entry = find(list, name);

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
    r = end_writing(store, r, e);
    if (r < 0)
        return r;
    for (size_t i = 0; i < list->count; i++)
        if (list->entries[i] == entry)
            memmove(&list->entries[i], &list->entries[i + 1], (--list->count - i) * sizeof(struct entry *));
    list->removed[list->removed_count++] = entry;
    return 0;
}

int watchlist_pause(struct watchlist *list, struct store *store, const char *name, const char *who, struct error *e)
{
    struct entry *entry = find(list, name);

    if (!entry)
        return error_set(e, -ENOENT, "there is no watch %s", name);
    if (entry->paused == (who != NULL))
        return error_set(e, -EALREADY, "the watch %s is %s", name, who ? "paused already" : "not paused");
    int r = store_begin(store, e);
    if (r < 0)
        return r;
    r = end_writing(store, watches_pause(store, name, who ? clock_wall_usec() : 0, who, e), e);
    if (r == 0)
        entry->paused = who != NULL;
    return r;
}

void watchlist_each(const struct watchlist *list, watchlist_visitor *visit, void *userdata)
{
    for (size_t i = 0; i < list->count; i++) {
        const struct entry *entry = list->entries[i];
        visit(entry->name, entry->watch, entry->paused, entry->trouble, userdata);
    }
}
