/* Canonical bytes of JSON values: keys sorted by code point, compact, UTF-8, reals in the fewest digits (15 or 17) that
 * read back equal, all of one value in as many.
 *
 * The same bytes as json_dumps() writes with JSON_SORT_KEYS, JSON_COMPACT, JSON_ENCODE_ANY and that
 * JSON_REAL_PRECISION, in less than half of its time; hashes of versions depend on them. Pure. */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

struct canonical {
    char *text; /* the caller's */
    size_t len;
    bool negative_zero; /* there is a real that equals zero, but is not written like it */
};

/* value has no cycle. 0, -ENOMEM, -EFBIG past BUF_DEFAULT_MAX_BYTES, or -EINVAL when value is NULL. */
int canonical_write(const json_t *value, struct canonical *ret);
