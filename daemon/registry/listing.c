#include "registry/listing.h"

#include "registry/ctgov.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Halving adds at most one range a level, and a request has fewer than 2^16 ids. */
#define HALVING_LEVELS 16

enum asked { ASKED_OPEN, ASKED_ANSWERED, ASKED_UNREADABLE, ASKED_REFUSED };

/* The ids of one request. */
struct range {
    size_t first;
    size_t count;
};

struct listing {
    const char *base_url;
    const char *const *ids;
    size_t count;
    bool whole; /* one request, for everything */
    enum asked *asked;
    struct range *ranges; /* still to be asked; the last one is the one that is being asked */
    size_t range_count;
    char **tokens; /* of the pages of this request so far; the last one is the page that is being asked */
    size_t token_count, token_capacity;
    size_t records;  /* of this request so far */
    long long total; /* of this request, negative when the registry did not say */
    char etag[LISTING_ETAG_BYTES];
    bool etags_distrusted;
    bool someone_unreadable;
    long refusals; /* in a row */
};

static void begin_request(struct listing *listing)
{
    for (size_t i = 0; i < listing->token_count; i++)
        free(listing->tokens[i]);
    listing->token_count = 0;
    listing->records = 0;
    listing->total = -1;
}

/* The last range is asked first, so they are laid down backwards. */
static void lay_ranges(struct listing *listing, size_t per_request)
{
    listing->range_count = (listing->count + per_request - 1) / per_request;
    for (size_t i = 0; i < listing->range_count; i++) {
        size_t first = i * per_request;
        listing->ranges[listing->range_count - 1 - i] = (struct range){
            .first = first,
            .count = size_min(per_request, listing->count - first),
        };
    }
}

static int make_room(struct listing *listing, size_t range_count, size_t token_capacity)
{
    listing->token_capacity = token_capacity;
    listing->asked = calloc(listing->count + 1, sizeof(*listing->asked));
    listing->ranges = calloc(range_count, sizeof(*listing->ranges));
    listing->tokens = calloc(token_capacity, sizeof(*listing->tokens));
    return listing->asked && listing->ranges && listing->tokens ? 0 : -ENOMEM;
}

int listing_new(const char *base_url, const char *const *ids, size_t count, struct listing **ret)
{
    _cleanup_(listing_free_cleanup) struct listing *listing = calloc(1, sizeof(*listing));
    size_t per_request = ctgov_ids_per_request(base_url);

    if (!listing)
        return -ENOMEM;
    *listing = (struct listing){.base_url = base_url, .ids = ids, .count = count, .total = -1};
    if (make_room(listing, count / per_request + 1 + HALVING_LEVELS, per_request + LISTING_SPARE_PAGES) < 0)
        return -ENOMEM;
    lay_ranges(listing, per_request);
    *ret = TAKE_PTR(listing);
    return 0;
}

static int go_on_from(struct listing *listing, const struct listing_place *place)
{
    listing->tokens[0] = strdup(place->token);
    if (!listing->tokens[0])
        return -ENOMEM;
    listing->token_count = 1;
    listing->records = place->records;
    listing->total = place->total;
    return 0;
}

int listing_new_whole(const char *base_url, const char *const *ids, size_t count, const struct listing_place *from,
                      struct listing **ret)
{
    _cleanup_(listing_free_cleanup) struct listing *listing = calloc(1, sizeof(*listing));

    if (!listing)
        return -ENOMEM;
    *listing = (struct listing){.base_url = base_url, .ids = ids, .count = count, .whole = true, .total = -1};
    if (make_room(listing, 1, LISTING_MAX_PAGES) < 0 || (from && go_on_from(listing, from) < 0))
        return -ENOMEM;
    listing->ranges[0].count = count;
    listing->range_count = 1;
    *ret = TAKE_PTR(listing);
    return 0;
}

void listing_free(struct listing *listing)
{
    if (!listing)
        return;
    if (listing->tokens)
        begin_request(listing);
    free(listing->tokens);
    free(listing->ranges);
    free(listing->asked);
    free(listing);
}

static struct range *current(const struct listing *listing)
{
    return &listing->ranges[listing->range_count - 1];
}

static const char *current_token(const struct listing *listing)
{
    return listing->token_count > 0 ? listing->tokens[listing->token_count - 1] : NULL;
}

int listing_next(struct listing *listing, struct buf *ret, struct error *e)
{
    if (listing->range_count == 0)
        return 0;

    const struct range *range = current(listing);
    const char *token = current_token(listing);
    buf_reset(ret);
    int r = listing->whole
                ? ctgov_append_whole_url(ret, listing->base_url, token, e)
                : ctgov_append_studies_url(ret, listing->base_url, listing->ids + range->first, range->count, token, e);
    return r < 0 ? r : 1;
}

size_t listing_request_size(const struct listing *listing)
{
    return current(listing)->count;
}

