#include "alert/queue.h"

#include "alert/message.h"
#include "alert/pace.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* However far away the next step is: the wall clock may have been set meanwhile, or a person held an alert. */
#define MAX_SLEEP_USEC USEC_PER_HOUR

/* After a failure of the history itself. */
#define HISTORY_RETRY_USEC (10 * USEC_PER_SEC)

/* A receiver that asks for a longer wait is asked earlier: the message would be given up meanwhile. */
#define MAX_RETRY_AFTER_USEC USEC_PER_DAY

static void sleep_until(struct queue *queue, int64_t wall_usec, int64_t now_usec)
{
    int64_t wait = wall_usec > now_usec ? wall_usec - now_usec : 0;

    timer_arm_in(queue->timer, wait < MAX_SLEEP_USEC ? wait : MAX_SLEEP_USEC);
}

static void record_clear(struct queue_record *record)
{
    free(record->thread);
    *record = (struct queue_record){.waiting = false};
}

/* Writes down the attempt that was made. Until that is done nothing else is sent: a repetition would be made by us, not
 * by a crash. */
static int write_record(struct queue *queue)
{
    struct store *store = queue->around->store;
    struct attempt attempt = queue->record.attempt;
    struct error error = {0};

    attempt.answer = queue->record.answer;
    attempt.thread = queue->record.thread;
    int r = store_begin(store, &error);
    if (r >= 0)
        r = outbox_record_attempt(store, queue->message.id, &attempt, &error);
    if (r >= 0)
        r = store_commit(store, &error);
    if (r < 0) {
        store_rollback(store);
        queue_log_message(queue, LOG_ERR, NULL, "What became of message %s cannot be written to the history: %s",
                          queue->message.id, error.text);
    }
    /* A message that the history has closed meanwhile: there is nothing to be written later either. */
    if (r < 0 && r != -ENOENT && r != -EALREADY)
        return r;
    record_clear(&queue->record);
    return 0;
}

/* When to try again; 0 when that would be too late. */
static int64_t retry_at(const struct queue *queue, const struct verdict *verdict, int64_t now_usec)
{
    int64_t give_up = queue->channel && queue->channel->pace.give_up_usec > 0 ? queue->channel->pace.give_up_usec
                                                                              : CHANNEL_DEFAULT_GIVE_UP_USEC;
    int64_t wait = pace_backoff_usec(queue->message.attempts + 1, arc4random());

    if (verdict->retry_after_usec > wait)
        wait = verdict->retry_after_usec < MAX_RETRY_AFTER_USEC ? verdict->retry_after_usec : MAX_RETRY_AFTER_USEC;
    return now_usec + wait > queue->message.created_usec + give_up ? 0 : now_usec + wait;
}

/* While a channel refuses, one message at a time asks how it is. */
static void pause_queue(struct queue *queue, const struct verdict *verdict, int64_t now_usec)
{
    int64_t wait = pace_backoff_usec(queue->failures, arc4random());

    if (verdict->retry_after_usec > wait)
        wait = verdict->retry_after_usec < MAX_RETRY_AFTER_USEC ? verdict->retry_after_usec : MAX_RETRY_AFTER_USEC;
    queue->paused_until_usec = now_usec + wait;
}

static bool was_shortened(const struct queue *queue)
{
    return strcmp(queue->shorter_id, queue->message.id) == 0;
}

/* Kept of one message: should a second one be refused by some meanwhile, all get the first again rather than none. */
static void keep_recipients(struct queue *queue, const struct verdict *verdict)
{
    if (!verdict->only)
        return;
    free(queue->only);
    queue->only = strdup(verdict->only);
    snprintf(queue->only_id, sizeof(queue->only_id), "%s", queue->only ? queue->message.id : "");
}

static void conclude(struct queue *queue, const struct verdict *verdict, int64_t latency_usec)
{
    int64_t now_usec = clock_wall_usec();
    struct attempt attempt = {
        .started_usec = queue->started_usec,
        .latency_usec = latency_usec,
        .outcome = verdict->outcome,
        .code = verdict->code,
    };
    bool shorten = verdict->too_large && !was_shortened(queue);

    if (shorten) {
        snprintf(queue->shorter_id, sizeof(queue->shorter_id), "%s", queue->message.id);
        attempt.outcome = ATTEMPT_RETRY;
        attempt.retry_at_usec = now_usec;
    } else if (verdict->outcome == ATTEMPT_RETRY) {
        attempt.retry_at_usec = retry_at(queue, verdict, now_usec);
        attempt.outcome = attempt.retry_at_usec > 0 ? ATTEMPT_RETRY : ATTEMPT_FAILED;
    }
    queue->record.waiting = true;
    queue->record.attempt = attempt;
    snprintf(queue->record.answer, sizeof(queue->record.answer), "%s", verdict->answer);
    queue->record.thread = verdict->thread ? strdup(verdict->thread) : NULL;
    keep_recipients(queue, verdict);
    if (!shorten)
        queue_note(queue, verdict, attempt.outcome == ATTEMPT_FAILED, now_usec);
    if (!shorten && attempt.outcome == ATTEMPT_RETRY)
        pause_queue(queue, verdict, now_usec);
    int r = write_record(queue);
    sleep_until(queue, now_usec + (r < 0 ? HISTORY_RETRY_USEC : 0), now_usec);
}

static void on_delivery(const struct verdict *verdict, int64_t latency_usec, void *userdata)
{
    struct queue *queue = userdata;

    queue->delivery = NULL;
    conclude(queue, verdict, latency_usec);
}

