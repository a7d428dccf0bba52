/* Who answers which query: found by id, once the plan is finished. */
#include "registry/plan_parts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int compare_memberships(const void *a, const void *b)
{
    const struct membership *x = a, *y = b;
    int order = strcmp(x->nct_id, y->nct_id);

    return order != 0 ? order : (x->query > y->query) - (x->query < y->query);
}

/* What was not listed in full is as it was before. */
static void add_memberships(struct plan *plan, size_t number)
{
    const struct plan_query *query = &plan->queries[number];
    const struct plan_question *question = query->question;

    for (size_t i = 0; question->is_listed && i < question->listed_count; i++) {
        struct membership *membership = &plan->memberships[plan->membership_count++];
        *membership = (struct membership){.query = (uint32_t)number, .listed = true};
        memcpy(membership->nct_id, question->listed[i], sizeof(membership->nct_id));
    }
    for (size_t i = 0; i < query->before_count; i++) {
        struct membership *membership = &plan->memberships[plan->membership_count++];
        *membership = (struct membership){.query = (uint32_t)number, .listed = !question->is_listed, .before = true};
        memcpy(membership->nct_id, query->before[i], sizeof(membership->nct_id));
    }
}

/* An id that is listed and was before is one membership. */
static void merge_memberships(struct plan *plan)
{
    struct membership *all = plan->memberships;
    size_t kept = 0;

    if (plan->membership_count > 0)
        qsort(all, plan->membership_count, sizeof(*all), compare_memberships);
    for (size_t i = 0; i < plan->membership_count; i++) {
        if (kept == 0 || compare_memberships(&all[kept - 1], &all[i]) != 0) {
            all[kept++] = all[i];
            continue;
        }
        all[kept - 1].listed |= all[i].listed;
        all[kept - 1].before |= all[i].before;
    }
    plan->membership_count = kept;
}

static void forget_listed(struct plan *plan)
{
    for (size_t i = 0; i < plan->question_count; i++) {
        free(TAKE_PTR(plan->questions[i].listed));
        plan->questions[i].listed_count = 0;
    }
}

static int index_memberships(struct plan *plan)
{
    size_t most = 0;

    for (size_t i = 0; i < plan->query_count; i++)
        most += plan->queries[i].question->listed_count + plan->queries[i].before_count;
    plan->memberships = calloc(most + 1, sizeof(*plan->memberships));
    if (!plan->memberships)
        return -ENOMEM;
    for (size_t i = 0; i < plan->query_count; i++) {
        add_memberships(plan, i);
        free(TAKE_PTR(plan->queries[i].before));
        plan->queries[i].before_count = 0;
    }
    forget_listed(plan);
    merge_memberships(plan);
    return 0;
}

/* Past the memberships of an id. */
static size_t next_member(const struct plan *plan, size_t i)
{
    const char *nct_id = plan->memberships[i].nct_id;

    while (i < plan->membership_count && strcmp(plan->memberships[i].nct_id, nct_id) == 0)
        i++;
    return i;
}

/* Those that are named and the members, both in order, each once. */
static int list_studies(struct plan *plan)
{
    size_t named_count, i = 0, j = 0;
    const char *const *named = watch_set_studies(plan->watches, &named_count);

    plan->studies = calloc(named_count + plan->membership_count + 1, sizeof(*plan->studies));
    if (!plan->studies)
        return -ENOMEM;
    while (i < named_count || j < plan->membership_count) {
        int order = i == named_count              ? 1
                    : j == plan->membership_count ? -1
                                                  : strcmp(named[i], plan->memberships[j].nct_id);
        plan->studies[plan->study_count++] = order <= 0 ? named[i] : plan->memberships[j].nct_id;
        i += order <= 0;
        if (order >= 0)
            j = next_member(plan, j);
    }
    return 0;
}

int plan_finish(struct plan *plan)
{
    int r = index_memberships(plan);

    return r < 0 ? r : list_studies(plan);
}

const char *const *plan_studies(const struct plan *plan, size_t *ret_count)
{
    *ret_count = plan->study_count;
    return plan->studies;
}

