/* The asking for a list of studies, or for all that the registry has: which request comes next, and which ids were
 * answered.
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

/* The whole registry has some 600. */
#define LISTING_MAX_PAGES ((size_t)5000)

struct listing;

/* Where a listing of the whole registry stands between two pages. */
struct listing_place {
    char token[CTGOV_TOKEN_BYTES]; /* of the next page */
    size_t records;                /* so far */
    long long total;               /* promised; negative when the registry did not say */
};

/* base_url and ids, which are sorted, are borrowed. 0 or -ENOMEM. */
int listing_new(const char *base_url, const char *const *ids, size_t count, struct listing **ret);

/* Of the whole registry, in which these ids should be. from: where one that was interrupted goes on; NULL: the first
 * page. An id that is not open then may have been answered before. */
int listing_new_whole(const char *base_url, const char *const *ids, size_t count, const struct listing_place *from,
                      struct listing **ret);

void listing_free(struct listing *listing);
DEFINE_CLEANUP(struct listing *, listing_free)

/* 1: the URL of the next page is in ret (replaced). 0: everything was asked for. Negative: it cannot be asked. */
int listing_next(struct listing *listing, struct buf *ret, struct error *e);

/* How many ids the request that listing_next() gave asks for. */
size_t listing_request_size(const struct listing *listing);

/* Whether the whole registry is listed and another page follows; then where it stands is in ret. */
bool listing_place(const struct listing *listing, struct listing_place *ret);

/* How many studies the registry promised for the request under way; negative when it did not say. */
long long listing_total(const struct listing *listing);

/* Whether this page's ETag, which the registry makes from its data's time, says that it has refreshed since the first
 * page. Only a hint; once it was wrong, listing_distrust_etags() and it is not given again. */
bool listing_etag_moved(struct listing *listing, const char *etag);
void listing_distrust_etags(struct listing *listing);

/* Whether this id or alias of a study that came was asked for in this request, as every id is of the whole registry; it
 * counts as answered. */
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
