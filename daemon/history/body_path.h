/* A version's bytes together with those that they are read from, so that reading a study's versions in their order
 * decodes each once. For this room only. */
#pragma once

#include "history/body.h"

struct body_path {
    struct body_known steps[BODY_CHAIN_MAX]; /* each the base of the next; they own their bytes */
    size_t count;
};
void body_path_clear(struct body_path *path);

/* The bytes of that row, valid until the next call. As body_read(), and the path stays as it is when it fails. */
int body_path_read(struct store *store, struct body_path *path, int64_t id, const char **ret, size_t *ret_len,
                   struct error *e);