/* The memberships of an id. */
static const struct membership *find_memberships(const struct plan *plan, const char *nct_id, size_t *ret_count)
{
    size_t low = 0, high = plan->membership_count, end;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (strcmp(plan->memberships[middle].nct_id, nct_id) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    for (end = low; end < plan->membership_count && strcmp(plan->memberships[end].nct_id, nct_id) == 0; end++)
        ;
    *ret_count = end - low;
    return &plan->memberships[low];
}

/* A membership by one of the study's ids. */
struct found {
    const struct membership *membership;
    size_t id_number;
};

/* By query, and of one query by the study's own id before its aliases. */
static int compare_found(const void *a, const void *b)
{
    const struct found *x = a, *y = b;

    if (x->membership->query != y->membership->query)
        return x->membership->query < y->membership->query ? -1 : 1;
    return (x->id_number > y->id_number) - (x->id_number < y->id_number);
}

static size_t count_memberships(const struct plan *plan, const struct study *study)
{
    size_t total = 0, count;
    const char *nct_id;

    for (size_t number = 0; (nct_id = study_id(study, number)); number++) {
        find_memberships(plan, nct_id, &count);
        total += count;
    }
    return total;
}

/* Room for count_memberships() is in ret. */
static void collect_memberships(const struct plan *plan, const struct study *study, struct found *ret)
{
    size_t found = 0, count;
    const char *nct_id;

    for (size_t number = 0; (nct_id = study_id(study, number)); number++) {
        const struct membership *memberships = find_memberships(plan, nct_id, &count);
        for (size_t i = 0; i < count; i++)
            ret[found++] = (struct found){&memberships[i], number};
    }
    qsort(ret, found, sizeof(*ret), compare_found);
}

/* Of the first memberships, which are of one query; ret_count says how many those are. False: the study left it. */
static bool make_answer(const struct plan *plan, const struct study *study, const struct found *found,
                        size_t found_count, struct plan_answer *ret, size_t *ret_count)
{
    uint32_t query = found[0].membership->query;
    const char *before = NULL;
    bool listed = false;
    size_t i;

    for (i = 0; i < found_count && found[i].membership->query == query; i++) {
        listed = listed || found[i].membership->listed;
        if (!before && found[i].membership->before)
            before = found[i].membership->nct_id;
    }
    *ret_count = i;
    *ret = (struct plan_answer){
        .query = &plan->queries[query],
        .standing = !before  ? PLAN_ENTERS
                    : listed ? PLAN_STAYS
                             : PLAN_LEAVES,
        .member = before ? before : study_nct_id(study),
    };
    return before || listed;
}

int plan_answers(const struct plan *plan, const struct study *study, struct plan_answer **ret, size_t *ret_count)
{
    size_t found_count = count_memberships(plan, study), count;

    *ret = NULL;
    *ret_count = 0;
    if (found_count == 0)
        return 0;
    _cleanup_free_ struct found *found = calloc(found_count, sizeof(*found));
    struct plan_answer *answers = calloc(found_count, sizeof(*answers));
    if (!found || !answers) {
        free(answers);
        return -ENOMEM;
    }
    collect_memberships(plan, study, found);
    for (size_t i = 0; i < found_count; i += count)
        *ret_count += make_answer(plan, study, &found[i], found_count - i, &answers[*ret_count], &count);
    *ret = answers;
    return 0;
}

bool plan_moves(const struct plan *plan, const char *nct_id)
{
    size_t count;
    const struct membership *memberships = find_memberships(plan, nct_id, &count);

    for (size_t i = 0; i < count; i++)
        if (memberships[i].listed != memberships[i].before)
            return true;
    return false;
}

bool plan_lost(const struct plan *plan, const char *nct_id)
{
    size_t count;
    const struct membership *memberships = find_memberships(plan, nct_id, &count);

    for (size_t i = 0; i < count; i++)
        if (memberships[i].before && !memberships[i].listed)
            return true;
    return false;
}

void plan_note_moved(struct plan *plan, const struct study *study)
{
    const char *nct_id;
    size_t count;

    for (size_t number = 0; (nct_id = study_id(study, number)); number++) {
        size_t first = (size_t)(find_memberships(plan, nct_id, &count) - plan->memberships);
        for (size_t i = first; i < first + count; i++)
            plan->memberships[i].before = plan->memberships[i].listed;
    }
}
