#include "alert/direct.h"

#include "alert/message.h"
#include "alert/pace.h"

#include <errno.h>

#define MAX_ANNOUNCE_ATTEMPTS 8 /* 30 s doubling: about an hour */

struct direct {
    struct direct_list *list;
    struct direct *next;
    const struct queue *queue; /* lives as long as the list */
    json_t *message;           /* owned */
    struct delivery *delivery; /* under way, or NULL */
    struct timer *timer;       /* owned */
    long attempts;
    dispatch_test_callback *callback; /* NULL: an announcement */
    void *userdata;
};

static void direct_free(struct direct *direct)
{
    struct direct **link = &direct->list->first;

    while (*link != direct)
        link = &(*link)->next;
    *link = direct->next;
    delivery_cancel(direct->delivery);
    timer_free(direct->timer);
    json_decref(direct->message);
    free(direct);
}

void direct_clear(struct direct_list *list)
{
    while (list->first)
        direct_free(list->first);
}

void direct_restart(struct direct_list *list)
{
    for (struct direct *direct = list->first; direct; direct = direct->next) {
        if (!delivery_is_shaping(direct->delivery))
            continue;
        delivery_cancel(TAKE_PTR(direct->delivery));
        timer_arm_in(direct->timer, 0);
    }
}

static void conclude_test(struct direct *direct, const struct verdict *verdict)
{
    dispatch_test_callback *callback = direct->callback;
    void *userdata = direct->userdata;

    direct_free(direct);
    callback(verdict, userdata);
}

static void on_delivery(const struct verdict *verdict, int64_t latency_usec, void *userdata)
{
    struct direct *direct = userdata;

    (void)latency_usec;
    direct->delivery = NULL;
    direct->attempts++;
    if (direct->callback) {
        conclude_test(direct, verdict);
        return;
    }
    if (verdict->outcome == ATTEMPT_RETRY && direct->attempts < MAX_ANNOUNCE_ATTEMPTS) {
        int64_t wait = pace_backoff_usec(direct->attempts, arc4random());
        timer_arm_in(direct->timer, verdict->retry_after_usec > wait ? verdict->retry_after_usec : wait);
        return;
    }
    if (verdict->outcome != ATTEMPT_DELIVERED)
        queue_log(direct->queue, LOG_WARNING, NULL, "Channel %s was not told about the daemon's health: %s",
                  direct->queue->name, verdict->answer);
    direct_free(direct);
}

static void attempt(void *userdata)
{
    struct direct *direct = userdata;
    const struct render_context context = {.now_usec = clock_wall_usec()};
    const struct channel *channel = direct->queue->channel;
    struct verdict verdict = {.outcome = ATTEMPT_FAILED, .answer = "The channel is no longer in the settings"};

    if (!channel)
        on_delivery(&verdict, 0, direct);
    else if (delivery_start(&direct->queue->around->means, channel, direct->message, &context, on_delivery, direct,
                            &direct->delivery) < 0) {
        verdict = (struct verdict){.outcome = ATTEMPT_RETRY, .retry_after_usec = -1, .answer = "Out of memory"};
        on_delivery(&verdict, 0, direct);
    }
}

/* Takes the reference to message, also on failure. */
static int direct_new(struct direct_list *list, const struct queue *queue, json_t *message, struct direct **ret)
{
    struct direct *direct = message ? calloc(1, sizeof(*direct)) : NULL;

    if (!direct || timer_new(queue->around->means.base, attempt, direct, &direct->timer) < 0) {
        free(direct);
        json_decref(message);
        return -ENOMEM;
    }
    direct->list = list;
    direct->queue = queue;
    direct->message = message;
    direct->next = list->first;
    list->first = direct;
    timer_arm_in(direct->timer, 0);
    *ret = direct;
    return 0;
}

int direct_test(struct direct_list *list, const struct queue *queue, dispatch_test_callback *callback, void *userdata)
{
    struct direct *direct;
    int r = direct_new(list, queue, message_test(queue->name), &direct);

    if (r < 0)
        return r;
    direct->callback = callback;
    direct->userdata = userdata;
    return 0;
}

void direct_announce(struct direct_list *list, const struct queue *queue, json_t *message)
{
    struct direct *direct;

    if (direct_new(list, queue, message, &direct) < 0)
        queue_log(queue, LOG_ERR, NULL, "Channel %s cannot be told about the daemon's health: out of memory",
                  queue->name);
}
