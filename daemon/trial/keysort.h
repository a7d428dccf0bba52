/* Sorting by hashes: in time that grows linearly, since sites are sorted many times over. */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct keyed {
    uint64_t key;
    size_t place;
};

/* Sorts by key; equal keys keep their order. 0 or -ENOMEM. */
int keyed_sort(struct keyed *items, size_t count);

/* How many items from the first on have its key; count is above 0. */
size_t keyed_run(const struct keyed *items, size_t count);
