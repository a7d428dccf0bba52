#include "trial/textdiff.h"

#include "trial/words.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>

/* A stretch of words: those that are equal in both texts, or those struck and added at one place. */
struct run {
    bool same;
    size_t before, before_count; /* first word and how many, in either text */
    size_t after, after_count;
};

/* What is compared: the words between the common start and end. x counts in before, y in after, both from there. */
struct comparison {
    const struct word *before, *after;
    size_t before_count, after_count;
    int *reach; /* per number of differences d and diagonal k = x - y: the furthest x; row d starts at d * d */
};

/* The row of d differences, so that [k] is its diagonal k from -d to d. */
static int *reach_row(const struct comparison *c, int d)
{
    return c->reach + (size_t)d * (size_t)d + d;
}

/* Whether the way to diagonal k with d differences comes from k + 1, by a word added. */
static bool came_by_adding(const struct comparison *c, int d, int k)
{
    const int *previous = reach_row(c, d - 1);

    return k == -d || (k != d && previous[k - 1] < previous[k + 1]);
}

/* As far as the words on the diagonal are equal. */
static int follow_same(const struct comparison *c, int x, int k)
{
    while ((size_t)x < c->before_count && (size_t)(x - k) < c->after_count &&
           words_equal(&c->before[x], &c->after[x - k]))
        x++;
    return x;
}

/* The greedy algorithm of E. W. Myers, "An O(ND) Difference Algorithm and Its Variations" (1986). Fills c->reach and
 * returns the number of differences, or -1 past the limit. A way that leaves the texts is longer than one along their
 * edge, so none is found. */
static int find_differences(const struct comparison *c)
{
    for (int d = 0; d <= TEXTDIFF_MAX_DIFFERENCES; d++) {
        int *row = reach_row(c, d);
        for (int k = -d; k <= d; k += 2) {
            int x = 0;
            if (d > 0)
                x = came_by_adding(c, d, k) ? reach_row(c, d - 1)[k + 1] : reach_row(c, d - 1)[k - 1] + 1;
            row[k] = x = follow_same(c, x, k);
            if ((size_t)x >= c->before_count && (size_t)(x - k) >= c->after_count)
                return d;
        }
    }
    return -1;
}

/* Marks in struck and added (one entry a word) what find_differences() found, from the end backwards. */
static void trace_back(const struct comparison *c, int differences, bool *struck, bool *added)
{
    int k = (int)c->before_count - (int)c->after_count;

    for (int d = differences; d > 0; d--) {
        if (came_by_adding(c, d, k)) {
            k++;
            added[reach_row(c, d - 1)[k] - k] = true;
        } else {
            k--;
            struck[reach_row(c, d - 1)[k]] = true;
        }
    }
}

static int mark_differences(const struct word_list *before, const struct word_list *after, bool *struck, bool *added)
{
    size_t start = 0, end = 0, shorter = size_min(before->count, after->count);

    while (start < shorter && words_equal(&before->items[start], &after->items[start]))
        start++;
    while (end < shorter - start &&
           words_equal(&before->items[before->count - 1 - end], &after->items[after->count - 1 - end]))
        end++;

    struct comparison c = {
        .before = before->items + start,
        .after = after->items + start,
        .before_count = before->count - start - end,
        .after_count = after->count - start - end,
    };
    int differences = -1;
    if (c.before_count > 0 && c.after_count > 0 && c.before_count < INT32_MAX / 2 && c.after_count < INT32_MAX / 2) {
        size_t limit = size_min(TEXTDIFF_MAX_DIFFERENCES, c.before_count + c.after_count) + 1;
        c.reach = malloc(limit * limit * sizeof(*c.reach));
        if (!c.reach)
            return -ENOMEM;
        differences = find_differences(&c);
        if (differences >= 0)
            trace_back(&c, differences, struck + start, added + start);
        free(c.reach);
    }
    if (differences < 0) {
        memset(struck + start, true, c.before_count);
        memset(added + start, true, c.after_count);
    }
    return 0;
}

