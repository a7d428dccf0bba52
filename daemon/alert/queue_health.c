#include "alert/dispatch.h"
#include "alert/queue.h"
#include "base/events.h"
#include "base/text.h"

#include <stdio.h>
#include <string.h>

static void tell(struct queue *queue, const char *what, const char *except, const char *headline, const char *text,
                 int64_t now_usec)
{
    char id[200];

    snprintf(id, sizeof(id), "health_%s_%.100s_%lld", what, queue->name, (long long)(now_usec / USEC_PER_SEC));
    dispatch_announce(queue->around->dispatch, except, id, headline, text);
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
        queue->name, clock_format_utc(queue->trouble.row.since_usec, since), queue->last_answer);
    text_drop_half_character(text);
    queue_log(queue, LOG_ERR, EVENT_CHANNEL_TROUBLE, "Channel %s is in trouble since %s: %s", queue->name, since,
              queue->last_answer);
    tell(queue, "trouble", queue->name, headline, text, now_usec);
    trouble_note_told(&queue->trouble, now_usec);
}

static void note_good(struct queue *queue, int64_t now_usec)
{
    char headline[200], text[300];
    int64_t since_usec;

    queue->failures = 0;
    queue->paused_until_usec = 0;
    queue->last_good_usec = now_usec;
    if (!trouble_note_well(&queue->trouble, &since_usec))
        return;
    snprintf(headline, sizeof(headline), "Channel %.100s is well again", queue->name);
    snprintf(text, sizeof(text), "trialwatch can deliver to the channel %.100s again.", queue->name);
    queue_log(queue, LOG_NOTICE, EVENT_CHANNEL_WELL, "Channel %s is well again", queue->name);
    tell(queue, "well", queue->name, headline, text, now_usec);
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

/* Recipients refused for good, while others have it. Where there is no other channel, those others are told. */
static void tell_refused(struct queue *queue, int64_t now_usec)
{
    const char *except = dispatch_has_another(queue->around->dispatch, queue->name) ? queue->name : NULL;
    char headline[200], text[500];

    snprintf(headline, sizeof(headline), "A recipient of channel %.100s is refused for good", queue->name);
    snprintf(text, sizeof(text),
             "The mail server will not deliver to everybody: %s. The others have the message. Take the address out of "
             "the settings, or mend it.",
             queue->recipients.row.words);
    text_drop_half_character(text);
    queue_log_message(queue, LOG_WARNING, NULL, "Channel %s does not reach everybody: %s", queue->name,
                      queue->recipients.row.words);
    tell(queue, "recipients", except, headline, text, now_usec);
    trouble_note_told(&queue->recipients, now_usec);
}

static void note_recipients(struct queue *queue, const struct verdict *verdict, int64_t now_usec)
{
    int64_t since_usec;

    if (verdict->some_refused) {
        trouble_note_bad(&queue->recipients, true, queue->last_answer, now_usec);
        if (trouble_is_due(&queue->recipients, 0, true, now_usec))
            tell_refused(queue, now_usec);
    } else if (verdict->outcome == ATTEMPT_DELIVERED && verdict->all_took) {
        if (trouble_note_well(&queue->recipients, &since_usec))
            queue_log(queue, LOG_NOTICE, NULL, "Channel %s reaches everybody again", queue->name);
    }
}

static void note_bad(struct queue *queue, const struct verdict *verdict, bool given_up, int64_t now_usec)
{
    queue->failures++;
    trouble_note_bad(&queue->trouble, verdict->ill, queue->last_answer, now_usec);
    log_bad(queue, given_up);
    int64_t wait_usec = given_up || queue->trouble.row.needs_person ? 0 : queue->around->health_after_usec;
    if (trouble_is_due(&queue->trouble, wait_usec, true, now_usec))
        tell_trouble(queue, given_up && !queue->trouble.row.needs_person, now_usec);
}

void queue_note(struct queue *queue, const struct verdict *verdict, bool given_up, int64_t now_usec)
{
    snprintf(queue->last_answer, sizeof(queue->last_answer), "%s", verdict->answer);
    note_recipients(queue, verdict, now_usec);
    if (verdict->outcome != ATTEMPT_DELIVERED && (!verdict->some_took || given_up)) {
        note_bad(queue, verdict, given_up, now_usec);
        return;
    }
    if (verdict->outcome == ATTEMPT_DELIVERED)
        log_good(queue);
    else
        log_bad(queue, false); /* for some of the recipients */
    note_good(queue, now_usec);
}

/* One message that was refused, and nothing that waits: that was told, and is no trouble that goes on. */
void queue_check_health(struct queue *queue, int64_t now_usec)
{
    bool needs_person = queue->trouble.row.needs_person, goes_on = needs_person || queue->next_attempt_usec > 0;

    if (queue->channel && goes_on &&
        trouble_is_due(&queue->trouble, needs_person ? 0 : queue->around->health_after_usec, true, now_usec))
        tell_trouble(queue, false, now_usec);
}
