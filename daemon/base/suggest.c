#include "base/suggest.h"

#include "base/macro.h"

#include <string.h>

#define LONGEST_WORD 40

static size_t smallest(size_t a, size_t b, size_t c)
{
    return size_min(a, size_min(b, c));
}

/* Optimal string alignment: how many letters to insert, delete, replace or swap with their neighbour. */
static size_t edit_distance(const char *a, const char *b)
{
    size_t a_len = strlen(a), b_len = strlen(b);
    size_t rows[3][LONGEST_WORD + 1];
    size_t *two_back = rows[0], *back = rows[1], *now = rows[2];

    for (size_t j = 0; j <= b_len; j++)
        back[j] = j;
    for (size_t i = 1; i <= a_len; i++) {
        now[0] = i;
        for (size_t j = 1; j <= b_len; j++) {
            now[j] = smallest(back[j] + 1, now[j - 1] + 1, back[j - 1] + (a[i - 1] != b[j - 1]));
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                now[j] = size_min(now[j], two_back[j - 2] + 1);
        }
        size_t *oldest = two_back;
        two_back = back;
        back = now;
        now = oldest;
    }
    return back[b_len];
}

const char *suggest_nearest(const char *typed, const char *const *words, size_t count)
{
    size_t typed_len = strlen(typed);
    size_t limit = size_max(1, typed_len / 3);
    const char *nearest = NULL;

    if (typed_len == 0 || typed_len > LONGEST_WORD)
        return NULL;
    for (size_t i = 0; i < count; i++) {
        if (strlen(words[i]) > LONGEST_WORD)
            continue;
        size_t distance = edit_distance(typed, words[i]);
        if (typed_len >= 3 && strncmp(typed, words[i], typed_len) == 0)
            distance = 1;
        if (distance <= limit) {
            limit = distance - (distance > 0);
            nearest = words[i];
            if (distance == 0)
                break;
        }
    }
    return nearest;
}
