/* A message as lines for people, in reading order: what every channel but webhook and command builds its form from.
 *
 * The texts are strangers' and unescaped, "\n" does not occur in our own. A channel says what a line costs it and how
 * much it may spend; what does not fit is counted ("and 214 more changes"), never cut. */
#pragma once

#include "base/macro.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

enum line_role {
    LINE_HEADLINE, /* the first */
    LINE_TEXT,     /* of tests and of messages of the daemon about itself */
    LINE_TITLE,    /* a study's title; url is its page at the registry */
    LINE_FACTS,    /* id, status, sponsor, when */
    LINE_CHANGE,
    LINE_DETAIL, /* of the change above: contact, difference */
    LINE_QUOTE,  /* an eligibility line that mentions a highlighted word */
    LINE_NOTE,   /* which watch asked, how to look up the history */
    LINE_MORE,   /* what was left out */
    LINE_FOOTER  /* the ledger's head */
};

enum span_style { SPAN_PLAIN, SPAN_STRONG, SPAN_STRUCK, SPAN_ADDED };

struct span {
    enum span_style style;
    char *text; /* owned */
};

struct line {
    enum line_role role;
    struct span *spans; /* owned */
    size_t span_count;
    char *url;      /* owned; of LINE_TITLE */
    bool urgent;    /* of LINE_CHANGE */
    size_t changes; /* so many changes does this line tell of or stand for */
    size_t studies; /* 1 of LINE_TITLE; of LINE_MORE so many it stands for */
};

struct outline {
    struct line *lines; /* owned */
    size_t count, capacity;
};

void outline_clear(struct outline *outline);
#define _cleanup_outline_ _cleanup_(outline_clear)

/* From a message document. 0 or -ENOMEM. */
int outline_build(const json_t *message, struct outline *ret);

struct outline_budget {
    size_t max_units; /* bytes, of whatever cost() counts */
    size_t (*cost)(const struct line *line, const void *userdata);
    const void *userdata;
};

/* Leaves out lines until the rest fits the budget, and adds a LINE_MORE that counts them. The headline, notes and
 * footer stay. 0 or -ENOMEM. */
int outline_fit(struct outline *outline, const struct outline_budget *budget);

/* The line's text without styles. The caller frees; NULL without memory. */
char *line_text(const struct line *line);