/* The run that starts at words b and a. */
static struct run next_run(const struct word_list *before, const struct word_list *after, const bool *struck,
                           const bool *added, size_t b, size_t a)
{
    struct run run = {.before = b, .after = a};

    run.same = !(b < before->count && struck[b]) && !(a < after->count && added[a]);
    if (run.same) {
        for (; b < before->count && a < after->count && !struck[b] && !added[a]; b++)
            a++;
    } else {
        while (b < before->count && struck[b])
            b++;
        while (a < after->count && added[a])
            a++;
    }
    run.before_count = b - run.before;
    run.after_count = a - run.after;
    return run;
}

static const char *word_end(const struct word *word)
{
    return word->text + word->len;
}

/* Appends the words as a piece: with the gap behind them, unless they are the last; with the gap before when asked. */
static void add_piece(struct textdiff *diff, enum textdiff_op op, const struct word_list *words, size_t first,
                      size_t count, bool gap_before, bool gap_behind)
{
    const struct word *items = words->items;
    size_t next = first + count;

    if (count == 0)
        return;
    const char *start = gap_before && first > 0 ? word_end(&items[first - 1]) : items[first].text;
    const char *end = gap_behind && next < words->count ? items[next].text : word_end(&items[next - 1]);
    diff->pieces[diff->count++] = (struct textdiff_piece){.op = op, .text = start, .len = (size_t)(end - start)};
}

static bool reaches_end(const struct run *run, const struct word_list *before, const struct word_list *after)
{
    return run->before + run->before_count == before->count && run->after + run->after_count == after->count;
}

/* A change between equal words carries the gap behind it; at the end of the texts, the gap before it. */
static void add_pieces(struct textdiff *diff, const struct word_list *before, const struct word_list *after,
                       const struct run *run, const struct run *next)
{
    bool last = reaches_end(run, before, after);

    if (run->same) {
        bool change_carries_gap = !last && reaches_end(next, before, after);
        add_piece(diff, TEXTDIFF_SAME, before, run->before, run->before_count, false, !change_carries_gap);
        return;
    }
    add_piece(diff, TEXTDIFF_STRUCK, before, run->before, run->before_count, last, !last);
    add_piece(diff, TEXTDIFF_ADDED, after, run->after, run->after_count, last, !last);
}

void textdiff_free(struct textdiff *diff)
{
    free(diff->pieces);
    *diff = (struct textdiff){0};
}

int textdiff_words(const char *before, const char *after, struct textdiff *ret)
{
    _cleanup_word_list_ struct word_list before_words = {0}, after_words = {0};
    struct textdiff diff = {0};

    if (word_list_split(before, &before_words) < 0 || word_list_split(after, &after_words) < 0)
        return -ENOMEM;
    size_t words = before_words.count + after_words.count;
    _cleanup_free_ bool *struck = calloc(before_words.count + 1, sizeof(*struck));
    _cleanup_free_ bool *added = calloc(after_words.count + 1, sizeof(*added));
    diff.pieces = calloc(words + 1, sizeof(*diff.pieces));
    if (!struck || !added || !diff.pieces || mark_differences(&before_words, &after_words, struck, added) < 0) {
        free(diff.pieces);
        return -ENOMEM;
    }
    struct run run = next_run(&before_words, &after_words, struck, added, 0, 0);
    while (run.before_count + run.after_count > 0) {
        struct run next = next_run(&before_words, &after_words, struck, added, run.before + run.before_count,
                                   run.after + run.after_count);
        add_pieces(&diff, &before_words, &after_words, &run, &next);
        run = next;
    }
    *ret = diff;
    return 0;
}

static bool word_lists_equal(const struct word_list *a, const struct word_list *b)
{
    if (a->count != b->count)
        return false;
    for (size_t i = 0; i < a->count; i++)
        if (!words_equal(&a->items[i], &b->items[i]))
            return false;
    return true;
}

enum textdiff_nature textdiff_nature(const char *before, const char *after)
{
    _cleanup_word_list_ struct word_list before_words = {0}, after_words = {0};

    if (strcmp(before, after) == 0)
        return TEXTDIFF_EQUAL;
    if (word_list_split(before, &before_words) < 0 || word_list_split(after, &after_words) < 0)
        return TEXTDIFF_REWORDED;
    if (word_lists_equal(&before_words, &after_words))
        return TEXTDIFF_REWRAPPED;
    word_list_drop_markers(&before_words);
    word_list_drop_markers(&after_words);
    return word_lists_equal(&before_words, &after_words) ? TEXTDIFF_RENUMBERED : TEXTDIFF_REWORDED;
}
