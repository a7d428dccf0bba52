/* Which studies answer a query watch, and since when.
 *
 * A watch's first complete listing is its baseline; from then on it is running, until its question becomes another. */
#pragma once

#include "history/store.h"
#include "trial/study.h"

/* Whether the watch runs with this very question. */
int members_is_running(struct store *store, const char *watch, const char *question, bool *ret, struct error *e);
int members_set_running(struct store *store, const char *watch, const char *question, int64_t now_usec,
                        struct error *e);

/* The ids of those that answer it now, sorted: a new array, which the caller frees. */
int members_load(struct store *store, const char *watch, char (**ret)[STUDY_NCT_ID_BYTES], size_t *ret_count,
                 struct error *e);

/* A time in which a study answered. */
struct member_stay {
    char nct_id[STUDY_NCT_ID_BYTES];
    int64_t joined_usec, left_usec; /* left 0: it still does */
};

/* All there ever were, by study and time: a new array, which the caller frees. */
int members_stays(struct store *store, const char *watch, struct member_stay **ret, size_t *ret_count, struct error *e);

/* -EALREADY when it is a member already, or was never seen. */
int members_join(struct store *store, const char *watch, const char *nct_id, int64_t now_usec, struct error *e);

/* -ENOENT when it is no member. */
int members_leave(struct store *store, const char *watch, const char *nct_id, int64_t now_usec, struct error *e);

/* The watch is no more: whoever answers it now leaves, and one of the same name begins anew. */
int members_end(struct store *store, const char *watch, int64_t now_usec, struct error *e);
