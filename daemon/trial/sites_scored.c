/* Sites that are the same by what they have in common: those that share something are compared, and the best assignment
 * of all is taken. */
#include "trial/site_list.h"

#include "trial/keysort.h"
#include "trial/site_assign.h"
#include "trial/site_score.h"
#include "trial/site_words.h"

#include <errno.h>
#include <string.h>

/* Sites that share something are compared pair by pair when this many pairs at most share it: what more share says
 * little, and the cost of comparing all with all would grow with the square. */
#define MAX_PAIRS_OF_KEY 1024

/* Keys by which a site finds those it is compared with: zip, city, position, name, code, and its distinctive words and
 * contacts. */
#define MAX_KEYS (5 + SITE_MAX_WORDS + SITE_MAX_CONTACTS)

enum key_type { KEY_ZIP = 1, KEY_CITY, KEY_POSITION, KEY_NAME, KEY_CODE, KEY_WORD, KEY_CONTACT };

static uint64_t hash_double(double value)
{
    uint64_t bits;

    memcpy(&bits, &value, sizeof(bits));
    return bits;
}

/* What the site is found by. Returns the number of keys. */
static size_t search_keys(const struct site_features *site, uint64_t ret[static MAX_KEYS])
{
    /* "55905-0001" is found by "55905" */
    char zip[6] = {0};
    size_t count = 0;

    memcpy(zip, site->zip, strnlen(site->zip, sizeof(zip) - 1));
    if (*zip)
        ret[count++] = hash_combine(KEY_ZIP, hash_text(zip));
    if (*site->city)
        ret[count++] = hash_combine(KEY_CITY, hash_combine(hash_text(site->city), site->country));
    if (site->has_position)
        ret[count++] = hash_combine(KEY_POSITION, hash_combine(hash_double(site->lat), hash_double(site->lon)));
    if (!site->anonymous)
        ret[count++] = hash_combine(KEY_NAME, site->name);
    if (site->code)
        ret[count++] = hash_combine(KEY_CODE, site->code);
    for (size_t i = 0; !site->anonymous && i < site->word_count; i++)
        if (site->words[i].word_class == WORD_DISTINCTIVE)
            ret[count++] = hash_combine(KEY_WORD, hash_combine(site->words[i].hash, site->country));
    for (size_t i = 0; i < site->contact_count; i++)
        ret[count++] = hash_combine(KEY_CONTACT, site->contacts[i]);
    return count;
}

/* A list's unmatched sites under each of their keys, sorted; the caller frees. NULL: no memory. */
static struct keyed *index_sites(const struct site_list *list, size_t *ret_count)
{
    _cleanup_free_ struct keyed *entries = malloc((list->unmatched * MAX_KEYS + 1) * sizeof(*entries));
    uint64_t keys[MAX_KEYS];
    size_t count = 0;

    for (size_t i = 0; entries && i < list->count; i++) {
        size_t n = list->sites[i].other == SITE_NONE ? search_keys(list->sites[i].features, keys) : 0;
        for (size_t k = 0; k < n; k++)
            entries[count++] = (struct keyed){keys[k], i};
    }
    *ret_count = count;
    return entries && keyed_sort(entries, count) == 0 ? TAKE_PTR(entries) : NULL;
}

/* Pairs of places to compare, packed into keys, which grow as they are found. */
struct pairs {
    struct keyed *items; /* owned */
    size_t count, capacity;
};

static void pairs_free(struct pairs *pairs)
{
    free(pairs->items);
}

static int add_pair(struct pairs *pairs, size_t left, size_t right)
{
    if (pairs->count == pairs->capacity) {
        size_t capacity = size_max(pairs->capacity * 2, 256);
        struct keyed *items = reallocarray(pairs->items, capacity, sizeof(*items));
        if (!items)
            return -ENOMEM;
        pairs->items = items;
        pairs->capacity = capacity;
    }
    /* a record's limit on locations leaves both places below 32 bits */
    pairs->items[pairs->count++] = (struct keyed){.key = (uint64_t)left << 32 | right};
    return 0;
}

static int add_all_pairs(struct pairs *pairs, const struct keyed *left, size_t left_count, const struct keyed *right,
                         size_t right_count)
{
    int r = 0;

    for (size_t i = 0; r == 0 && i < left_count; i++)
        for (size_t j = 0; r == 0 && j < right_count; j++)
            r = add_pair(pairs, left[i].place, right[j].place);
    return r;
}

/* Every pair of unmatched sites that have a key in common, sorted; some more than once. */
static int find_pairs(const struct matcher *matcher, struct pairs *ret)
{
    size_t left_count, right_count;
    _cleanup_free_ struct keyed *left = index_sites(&matcher->left, &left_count);
    _cleanup_free_ struct keyed *right = index_sites(&matcher->right, &right_count);
    int r = 0;

    if (!left || !right)
        return -ENOMEM;
    for (size_t i = 0, j = 0; r == 0 && i < left_count && j < right_count;) {
        if (left[i].key != right[j].key) {
            bool left_first = left[i].key < right[j].key;
            i += left_first;
            j += !left_first;
            continue;
        }
        size_t n = keyed_run(left + i, left_count - i);
        size_t m = keyed_run(right + j, right_count - j);
        if (n * m <= MAX_PAIRS_OF_KEY)
            r = add_all_pairs(ret, left + i, n, right + j, m);
        i += n;
        j += m;
    }
    return r < 0 ? r : keyed_sort(ret->items, ret->count);
}

/* What taking the two for one site gains; above 0 when they may be one. */
static int pair_gain(const struct site *left, const struct site *right)
{
    /* of equally likely ones those whose status stays, by the least that a gain can differ */
    bool same_status = left->hashes.status == right->hashes.status;

    return 2 * (site_score(left->features, right->features) - SITE_SCORE_SAME) + 1 + same_status;
}

/* The pairs that may be one site, each once; the caller frees. NULL: no memory. */
static struct site_edge *score_pairs(const struct matcher *matcher, const struct pairs *pairs, size_t *ret_count)
{
    struct site_edge *edges = malloc((pairs->count + 1) * sizeof(*edges));
    size_t count = 0;

    for (size_t k = 0; edges && k < pairs->count; k++) {
        uint64_t key = pairs->items[k].key;
        if (k > 0 && pairs->items[k - 1].key == key)
            continue;
        struct site_edge edge = {.left = key >> 32, .right = key & UINT32_MAX};
        edge.gain = pair_gain(&matcher->left.sites[edge.left], &matcher->right.sites[edge.right]);
        if (edge.gain > 0)
            edges[count++] = edge;
    }
    *ret_count = count;
    return edges;
}

int sites_match_scored(struct matcher *matcher)
{
    _cleanup_(pairs_free) struct pairs pairs = {0};
    size_t count;

    if (matcher->left.unmatched == 0 || matcher->right.unmatched == 0)
        return 0;
    if (find_pairs(matcher, &pairs) < 0)
        return -ENOMEM;
    _cleanup_free_ struct site_edge *edges = score_pairs(matcher, &pairs, &count);
    _cleanup_free_ size_t *right_of = malloc((matcher->left.count + 1) * sizeof(*right_of));
    if (!edges || !right_of || site_assign(edges, count, matcher->left.count, matcher->right.count, right_of) < 0)
        return -ENOMEM;
    for (size_t i = 0; i < matcher->left.count; i++)
        if (right_of[i] != SITE_UNASSIGNED)
            matcher_pair(matcher, i, right_of[i]);
    return 0;
}
