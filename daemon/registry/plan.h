/* What one refresh asks for all watches together: the queries, and the records of every study that is named or that
 * some query finds or found before, each once. Pure. */
#pragma once

#include "base/buf.h"
#include "base/macro.h"
#include "trial/study.h"
#include "trial/watch.h"

#include <stdbool.h>
#include <stddef.h>

struct plan;

enum plan_standing {
    PLAN_OUTSIDE, /* the study does not answer the query, and did not */
    PLAN_STAYS,
    PLAN_ENTERS,
    PLAN_LEAVES
};

/* One query watch. Its listed and before are sorted. */
struct plan_query {
    const struct watch *watch;
    char *question;                     /* owned */
    char (*listed)[STUDY_NCT_ID_BYTES]; /* owned; what the registry says now */
    size_t listed_count;
    bool is_listed;                     /* and that in full: otherwise nobody enters or leaves */
    char (*before)[STUDY_NCT_ID_BYTES]; /* owned; what the history says */
    size_t before_count;
    bool is_running; /* it had its baseline: who enters is news */
};

/* The watches of the set must outlive it. 0 or -ENOMEM. */
int plan_new(const struct watch_set *watches, struct plan **ret);
void plan_free(struct plan *plan);
DEFINE_CLEANUP(struct plan *, plan_free)

/* The queries, in the order of their watches' names, to be filled. */
struct plan_query *plan_queries(struct plan *plan, size_t *ret_count);

/* Once the queries are filled: makes the list of records to fetch. 0 or -ENOMEM. */
int plan_finish(struct plan *plan);

/* The ids to fetch, sorted, each once; owned by the plan. */
const char *const *plan_studies(const struct plan *plan, size_t *ret_count);

/* What the study is to the query; ret_member is then the id by which it is or was its member, borrowed from the plan:
 * the study's own or an alias. An id that changed neither enters nor leaves. */
enum plan_standing plan_standing(const struct plan_query *query, const struct study *study, const char **ret_member);

/* Whether this id, which the registry no longer gives, was a member that its query no longer lists. */
bool plan_lost(const struct plan_query *query, const char *nct_id);
