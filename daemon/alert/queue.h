/* One channel's queue: what is due to it, the attempt under way, and how it has been doing. Only dispatch includes
 * this. */
#pragma once

#include "alert/channel.h"
#include "alert/clause.h"
#include "alert/delivery.h"
#include "alert/trouble.h"
#include "alert/zone.h"
#include "base/log.h"
#include "base/timer.h"
#include "history/outbox.h"
#include "history/store.h"
#include "trial/watch.h"

#include <stdbool.h>
#include <stdint.h>

struct dispatch;

/* What all queues share; owned by dispatch. */
struct queue_surroundings {
    struct delivery_means means;
    struct store *store;
    const struct watch_set *watches;
    int64_t health_after_usec;
    struct dispatch *dispatch;
};

/* An attempt that was made but could not be written down yet. */
struct queue_record {
    bool waiting;
    struct attempt attempt; /* its texts are here */
    char answer[256];
    char *thread;                        /* owned */
    struct recipient_answer *recipients; /* owned, with their texts */
    size_t recipient_count;
};

/* What is known of how much the receiver takes. */
struct queue_limits {
    size_t advertised_bytes;           /* by the mail server; 0: nothing */
    char refused_id[MESSAGE_ID_BYTES]; /* the message that was too large */
    size_t refused_bytes;              /* in its smallest form so far */
    unsigned refusals;                 /* of it */
};

struct queue {
    const struct queue_surroundings *around;
    char *name;                    /* owned */
    const struct channel *channel; /* borrowed; NULL: the settings no longer have it */
    struct zone *zone;             /* owned; of the channel's pace */
    struct timer *timer;           /* owned; the next step */

    struct message_row message; /* of the attempt under way or the record that waits */
    json_t *document;           /* owned; its document until it is sent, else NULL */
    struct clauses *asking;     /* what the watches' conditions say of it, or NULL */
    struct delivery *delivery;  /* under way, or NULL */
    int64_t started_usec;       /* wall */
    int64_t stepped_usec;       /* wall; of the last step */
    int64_t held_usec;          /* wall; no held alert is due before; 0: not known, INT64_MAX: none is held */
    struct queue_limits limits;
    struct queue_record record;

    struct trouble trouble;                                       /* it does not deliver */
    struct trouble recipients;                                    /* some of its recipients are refused for good */
    long failures;                                                /* attempts in a row */
    int64_t last_good_usec, paused_until_usec, next_attempt_usec; /* wall; 0: none */
    char last_answer[256];
};

int queue_new(const struct queue_surroundings *around, const char *name, struct queue **ret);
void queue_free(struct queue *queue);

/* A new channel of the same name, or NULL: it is gone. */
void queue_set_channel(struct queue *queue, const struct channel *channel);

/* Looks at what is to be done, from the loop. */
void queue_wake(struct queue *queue);

/* Puts alerts whose time has come into messages, and holds those whose time has not. *ret_next_usec: when the next one
 * is due, INT64_MAX when none is. */
int queue_compose(struct queue *queue, int64_t now_usec, int64_t *ret_next_usec, struct error *e);

/* From when on the channel's rate allows one message more: now, or later. */
int64_t queue_rate_free_usec(const struct queue *queue, int64_t now_usec);

/* Drops the alerts of the message under way that no watch wants told (clauses_callback). */
int queue_decline(struct queue *queue, const json_t *declined, int64_t now_usec, struct error *e);

/* Tries to deliver queue->message: makes its document, and sends it in a step of its own, so that neither keeps the
 * loop for long. Made by queue_attempt.c. */
void queue_attempt_begin(struct queue *queue, int64_t now_usec);
void queue_attempt_send(struct queue *queue, int64_t now_usec);

/* Writes down the attempt that was made. Until that is done nothing else is sent: a repetition would be made by us, not
 * by a crash. */
int queue_attempt_write(struct queue *queue);
void queue_attempt_clear(struct queue *queue);

/* Arms the timer for then, or for an hour from now at most. */
void queue_sleep_until(struct queue *queue, int64_t wall_usec, int64_t now_usec);

/* Notes how an attempt went, and tells the operator and the other channels when the channel is in trouble or well
 * again. */
void queue_note(struct queue *queue, const struct verdict *verdict, bool given_up, int64_t now_usec);

/* Tells of a trouble that lasts, also while nothing is tried. */
void queue_check_health(struct queue *queue, int64_t now_usec);

/* After a failure of the history itself. */
#define QUEUE_HISTORY_RETRY_USEC (10 * USEC_PER_SEC)

/* A line of the journal about the channel, with its name and last answer in their fields. What it says of mail
 * addresses is made unreadable: more people read the journal than the settings. */
void queue_log(const struct queue *queue, int priority, const char *event_id, const char *format, ...) _printf_(4, 5);

/* The same about queue->message, with its alerts, their studies, and the watches that asked. */
void queue_log_message(const struct queue *queue, int priority, const char *event_id, const char *format, ...)
    _printf_(4, 5);
