/* What the journal is told of a channel and its messages. */
#include "alert/queue.h"
#include "alert/sink.h"
#include "base/log_fields.h"

#include <stdarg.h>
#include <stdio.h>

/* A message of more is told in several lines, so that the journal finds each of its alerts. */
#define ALERTS_PER_LINE 100

struct line {
    int priority;
    struct log_event event;
    struct log_fields more; /* owned */
    struct buf text;        /* owned */
    struct buf answer;      /* owned */
    long alerts;
};

static void line_clear(struct line *line)
{
    log_fields_clear(&line->more);
    buf_free(&line->text);
    buf_free(&line->answer);
}

static void begin(struct line *line, const struct queue *queue, int priority, const char *event_id, const char *format,
                  va_list ap) _printf_(5, 0);

static void begin(struct line *line, const struct queue *queue, int priority, const char *event_id, const char *format,
                  va_list ap)
{
    char text[1024];

    *line = (struct line){.priority = priority};
    vsnprintf(text, sizeof(text), format, ap);
    sink_append_journal(&line->text, text);
    sink_append_journal(&line->answer, queue->last_answer);
    const char *answer = line->answer.len > 0 ? buf_string(&line->answer) : NULL;
    line->event = (struct log_event){
        .message_id = event_id,
        .fields = {{"TRIALWATCH_CHANNEL", queue->name}, {"TRIALWATCH_ANSWER", answer}},
    };
}

static void write_line(struct line *line)
{
    line->event.more = &line->more;
    log_write(line->priority, &line->event, "%s", buf_string(&line->text));
}

void queue_log(const struct queue *queue, int priority, const char *event_id, const char *format, ...)
{
    _cleanup_(line_clear) struct line line;
    va_list ap;

    va_start(ap, format);
    begin(&line, queue, priority, event_id, format, ap);
    va_end(ap);
    write_line(&line);
}

static int add_alert(const struct alert_row *row, void *userdata)
{
    struct line *line = userdata;
    const json_t *watch;
    size_t i;

    if (line->alerts == ALERTS_PER_LINE) {
        write_line(line);
        log_fields_clear(&line->more);
        line->alerts = 0;
    }
    line->alerts++;
    log_fields_add(&line->more, "TRIALWATCH_ALERT", row->id);
    log_fields_add(&line->more, "TRIALWATCH_STUDY", row->nct_id);
    json_array_foreach (row->watches, i, watch)
        if (json_is_string(watch))
            log_fields_add(&line->more, "TRIALWATCH_WATCH", json_string_value(watch));
    return 0;
}

void queue_log_message(const struct queue *queue, int priority, const char *event_id, const char *format, ...)
{
    const struct alert_filter filter = {.message_id = queue->message.id};
    _cleanup_(line_clear) struct line line;
    va_list ap;

    va_start(ap, format);
    begin(&line, queue, priority, event_id, format, ap);
    va_end(ap);
    line.event.fields[2] = (struct log_field){"TRIALWATCH_MESSAGE", queue->message.id};
    /* The alerts of a surge are thousands, all alike: the history has them. */
    if (!queue->message.of_surge)
        outbox_each(queue->around->store, &filter, add_alert, &line, NULL);
    write_line(&line);
}
