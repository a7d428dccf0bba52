/* One try to bring one message to one channel: render, hand to the transport, judge the answer. Records nothing. */
#pragma once

#include "alert/channel.h"
#include "base/err.h"
#include "net/http.h"
#include "net/smtp.h"

#include <event2/event.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

struct delivery;

struct delivery_means {
    struct event_base *base;
    struct http *http;
    struct smtp *smtp;
    const char *ca_file; /* NULL: the system's */
    FILE *terminal;      /* NULL: stdout */
};

/* Called from the loop, never from inside delivery_start(). The verdict lives until it returns. */
typedef void delivery_callback(const struct verdict *verdict, int64_t latency_usec, void *userdata);

/* Borrows means for as long as it takes, channel as delivery_is_shaping() says, and message only during the call. What
 * cannot even be sent (no memory, a program that is not there) is a verdict too, not an error of this call, which is
 * -ENOMEM alone. */
int delivery_start(const struct delivery_means *means, const struct channel *channel, const json_t *message,
                   const struct render_context *context, delivery_callback *callback, void *userdata,
                   struct delivery **ret);

/* Whether nothing of it has left yet, since the channel's payload program runs: the channel is still borrowed, so
 * before it goes the delivery is to be cancelled and begun anew. Takes NULL. */
bool delivery_is_shaping(const struct delivery *delivery);

/* After this the callback is not called; the receiver may have got the message. Takes NULL. */
void delivery_cancel(struct delivery *delivery);

/* The channel's form with its payload and seal, as it would go out: also for a preview. */
int delivery_render(const struct channel *channel, const json_t *message, const struct render_context *context,
                    struct rendering *ret, struct error *e);
