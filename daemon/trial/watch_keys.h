/* Places as numbers, by which watch_index files watches and looks them up.
 *
 * What people mean to be the same country, state or city is one key; two places are the same key by a rare accident
 * only, which costs a watch tried in vain. Positions are keys of cells of a grid over the earth. */
#pragma once

#include "base/macro.h"
#include "trial/study.h"
#include "trial/watch.h"

#include <stddef.h>
#include <stdint.h>

/* What a key says, in its highest bits. */
enum place_field { PLACE_ANYWHERE, PLACE_COUNTRY, PLACE_STATE, PLACE_CITY, PLACE_CELL, PLACE_FIELD_COUNT };

/* The key of any place of this field: for a site that does not say. It is the lowest of its field. */
uint64_t place_any(enum place_field field);
enum place_field place_field_of(uint64_t key);

struct place_keys {
    uint64_t *items; /* owned */
    size_t count, capacity;
};

void place_keys_free(struct place_keys *keys);
#define _cleanup_place_keys_ _cleanup_(place_keys_free)

/* 0 or -ENOMEM. */
int place_keys_add(struct place_keys *keys, uint64_t key);
/* Sorted, each once. */
void place_keys_sort(struct place_keys *keys);

/* Appends where the watch looks, by what of it tells most: the cells around near, or its cities, states or countries;
 * else place_any(PLACE_ANYWHERE). 0 or -ENOMEM. */
int place_keys_of_watch(struct place_keys *keys, const struct watch *watch);

/* The sites of a study, for what a site does not say itself but others in its city do. */
struct study_places;
int study_places_new(const struct study *study, struct study_places **ret);
void study_places_free(struct study_places *places);
DEFINE_CLEANUP(struct study_places *, study_places_free)

/* Appends the keys of a site of the study or of its version before; or those of all its sites. A watch that
 * watch_wants_place() lets pass there is filed under one of them. 0 or -ENOMEM. */
int place_keys_of_site(struct place_keys *keys, const struct study_places *places, const json_t *location);
int place_keys_of_study(struct place_keys *keys, const struct study_places *places);
