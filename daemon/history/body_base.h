/* Which version's bytes are the prefix of a new one's body. For this room only.
 *
 * Of a study's versions, counted from 0 in each origin, number n has n - 16^k as its base, 16^k being the highest power
 * that divides n: mostly the one before, so that bodies are small, and from any version to the first it is at most 15
 * steps a digit, so that reading is quick. The first of a study was written by the same registry as those of others,
 * and has one of them as its base, the pattern. */
#pragma once

#include "base/err.h"
#include "history/rows.h"

#include <stddef.h>
#include <stdint.h>

/* A study whose record is of this length is a pattern for those that come after it, until there have been so many:
 * damage to one is damage to no more. */
#define BODY_PATTERN_MIN_BYTES ((size_t)8 * 1024)
#define BODY_PATTERN_MAX_BYTES ((size_t)64 * 1024)
#define BODY_PATTERN_STUDIES 256

/* How many versions before it a version's base is; 0 for the first. */
long body_base_distance(long index);

struct body_base {
    int64_t id;        /* 0: none, and the body is a full one */
    const char *bytes; /* owned, or those of the version before */
    size_t len;
    char *owned;
};
void body_base_clear(struct body_base *base);

/* The base of the next version of a study and origin. newest is the one before (id 0: none), whose study is before. */
int body_base_find(struct store *store, int64_t study_row, enum version_origin origin, const struct version_row *newest,
                   const struct study *before, struct body_base *ret, struct error *e);
