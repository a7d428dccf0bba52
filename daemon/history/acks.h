/* That somebody has seen something: an alert, or a trouble of which the channels are told. Kept for ever. */
#pragma once

#include "history/store.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum ack_subject {
    ACK_ALERT,  /* by its id */
    ACK_TROUBLE /* by the name of a channel, or "registry" or "history" */
};

struct ack {
    enum ack_subject subject;
    const char *name;
    const char *who, *note; /* note: "" */
    int64_t acked_usec;     /* wall */
};

/* Of an alert: -ENOENT with a sentence for an unknown one. */
int acks_add(struct store *store, const struct ack *ack, struct error *e);

/* Whether the trouble of that name, which began then, was acknowledged since. */
bool acks_cover(struct store *store, const char *name, int64_t since_usec);
