#include "registry/plan.h"

#include "registry/question.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct plan {
    const struct watch_set *watches;
    struct plan_query *queries; /* owned */
    size_t query_count;
    const char **studies; /* owned array, borrowed ids */
    size_t study_count;
};

static void free_query(struct plan_query *query)
{
    free(query->question);
    free(query->listed);
    free(query->before);
}

void plan_free(struct plan *plan)
{
    if (!plan)
        return;
    for (size_t i = 0; i < plan->query_count; i++)
        free_query(&plan->queries[i]);
    free(plan->queries);
    free(plan->studies);
    free(plan);
}

static int add_query(struct plan *plan, const struct watch *watch)
{
    _cleanup_buf_ struct buf question = {0};
    struct plan_query *query = &plan->queries[plan->query_count++];

    *query = (struct plan_query){.watch = watch};
    int r = question_append(&question, watch);
    query->question = r < 0 ? NULL : buf_take(&question);
    return query->question ? 0 : -ENOMEM;
}

int plan_new(const struct watch_set *watches, struct plan **ret)
{
    _cleanup_(plan_free_cleanup) struct plan *plan = calloc(1, sizeof(*plan));
    size_t count;
    const struct watch *const *with_query = watch_set_queries(watches, &count);

    if (!plan)
        return -ENOMEM;
    plan->watches = watches;
    plan->queries = calloc(count + 1, sizeof(*plan->queries));
    if (!plan->queries)
        return -ENOMEM;
    for (size_t i = 0; i < count; i++) {
        int r = add_query(plan, with_query[i]);
        if (r < 0)
            return r;
    }
    *ret = TAKE_PTR(plan);
    return 0;
}

struct plan_query *plan_queries(struct plan *plan, size_t *ret_count)
{
    *ret_count = plan->query_count;
    return plan->queries;
}

static int compare_strings(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void add_ids(struct plan *plan, char (*ids)[STUDY_NCT_ID_BYTES], size_t count)
{
    for (size_t i = 0; i < count; i++)
        plan->studies[plan->study_count++] = ids[i];
}

static void sort_studies(struct plan *plan)
{
    size_t kept = 0;

    if (plan->study_count > 0)
        qsort(plan->studies, plan->study_count, sizeof(*plan->studies), compare_strings);
    for (size_t i = 0; i < plan->study_count; i++)
        if (kept == 0 || strcmp(plan->studies[kept - 1], plan->studies[i]) != 0)
            plan->studies[kept++] = plan->studies[i];
    plan->study_count = kept;
}

int plan_finish(struct plan *plan)
{
    size_t named_count, most;
    const char *const *named = watch_set_studies(plan->watches, &named_count);

    most = named_count;
    for (size_t i = 0; i < plan->query_count; i++)
        most += plan->queries[i].listed_count + plan->queries[i].before_count;
    plan->studies = calloc(most + 1, sizeof(*plan->studies));
    if (!plan->studies)
        return -ENOMEM;
    for (size_t i = 0; i < named_count; i++)
        plan->studies[plan->study_count++] = named[i];
    for (size_t i = 0; i < plan->query_count; i++) {
        add_ids(plan, plan->queries[i].listed, plan->queries[i].listed_count);
        add_ids(plan, plan->queries[i].before, plan->queries[i].before_count);
    }
    sort_studies(plan);
    return 0;
}

const char *const *plan_studies(const struct plan *plan, size_t *ret_count)
{
    *ret_count = plan->study_count;
    return plan->studies;
}

static int compare_id(const void *key, const void *item)
{
    return strcmp(key, item);
}

static const char *find_id(char (*ids)[STUDY_NCT_ID_BYTES], size_t count, const char *nct_id)
{
    return count > 0 ? bsearch(nct_id, ids, count, sizeof(*ids), compare_id) : NULL;
}

/* By the study's id or one of its aliases. */
static const char *find_study(char (*ids)[STUDY_NCT_ID_BYTES], size_t count, const struct study *study)
{
    const char *found = NULL, *nct_id;

    for (size_t number = 0; !found && (nct_id = study_id(study, number)); number++)
        found = find_id(ids, count, nct_id);
    return found;
}

enum plan_standing plan_standing(const struct plan_query *query, const struct study *study, const char **ret_member)
{
    const char *before = find_study(query->before, query->before_count, study);
    bool listed = query->is_listed ? find_study(query->listed, query->listed_count, study) != NULL : before != NULL;

    *ret_member = before ? before : study_nct_id(study);
    if (listed)
        return before ? PLAN_STAYS : PLAN_ENTERS;
    return before ? PLAN_LEAVES : PLAN_OUTSIDE;
}

bool plan_lost(const struct plan_query *query, const char *nct_id)
{
    return query->is_listed && find_id(query->before, query->before_count, nct_id) &&
           !find_id(query->listed, query->listed_count, nct_id);
}