bool listing_place(const struct listing *listing, struct listing_place *ret)
{
    if (!listing->whole || listing->range_count == 0 || listing->token_count == 0)
        return false;
    *ret = (struct listing_place){.records = listing->records, .total = listing->total};
    snprintf(ret->token, sizeof(ret->token), "%s", current_token(listing));
    return true;
}

long long listing_total(const struct listing *listing)
{
    return listing->total;
}

bool listing_etag_moved(struct listing *listing, const char *etag)
{
    if (listing->etags_distrusted || etag[0] == '\0' || strlen(etag) >= sizeof(listing->etag))
        return false;
    if (listing->etag[0] == '\0')
        snprintf(listing->etag, sizeof(listing->etag), "%s", etag);
    return strcmp(listing->etag, etag) != 0;
}

void listing_distrust_etags(struct listing *listing)
{
    listing->etags_distrusted = true;
}

static int compare_id(const void *key, const void *item)
{
    return strcmp(key, *(const char *const *)item);
}

bool listing_take_id(struct listing *listing, const char *nct_id)
{
    const struct range *range = current(listing);
    const char *const *found =
        bsearch(nct_id, listing->ids + range->first, range->count, sizeof(*listing->ids), compare_id);

    if (found)
        listing->asked[found - listing->ids] = ASKED_ANSWERED;
    return found || listing->whole;
}

void listing_take_unreadable(struct listing *listing, const char *nct_id)
{
    bool found = false;

    for (size_t i = 0; nct_id && i < listing->count; i++) {
        if (strcmp(listing->ids[i], nct_id) != 0)
            continue;
        found = true;
        if (listing->asked[i] == ASKED_OPEN)
            listing->asked[i] = ASKED_UNREADABLE;
    }
    if (!found)
        listing->someone_unreadable = true;
}

static size_t max_tokens(const struct listing *listing)
{
    return listing->whole ? listing->token_capacity : current(listing)->count + LISTING_SPARE_PAGES;
}

static int add_token(struct listing *listing, const char *token, struct error *e)
{
    for (size_t i = 0; i < listing->token_count; i++) {
        if (strcmp(listing->tokens[i], token) == 0)
            return error_set(e, -EBADMSG, "the registry gave the same page token twice, so its listing has no end");
    }
    if (listing->token_count + 1 >= max_tokens(listing))
        return error_set(e, -EBADMSG, "the registry's listing of %zu studies has more than %zu pages",
                         listing->whole ? listing->records : current(listing)->count, listing->token_count + 1);
    char *copy = strdup(token);
    if (!copy)
        return error_set(e, -ENOMEM, "there is no memory to go on listing");
    listing->tokens[listing->token_count++] = copy;
    return 0;
}

static int end_request(struct listing *listing, struct error *e)
{
    if (listing->total >= 0 && (long long)listing->records < listing->total)
        return error_set(e, -EBADMSG, "the registry promised %lld records and gave %zu", listing->total,
                         listing->records);
    listing->range_count--;
    begin_request(listing);
    return 0;
}

int listing_take_page(struct listing *listing, const struct page *page, struct error *e)
{
    listing->refusals = 0;
    listing->records += page->records;
    if (listing->token_count == 0)
        listing->total = page->total;
    return page->token[0] != '\0' ? add_token(listing, page->token, e) : end_request(listing, e);
}

/* The second half is asked for after the first. */
static void halve(struct listing *listing)
{
    struct range *range = current(listing);
    struct range first = {.first = range->first, .count = range->count / 2};

    range->first += first.count;
    range->count -= first.count;
    listing->ranges[listing->range_count++] = first;
}

int listing_take_refusal(struct listing *listing, const struct error *why, struct error *e)
{
    if (listing->token_count > 0)
        return error_set(e, -ESTALE, "the registry no longer knows its own page token: %s", why->text);
    if (listing->whole || ++listing->refusals > LISTING_MAX_REFUSALS)
        return error_set(e, -EINVAL, "%s", why->text);
    if (current(listing)->count > 1) {
        halve(listing);
    } else {
        listing->asked[current(listing)->first] = ASKED_REFUSED;
        listing->range_count--;
    }
    begin_request(listing);
    return 0;
}

static bool is_missing(const struct listing *listing, size_t index)
{
    if (listing->asked[index] == ASKED_REFUSED)
        return true;
    return listing->asked[index] == ASKED_OPEN && !listing->someone_unreadable;
}

int listing_missing(const struct listing *listing, const char ***ret, size_t *ret_count)
{
    const char **missing = calloc(listing->count + 1, sizeof(*missing));
    size_t count = 0;

    if (!missing)
        return -ENOMEM;
    for (size_t i = 0; i < listing->count; i++) {
        if (is_missing(listing, i))
            missing[count++] = listing->ids[i];
    }
    *ret = missing;
    *ret_count = count;
    return 0;
}
