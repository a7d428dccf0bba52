#include "alert/pace.h"
#include "alert/queue.h"
#include "history/mutes.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* A message is told of at most so many alerts, and so many are looked at in one step. */
#define MAX_ALERTS ((size_t)500)

/* A query's studies come in one by one while a refresh is read: they are one message when none came for so long. */
#define SETTLE_USEC (10 * USEC_PER_SEC)

struct due {
    char id[ALERT_ID_BYTES];
    char fold[192]; /* alerts with the same text here go into one message; "": on its own */
    enum weight weight;
    bool waited; /* held before */
    bool taken;
    int64_t created_usec;
    char muted[160]; /* why it is not told, "" */
};

struct collecting {
    const struct queue *queue;
    int64_t now_usec, next_usec;
    struct due *items; /* owned */
    size_t count;
};

/* What is told together: all that was held until now, or what one query watch found in one refresh. */
static void fold_name(const struct queue *queue, const struct alert_row *row, char *fold, size_t size)
{
    size_t index;
    json_t *name;

    fold[0] = '\0';
    if (row->state == ALERT_HELD) {
        snprintf(fold, size, "held");
        return;
    }
    json_array_foreach (row->watches, index, name) {
        const struct watch *watch = watch_set_find(queue->around->watches, json_string_value(name));
        if (watch && watch_has_query(watch)) {
            snprintf(fold, size, "query %s %.120s", row->refresh, watch->name);
            return;
        }
    }
}

static int on_alert(const struct alert_row *row, void *userdata)
{
    struct collecting *collecting = userdata;
    int64_t now_usec = collecting->now_usec;
    bool stranded = pace_is_stranded(row->created_usec, row->due_usec, now_usec);

    if (row->due_usec > now_usec && !stranded) {
        if (row->due_usec < collecting->next_usec)
            collecting->next_usec = row->due_usec;
        return 0;
    }
    if (collecting->count == MAX_ALERTS) {
        collecting->next_usec = now_usec;
        return 0;
    }
    struct due *due = &collecting->items[collecting->count++];
    *due = (struct due){
        .weight = row->weight,
        .waited = row->state == ALERT_HELD && !stranded,
        .created_usec = row->created_usec > now_usec ? 0 : row->created_usec,
    };
    snprintf(due->id, sizeof(due->id), "%s", row->id);
    fold_name(collecting->queue, row, due->fold, sizeof(due->fold));
    return mutes_cover(collecting->queue->around->store, row->nct_id, row->watches, now_usec, due->muted,
                       sizeof(due->muted), NULL) < 0
               ? -EIO
               : 0;
}

static int hold(struct collecting *collecting, struct due *due, int64_t due_usec, struct error *e)
{
    due->taken = true;
    if (due_usec < collecting->next_usec)
        collecting->next_usec = due_usec;
    return outbox_hold(collecting->queue->around->store, due->id, due_usec, collecting->now_usec, e);
}

/* What somebody muted after it was seen. */
static int drop_muted(struct collecting *collecting, struct error *e)
{
    int r = 0;

    for (size_t i = 0; r >= 0 && i < collecting->count; i++) {
        struct due *due = &collecting->items[i];
        due->taken = due->muted[0];
        if (due->taken)
            r = outbox_drop(collecting->queue->around->store, due->id, due->muted, collecting->now_usec, e);
    }
    return r;
}

/* Digest and quiet hours. */
static int hold_early(struct collecting *collecting, struct error *e)
{
    const struct queue *queue = collecting->queue;

    for (size_t i = 0; i < collecting->count; i++) {
        struct due *due = &collecting->items[i];
        int64_t due_usec =
            pace_due_usec(&queue->channel->pace, queue->zone, due->weight, due->waited, collecting->now_usec);
        int r = due_usec > collecting->now_usec && !due->taken ? hold(collecting, due, due_usec, e) : 0;
        if (r < 0)
            return r;
    }
    return 0;
}

/* The most urgent alert that is in no message yet, NULL when all are. */
static const struct due *find_first(const struct collecting *collecting)
{
    const struct due *best = NULL;

    for (size_t i = 0; i < collecting->count; i++) {
        const struct due *due = &collecting->items[i];
        if (!due->taken && (!best || due->weight > best->weight))
            best = due;
    }
    return best;
}

struct group {
    struct due *items[MAX_ALERTS];
    size_t count;
    int64_t newest_usec;
};

static void collect_group(struct collecting *collecting, const struct due *first, struct group *group)
{
    *group = (struct group){.count = 0};
    for (size_t i = 0; i < collecting->count; i++) {
        struct due *due = &collecting->items[i];
        bool together = due == first || (first->fold[0] && strcmp(due->fold, first->fold) == 0);
        if (due->taken || !together)
            continue;
        group->items[group->count++] = due;
        if (due->created_usec > group->newest_usec)
            group->newest_usec = due->created_usec;
    }
}

