#include "trial/sites.h"

#include "trial/keysort.h"
#include "trial/site_list.h"

#include <errno.h>
#include <stdlib.h>

static void site_list_free(struct site_list *list)
{
    free(list->sites);
    free(list->features);
}

static void matcher_free(struct matcher *matcher)
{
    site_list_free(&matcher->left);
    site_list_free(&matcher->right);
}

void site_map_free(struct site_map *map)
{
    free(map->new_of_old);
    free(map->old_of_new);
    *map = (struct site_map){0};
}

uint64_t hash_combine(uint64_t a, uint64_t b)
{
    uint64_t hash = (a ^ (b + UINT64_C(0x9e3779b97f4a7c15))) * UINT64_C(0xff51afd7ed558ccd);

    return hash ^ hash >> 32;
}

uint64_t hash_text(const char *text)
{
    uint64_t hash = 1;

    for (; *text; text++)
        hash = hash_combine(hash, (unsigned char)*text);
    return hash;
}

void matcher_pair(struct matcher *matcher, size_t left, size_t right)
{
    matcher->left.sites[left].other = right;
    matcher->right.sites[right].other = left;
    matcher->left.unmatched--;
    matcher->right.unmatched--;
}

/* The sites by their content; equal ones in the order of the record. */
static int read_list(const struct study *study, struct site_list *ret)
{
    size_t count = study_location_count(study);
    _cleanup_free_ struct site_hashes *hashes = malloc((count + 1) * sizeof(*hashes));
    _cleanup_free_ struct keyed *order = malloc((count + 1) * sizeof(*order));

    ret->study = study;
    ret->sites = calloc(count + 1, sizeof(*ret->sites));
    if (!hashes || !order || !ret->sites)
        return -ENOMEM;
    ret->count = ret->unmatched = count;
    for (size_t i = 0; i < count; i++) {
        site_hash(study_location(study, i), &hashes[i]);
        order[i] = (struct keyed){hashes[i].content, i};
    }
    if (keyed_sort(order, count) < 0)
        return -ENOMEM;
    for (size_t i = 0; i < count; i++)
        ret->sites[i] = (struct site){.hashes = hashes[order[i].place], .index = order[i].place, .other = SITE_NONE};
    return 0;
}

/* Whether the list comes first by its content. */
static bool comes_first(const struct site_list *list, const struct site_list *other)
{
    for (size_t i = 0; i < list->count && i < other->count; i++)
        if (list->sites[i].hashes.content != other->sites[i].hashes.content)
            return list->sites[i].hashes.content < other->sites[i].hashes.content;
    return list->count <= other->count;
}

static int match_lists(struct matcher *matcher)
{
    int r = sites_match_equal(matcher);

    if (r < 0 || matcher->left.unmatched == 0 || matcher->right.unmatched == 0)
        return r;
    r = sites_prepare(&matcher->left);
    if (r == 0)
        r = sites_prepare(&matcher->right);
    if (r == 0)
        r = sites_match_folded(matcher);
    return r < 0 ? r : sites_match_scored(matcher);
}

/* The partners of a list's sites by their indexes in the records; the caller frees. NULL: no memory. */
static size_t *partners(const struct site_list *list, const struct site_list *others)
{
    size_t *ret = malloc((list->count + 1) * sizeof(*ret));

    for (size_t i = 0; ret && i < list->count; i++) {
        size_t other = list->sites[i].other;
        ret[list->sites[i].index] = other == SITE_NONE ? SITE_NONE : others->sites[other].index;
    }
    return ret;
}

int sites_match(const struct study *before, const struct study *after, struct site_map *ret)
{
    _cleanup_(matcher_free) struct matcher matcher = {0};
    struct site_list *old_list = &matcher.left, *new_list = &matcher.right;

    if (read_list(before, &matcher.left) < 0 || read_list(after, &matcher.right) < 0)
        return -ENOMEM;
    if (!comes_first(&matcher.left, &matcher.right)) {
        matcher = (struct matcher){.left = matcher.right, .right = matcher.left};
        old_list = &matcher.right;
        new_list = &matcher.left;
    }
    if (match_lists(&matcher) < 0)
        return -ENOMEM;

    _cleanup_site_map_ struct site_map map = {
        .old_count = old_list->count,
        .new_count = new_list->count,
        .new_of_old = partners(old_list, new_list),
        .old_of_new = partners(new_list, old_list),
    };
    if (!map.new_of_old || !map.old_of_new)
        return -ENOMEM;
    *ret = map;
    map = (struct site_map){0};
    return 0;
}
