/* Word-level difference of two texts: what was struck, what was added, and whether that is more than a trifle. */
#pragma once

#include "base/macro.h"

#include <stddef.h>

enum textdiff_op { TEXTDIFF_SAME, TEXTDIFF_STRUCK, TEXTDIFF_ADDED };

struct textdiff_piece {
    enum textdiff_op op;
    const char *text; /* into before (same, struck) or after (added); not NUL-terminated */
    size_t len;
};

/* A piece carries the white space that separates it from its neighbours, so that pieces can be shown one after another;
 * white space around the whole texts is left out. Struck comes before added. */
struct textdiff {
    struct textdiff_piece *pieces; /* owned; the texts must outlive it */
    size_t count;
};

enum textdiff_nature {
    TEXTDIFF_EQUAL,
    TEXTDIFF_REWRAPPED,  /* only white space differs */
    TEXTDIFF_RENUMBERED, /* only list markers at line starts differ ("1." → "2)", "-" → "*", "a." → none) */
    TEXTDIFF_REWORDED    /* also when in doubt, and when there was no memory to find out */
};

/* Past so many struck and added words the middle becomes one struck and one added piece. Time grows with this times the
 * texts, memory with its square. */
#define TEXTDIFF_MAX_DIFFERENCES 1000

void textdiff_free(struct textdiff *diff);
#define _cleanup_textdiff_ _cleanup_(textdiff_free)

/* 0 or -ENOMEM; ret is untouched on failure. */
int textdiff_words(const char *before, const char *after, struct textdiff *ret);

enum textdiff_nature textdiff_nature(const char *before, const char *after);
