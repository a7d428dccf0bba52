#include "service/config_file.h"

#include <string.h>

/* Longer words are not compared. */
#define MAX_WORD_BYTES 64

/* Optimal string alignment: the insertions, deletions, changes and swaps of neighbours that make b of a. */
static size_t distance(const char *a, const char *b)
{
    size_t la = strlen(a), lb = strlen(b);
    size_t rows[3][MAX_WORD_BYTES + 1];
    size_t *before = rows[0], *above = rows[1], *row = rows[2];

    for (size_t j = 0; j <= lb; j++)
        above[j] = j;
    for (size_t i = 1; i <= la; i++) {
        row[0] = i;
        for (size_t j = 1; j <= lb; j++) {
            row[j] = size_min(size_min(above[j], row[j - 1]) + 1, above[j - 1] + (a[i - 1] != b[j - 1]));
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                row[j] = size_min(row[j], before[j - 2] + 1);
        }
        size_t *oldest = before;
        before = above;
        above = row;
        row = oldest;
    }
    return above[lb];
}

const char *config_suggest(const char *word, const char *const *names, size_t count)
{
    const char *best = NULL;
    size_t len = strlen(word), nearest = 1 + len / 4;

    if (len == 0 || len > MAX_WORD_BYTES)
        return NULL;
    for (size_t i = 0; i < count; i++) {
        if (strlen(names[i]) > MAX_WORD_BYTES)
            continue;
        size_t d = distance(word, names[i]);
        if (d <= nearest && (!best || d < nearest)) {
            best = names[i];
            nearest = d;
        }
    }
    return best;
}
