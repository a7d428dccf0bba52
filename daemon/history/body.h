/* A version's canonical bytes as they are kept: a zstd frame, of a later version with the bytes of its base as prefix,
 * as `zstd --patch-from` does. For this room only. */
#pragma once

#include "base/err.h"
#include "history/store.h"

#include <stddef.h>
#include <stdint.h>

/* No version is farther from a full body: a million of one study need 77 steps (body_base.h). */
#define BODY_CHAIN_MAX 128

/* More than any record can have (STUDY_MAX_RECORD_BYTES), whose reals may grow in canonical form. */
#define BODY_MAX_BYTES ((size_t)64 * 1024 * 1024)

struct body_coder;
void body_coder_free(struct body_coder *coder);

/* The caller frees *ret. base NULL: a full body. */
int body_encode(struct store *store, const char *base, size_t base_len, const char *bytes, size_t len, void **ret,
                size_t *ret_len, struct error *e);

/* The canonical bytes of the row in versions with this id, with a NUL behind them; the caller frees *ret. known is a
 * version whose bytes the caller has at hand (0: none), which saves reading it when it is the base. The hash is not
 * checked here. -EUCLEAN when they cannot be read. */
struct body_known {
    int64_t id;
    const char *bytes;
    size_t len;
};
int body_read(struct store *store, int64_t id, const struct body_known *known, char **ret, size_t *ret_len,
              struct error *e);
