/* Rows of the outbox as its files need them. For this room only. */
#pragma once

#include "history/outbox.h"
#include "history/sql.h"

/* messages.state in the file. */
enum message_state { MESSAGE_OPEN, MESSAGE_DELIVERED, MESSAGE_FAILED, MESSAGE_DROPPED };

struct alert_found {
    int64_t id;
    enum alert_state state;
    int64_t message; /* 0: none */
    char channel[CHANNEL_NAME_BYTES];
};

/* -ENOENT with a sentence. */
int alert_find(struct store *store, const char *alert_id, struct alert_found *ret, struct error *e);

/* -EALREADY, saying in which state the alert is. */
int alert_is_beyond(const char *alert_id, enum alert_state state, struct error *e);

/* Of an attempt that was just written. */
int recipients_write(struct store *store, int64_t attempt_row, const struct attempt *attempt, struct error *e);

/* An id of prefix and 32 digits, the same for the same bytes. -ENOMEM. */
#define OUTBOX_ID_PREFIX_ALERT "al_"
#define OUTBOX_ID_PREFIX_MESSAGE "msg_"
int outbox_make_id(const char *prefix, const void *bytes, size_t len, char ret[static ALERT_ID_BYTES], struct error *e);
