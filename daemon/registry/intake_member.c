#include "history/members.h"
#include "registry/intake_parts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

void intake_drop_answers(struct intake *intake)
{
    free(TAKE_PTR(intake->answers));
    free(TAKE_PTR(intake->members));
    intake->answer_count = intake->member_count = 0;
}

/* One that the registry no longer gives can only leave. */
static void drop_other_than_leaving(struct intake *intake)
{
    size_t kept = 0;

    for (size_t i = 0; i < intake->answer_count; i++)
        if (intake->answers[i].standing == PLAN_LEAVES)
            intake->answers[kept++] = intake->answers[i];
    intake->answer_count = kept;
}

int intake_find_answers(struct intake *intake)
{
    if (!intake->plan)
        return 0;
    int r = plan_answers(intake->plan, intake->study, &intake->answers, &intake->answer_count);
    if (r == 0 && intake->absent)
        drop_other_than_leaving(intake);
    return r;
}

bool intake_moves(const struct intake *intake)
{
    for (size_t i = 0; i < intake->answer_count; i++)
        if (intake->answers[i].standing != PLAN_STAYS)
            return true;
    return false;
}

/* The reason for leaving that the record shows: it is gone, or its status is now another one. NULL: none. */
static json_t *reason_for_leaving(const struct intake *intake)
{
    const char *status = study_overall_status(intake->study);

    if (intake->absent)
        return json_pack("{s:b}", "absent", 1);
    if (!intake->before || strcmp(status, study_overall_status(intake->before)) == 0)
        return NULL;
    return json_pack("{s:s}", "status", status);
}

static int add_change(struct intake *intake, const struct plan_answer *answer)
{
    struct change_list *changes = &intake->changes;
    struct change *items = reallocarray(changes->items, changes->count + 1, sizeof(*items));
    bool enters = answer->standing == PLAN_ENTERS;
    enum kind kind = enters ? KIND_LISTED : KIND_UNLISTED;
    const char *watch = answer->query->watch->name;

    if (!items)
        return -ENOMEM;
    changes->items = items;
    changes->capacity = changes->count + 1;
    struct change change = {
        .kind = kind,
        .weight = kind_info(kind)->weight,
        .path = strdup(""),
        .old_index = SITE_NONE,
        .new_index = SITE_NONE,
        .old_item = SITE_NONE,
        .new_item = SITE_NONE,
    };
    if (!enters) {
        change.before = json_pack("{s:s}", "watch", watch);
        change.after = reason_for_leaving(intake);
    } else {
        change.after = json_pack("{s:s, s:b}", "watch", watch, "existing", !answer->query->is_running);
    }
    items[changes->count++] = change;
    return change.path && (change.before || change.after) ? 0 : -ENOMEM;
}

/* Entering and leaving is told once the query has its baseline, of which the settings may ask to be told too. */
static bool is_news(const struct plan_answer *answer)
{
    const struct plan_query *query = answer->query;

    return query->is_running || (answer->standing == PLAN_ENTERS && query->watch->announce_existing);
}

int intake_find_members(struct intake *intake)
{
    intake->members = calloc(intake->answer_count + 1, sizeof(*intake->members));
    if (!intake->members)
        return -ENOMEM;
    for (size_t i = 0; i < intake->answer_count; i++) {
        const struct plan_answer *answer = &intake->answers[i];
        bool moves = answer->standing != PLAN_STAYS;
        if (moves && !is_news(answer))
            continue;
        intake->members[intake->member_count++] = answer->query->watch;
        if (moves && add_change(intake, answer) < 0)
            return -ENOMEM;
    }
    return 0;
}

int intake_write_moves(struct intake *intake, int64_t now_usec, struct error *e)
{
    int r = 0;

    for (size_t i = 0; r == 0 && i < intake->answer_count; i++) {
        const struct plan_answer *answer = &intake->answers[i];
        const char *watch = answer->query->watch->name;
        if (answer->standing == PLAN_ENTERS)
            r = members_join(intake->store, watch, answer->member, now_usec, e);
        else if (answer->standing == PLAN_LEAVES)
            r = members_leave(intake->store, watch, answer->member, now_usec, e);
    }
    return r;
}
