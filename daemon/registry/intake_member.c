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

/* Takes over before and after. */
static int add_change(struct intake *intake, enum kind kind, json_t *before, json_t *after)
{
    struct change_list *changes = &intake->changes;
    struct change *items = reallocarray(changes->items, changes->count + 1, sizeof(*items));

    if (!items) {
        json_decref(before);
        json_decref(after);
        return -ENOMEM;
    }
    changes->items = items;
    changes->capacity = changes->count + 1;
    struct change *change = &items[changes->count++];
    *change = (struct change){
        .kind = kind,
        .weight = kind_info(kind)->weight,
        .path = strdup(""),
        .before = before,
        .after = after,
        .old_index = SITE_NONE,
        .new_index = SITE_NONE,
        .old_item = SITE_NONE,
        .new_item = SITE_NONE,
    };
    return change->path && (before || after) ? 0 : -ENOMEM;
}

static int add_listed(struct intake *intake, const struct watch *watch, bool existing)
{
    return add_change(intake, KIND_LISTED, NULL, json_pack("{s:s, s:b}", "watch", watch->name, "existing", existing));
}

static int add_move(struct intake *intake, const struct plan_answer *answer)
{
    const struct watch *watch = answer->query->watch;

    if (answer->standing == PLAN_ENTERS)
        return add_listed(intake, watch, !answer->query->is_running);
    return add_change(intake, KIND_UNLISTED, json_pack("{s:s}", "watch", watch->name), reason_for_leaving(intake));
}

/* Entering and leaving is told once the query has its baseline, of which the settings may ask to be told too. */
static bool is_news(const struct plan_answer *answer)
{
    const struct plan_query *query = answer->query;

    return query->is_running || (answer->standing == PLAN_ENTERS && query->watch->announce_existing);
}

/* A study that was never seen is news to a watch of the whole registry that has its baseline. */
static int add_new_to_wholes(struct intake *intake)
{
    size_t count = 0;
    const struct plan_whole *wholes = intake->plan ? plan_wholes(intake->plan, &count) : NULL;
    int r = 0;

    for (size_t i = 0; r == 0 && i < count; i++)
        if (wholes[i].is_running)
            r = add_listed(intake, wholes[i].watch, false);
    return r;
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
        if (moves && add_move(intake, answer) < 0)
            return -ENOMEM;
    }
    return intake->same || intake->before ? 0 : add_new_to_wholes(intake);
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
    if (r == 0 && intake->answer_count > 0)
        plan_note_moved(intake->plan, intake->study);
    return r;
}
