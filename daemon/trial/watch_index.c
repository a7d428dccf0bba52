#include "trial/watch_index.h"

#include "trial/watch_keys.h"

#include <errno.h>
#include <stdlib.h>

/* The watches that want the same kinds and weights. */
struct wish {
    uint64_t kinds;
    unsigned weights;
};

/* A watch under one of its places. */
struct filed {
    uint64_t key;
    uint32_t wish;
    uint32_t watch;
};

struct watch_index {
    size_t watch_count;
    struct wish *wishes; /* sorted, each once */
    size_t wish_count;
    struct filed *filed; /* by key, then wish */
    size_t filed_count, filed_capacity;
};

/* What a study's changes are looked up with. */
struct lookup {
    const struct watch_index *index;
    const struct study *after;
    const struct change_list *changes;
    struct study_places *places;     /* owned */
    struct place_keys keys_of_study; /* of all its sites; empty until they are wanted */
    bool *wanted;                    /* owned; by wish: whether it wants the kind and weight at hand */
    uint64_t *found;                 /* owned */
};

static void lookup_clear(struct lookup *lookup)
{
    study_places_free(lookup->places);
    place_keys_free(&lookup->keys_of_study);
    free(lookup->wanted);
    free(lookup->found);
}

static int compare_wishes(const void *a, const void *b)
{
    const struct wish *x = a, *y = b;

    if (x->kinds != y->kinds)
        return x->kinds < y->kinds ? -1 : 1;
    return (x->weights > y->weights) - (x->weights < y->weights);
}

static int compare_filed(const void *a, const void *b)
{
    const struct filed *x = a, *y = b;

    if (x->key != y->key)
        return x->key < y->key ? -1 : 1;
    return (x->wish > y->wish) - (x->wish < y->wish);
}

static struct wish wish_of(const struct watch *watch)
{
    uint64_t listed = watch_has_query(watch) ? UINT64_C(1) << KIND_LISTED : 0;

    return (struct wish){watch->kinds | listed, watch->weights};
}

static int list_wishes(struct watch_index *index, const struct watch *const *watches)
{
    size_t kept = 0;

    index->wishes = calloc(index->watch_count + 1, sizeof(*index->wishes));
    if (!index->wishes)
        return -ENOMEM;
    for (size_t i = 0; i < index->watch_count; i++)
        index->wishes[i] = wish_of(watches[i]);
    qsort(index->wishes, index->watch_count, sizeof(*index->wishes), compare_wishes);
    for (size_t i = 0; i < index->watch_count; i++)
        if (kept == 0 || compare_wishes(&index->wishes[kept - 1], &index->wishes[i]) != 0)
            index->wishes[kept++] = index->wishes[i];
    index->wish_count = kept;
    return 0;
}

static uint32_t find_wish(const struct watch_index *index, const struct watch *watch)
{
    const struct wish wish = wish_of(watch);
    const struct wish *found = bsearch(&wish, index->wishes, index->wish_count, sizeof(*index->wishes), compare_wishes);

    return (uint32_t)(found - index->wishes);
}

static int file_watch(struct watch_index *index, const struct watch *watch, uint32_t number, struct place_keys *keys)
{
    uint32_t wish = find_wish(index, watch);
    int r = place_keys_of_watch(keys, watch);

    if (r < 0)
        return r;
    if (index->filed_count + keys->count > index->filed_capacity) {
        size_t capacity = size_max(2 * index->filed_capacity, index->filed_count + keys->count);
        struct filed *filed = reallocarray(index->filed, capacity, sizeof(*filed));
        if (!filed)
            return -ENOMEM;
        index->filed = filed;
        index->filed_capacity = capacity;
    }
    for (size_t i = 0; i < keys->count; i++)
        index->filed[index->filed_count++] = (struct filed){keys->items[i], wish, number};
    keys->count = 0;
    return 0;
}

int watch_index_new(const struct watch *const *watches, size_t count, struct watch_index **ret)
{
    _cleanup_(watch_index_free_cleanup) struct watch_index *index = calloc(1, sizeof(*index));
    _cleanup_place_keys_ struct place_keys keys = {0};

    if (!index)
        return -ENOMEM;
    index->watch_count = count;
    int r = list_wishes(index, watches);
    for (size_t i = 0; r == 0 && i < count; i++)
        r = file_watch(index, watches[i], (uint32_t)i, &keys);
    if (r < 0)
        return r;
    if (index->filed_count > 0)
        qsort(index->filed, index->filed_count, sizeof(*index->filed), compare_filed);
    *ret = TAKE_PTR(index);
    return 0;
}

void watch_index_free(struct watch_index *index)
{
    if (!index)
        return;
    free(index->wishes);
    free(index->filed);
    free(index);
}

