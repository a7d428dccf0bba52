/* Many watches of all studies by what they want: by place, and by kind and weight.
 *
 * Finds those that a study's changes may concern without trying the others; watch_wants() decides. */
#pragma once

#include "base/macro.h"
#include "trial/diff.h"
#include "trial/watch.h"

#include <stddef.h>
#include <stdint.h>

struct watch_index;

/* 0 or -ENOMEM. */
int watch_index_new(const struct watch *const *watches, size_t count, struct watch_index **ret);
void watch_index_free(struct watch_index *index);
DEFINE_CLEANUP(struct watch_index *, watch_index_free)

/* One bit a watch, by its number in watches: a new array that the caller frees, NULL when there are no watches. 0 or
 * -ENOMEM. */
int watch_index_find(const struct watch_index *index, const struct study *after, const struct change_list *changes,
                     uint64_t **ret);
