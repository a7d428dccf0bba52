/* Which old outcome is which new one.
 *
 * Outcomes have no id. The same measure is the same outcome; one that is much like an old one was reworded; a measure
 * that is about something else is a new outcome in the place of an old one, and is matched with none. */
#pragma once

#include "base/macro.h"

#include <jansson.h>
#include <stddef.h>

#define ITEM_NONE ((size_t)-1)

/* Longer lists are not matched; the longest of 1,708 real ones has 114. */
#define ITEMS_MAX 400

struct item_map {
    size_t old_count, new_count;
    size_t *new_of_old; /* owned; index in the new list or ITEM_NONE (dropped) */
    size_t *old_of_new; /* owned; index in the old list or ITEM_NONE (added) */
};

void item_map_free(struct item_map *map);
#define _cleanup_item_map_ _cleanup_(item_map_free)

/* Lists of at most ITEMS_MAX outcomes; NULL is an empty one. 0 or -ENOMEM; ret is untouched on failure. */
int items_match(const json_t *before, const json_t *after, struct item_map *ret);