/* The number of the first entry with this key or a higher one. */
static size_t find_key(const struct watch_index *index, uint64_t key)
{
    size_t low = 0, high = index->filed_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (index->filed[middle].key < key)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Where the entries of the same key and wish end: in steps that double, since there may be one or 100,000 of them. */
static size_t end_of_wish(const struct watch_index *index, size_t first)
{
    const struct filed *filed = index->filed;
    size_t low = first, step = 1;

    while (low + step < index->filed_count && compare_filed(&filed[low + step], &filed[first]) == 0) {
        low += step;
        step *= 2;
    }
    size_t high = size_min(low + step, index->filed_count);
    while (low + 1 < high) {
        size_t middle = low + (high - low) / 2;
        if (compare_filed(&filed[middle], &filed[first]) == 0)
            low = middle;
        else
            high = middle;
    }
    return high;
}

/* Notes the watches under the key, or under any key of its field, that want the kind and weight at hand. */
static void note_key(struct lookup *lookup, uint64_t key)
{
    const struct watch_index *index = lookup->index;
    enum place_field field = place_field_of(key);
    size_t end = find_key(index, key == place_any(field) ? place_any(field + 1) : key + 1);

    for (size_t i = find_key(index, key), next; i < end; i = next) {
        next = end_of_wish(index, i);
        for (size_t j = i; lookup->wanted[index->filed[i].wish] && j < next; j++)
            lookup->found[index->filed[j].watch / 64] |= UINT64_C(1) << index->filed[j].watch % 64;
    }
}

static void note_keys(struct lookup *lookup, const struct place_keys *keys)
{
    for (size_t i = 0; i < keys->count; i++)
        note_key(lookup, keys->items[i]);
}

static bool same_kind(const struct change *a, const struct change *b)
{
    return a->kind == b->kind && a->weight == b->weight;
}

static bool is_first_of_kind(const struct change_list *changes, size_t number)
{
    for (size_t i = 0; i < number; i++)
        if (same_kind(&changes->items[i], &changes->items[number]))
            return false;
    return true;
}

/* Whether any wish wants such a change. */
static bool note_wishes(struct lookup *lookup, const struct change *change)
{
    const struct watch_index *index = lookup->index;
    bool any = false;

    for (size_t i = 0; i < index->wish_count; i++) {
        lookup->wanted[i] = watch_kinds_pass(index->wishes[i].kinds, index->wishes[i].weights, change);
        any = any || lookup->wanted[i];
    }
    return any;
}

static int note_study(struct lookup *lookup)
{
    struct place_keys *keys = &lookup->keys_of_study;
    int r = keys->count > 0 ? 0 : place_keys_of_study(keys, lookup->places);

    if (r < 0)
        return r;
    place_keys_sort(keys);
    note_keys(lookup, keys);
    return 0;
}

/* Notes the watches that may want one of the changes of the kind and weight of this one, the first of them. */
static int note_kind(struct lookup *lookup, size_t first)
{
    const struct change_list *changes = lookup->changes;
    _cleanup_place_keys_ struct place_keys keys = {0};
    bool of_study = false;
    int r = 0;

    if (!note_wishes(lookup, &changes->items[first]))
        return 0;
    for (size_t i = first; r == 0 && i < changes->count; i++) {
        if (!same_kind(&changes->items[i], &changes->items[first]))
            continue;
        const json_t *location = watch_site_of(lookup->after, &changes->items[i]);
        if (location)
            r = place_keys_of_site(&keys, lookup->places, location);
        else
            of_study = true;
    }
    if (r < 0)
        return r;
    place_keys_sort(&keys);
    note_keys(lookup, &keys);
    note_key(lookup, place_any(PLACE_ANYWHERE));
    return of_study ? note_study(lookup) : 0;
}

int watch_index_find(const struct watch_index *index, const struct study *after, const struct change_list *changes,
                     uint64_t **ret)
{
    _cleanup_(lookup_clear) struct lookup lookup = {.index = index, .after = after, .changes = changes};
    int r;

    *ret = NULL;
    if (index->watch_count == 0)
        return 0;
    lookup.wanted = calloc(index->wish_count, sizeof(*lookup.wanted));
    lookup.found = calloc((index->watch_count + 63) / 64, sizeof(*lookup.found));
    if (!lookup.wanted || !lookup.found)
        return -ENOMEM;
    r = study_places_new(after, &lookup.places);
    for (size_t i = 0; r == 0 && i < changes->count; i++)
        if (is_first_of_kind(changes, i))
            r = note_kind(&lookup, i);
    if (r == 0)
        *ret = TAKE_PTR(lookup.found);
    return r;
}
