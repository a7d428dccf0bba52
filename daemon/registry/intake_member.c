#include "history/members.h"
#include "registry/intake_parts.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void intake_drop_members(struct intake *intake)
{
    free(TAKE_PTR(intake->moves));
    free(TAKE_PTR(intake->members));
    intake->move_count = intake->member_count = 0;
}

static const struct plan_query *queries_of(const struct intake *intake, size_t *ret_count)
{
    *ret_count = 0;
    return intake->plan ? plan_queries(intake->plan, ret_count) : NULL;
}

bool intake_moves(const struct intake *intake, const struct study *study)
{
    size_t count;
    const struct plan_query *queries = queries_of(intake, &count);

    for (size_t i = 0; i < count; i++) {
        const char *member;
        enum plan_standing standing = plan_standing(&queries[i], study, &member);
        if (standing == PLAN_ENTERS || standing == PLAN_LEAVES)
            return true;
    }
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

static int add_change(struct intake *intake, const struct member_move *move)
{
    struct change_list *changes = &intake->changes;
    struct change *items = reallocarray(changes->items, changes->count + 1, sizeof(*items));
    enum kind kind = move->enters ? KIND_LISTED : KIND_UNLISTED;
    const char *watch = move->query->watch->name;

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
    if (!move->enters) {
        change.before = json_pack("{s:s}", "watch", watch);
        change.after = reason_for_leaving(intake);
    } else {
        change.after = json_pack("{s:s, s:b}", "watch", watch, "existing", !move->query->is_running);
    }
    items[changes->count++] = change;
    return change.path && (change.before || change.after) ? 0 : -ENOMEM;
}

/* Entering and leaving is told once the query has its baseline, of which the settings may ask to be told too. */
static bool is_news(const struct member_move *move)
{
    return move->query->is_running || (move->enters && move->query->watch->announce_existing);
}

int intake_find_members(struct intake *intake)
{
    size_t count;
    const struct plan_query *queries = queries_of(intake, &count);

    intake->moves = calloc(count + 1, sizeof(*intake->moves));
    intake->members = calloc(count + 1, sizeof(*intake->members));
    if (!intake->moves || !intake->members)
        return -ENOMEM;
    for (size_t i = 0; i < count; i++) {
        const char *member;
        enum plan_standing standing = plan_standing(&queries[i], intake->study, &member);
        if (standing == PLAN_OUTSIDE || (intake->absent && standing != PLAN_LEAVES))
            continue;
        struct member_move *move = &intake->moves[intake->move_count];
        *move = (struct member_move){.query = &queries[i], .enters = standing == PLAN_ENTERS};
        snprintf(move->member, sizeof(move->member), "%s", member);
        intake->move_count += standing != PLAN_STAYS;
        if (standing == PLAN_STAYS || is_news(move))
            intake->members[intake->member_count++] = queries[i].watch;
        if (standing != PLAN_STAYS && is_news(move) && add_change(intake, move) < 0)
            return -ENOMEM;
    }
    return 0;
}

int intake_write_moves(struct intake *intake, int64_t now_usec, struct error *e)
{
    for (size_t i = 0; i < intake->move_count; i++) {
        const struct member_move *move = &intake->moves[i];
        const char *watch = move->query->watch->name;
        int r = move->enters ? members_join(intake->store, watch, move->member, now_usec, e)
                             : members_leave(intake->store, watch, move->member, now_usec, e);
        if (r < 0)
            return r;
    }
    return 0;
}
