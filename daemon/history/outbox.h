/* Alerts due and what became of them.
 *
 * An alert is what one channel is to be told about one study in one refresh. It is written in the transaction of the
 * version it tells of. Delivery takes alerts of a channel into a message (usually one alert; a digest many), which has
 * a stable id and is tried until it is delivered or given up; every attempt is kept. A bulletin is a message of the
 * daemon about itself, which goes the same way and has no alerts. */
#pragma once

#include "history/store.h"
#include "history/versions.h"
#include "trial/kinds.h"

#include <jansson.h>

#define ALERT_ID_BYTES 40 /* "al_" and 32 hex digits, with the NUL; the same after a crash and a second try */
#define MESSAGE_ID_BYTES 40

/* Names of channels are this long at most, with the NUL. */
#define CHANNEL_NAME_BYTES 128

enum alert_state {
    ALERT_DUE,     /* to be told as soon as the channel can */
    ALERT_HELD,    /* not before due_usec: digest, quiet hours, rate, mute */
    ALERT_SENDING, /* in a message */
    ALERT_DELIVERED,
    ALERT_FAILED, /* given up */
    ALERT_DROPPED /* by a person, a mute or a condition: alert_row.reason */
};
const char *alert_state_name(enum alert_state state);

struct alert_new {
    const char *channel;
    const char *nct_id;
    const char *refresh;
    long version;
    const char *const *watches; /* names */
    size_t watch_count;
    const int64_t *changes; /* ids */
    size_t change_count;
    enum weight weight; /* the highest of its changes */
    int64_t created_usec;
    int64_t gather_usec; /* of history/surges: held for so long at most, until its refresh was read in full; 0: due */
    bool dropped;        /* it will not be told */
    const char *reason;  /* why, or why it tells less; NULL */
};

/* The id is derived from channel, study, refresh, version and changes. Adding the same alert again changes nothing. */
int outbox_add(struct store *store, const struct alert_new *alert, char ret_id[static ALERT_ID_BYTES], struct error *e);

struct alert_row {
    char id[ALERT_ID_BYTES];
    const char *channel; /* valid during the visit, as all pointers here */
    char nct_id[STUDY_NCT_ID_BYTES];
    const char *title;
    char refresh[REFRESH_BYTES];
    long version;
    enum weight weight;
    enum alert_state state;
    int64_t created_usec, due_usec, finished_usec; /* due: wall, when it may next be tried */
    const char *message_id;                        /* "" before it is in one */
    const json_t *watches;                         /* array of names */
    const json_t *changes;                         /* array of change ids */
    long attempts;                                 /* of the message it is or was last in */
    const char *last_answer;                       /* "" before the first attempt */
    const char *reason;                            /* why it is not told as others are; "" */
    const char *acked_by;                          /* who has seen it; "" */
};

struct alert_filter {
    const char *channel, *nct_id, *id, *message_id; /* NULL: any */
    unsigned states;                                /* bit 1 << state; 0: any */
    int64_t since_usec;
    int64_t due_until_usec; /* 0: any */
    long limit;
    bool newest_first;
};

/* Oldest first; waiting alerts of one channel (states due and held only) by due_usec. Each alert that matched at the
 * start is visited once, as it is then, also when the visitor moves it. */
typedef int alert_visitor(const struct alert_row *row, void *userdata);
int outbox_each(struct store *store, const struct alert_filter *filter, alert_visitor *visit, void *userdata,
                struct error *e);

/* Moves an alert that is due or held to due_usec: held when that is later than now, else due. -ENOENT, -EALREADY. */
int outbox_hold(struct store *store, const char *alert_id, int64_t due_usec, int64_t now_usec, struct error *e);

/* Takes alerts of one channel that are due or held into a new message, tried from now on. Its id, "msg_" and 32 hex
 * digits, is derived from theirs: alerts that failed together and are tried again together are the same message again,
 * with its attempts counted anew. -ENOENT, -EALREADY (one is not waiting), -EINVAL (none, or of another channel). */
int outbox_compose(struct store *store, const char *channel, const char *const *alert_ids, size_t count,
                   int64_t now_usec, char ret_message_id[static MESSAGE_ID_BYTES], struct error *e);

