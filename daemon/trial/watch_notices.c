/* What a study's changes make of the watches: one notice a channel. */
#include "trial/watch.h"

#include <errno.h>
#include <string.h>

/* A watch that wants some of the changes, by one of its channels. */
struct lead {
    const char *channel;
    const struct watch *watch;
    size_t wanted; /* where the bits of the changes begin */
};

struct leads {
    const struct study *after;
    const struct change_list *changes;
    size_t words;       /* of bits for all changes */
    struct lead *items; /* owned */
    size_t count, capacity;
    uint64_t *wanted; /* owned; words for each watch, those of the watch under way behind them */
    size_t wanted_count, wanted_capacity;
    int status;
};

static void free_leads(struct leads *leads)
{
    free(leads->items);
    free(leads->wanted);
}

static int compare_leads(const void *a, const void *b)
{
    const struct lead *x = a, *y = b;
    int order = strcmp(x->channel, y->channel);

    return order != 0 ? order : strcmp(x->watch->name, y->watch->name);
}

/* Room for one more watch, with its bits clear. */
static int make_room(struct leads *leads, size_t channel_count)
{
    if (leads->count + channel_count > leads->capacity) {
        size_t capacity = size_max(2 * leads->capacity, leads->count + channel_count);
        struct lead *items = reallocarray(leads->items, capacity, sizeof(*items));
        if (!items)
            return -ENOMEM;
        leads->items = items;
        leads->capacity = capacity;
    }
    if (leads->wanted_count + leads->words > leads->wanted_capacity) {
        size_t capacity = size_max(2 * leads->wanted_capacity, leads->wanted_count + leads->words);
        uint64_t *wanted = reallocarray(leads->wanted, capacity, sizeof(*wanted));
        if (!wanted)
            return -ENOMEM;
        leads->wanted = wanted;
        leads->wanted_capacity = capacity;
    }
    memset(&leads->wanted[leads->wanted_count], 0, leads->words * sizeof(*leads->wanted));
    return 0;
}

static void add_leads(const struct watch *watch, void *userdata)
{
    struct leads *leads = userdata;
    size_t wanted = leads->wanted_count;

    if (leads->status < 0 || watch->channel_count == 0)
        return;
    leads->status = make_room(leads, watch->channel_count);
    if (leads->status < 0 || !watch_wants_which(watch, leads->after, leads->changes, &leads->wanted[wanted]))
        return;
    leads->wanted_count += leads->words;
    for (size_t i = 0; i < watch->channel_count; i++)
        leads->items[leads->count++] = (struct lead){watch->channels[i], watch, wanted};
}

/* Makes a notice of the first leads that share a channel, and says how many those are. */
static int make_notice(const struct leads *leads, size_t first, struct notice *ret, size_t *ret_count)
{
    const struct lead *items = leads->items;
    _cleanup_free_ uint64_t *wanted = calloc(leads->words, sizeof(*wanted));
    size_t count = 0;

    while (first + count < leads->count && strcmp(items[first + count].channel, items[first].channel) == 0)
        count++;
    *ret_count = count;
    ret->channel = items[first].channel;
    ret->watches = calloc(count, sizeof(*ret->watches));
    ret->changes = calloc(leads->changes->count, sizeof(*ret->changes));
    if (!wanted || !ret->watches || !ret->changes)
        return -ENOMEM;
    for (size_t i = first; i < first + count; i++) {
        if (ret->watch_count == 0 || ret->watches[ret->watch_count - 1] != items[i].watch)
            ret->watches[ret->watch_count++] = items[i].watch;
        for (size_t word = 0; word < leads->words; word++)
            wanted[word] |= leads->wanted[items[i].wanted + word];
    }
    for (size_t change = 0; change < leads->changes->count; change++)
        if (wanted[change / 64] & UINT64_C(1) << change % 64)
            ret->changes[ret->change_count++] = change;
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
    _cleanup_(free_leads) struct leads leads = {
        .after = after,
        .changes = changes,
        .words = (changes->count + 63) / 64,
    };
    _cleanup_notice_list_ struct notice_list list = {0};

    *ret = (struct notice_list){0};
    if (changes->count == 0)
        return 0;
    int r = watch_set_visit_concerned(set, after, changes, add_leads, &leads);
    if (r < 0)
        return r;
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
        r = make_notice(&leads, first, &list.items[list.count++], &count);
        if (r < 0)
            return r;
    }
    *ret = list;
    list = (struct notice_list){0};
    return 0;
}
