/* What the files of trial/diff share. */
#pragma once

#include "base/buf.h"
#include "trial/diff.h"

#define NOTE_REWRAPPED "re-wrapped"
#define NOTE_RENUMBERED "renumbered"
#define NOTE_REWORDED "reworded"
#define NOTE_ADDED "added"
#define NOTE_DROPPED "dropped"
#define NOTE_REORDERED "reordered"

/* One comparison under way. */
struct differ {
    const struct study *before, *after;
    const struct site_map *map;
    struct change_list changes; /* found so far */
    struct buf path;            /* of the values compared; dots and backslashes in keys are escaped by a backslash */
};

/* Appends a change with the kind's weight and its own references; NULL without memory. Valid until the next one. */
struct change *change_list_add(struct change_list *list, enum kind kind, const char *path, const json_t *before,
                               const json_t *after);

bool change_has_note(const struct change *change, const char *note);

/* Both absent, or equal. */
bool diff_same(const json_t *before, const json_t *after);

/* Whether the value is absent or an array, so that a list can be compared item by item. */
bool diff_is_list(const json_t *value);

/* The change, if any is needed, that makes an empty object or array stand or go, once what was in it is dealt with:
 * what is emptied vanishes and what gets content appears by itself. */
int diff_container(struct differ *differ, enum kind kind, const json_t *before, const json_t *after);

/* Lists at differ->path. 0 or -ENOMEM. */
int diff_sites(struct differ *differ, const json_t *before, const json_t *after);
int diff_items(struct differ *differ, enum kind kind, const json_t *before, const json_t *after);

/* Whether diff_items() can take these lists. */
bool diff_items_fit(const json_t *before, const json_t *after);

/* Whether kept entries, in new order with their old indexes (SITE_NONE: added), stand in their old order. */
bool diff_order_kept(const size_t *old_of_new, size_t count);

/* The array over new indexes of old index or null; NULL without memory. */
json_t *diff_order(const size_t *old_of_new, size_t count);

/* Sets note and weight by what the two texts of a GRAIN_TEXT change, or the reason for stopping, say. */
void diff_weigh_text(struct change *change);

/* The note of an edit from one text to another, NULL when they are equal. */
const char *diff_text_note(const char *before, const char *after);

/* A list with its site or item changes applied: a new array, the caller's. -EINVAL when they do not fit. */
int apply_list(const json_t *list, const struct change *changes, size_t count, json_t **ret);

/* Whether the change is about one entry of a list, or the order of a list. */
bool change_is_in_list(const struct change *change);

bool change_is_of_site(const struct change *change);

/* An outcome, or another part of the outcomes. */
bool change_is_of_outcome(const struct change *change);
