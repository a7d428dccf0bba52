/* A query watch in the words of the registry's API. Pure. */
#pragma once

#include "base/buf.h"
#include "trial/watch.h"

/* A longer one may not fit into a URL with the registry's address and a page token. */
#define QUESTION_MAX_BYTES ((size_t)4000)

/* The parameters of /studies that ask for what answers the watch's query, "query.cond=…&filter.geo=…", without those
 * about pages and fields. The same watch always gives the same text, so that it can be told from another question.
 * near: narrows the question, by the place of any site. Appends; 0 or what buf_status() says. */
int question_append(struct buf *out, const struct watch *watch);
