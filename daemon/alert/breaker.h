/* What becomes of gathered alerts (history/surges.h) when a refresh was read in full: told as always, or, where very
 * many studies changed alike, in one message a channel. Works in slices of the loop. Only dispatch includes this. */
#pragma once

#include "alert/queue.h"
#include "history/surges.h"

#include <stdbool.h>

struct breaker;

/* The queue of a channel, NULL when there is none. */
typedef const struct queue *breaker_find_queue(const char *channel, void *userdata);
/* All is done: alerts may be due. */
typedef void breaker_done(void *userdata);

/* around is borrowed. -ENOMEM. */
int breaker_new(const struct queue_surroundings *around, breaker_find_queue *find_queue, breaker_done *done,
                void *userdata, struct breaker **ret);
void breaker_free(struct breaker *breaker);

/* A refresh was read in full, of so many studies. */
void breaker_judge(struct breaker *breaker, long studies, const struct surge_limits *limits);

/* Whether alerts are still being judged. */
bool breaker_is_busy(const struct breaker *breaker);
