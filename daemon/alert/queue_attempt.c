/* One attempt after another to deliver a queue's message. */
#include "alert/message.h"
#include "alert/pace.h"
#include "alert/queue.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* A receiver that asks for a longer wait is asked earlier: the message would be given up meanwhile. */
#define MAX_RETRY_AFTER_USEC USEC_PER_DAY

static void record_clear(struct queue_record *record)
{
    for (size_t i = 0; i < record->recipient_count; i++) {
        free((char *)record->recipients[i].address);
        free((char *)record->recipients[i].answer);
    }
    free(record->recipients);
    free(record->thread);
    *record = (struct queue_record){.waiting = false};
}

void queue_attempt_clear(struct queue *queue)
{
    delivery_cancel(TAKE_PTR(queue->delivery));
    record_clear(&queue->record);
}

int queue_attempt_write(struct queue *queue)
{
    struct store *store = queue->around->store;
    struct attempt attempt = queue->record.attempt;
    struct error error = {0};

    attempt.answer = queue->record.answer;
    attempt.thread = queue->record.thread;
    attempt.recipients = queue->record.recipients;
    attempt.recipient_count = queue->record.recipient_count;
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

/* Those for whom there is memory: who is forgotten gets the message again rather than not at all. */
static void record_recipients(struct queue_record *record, const struct verdict *verdict)
{
    record->recipients = calloc(verdict->recipient_count + 1, sizeof(*record->recipients));
    for (size_t i = 0; record->recipients && i < verdict->recipient_count; i++) {
        struct recipient_answer answer = verdict->recipients[i];
        answer.address = strdup(answer.address);
        answer.answer = strdup(answer.answer);
        if (answer.address && answer.answer) {
            record->recipients[record->recipient_count++] = answer;
        } else {
            free((char *)answer.address);
            free((char *)answer.answer);
        }
    }
}

/* How long to wait: by how often it failed, or as the receiver wishes if that is longer. */
static int64_t wait_usec(long failures, const struct verdict *verdict)
{
    int64_t wait = pace_backoff_usec(failures, arc4random());

    if (verdict->retry_after_usec > wait)
        wait = verdict->retry_after_usec < MAX_RETRY_AFTER_USEC ? verdict->retry_after_usec : MAX_RETRY_AFTER_USEC;
    return wait;
}

/* When to try again; 0 when that would be too late. */
static int64_t retry_at(const struct queue *queue, const struct verdict *verdict, int64_t now_usec)
{
    int64_t give_up = queue->channel && queue->channel->pace.give_up_usec > 0 ? queue->channel->pace.give_up_usec
                                                                              : CHANNEL_DEFAULT_GIVE_UP_USEC;
    int64_t at = now_usec + wait_usec(queue->message.attempts + 1, verdict);

    return at > queue->message.created_usec + give_up ? 0 : at;
}

static void note_limits(struct queue *queue, const struct verdict *verdict)
{
    struct queue_limits *limits = &queue->limits;

    if (verdict->size_limit > 0)
        limits->advertised_bytes = verdict->size_limit;
    if (!verdict->too_large)
        return;
    if (strcmp(limits->refused_id, queue->message.id) != 0)
        limits->refusals = 0;
    snprintf(limits->refused_id, sizeof(limits->refused_id), "%s", queue->message.id);
    limits->refused_bytes = verdict->sent_bytes;
    if (limits->refusals < CHANNEL_MAX_SHORTER)
        limits->refusals++;
}

static void conclude(struct queue *queue, const struct verdict *verdict, int64_t latency_usec)
{
    int64_t now_usec = clock_wall_usec();
    struct queue_record *record = &queue->record;
    struct attempt attempt = {
        .started_usec = queue->started_usec,
        .latency_usec = latency_usec,
        .outcome = verdict->outcome,
        .code = verdict->code,
    };

    note_limits(queue, verdict);
    if (verdict->too_large) { /* at once in a shorter form */
        attempt.outcome = ATTEMPT_RETRY;
        attempt.retry_at_usec = now_usec;
    } else if (verdict->outcome == ATTEMPT_RETRY) {
        attempt.retry_at_usec = retry_at(queue, verdict, now_usec);
        attempt.outcome = attempt.retry_at_usec > 0 ? ATTEMPT_RETRY : ATTEMPT_FAILED;
    }
    *record = (struct queue_record){.waiting = true, .attempt = attempt};
    snprintf(record->answer, sizeof(record->answer), "%s", verdict->answer);
    record->thread = verdict->thread ? strdup(verdict->thread) : NULL;
    record_recipients(record, verdict);
    if (!verdict->too_large)
        queue_note(queue, verdict, attempt.outcome == ATTEMPT_FAILED, now_usec);
    /* While a channel refuses, one message at a time asks how it is. */
    if (!verdict->too_large && !verdict->some_took && attempt.outcome == ATTEMPT_RETRY)
        queue->paused_until_usec = now_usec + wait_usec(queue->failures, verdict);
    int r = queue_attempt_write(queue);
    queue_sleep_until(queue, now_usec + (r < 0 ? QUEUE_HISTORY_RETRY_USEC : 0), now_usec);
}

static void on_delivery(const struct verdict *verdict, int64_t latency_usec, void *userdata)
{
    struct queue *queue = userdata;

    queue->delivery = NULL;
    conclude(queue, verdict, latency_usec);
}

static void conclude_unmade(struct queue *queue, const char *why)
{
    struct verdict verdict = {.outcome = ATTEMPT_RETRY, .retry_after_usec = -1};

    snprintf(verdict.answer, sizeof(verdict.answer), "The message cannot be made: %.200s", why);
    conclude(queue, &verdict, 0);
}

/* What nobody wants told is dropped; the rest goes out without what only those wanted who declined. */
static void on_clauses(const json_t *declined, void *userdata)
{
    struct queue *queue = userdata;
    struct error error = {0};
    int r = 0;

    queue->asking = NULL;
    if (json_object_size(declined) > 0) {
        r = queue_decline(queue, declined, queue->started_usec, &error);
        json_decref(TAKE_PTR(queue->document));
        if (r >= 0)
            r = message_build_without(queue->around->store, queue->around->watches, queue->message.id, declined,
                                      &queue->document, &error);
    }
    if (r < 0 && r != -ENOENT)
        conclude_unmade(queue, error.text);
    else /* or nothing is left of it, and the next one comes */
        queue_wake(queue);
}

void queue_attempt_begin(struct queue *queue, int64_t now_usec)
{
    const struct queue_surroundings *around = queue->around;
    struct error error = {0};

    queue->started_usec = now_usec;
    queue->next_attempt_usec = now_usec;
    int r = message_build(around->store, around->watches, queue->message.id, &queue->document, &error);
    if (r >= 0 && clauses_concern(around->watches, queue->document)) {
        r = clauses_start(around->means.base, around->watches, queue->document, on_clauses, queue, &queue->asking);
        if (r < 0)
            json_decref(TAKE_PTR(queue->document));
    }
    if (r < 0)
        conclude_unmade(queue, error.text);
    else
        queue_wake(queue);
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

static int add_settled(const struct recipient_row *row, void *userdata)
{
    return row->settled && json_array_append_new(userdata, json_string(row->answer.address)) < 0 ? -ENOMEM : 0;
}

/* How large the next form may be: what the server takes, else half of what was refused. 0: not known. */
static size_t aim_bytes(const struct queue_limits *limits, size_t refused_bytes)
{
    size_t advertised = limits->advertised_bytes;

    if (refused_bytes == 0 || (advertised > 0 && advertised < refused_bytes))
        return advertised;
    return refused_bytes / 2;
}

void queue_attempt_send(struct queue *queue, int64_t now_usec)
{
    json_auto_t *message = TAKE_PTR(queue->document), *settled = json_array();
    _cleanup_free_ char *thread = find_thread(queue, message);
    const struct queue_limits *limits = &queue->limits;
    size_t refused_bytes = strcmp(limits->refused_id, queue->message.id) == 0 ? limits->refused_bytes : 0;
    struct error error = {.text = "out of memory"};
    const struct render_context context = {
        .now_usec = now_usec,
        .thread = thread,
        .max_bytes = aim_bytes(limits, refused_bytes),
        .refused_bytes = refused_bytes,
        .shorter = refused_bytes > 0 ? limits->refusals : 0,
        .settled = settled,
    };

    int r = settled ? outbox_each_recipient(queue->around->store, queue->message.id, add_settled, settled, &error)
                    : -ENOMEM;
    if (r >= 0)
        r = delivery_start(&queue->around->means, queue->channel, message, &context, on_delivery, queue,
                           &queue->delivery);
    if (r < 0)
        conclude_unmade(queue, error.text);
}
