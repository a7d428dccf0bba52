/* Something that may be wrong for a while, and of which people are told: once, then every day, then that it is over.
 *
 * What is known of it stands in the history, so that a restart neither forgets nor repeats it. When the history cannot
 * be written it is known until the daemon ends. */
#pragma once

#include "history/troubles.h"

#include <stdbool.h>

struct trouble {
    struct store *store; /* borrowed */
    char name[TROUBLE_NAME_BYTES];
    char subject[TROUBLE_NAME_BYTES]; /* what a person names who has seen it */
    struct trouble_row row;           /* since_usec 0: all is well */
};

/* What the history knows under "KIND NAME", or "KIND" when name is "". */
void trouble_load(struct trouble *trouble, struct store *store, const char *kind, const char *name);

/* It is wrong, in these words. needs_person stays until it is well again. */
void trouble_note_bad(struct trouble *trouble, bool needs_person, const char *words, int64_t now_usec);

/* Whether it is to be told now: after it lasted so long, and then every day while repeats and
 * nobody has said that it was seen. The caller tells, and then
 * calls trouble_note_told(): a crash between the two repeats it rather than losing it. */
bool trouble_is_due(struct trouble *trouble, int64_t wait_usec, bool repeats, int64_t now_usec);
void trouble_note_told(struct trouble *trouble, int64_t now_usec);

/* It is over; whether that is to be told, because it was. The caller tells first when it matters what *ret_since_usec
 * was. */
bool trouble_note_well(struct trouble *trouble, int64_t *ret_since_usec);
