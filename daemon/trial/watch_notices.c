/* What a study's changes make of the watches: one notice a channel. */
#include "trial/watch.h"

#include <errno.h>
#include <string.h>

/* A watch that wants some of the changes, by one of its channels. */
struct lead {
    const char *channel;
    const struct watch *watch;
};

struct leads {
    const struct study *after;
    const struct change_list *changes;
    struct lead *items; /* owned */
    size_t count, capacity;
    int status;
};

static void free_leads(struct leads *leads)
{
    free(leads->items);
}

static int compare_leads(const void *a, const void *b)
{
    const struct lead *x = a, *y = b;
    int order = strcmp(x->channel, y->channel);

    return order != 0 ? order : strcmp(x->watch->name, y->watch->name);
}

static bool wants_any(const struct leads *leads, const struct watch *watch)
{
    for (size_t i = 0; i < leads->changes->count; i++)
        if (watch_wants(watch, leads->after, &leads->changes->items[i]))
            return true;
    return false;
}

static void add_leads(const struct watch *watch, void *userdata)
{
    struct leads *leads = userdata;

    if (leads->status < 0 || watch->channel_count == 0 || !wants_any(leads, watch))
        return;
    if (leads->count + watch->channel_count > leads->capacity) {
        size_t capacity = size_max(2 * leads->capacity, leads->count + watch->channel_count);
        struct lead *items = reallocarray(leads->items, capacity, sizeof(*items));
        if (!items) {
            leads->status = -ENOMEM;
            return;
        }
        leads->items = items;
        leads->capacity = capacity;
    }
    for (size_t i = 0; i < watch->channel_count; i++)
        leads->items[leads->count++] = (struct lead){watch->channels[i], watch};
}

/* Makes a notice of the first leads that share a channel, and says how many those are. */
static int make_notice(const struct leads *leads, size_t first, struct notice *ret, size_t *ret_count)
{
    const struct lead *items = leads->items;
    size_t count = 0;

    while (first + count < leads->count && strcmp(items[first + count].channel, items[first].channel) == 0)
        count++;
    *ret_count = count;
    ret->channel = items[first].channel;
    ret->watches = calloc(count, sizeof(*ret->watches));
    ret->changes = calloc(leads->changes->count, sizeof(*ret->changes));
    if (!ret->watches || !ret->changes)
        return -ENOMEM;
    for (size_t i = first; i < first + count; i++)
        if (ret->watch_count == 0 || ret->watches[ret->watch_count - 1] != items[i].watch)
            ret->watches[ret->watch_count++] = items[i].watch;
    for (size_t change = 0; change < leads->changes->count; change++)
        for (size_t i = 0; i < ret->watch_count; i++)
            if (watch_wants(ret->watches[i], leads->after, &leads->changes->items[change])) {
                ret->changes[ret->change_count++] = change;
                break;
            }
    return 0;
}

void notice_list_free(struct notice_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        free(list->items[i].watches);
        free(list->items[i].changes);
    }
    free(list->items);
    *list = (struct notice_list){0};
}

int watch_set_notices(const struct watch_set *set, const struct study *after, const struct watch *const *members,
                      size_t member_count, const struct change_list *changes, struct notice_list *ret)
{
    _cleanup_(free_leads) struct leads leads = {.after = after, .changes = changes};
    _cleanup_notice_list_ struct notice_list list = {0};

    watch_set_visit(set, after, add_leads, &leads);
    for (size_t i = 0; i < member_count; i++)
        add_leads(members[i], &leads); /* make_notice() drops one that names the study too */
    if (leads.status < 0)
        return leads.status;
    if (leads.count > 0)
        qsort(leads.items, leads.count, sizeof(*leads.items), compare_leads);
    list.items = calloc(leads.count + 1, sizeof(*list.items));
    if (!list.items)
        return -ENOMEM;
    for (size_t first = 0, count; first < leads.count; first += count) {
        int r = make_notice(&leads, first, &list.items[list.count++], &count);
        if (r < 0)
            return r;
    }
    *ret = list;
    list = (struct notice_list){0};
    return 0;
}
