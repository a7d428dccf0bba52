/* What a connection of the control API may cost: their number, and the whole time of each.
 *
 * evhttp 2.1 has neither limit: its timeout is per read, which a peer that sends a byte a second outlives. It asks us
 * for the stream of every connection, which is where ours begin; their end is evhttp's close callback. */
#pragma once

#include "base/err.h"

#include <event2/event.h>
#include <event2/http.h>

/* From accepting a connection to the end of its answer. */
#define API_CONNECTION_USEC (5 * USEC_PER_SEC)
/* The same once an answer is on its way that takes its time: a test message, a backup. */
#define API_SLOW_USEC (10 * USEC_PER_MINUTE)

struct api_connections;

/* Takes in connections for http on the listening socket fd, which it then owns. http is borrowed; api_connections_end()
 * goes before evhttp_free(), and api_connections_free() behind it. */
int api_connections_new(struct event_base *base, struct evhttp *http, int fd, struct api_connections **ret,
                        struct error *e);
void api_connections_end(struct api_connections *connections);
void api_connections_free(struct api_connections *connections);

/* Calls closed once, when the request's connection ends before its answer was sent; NULL: no more. */
void api_connection_watch(struct api_connections *connections, struct evhttp_request *request,
                          void (*closed)(void *userdata), void *userdata);

/* Moves the deadline for an answer that takes its time. */
void api_connection_allow_slow(struct api_connections *connections, struct evhttp_request *request);
