/* Which old site is which new site.
 *
 * Sites have no id in the registry, and their position means nothing. The assignment takes exact matches first, as a
 * multiset, then the best assignment within small groups by what usually stays: zip, geoPoint, contact, folded name,
 * city and country. It depends only on the two lists, not on their order, and matching B to A mirrors A to B. */
#pragma once

#include "base/macro.h"
#include "trial/study.h"

#include <stddef.h>

#define SITE_NONE ((size_t)-1)

struct site_map {
    size_t old_count, new_count;
    size_t *new_of_old; /* owned; old_count entries: index in the new list or SITE_NONE (removed) */
    size_t *old_of_new; /* owned; new_count entries: index in the old list or SITE_NONE (added) */
};

void site_map_free(struct site_map *map);
#define _cleanup_site_map_ _cleanup_(site_map_free)

/* 0 or -ENOMEM; ret is untouched on failure. */
int sites_match(const struct study *before, const struct study *after, struct site_map *ret);
