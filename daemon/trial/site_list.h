/* Two records' sites while they are matched: what the files of trial/sites share. */
#pragma once

#include "trial/site_features.h"
#include "trial/sites.h"
#include "trial/study.h"

struct site {
    struct site_hashes hashes;
    size_t index;                   /* in the record */
    size_t other;                   /* place of its counterpart in the other list, or SITE_NONE */
    struct site_features *features; /* borrowed from the list; NULL until needed */
};

/* One record's sites in an order that depends on their content alone. */
struct site_list {
    const struct study *study;
    struct site *sites;             /* owned */
    struct site_features *features; /* owned; of the sites that needed them */
    size_t count;
    size_t unmatched;
};

/* Left and right are the old and the new list, or the other way round: always in the order of their content, so that
 * matching B to A mirrors A to B. */
struct matcher {
    struct site_list left, right;
};

void matcher_pair(struct matcher *matcher, size_t left, size_t right);

/* A new hash from two, whose order counts. */
uint64_t hash_combine(uint64_t a, uint64_t b);
uint64_t hash_text(const char *text);

/* Each returns 0 or -ENOMEM.
 * Matches sites whose records agree: first those that are equal, then those of equal address. */
int sites_match_equal(struct matcher *matcher);

/* Reads the features of what is unmatched, with what only the whole list tells. */
int sites_prepare(struct site_list *list);

/* Matches prepared sites whose folded name and address are equal. */
int sites_match_folded(struct matcher *matcher);

/* Matches prepared sites by the best assignment of those that have something in common. */
int sites_match_scored(struct matcher *matcher);
