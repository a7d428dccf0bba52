/* Messages that are not in the history: tests, for whose answer somebody waits, and what the daemon says about itself
 * while the history cannot be written. No digest, quiet hours or rate holds them. Only dispatch includes this. */
#pragma once

#include "alert/dispatch.h"
#include "alert/queue.h"

struct direct;

struct direct_list {
    struct direct *first;
};

/* Tries once and tells how it went. -ENOMEM. */
int direct_test(struct direct_list *list, const struct queue *queue, dispatch_test_callback *callback, void *userdata);

/* Tries for about an hour. Takes the reference to the message. */
void direct_announce(struct direct_list *list, const struct queue *queue, json_t *message);

/* The channels have new settings: what has not left yet begins anew. */
void direct_restart(struct direct_list *list);

/* Cancels all. */
void direct_clear(struct direct_list *list);
