/* How far a listing of the whole registry has come, so that one that was interrupted goes on where it was. */
#pragma once

#include "history/polls.h"
#include "history/store.h"

#define PROGRESS_TOKEN_BYTES 512

struct progress {
    char refresh[REFRESH_BYTES];      /* of what is listed */
    char token[PROGRESS_TOKEN_BYTES]; /* of the next page */
    long records;                     /* so far */
    long long total;                  /* promised; negative when the registry did not say */
    int64_t first_poll;               /* in which it began: what it gave was seen in this poll or a later one */
    char questions[65];               /* a digest of what else was asked then */
};

/* -ENOENT, without a sentence: none is under way. */
int progress_load(struct store *store, struct progress *ret, struct error *e);
int progress_save(struct store *store, const struct progress *progress, struct error *e);

/* Also when none is under way. */
int progress_clear(struct store *store, struct error *e);
