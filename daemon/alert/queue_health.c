#include "alert/dispatch.h"
#include "alert/queue.h"
#include "base/events.h"
#include "base/text.h"
#include "history/acks.h"

#include <stdio.h>
#include <string.h>

/* A trouble that lasts is told again so often. */
#define TELL_AGAIN_USEC USEC_PER_DAY

static void tell(struct queue *queue, const char *what, const char *headline, const char *text, int64_t now_usec)
{
    char id[200];

    snprintf(id, sizeof(id), "health_%s_%.100s_%lld", what, queue->name, (long long)(now_usec / USEC_PER_SEC));
    dispatch_announce(queue->around->dispatch, queue->name, id, headline, text);
}

static void tell_trouble(struct queue *queue, bool given_up, int64_t now_usec)
{
    char headline[200], text[600], since[CLOCK_TEXT_BYTES];

    snprintf(headline, sizeof(headline),
             given_up ? "Channel %.100s could not deliver an alert" : "Channel %.100s is in trouble", queue->name);
    snprintf(
        text, sizeof(text),
        "trialwatch cannot deliver to the channel %.100s since %s. It answered: %s. What was not delivered is listed "
        "by: trialwatch alerts --failed",
        queue->name, clock_format_utc(queue->failing_since_usec, since), queue->last_answer);
    text_drop_half_character(text);
    queue_log(queue, LOG_ERR, EVENT_CHANNEL_TROUBLE, "Channel %s is in trouble since %s: %s", queue->name, since,
              queue->last_answer);
    queue->told_usec = now_usec;
    tell(queue, "trouble", headline, text, now_usec);
}

static void note_good(struct queue *queue, int64_t now_usec)
{
    bool told = queue->told_usec > 0;
    char headline[200], text[300];

    queue->ill = false;
    queue->failures = 0;
    queue->failing_since_usec = queue->told_usec = queue->paused_until_usec = 0;
    queue->last_good_usec = now_usec;
    if (!told)
        return;
    snprintf(headline, sizeof(headline), "Channel %.100s is well again", queue->name);
    snprintf(text, sizeof(text), "trialwatch can deliver to the channel %.100s again.", queue->name);
    queue_log(queue, LOG_NOTICE, EVENT_CHANNEL_WELL, "Channel %s is well again", queue->name);
    tell(queue, "well", headline, text, now_usec);
}

static void log_good(const struct queue *queue)
{
    char alerts[TEXT_COUNT_BYTES];

    queue_log_message(queue, LOG_INFO, EVENT_ALERT_DELIVERED, "Channel %s took message %s: %s", queue->name,
                      queue->message.id, text_format_count((size_t)queue->message.alert_count, "alert", alerts));
}

static void log_bad(const struct queue *queue, bool given_up)
{
    char attempts[TEXT_COUNT_BYTES];

    if (given_up)
        queue_log_message(queue, LOG_ERR, EVENT_ALERT_FAILED, "Message %s to channel %s is given up after %s: %s",
                          queue->message.id, queue->name,
                          text_format_count((size_t)queue->message.attempts + 1, "attempt", attempts),
                          queue->last_answer);
    else
        queue_log_message(queue, LOG_WARNING, NULL, "Channel %s did not take message %s: %s", queue->name,
                          queue->message.id, queue->last_answer);
}

void queue_note(struct queue *queue, const struct verdict *verdict, bool given_up, int64_t now_usec)
{
    snprintf(queue->last_answer, sizeof(queue->last_answer), "%s", verdict->answer);
    if (verdict->partly)
        queue_log_message(queue, LOG_WARNING, NULL, "Message %s to channel %s: %s", queue->message.id, queue->name,
                          queue->last_answer);
    if (verdict->outcome == ATTEMPT_DELIVERED) {
        log_good(queue);
        note_good(queue, now_usec);
        return;
    }
    queue->failures++;
    queue->ill = queue->ill || verdict->ill;
    if (queue->failing_since_usec == 0)
        queue->failing_since_usec = now_usec;
    log_bad(queue, given_up);

    bool trouble = given_up || queue->ill || now_usec - queue->failing_since_usec >= queue->around->health_after_usec;
    bool again = queue->told_usec > 0;
    if (again && acks_cover(queue->around->store, queue->name, queue->failing_since_usec))
        return;
    if (trouble && (!again || now_usec - queue->told_usec >= TELL_AGAIN_USEC))
        tell_trouble(queue, given_up && !queue->ill, now_usec);
}
