/* Surges: refreshes in which very many studies changed alike, as when the registry re-marks its texts or replaces its
 * location database. What of that is routine is told in one message a channel.
 *
 * How many studies a refresh changed is only known at its end. So an alert of nothing but routine and silent changes is
 * written as gathered: held until the refresh was read in full, when it is told as always or marked as one of a surge.
 * Should the refresh never be read in full, it is told after SURGE_PATIENCE_USEC. */
#pragma once

#include "base/clock.h"
#include "history/outbox.h"
#include "history/polls.h"
#include "trial/diff.h"

#include <jansson.h>

#define SURGE_PATIENCE_USEC (6 * USEC_PER_HOUR)

/* A kind of change makes a surge when at least so many studies changed in it and they are at least that share of those
 * that were read. */
struct surge_limits {
    int percent;  /* 0: as many as the default, 20 */
    long studies; /* 0: the default, 30 */
};

/* Notes which kinds of routine and silent change this version of a study brings: in its transaction. */
int surges_note(struct store *store, const char *refresh, const struct change_list *changes, struct error *e);

/* A refresh was read in full, of so many studies: judges some hundred gathered alerts, inside a transaction. 1: there
 * are more. 0: none is left. */
int surges_judge(struct store *store, long studies, const struct surge_limits *limits, int64_t now_usec,
                 struct error *e);

/* A channel that is to be told of a surge, once none of its alerts is gathered any more. -ENOENT when there is none. */
struct surge_due {
    int64_t surge;
    char channel[CHANNEL_NAME_BYTES];
    enum weight weight; /* the highest of its alerts */
    long alerts;
    char sentence[256]; /* for people: what changed alike in how many studies */
};
int surges_next_due(struct store *store, struct surge_due *ret, struct error *e);

/* Takes all alerts of the surge into one message of the channel, as outbox_compose() does, first tried at first_usec.
 */
int surges_compose(struct store *store, const struct surge_due *due, int64_t now_usec, int64_t first_usec,
                   struct error *e);

/* What a message tells that stands for the alerts of a surge. */
struct surge {
    char refresh[REFRESH_BYTES];
    long studies;    /* that were read */
    long alerts;     /* that the message stands for */
    json_t *kinds;   /* owned; an object: how many studies changed, by the name of the kind */
    json_t *watches; /* owned; names */
    char channel[CHANNEL_NAME_BYTES];
};
void surge_clear(struct surge *surge);

/* -ENOENT without a sentence when the message is none of a surge. */
int surges_of_message(struct store *store, const char *message_id, struct surge *ret, struct error *e);