/* Where the channel's earlier message about the only study is; NULL when there is none. The caller frees. */
static char *find_thread(const struct queue *queue, const json_t *message)
{
    const json_t *studies = json_object_get(message, "studies");
    const char *nct_id = json_string_value(json_object_get(json_array_get(studies, 0), "nct_id"));
    char *thread = NULL;

    if (json_array_size(studies) != 1 || !nct_id)
        return NULL;
    return outbox_thread(queue->around->store, queue->name, nct_id, &thread, NULL) < 0 ? NULL : thread;
}

static void conclude_unmade(struct queue *queue, const struct error *why)
{
    struct verdict verdict = {.outcome = ATTEMPT_RETRY, .retry_after_usec = -1};

    snprintf(verdict.answer, sizeof(verdict.answer), "The message cannot be made: %.200s", why->text);
    conclude(queue, &verdict, 0);
}

static int send_message(struct queue *queue, const json_t *message)
{
    _cleanup_free_ char *thread = find_thread(queue, message);
    const struct render_context context = {
        .now_usec = queue->started_usec,
        .thread = thread,
        .shorter = was_shortened(queue),
        .only = strcmp(queue->only_id, queue->message.id) == 0 ? queue->only : NULL,
    };

    return delivery_start(&queue->around->means, queue->channel, message, &context, on_delivery, queue,
                          &queue->delivery);
}

/* What nobody wants told is dropped; the rest goes out without what only those wanted who declined. */
static void on_clauses(const json_t *declined, void *userdata)
{
    struct queue *queue = userdata;
    json_auto_t *message = TAKE_PTR(queue->document);
    struct error error = {0};
    int r = 0;

    queue->asking = NULL;
    if (json_object_size(declined) > 0) {
        r = queue_decline(queue, declined, queue->started_usec, &error);
        json_decref(TAKE_PTR(message));
        if (r >= 0)
            r = message_build_without(queue->around->store, queue->around->watches, queue->message.id, declined,
                                      &message, &error);
    }
    if (r == -ENOENT) { /* nothing is left of it */
        queue_wake(queue);
        return;
    }
    if (r >= 0)
        r = send_message(queue, message);
    if (r < 0)
        conclude_unmade(queue, &error);
}

static void attempt_message(struct queue *queue, int64_t now_usec)
{
    const struct queue_surroundings *around = queue->around;
    struct error error = {0};
    json_auto_t *message = NULL;

    queue->started_usec = now_usec;
    queue->next_attempt_usec = now_usec;
    int r = message_build(around->store, around->watches, queue->message.id, &message, &error);
    if (r >= 0 && clauses_concern(around->watches, message)) {
        r = clauses_start(around->means.base, around->watches, message, on_clauses, queue, &queue->asking);
        queue->document = r >= 0 ? json_incref(message) : NULL;
    } else if (r >= 0) {
        r = send_message(queue, message);
    }
    if (r < 0)
        conclude_unmade(queue, &error);
}

/* The next message, if its time has come; else sleeps until then or until the next alert is due. */
static void attempt_next(struct queue *queue, int64_t next_due_usec, int64_t now_usec)
{
    struct error error = {0};
    int r = outbox_next_message(queue->around->store, queue->name, &queue->message, &error);

    if (r == -ENOENT) {
        queue->next_attempt_usec = next_due_usec == INT64_MAX ? 0 : next_due_usec;
        sleep_until(queue, next_due_usec, now_usec);
        return;
    }
    if (r < 0) {
        queue_log(queue, LOG_ERR, NULL, "The messages of channel %s cannot be read: %s", queue->name, error.text);
        sleep_until(queue, now_usec + HISTORY_RETRY_USEC, now_usec);
        return;
    }
    int64_t at = queue->message.next_attempt_usec;
    if (pace_is_stranded(queue->message.created_usec, at, now_usec))
        at = now_usec;
    if (at < queue->paused_until_usec)
        at = queue->paused_until_usec;
    if (at <= now_usec) {
        attempt_message(queue, now_usec);
        return;
    }
    queue->next_attempt_usec = at;
    sleep_until(queue, at < next_due_usec ? at : next_due_usec, now_usec);
}

/* What was to come by a clock that has been set back since would come too late. */
static void note_time(struct queue *queue, int64_t now_usec)
{
    if (now_usec < queue->stepped_usec) {
        queue->held_usec = queue->paused_until_usec = 0;
        if (queue->failing_since_usec > now_usec)
            queue->failing_since_usec = now_usec;
        if (queue->told_usec > now_usec)
            queue->told_usec = now_usec;
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
    if (queue->record.waiting && write_record(queue) < 0) {
        sleep_until(queue, now_usec + HISTORY_RETRY_USEC, now_usec);
        return;
    }
    if (!queue->channel)
        return;
    if (queue_compose(queue, now_usec, &next_due_usec, &error) < 0) {
        queue_log(queue, LOG_ERR, NULL, "The alerts due to channel %s cannot be taken up: %s", queue->name, error.text);
        sleep_until(queue, now_usec + HISTORY_RETRY_USEC, now_usec);
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
    *ret = queue;
    return 0;
}

void queue_free(struct queue *queue)
{
    if (!queue)
        return;
    stop_preparing(queue);
    delivery_cancel(queue->delivery);
    timer_free(queue->timer);
    zone_free(queue->zone);
    record_clear(&queue->record);
    free(queue->only);
    free(queue->name);
    free(queue);
}