struct message_row {
    char id[MESSAGE_ID_BYTES];
    char channel[128];
    int64_t created_usec;
    int64_t next_attempt_usec;
    long attempts;
    long alert_count;
    bool of_surge; /* it stands for very many alerts: history/surges */
};

/* The message of a channel whose next attempt is earliest; alerts of messages that a crash left in sending are in one.
 * -ENOENT when the channel has none open. */
int outbox_next_message(struct store *store, const char *channel, struct message_row *ret, struct error *e);

enum attempt_outcome { ATTEMPT_DELIVERED, ATTEMPT_RETRY, ATTEMPT_FAILED };

/* What a mail server answered to one recipient: it took the message, may take it later, or refuses for good. */
struct recipient_answer {
    const char *address;
    enum attempt_outcome outcome;
    int code;
    const char *answer;
};

struct attempt {
    int64_t started_usec, latency_usec;
    enum attempt_outcome outcome;
    int64_t retry_at_usec; /* with ATTEMPT_RETRY */
    int code;              /* HTTP status or SMTP reply, 0 without one */
    const char *answer;    /* what the receiver said, shortened; no secrets */
    const char *thread;    /* what the receiver calls the message, for answers in its thread; NULL */
    const struct recipient_answer *recipients; /* of mail; not read back by outbox_each_attempt() */
    size_t recipient_count;
};

/* Records the attempt and moves the message's alerts. One of a message that was dropped meanwhile is recorded and moves
 * nothing. -ENOENT, -EALREADY (delivered or given up), -EINVAL (a retry without its time). */
int outbox_record_attempt(struct store *store, const char *message_id, const struct attempt *attempt, struct error *e);

/* Every attempt of a message, oldest first. */
typedef int attempt_visitor(const struct attempt *attempt, void *userdata);
int outbox_each_attempt(struct store *store, const char *message_id, attempt_visitor *visit, void *userdata,
                        struct error *e);

struct recipient_row {
    struct recipient_answer answer; /* texts valid during the visit */
    int64_t started_usec;           /* of the attempt */
    bool settled;                   /* it has the message, or was refused for good since a person last asked to retry */
};

/* Every answer to a message's recipients, oldest first; no answer is there twice. */
typedef int recipient_visitor(const struct recipient_row *row, void *userdata);
int outbox_each_recipient(struct store *store, const char *message_id, recipient_visitor *visit, void *userdata,
                          struct error *e);

struct bulletin {
    const char *name; /* tells it from others; of outbox_bulletin() the message's id */
    const char *headline, *text;
};

/* A message for the channel, tried from now on. */
int outbox_add_bulletin(struct store *store, const char *channel, const struct bulletin *bulletin, int64_t now_usec,
                        struct error *e);

/* Visits the bulletin that a message is. -ENOENT, without a sentence, for one that is made of alerts. */
typedef int bulletin_visitor(const char *channel, const struct bulletin *bulletin, void *userdata);
int outbox_bulletin(struct store *store, const char *message_id, bulletin_visitor *visit, void *userdata,
                    struct error *e);

/* Where the first message of this channel about this study that has a thread is in its receiver (attempt.thread): the
 * caller frees. -ENOENT. */
int outbox_thread(struct store *store, const char *channel, const char *nct_id, char **ret, struct error *e);

/* By a person: a failed or held alert becomes due again. -ENOENT, -EALREADY. */
int outbox_retry(struct store *store, const char *alert_id, int64_t now_usec, struct error *e);

/* An open alert will not be told; the reason is kept. -ENOENT, -EALREADY. */
int outbox_drop(struct store *store, const char *alert_id, const char *reason, int64_t now_usec, struct error *e);

struct outbox_counts {
    long due, held, sending, delivered, failed, dropped;
};

/* channel NULL: all of them. */
int outbox_count(struct store *store, const char *channel, struct outbox_counts *ret, struct error *e);

/* Messages with alerts delivered by a channel since that time: for its rate. What was delivered later than now, before
 * the clock was set back, does not count. A negative errno on failure. */
long outbox_delivered_since(struct store *store, const char *channel, int64_t since_usec, int64_t now_usec);
