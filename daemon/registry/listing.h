/* The asking for a list of studies: which request comes next, and which ids were answered.
 *
 * The ids are asked for in the fewest requests, each with as many pages as it takes. A request that is refused is
 * halved until the one id that the registry does not take is found. Pure: the poller does the requests. */
#pragma once

#include "base/buf.h"
#include "base/err.h"
#include "base/macro.h"
#include "registry/page.h"
#include "trial/study.h"

#include <stdbool.h>
#include <stddef.h>

/* One page holds all records of a request; a registry that gives fewer a page may, but not for ever. */
#define LISTING_SPARE_PAGES 10

/* One bad id in a full request is found by some 20 refusals. So many in a row mean that the registry refuses us. */
#define LISTING_MAX_REFUSALS 64

#define LISTING_ETAG_BYTES 128

struct listing;

/* base_url and ids, which are sorted, are borrowed. 0 or -ENOMEM. */
int listing_new(const char *base_url, const char *const *ids, size_t count, struct listing **ret);
void listing_free(struct listing *listing);
DEFINE_CLEANUP(struct listing *, listing_free)

/* 1: the URL of the next page is in ret (replaced). 0: everything was asked for. Negative: it cannot be asked. */
int listing_next(struct listing *listing, struct buf *ret, struct error *e);

/* How many ids the request that listing_next() gave asks for. */
size_t listing_request_size(const struct listing *listing);

/* Whether this page's ETag, which the registry makes from its data's time, says that it has refreshed since the first
 * page. Only a hint; once it was wrong, listing_distrust_etags() and it is not given again. */
bool listing_etag_moved(struct listing *listing, const char *etag);
void listing_distrust_etags(struct listing *listing);

/* Whether this id or alias of a study that came was asked for in this request; it counts as answered. */
bool listing_take_id(struct listing *listing, const char *nct_id);

/* A record that could not be read; nct_id is NULL when it does not even say whose it is: then nobody is missing. */
void listing_take_unreadable(struct listing *listing, const char *nct_id);

/* The page, read to its end, has been taken in. -EBADMSG: a token for the second time, too many pages, or fewer records
 * in all than the registry had promised. */
int listing_take_page(struct listing *listing, const struct page *page, struct error *e);

/* The registry answered 400, with why as a sentence. 0: it goes on. -ESTALE: it was a later page, whose token does not
 * outlive a refresh: list anew. -EINVAL: it refuses everything. */
int listing_take_refusal(struct listing *listing, const struct error *why, struct error *e);

/* The ids that the registry left out or refused, once everything was asked for: a new array of borrowed pointers. */
int listing_missing(const struct listing *listing, const char ***ret, size_t *ret_count);
