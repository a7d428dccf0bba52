#include "trial/items.h"

#include "trial/fold.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* Words of a text that count for its likeness. */
#define MAX_WORDS 64

/* How alike two measures must be, in percent, for one to be the other reworded; and how alike two descriptions, should
 * the measures be less alike. */
#define SAME_MEASURE_PERCENT 50
#define SAME_DESCRIPTION_PERCENT 80

struct text_words {
    uint64_t words[MAX_WORDS]; /* hashes, ascending */
    size_t count;
};

struct item {
    const json_t *value;
    char *measure; /* folded; NULL when it has none */
    struct text_words measure_words, description_words;
};

struct item_list {
    struct item *items;
    size_t count;
};

struct matching {
    struct item_list before, after;
    struct item_map map;
};

void item_map_free(struct item_map *map)
{
    free(map->new_of_old);
    free(map->old_of_new);
    *map = (struct item_map){0};
}

static void item_list_free(struct item_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        free(list->items[i].measure);
    free(list->items);
}

static void matching_free(struct matching *matching)
{
    item_list_free(&matching->before);
    item_list_free(&matching->after);
    item_map_free(&matching->map);
}

static int compare_hashes(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return (x > y) - (x < y);
}

static void split_words(const char *folded, struct text_words *ret)
{
    while (*folded && ret->count < MAX_WORDS) {
        size_t len = strcspn(folded, " ");
        ret->words[ret->count++] = fold_hash(folded, len);
        folded += len + (folded[len] == ' ');
    }
    qsort(ret->words, ret->count, sizeof(ret->words[0]), compare_hashes);
}

/* The folded text of a member; *ret stays NULL when there is no such text. The caller frees. */
static int fold_member(const json_t *value, const char *key, char **ret)
{
    _cleanup_buf_ struct buf folded = {0};
    const char *text = json_string_value(json_object_get(value, key));

    if (!text)
        return 0;
    if (fold_text(text, &folded) < 0)
        return -ENOMEM;
    *ret = buf_take(&folded);
    return *ret ? 0 : -ENOMEM;
}

static int list_items(const json_t *values, struct item_list *ret)
{
    size_t count = json_array_size(values);

    ret->items = calloc(count + 1, sizeof(*ret->items));
    if (!ret->items)
        return -ENOMEM;
    ret->count = count;
    for (size_t i = 0; i < count; i++)
        ret->items[i].value = json_array_get(values, i);
    return 0;
}

static int read_item(struct item *item)
{
    _cleanup_free_ char *description = NULL;

    if (fold_member(item->value, "measure", &item->measure) < 0 ||
        fold_member(item->value, "description", &description) < 0)
        return -ENOMEM;
    if (item->measure)
        split_words(item->measure, &item->measure_words);
    if (description)
        split_words(description, &item->description_words);
    return 0;
}

/* Reads what is not paired yet: folding texts takes long. */
static int read_rest(struct item_list *list, const size_t *partners)
{
    int r = 0;

    for (size_t i = 0; r == 0 && i < list->count; i++)
        if (partners[i] == ITEM_NONE)
            r = read_item(&list->items[i]);
    return r;
}

/* The share of words that two texts have in common, in percent of all their words. */
static unsigned likeness(const struct text_words *a, const struct text_words *b)
{
    size_t i = 0, j = 0, common = 0;

    while (i < a->count && j < b->count) {
        if (a->words[i] == b->words[j]) {
            common++;
            i++;
            j++;
        } else if (a->words[i] < b->words[j]) {
            i++;
        } else {
            j++;
        }
    }
    return common == 0 ? 0 : (unsigned)(200 * common / (a->count + b->count));
}

/* 0 when one cannot be the other, else the more the better. */
static unsigned item_likeness(const struct item *a, const struct item *b)
{
    unsigned measure = likeness(&a->measure_words, &b->measure_words);
    unsigned description = likeness(&a->description_words, &b->description_words);

    if (measure < SAME_MEASURE_PERCENT && description < SAME_DESCRIPTION_PERCENT)
        return 0;
    return 1 + 4 * measure + description;
}

