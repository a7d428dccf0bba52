/* gzip (RFC 1952) as it arrives: pieces of any size in, decoded bytes out.
 *
 * Strict: members that follow each other without a gap, each with its checksum and its length right, and nothing behind
 * the last. A body without a byte is empty. */
#pragma once

#include "base/buf.h"
#include "base/err.h"

#include <stddef.h>

struct gunzip;

/* -ENOMEM. */
int gunzip_new(struct gunzip **ret, struct error *e);

/* Takes NULL. */
void gunzip_free(struct gunzip *gunzip);

/* Appends to out what the next len bytes hold, and no more than out may hold: -EFBIG then, or -ENOMEM. -EPROTO:
 * damaged, or no gzip. After a failure nothing more is to be fed. */
int gunzip_feed(struct gunzip *gunzip, const void *data, size_t len, struct buf *out, struct error *e);

/* What was fed was all: -EPROTO when it ends amid a member. */
int gunzip_finish(const struct gunzip *gunzip, struct error *e);
