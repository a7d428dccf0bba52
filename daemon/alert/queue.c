#include "alert/queue.h"

#include "alert/pace.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* However far away the next step is: the wall clock may have been set meanwhile, or a person held an alert. */
#define MAX_SLEEP_USEC USEC_PER_HOUR

void queue_sleep_until(struct queue *queue, int64_t wall_usec, int64_t now_usec)
{
    int64_t wait = wall_usec > now_usec ? wall_usec - now_usec : 0;

    timer_arm_in(queue->timer, wait < MAX_SLEEP_USEC ? wait : MAX_SLEEP_USEC);
}

/* The next message, if its time has come; else sleeps until then or until the next alert is due. */
static void attempt_next(struct queue *queue, int64_t next_due_usec, int64_t now_usec)
{
    struct error error = {0};
    int r = outbox_next_message(queue->around->store, queue->name, &queue->message, &error);

    if (r == -ENOENT) {
        queue->next_attempt_usec = next_due_usec == INT64_MAX ? 0 : next_due_usec;
        queue_sleep_until(queue, next_due_usec, now_usec);
        return;
    }
    if (r < 0) {
        queue_log(queue, LOG_ERR, NULL, "The messages of channel %s cannot be read: %s", queue->name, error.text);
        queue_sleep_until(queue, now_usec + QUEUE_HISTORY_RETRY_USEC, now_usec);
        return;
    }
    int64_t at = queue->message.next_attempt_usec;
    if (pace_is_stranded(queue->message.created_usec, at, now_usec))
        at = now_usec;
    if (at < queue->paused_until_usec)
        at = queue->paused_until_usec;
    if (at <= now_usec) {
        queue_attempt_begin(queue, now_usec);
        return;
    }
    queue->next_attempt_usec = at;
    queue_sleep_until(queue, at < next_due_usec ? at : next_due_usec, now_usec);
}

/* What was to come by a clock that has been set back since would come too late. */
static void note_time(struct queue *queue, int64_t now_usec)
{
    if (now_usec < queue->stepped_usec) {
        queue->held_usec = queue->paused_until_usec = 0;
    }
    queue->stepped_usec = now_usec;
}

static void step(void *userdata)
{
    struct queue *queue = userdata;
    int64_t now_usec = clock_wall_usec(), next_due_usec;
    struct error error = {0};

    note_time(queue, now_usec);
    if (queue->delivery || queue->asking)
        return;
    if (queue->document) {
        queue_attempt_send(queue, now_usec);
        return;
    }
    if (queue->record.waiting && queue_attempt_write(queue) < 0) {
        queue_sleep_until(queue, now_usec + QUEUE_HISTORY_RETRY_USEC, now_usec);
        return;
    }
    if (!queue->channel)
        return;
    if (queue_compose(queue, now_usec, &next_due_usec, &error) < 0) {
        queue_log(queue, LOG_ERR, NULL, "The alerts due to channel %s cannot be taken up: %s", queue->name, error.text);
        queue_sleep_until(queue, now_usec + QUEUE_HISTORY_RETRY_USEC, now_usec);
        return;
    }
    attempt_next(queue, next_due_usec, now_usec);
}

void queue_wake(struct queue *queue)
{
    timer_arm_in(queue->timer, 0);
}

/* Nothing has left yet of what still asks conditions or is shaped: it begins anew. */
static void stop_preparing(struct queue *queue)
{
    clauses_cancel(TAKE_PTR(queue->asking));
    json_decref(TAKE_PTR(queue->document));
    if (delivery_is_shaping(queue->delivery))
        delivery_cancel(TAKE_PTR(queue->delivery));
}

void queue_set_channel(struct queue *queue, const struct channel *channel)
{
    struct error error = {0};

    stop_preparing(queue);
    queue->channel = channel;
    zone_free(queue->zone);
    queue->zone = NULL;
    /* A zone that vanished after the settings were checked: times are then taken as UTC. */
    if (channel && zone_open(channel->pace.zone, &queue->zone, &error) < 0) {
        queue_log(queue, LOG_ERR, NULL, "Channel %s: %s", queue->name, error.text);
        if (zone_open("UTC", &queue->zone, &error) < 0)
            queue->channel = NULL;
    }
    queue_wake(queue);
}

int queue_new(const struct queue_surroundings *around, const char *name, struct queue **ret)
{
    struct queue *queue = calloc(1, sizeof(*queue));

    if (!queue)
        return -ENOMEM;
    queue->around = around;
    queue->name = strdup(name);
    if (!queue->name || timer_new(around->means.base, step, queue, &queue->timer) < 0) {
        queue_free(queue);
        return -ENOMEM;
    }
    trouble_load(&queue->trouble, around->store, "channel", name);
    trouble_load(&queue->recipients, around->store, "recipients", name);
    queue->failures = queue->trouble.row.since_usec > 0; /* before the start */
    snprintf(queue->last_answer, sizeof(queue->last_answer), "%s", queue->trouble.row.words);
    *ret = queue;
    return 0;
}

void queue_free(struct queue *queue)
{
    if (!queue)
        return;
    stop_preparing(queue);
    queue_attempt_clear(queue);
    timer_free(queue->timer);
    zone_free(queue->zone);
    free(queue->name);
    free(queue);
}
