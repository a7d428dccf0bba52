#include "registry/plan_recall.h"

#include "history/members.h"

int plan_recall(struct plan *plan, struct store *store, struct error *e)
{
    size_t count;
    struct plan_query *queries = plan_queries(plan, &count);
    int r = 0;

    for (size_t i = 0; r >= 0 && i < count; i++) {
        const char *watch = queries[i].watch->name;
        r = members_load(store, watch, &queries[i].before, &queries[i].before_count, e);
        if (r >= 0)
            r = members_is_running(store, watch, queries[i].question->text, &queries[i].is_running, e);
    }
    struct plan_whole *wholes = plan_wholes(plan, &count);
    for (size_t i = 0; r >= 0 && i < count; i++)
        r = members_is_running(store, wholes[i].watch->name, PLAN_WHOLE_QUESTION, &wholes[i].is_running, e);
    return r;
}
