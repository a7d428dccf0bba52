/* All watches: those of the settings, and those that were added at run time and stand in the history. Any of them may
 * be paused, which silences it: its studies are looked after as before, but it tells nobody. */
#pragma once

#include "base/macro.h"
#include "history/watches.h"
#include "service/config.h"

#include <stdbool.h>

struct watchlist;

/* Makes the list of the settings and of what the history has; added ones are checked against these settings, and those
 * that have mistakes are kept, but are not in force. A watch of the settings takes the place of an added one of its
 * name. config is borrowed until watchlist_free(). */
int watchlist_new(const struct config *config, struct store *store, struct watchlist **ret, struct error *e);
void watchlist_free(struct watchlist *list);
DEFINE_CLEANUP(struct watchlist *, watchlist_free)

/* Notes in the history which watches there are now and what is wrong with them. */
int watchlist_note(const struct watchlist *list, struct store *store, struct error *e);

/* A new index over those in force. They outlive it while the list does, those removed until watchlist_forget(). */
int watchlist_index(const struct watchlist *list, struct watch_set **ret);
void watchlist_forget(struct watchlist *list);

/* Each keeps the history and the list alike; the caller makes a new index.
 *
 * -EEXIST: the name is taken; -EINVAL after mistakes were told, or one with a sentence. */
int watchlist_add(struct watchlist *list, struct store *store, const json_t *settings, const char *who,
                  config_report *report, void *userdata, const struct watch **ret, struct error *e);
/* -ENOENT; -EPERM: it is one of the settings. */
int watchlist_remove(struct watchlist *list, struct store *store, const char *name, struct error *e);
/* who NULL: it is no longer paused. -ENOENT; -EALREADY. */
int watchlist_pause(struct watchlist *list, struct store *store, const char *name, const char *who, struct error *e);

/* By name. trouble "": in force, with watch; else watch is NULL. */
typedef void watchlist_visitor(const char *name, const struct watch *watch, bool paused, const char *trouble,
                               void *userdata);
void watchlist_each(const struct watchlist *list, watchlist_visitor *visit, void *userdata);