static void pair_up(struct matching *matching, size_t i, size_t j)
{
    matching->map.new_of_old[i] = j;
    matching->map.old_of_new[j] = i;
}

static bool is_equal(const struct item *a, const struct item *b)
{
    return json_equal(a->value, b->value);
}

static bool has_same_measure(const struct item *a, const struct item *b)
{
    return a->measure && b->measure && *a->measure && strcmp(a->measure, b->measure) == 0;
}

/* Pairs what is left and satisfies the test, first come first served. */
static void pair_where(struct matching *matching, bool (*test)(const struct item *, const struct item *))
{
    for (size_t i = 0; i < matching->before.count; i++)
        for (size_t j = 0; matching->map.new_of_old[i] == ITEM_NONE && j < matching->after.count; j++)
            if (matching->map.old_of_new[j] == ITEM_NONE && test(&matching->before.items[i], &matching->after.items[j]))
                pair_up(matching, i, j);
}

struct candidate {
    unsigned likeness;
    unsigned i, j;
};

/* The most alike first; the rest only settles ties. */
static int compare_candidates(const void *a, const void *b)
{
    const struct candidate *x = a, *y = b;

    if (x->likeness != y->likeness)
        return x->likeness < y->likeness ? 1 : -1;
    if (x->i != y->i)
        return x->i < y->i ? -1 : 1;
    return (x->j > y->j) - (x->j < y->j);
}

/* Pairs what is left by likeness, the most alike first. */
static int pair_alike(struct matching *matching)
{
    _cleanup_free_ struct candidate *candidates =
        calloc(matching->before.count * matching->after.count + 1, sizeof(*candidates));
    size_t count = 0;

    if (!candidates)
        return -ENOMEM;
    for (size_t i = 0; i < matching->before.count; i++) {
        for (size_t j = 0; matching->map.new_of_old[i] == ITEM_NONE && j < matching->after.count; j++) {
            if (matching->map.old_of_new[j] != ITEM_NONE)
                continue;
            unsigned alike = item_likeness(&matching->before.items[i], &matching->after.items[j]);
            if (alike > 0)
                candidates[count++] = (struct candidate){alike, (unsigned)i, (unsigned)j};
        }
    }
    qsort(candidates, count, sizeof(*candidates), compare_candidates);
    for (size_t k = 0; k < count; k++) {
        size_t i = candidates[k].i, j = candidates[k].j;
        if (matching->map.new_of_old[i] == ITEM_NONE && matching->map.old_of_new[j] == ITEM_NONE)
            pair_up(matching, i, j);
    }
    return 0;
}

static int make_map(struct matching *matching)
{
    struct item_map *map = &matching->map;

    map->new_count = matching->after.count;
    map->new_of_old = malloc((matching->before.count + 1) * sizeof(size_t));
    map->old_of_new = malloc((matching->after.count + 1) * sizeof(size_t));
    if (!map->new_of_old || !map->old_of_new)
        return -ENOMEM;
    map->old_count = matching->before.count;
    for (size_t i = 0; i < map->old_count; i++)
        map->new_of_old[i] = ITEM_NONE;
    for (size_t j = 0; j < map->new_count; j++)
        map->old_of_new[j] = ITEM_NONE;
    return 0;
}

int items_match(const json_t *before, const json_t *after, struct item_map *ret)
{
    _cleanup_(matching_free) struct matching matching = {0};

    if (list_items(before, &matching.before) < 0 || list_items(after, &matching.after) < 0 || make_map(&matching) < 0)
        return -ENOMEM;
    pair_where(&matching, is_equal);
    if (read_rest(&matching.before, matching.map.new_of_old) < 0 ||
        read_rest(&matching.after, matching.map.old_of_new) < 0)
        return -ENOMEM;
    pair_where(&matching, has_same_measure);
    if (pair_alike(&matching) < 0)
        return -ENOMEM;
    *ret = matching.map;
    matching.map = (struct item_map){0};
    return 0;
}
