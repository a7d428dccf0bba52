/* The best assignment of old sites to new ones, given how likely each pair is. */
#pragma once

#include <stddef.h>

/* A pair that may be one site. */
struct site_edge {
    size_t left, right;
    int gain; /* over nothing, above 0 */
};

#define SITE_UNASSIGNED ((size_t)-1)

/* Assigns each left one right or none so that the gains add up to the most: exactly so within groups of connected pairs
 * that are small, and by the greatest gain first within large ones. Reorders the edges, which come sorted by left and
 * right. ret has left_count entries. 0 or -ENOMEM. */
int site_assign(struct site_edge *edges, size_t edge_count, size_t left_count, size_t right_count, size_t *ret);
