/* What one refresh asks for all watches together: the queries, and the records of every study that is named or that
 * some query finds or found before, each once; or of the whole registry, when a watch is of all. Pure. */
#pragma once

#include "base/buf.h"
#include "base/macro.h"
#include "trial/study.h"
#include "trial/watch.h"

#include <stdbool.h>
#include <stddef.h>

struct plan;
struct plan_query;

/* What the registry's search is asked, once for all watches that ask it in the same words. */
struct plan_question {
    char *text;                         /* owned */
    struct plan_query *const *queries;  /* those watches, by name; of the plan */
    size_t query_count;                 /* one or more */
    char (*listed)[STUDY_NCT_ID_BYTES]; /* owned, sorted; what the registry says now; gone once the plan is finished */
    size_t listed_count;
    bool is_listed; /* and that in full: otherwise nobody enters or leaves */
};

/* One query watch. */
struct plan_query {
    const struct watch *watch;
    const struct plan_question *question;
    char (*before)[STUDY_NCT_ID_BYTES]; /* owned, sorted; what the history says; gone once the plan is finished */
    size_t before_count;
    bool is_running; /* it had its baseline: who enters is news */
};

enum plan_standing { PLAN_STAYS, PLAN_ENTERS, PLAN_LEAVES };

/* What a study is to a query that it answers now or answered before. */
struct plan_answer {
    const struct plan_query *query;
    enum plan_standing standing;
    const char *member; /* the id by which it is or was one, its own or an alias; of the plan or the study */
};

/* One watch of the whole registry. */
struct plan_whole {
    const struct watch *watch;
    bool is_running; /* it had its baseline: a study that was never seen is news */
};

/* What such a watch asks, in the words of history/members. */
#define PLAN_WHOLE_QUESTION "studies: all"

#define PLAN_DIGEST_BYTES 65

/* The watches of the set must outlive it. 0 or -ENOMEM. */
int plan_new(const struct watch_set *watches, struct plan **ret);
void plan_free(struct plan *plan);
DEFINE_CLEANUP(struct plan *, plan_free)

/* The queries, in the order of their watches' names, and what is asked for them, in the order of the first of those
 * names; both to be filled. */
struct plan_query *plan_queries(struct plan *plan, size_t *ret_count);
struct plan_question *plan_questions(struct plan *plan, size_t *ret_count);

/* The watches of the whole registry, likewise. */
struct plan_whole *plan_wholes(struct plan *plan, size_t *ret_count);

/* Tells plans with other queries apart. 0 or -ENOMEM. */
int plan_digest(const struct plan *plan, char ret[static PLAN_DIGEST_BYTES]);

/* Once both are filled: makes the list of records to fetch, and the index of who answers what, in time and
 * memory by the number of answers. 0 or -ENOMEM. */
int plan_finish(struct plan *plan);

/* The ids to fetch, sorted, each once; owned by the plan. */
const char *const *plan_studies(const struct plan *plan, size_t *ret_count);

/* The queries that the study answers or answered, in the order of their watches' names, found without trying the
 * others: a new array that the caller frees, NULL for none. An id that changed neither enters nor leaves. 0 or
 * -ENOMEM. */
int plan_answers(const struct plan *plan, const struct study *study, struct plan_answer **ret, size_t *ret_count);

/* Whether the study of this id, which has no alias, enters or leaves any query. */
bool plan_moves(const struct plan *plan, const char *nct_id);

/* What the study enters and leaves is written down: it does not do so again when the registry gives it twice. */
void plan_note_moved(struct plan *plan, const struct study *study);

/* Whether this id, which the registry no longer gives, was a member of a query that no longer lists it. */
bool plan_lost(const struct plan *plan, const char *nct_id);
