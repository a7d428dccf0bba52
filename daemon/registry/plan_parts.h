/* What plan's files share: plan (what is asked) and plan_answers (who answers it). */
#pragma once

#include "registry/plan.h"

#include <stdint.h>

/* One id that answers or answered one query. */
struct membership {
    char nct_id[STUDY_NCT_ID_BYTES];
    uint32_t query; /* its number */
    bool listed, before;
};

struct plan {
    const struct watch_set *watches;
    struct plan_query *queries; /* owned */
    size_t query_count;
    struct plan_question *questions; /* owned */
    size_t question_count;
    struct plan_query **askers; /* owned; by question */
    struct plan_whole *wholes;  /* owned */
    size_t whole_count;
    struct membership *memberships; /* owned; by id, then by query */
    size_t membership_count;
    const char **studies; /* owned array, borrowed ids */
    size_t study_count;
};
