/* A text as a list of its words, for comparing. */
#pragma once

#include "base/macro.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct word {
    const char *text; /* into the text; not NUL-terminated */
    size_t len;
    uint64_t hash;
    bool starts_line;
};

struct word_list {
    struct word *items; /* owned */
    size_t count;
};

void word_list_free(struct word_list *list);
#define _cleanup_word_list_ _cleanup_(word_list_free)

/* Splits at white space, which includes the no-break space. The text must outlive the list. 0 or -ENOMEM. */
int word_list_split(const char *text, struct word_list *ret);

/* Removes what numbers or marks the items of lists: bullets at line starts, and "1.", "2)", "(c)", "iv." there when the
 * marker before it in its series was seen, or it is a series' first. So "18." of "older than\n18." stays. */
void word_list_drop_markers(struct word_list *list);

bool words_equal(const struct word *a, const struct word *b);
