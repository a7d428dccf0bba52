/* What watchlist's files share: watchlist (which watches there are, at a start and in the history) and watchlist_change
 * (those that come, go and pause at run time). */
#pragma once

#include "base/macro.h"
#include "service/watchlist.h"

struct watch_entry {
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
    struct watch_entry **entries; /* by name */
    size_t count;
    struct watch_entry **removed; /* which an index may still know */
    size_t removed_count;
};

/* settings NULL: of the settings, where who says. NULL without memory. */
struct watch_entry *watchlist_new_entry(const char *name, const char *who, const char *settings);
void watchlist_free_entry(struct watch_entry *entry);
DEFINE_CLEANUP(struct watch_entry *, watchlist_free_entry)

/* It is in force as this watch, which is borrowed. */
void watchlist_set_watch(struct watch_entry *entry, const struct watch *watch);

/* The settings of a watch as JSON, which the caller frees. NULL without memory. */
char *watchlist_print(const struct watch *watch);

struct watch_entry *watchlist_find(const struct watchlist *list, const char *name);

/* Room for one more, and for its removal, so that neither of the next two fails. */
int watchlist_reserve(struct watchlist *list, struct error *e);
/* Takes the entry over. */
void watchlist_insert(struct watchlist *list, struct watch_entry *entry);
/* It is among the removed until watchlist_forget(). */
void watchlist_take_out(struct watchlist *list, struct watch_entry *entry);

/* Inside a transaction: notes it in the history. */
int watchlist_note_entry(const struct watch_entry *entry, struct store *store, struct error *e);

/* Ends a transaction: kept when r is 0. */
int watchlist_end_writing(struct store *store, int r, struct error *e);