/* How many messages the channel's rate still allows now; negative: any. */
static long rate_left(const struct queue *queue, int64_t now_usec)
{
    const struct channel_pace *pace = &queue->channel->pace;

    if (pace->rate_usec <= 0 || pace->rate_messages <= 0)
        return -1;
    long sent = outbox_delivered_since(queue->around->store, queue->name, now_usec - pace->rate_usec, now_usec);
    return sent >= pace->rate_messages ? 0 : pace->rate_messages - sent;
}

int64_t queue_rate_free_usec(const struct queue *queue, int64_t now_usec)
{
    const struct channel_pace *pace = &queue->channel->pace;

    return rate_left(queue, now_usec) == 0 ? now_usec + pace->rate_usec / pace->rate_messages : now_usec;
}

/* What exceeds the rate waits until one message more may have gone out, and is told together then. */
static int hold_group(struct collecting *collecting, struct group *group, struct error *e)
{
    int64_t later_usec = queue_rate_free_usec(collecting->queue, collecting->now_usec);

    for (size_t i = 0; i < group->count; i++) {
        int r = hold(collecting, group->items[i], later_usec, e);
        if (r < 0)
            return r;
    }
    return 0;
}

static int compose_group(struct collecting *collecting, struct group *group, struct error *e)
{
    const char *ids[MAX_ALERTS];
    char message_id[MESSAGE_ID_BYTES];

    for (size_t i = 0; i < group->count; i++) {
        ids[i] = group->items[i]->id;
        group->items[i]->taken = true;
    }
    return outbox_compose(collecting->queue->around->store, collecting->queue->name, ids, group->count,
                          collecting->now_usec, message_id, e);
}

static int compose_groups(struct collecting *collecting, struct error *e)
{
    long left = rate_left(collecting->queue, collecting->now_usec);
    _cleanup_free_ struct group *group = malloc(sizeof(*group));
    const struct due *first;

    if (!group)
        return error_set(e, -ENOMEM, "Out of memory");
    while ((first = find_first(collecting))) {
        int r = 0;

        collect_group(collecting, first, group);
        int64_t settled_usec = group->newest_usec + SETTLE_USEC;
        if (strncmp(first->fold, "query ", 6) == 0 && settled_usec > collecting->now_usec) {
            for (size_t i = 0; i < group->count; i++)
                group->items[i]->taken = true; /* they stay due */
            if (settled_usec < collecting->next_usec)
                collecting->next_usec = settled_usec;
        } else if (left == 0)
            r = hold_group(collecting, group, e);
        else {
            r = compose_group(collecting, group, e);
            left -= left > 0;
        }
        if (r < 0)
            return r;
    }
    return 0;
}

/* Reads what is due. Held alerts may be many, so all are only read when the earliest of them is due or not known. */
static int collect(struct queue *queue, struct collecting *collecting, struct error *e)
{
    bool all = queue->held_usec <= collecting->now_usec;
    struct alert_filter filter = {
        .channel = queue->name,
        .states = 1u << ALERT_DUE | 1u << ALERT_HELD,
        .due_until_usec = all ? 0 : collecting->now_usec,
    };

    if (!all)
        collecting->next_usec = queue->held_usec;
    return outbox_each(queue->around->store, &filter, on_alert, collecting, e);
}

static int compose(struct collecting *collecting, struct error *e)
{
    struct store *store = collecting->queue->around->store;
    int r = store_begin(store, e);

    if (r >= 0)
        r = drop_muted(collecting, e);
    if (r >= 0)
        r = hold_early(collecting, e);
    if (r >= 0)
        r = compose_groups(collecting, e);
    if (r >= 0)
        r = store_commit(store, e);
    if (r < 0)
        store_rollback(store);
    return r;
}

int queue_compose(struct queue *queue, int64_t now_usec, int64_t *ret_next_usec, struct error *e)
{
    _cleanup_free_ struct due *items = calloc(MAX_ALERTS, sizeof(*items));
    struct collecting collecting = {.queue = queue, .now_usec = now_usec, .next_usec = INT64_MAX, .items = items};

    if (!items)
        return error_set(e, -ENOMEM, "Out of memory");
    int r = collect(queue, &collecting, e);
    if (r >= 0 && collecting.count > 0)
        r = compose(&collecting, e);
    queue->held_usec = r < 0 ? 0 : collecting.next_usec;
    *ret_next_usec = collecting.next_usec;
    return r;
}
