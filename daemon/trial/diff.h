/* Two records of a study ──► typed changes.
 *
 * Every difference lands in exactly one change, or under a GRAIN_IGNORED row: applying the changes to the canonical old
 * record gives the canonical new one. Pure: no I/O, no clock. */
#pragma once

#include "base/err.h"
#include "base/macro.h"
#include "trial/kinds.h"
#include "trial/sites.h"
#include "trial/study.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

struct change {
    enum kind kind;
    enum weight weight; /* the kind's, or more for what the text says (a stop for safety) or less for a trifle */
    char *path;         /* owned; dotted; of a site: protocolSection.contactsLocationsModule.locations */
    json_t *before;     /* owned reference; NULL when absent. Of a site: only the fields this change is about */
    json_t *after;      /* owned reference; NULL when absent */
    size_t old_index;   /* of a site, else SITE_NONE; SITE_NONE also for a site that was not listed before */
    size_t new_index;   /* of a site, else SITE_NONE; SITE_NONE also for a site that is no longer listed */
    size_t old_item;    /* likewise of an item of a GRAIN_ITEMS list (an outcome); meaningless for other kinds */
    size_t new_item;
    bool with_study;        /* the site opened or closed because the whole study did */
    char *effective_before; /* owned; a site's effective status when it was listed and this is about it, else NULL */
    char *effective_after;
    const char *note; /* static text for people: "renumbered", "re-wrapped", "reworded", "added", "dropped",
                       * "reordered"; or NULL */
    long site;        /* the site's number in the history, 0 until history/sites has given it */
};

struct change_list {
    struct change *items; /* owned */
    size_t count;
    size_t capacity;
};

/* Frees what the change owns and leaves an empty one. */
void change_clear(struct change *change);

void change_list_free(struct change_list *list);
#define _cleanup_change_list_ _cleanup_(change_list_free)

/* map is that of sites_match(before, after). Changes come in a fixed order: by path, sites by new then old index.
 * 0, -ENOMEM, or -EINVAL when the two are not the same study. */
int diff_studies(const struct study *before, const struct study *after, const struct site_map *map,
                 struct change_list *ret, struct error *e);

/* Applies the changes to a copy of the old canonical record. The caller owns *ret. -EINVAL when they do not fit. */
int diff_apply(const json_t *before, const struct change_list *changes, json_t **ret, struct error *e);

/* {"kind","weight","path","before"?,"after"?,"old_index"?,"new_index"?,"old_item"?,"new_item"?,"with_study"?,
 * "effective_before"?,"effective_after"?,"note"?,"site"?}: a new reference, NULL without memory. Index keys stand in
 * every site change, null for none; item keys likewise in every change of an outcome. */
json_t *change_to_json(const struct change *change);

/* The reverse, for changes read back from the history; ret is untouched on failure. -EINVAL for what change_to_json()
 * does not make. */
int change_from_json(const json_t *json, struct change *ret, struct error *e);
