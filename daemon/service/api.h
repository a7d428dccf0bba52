/* The control API: HTTP over a unix socket, for the client, curl --unix-socket and monitoring.
 *
 * Everything about a route is one row of a table. What a connection may cost is bounded: headers, body, number of
 * connections, and the whole time of each. Who may act is decided by the peer's user: root and the daemon's own;
 * whoever can open the socket may read. config/openapi.yaml describes it. */
#pragma once

#include "base/err.h"
#include "service/manager.h"

#include <event2/event.h>
#include <event2/http.h>

#define API_MAX_HEADER_BYTES 8192
#define API_MAX_BODY_BYTES (256 * 1024) /* a watch that names some 18,000 studies */
#define API_MAX_CONNECTIONS 32

struct api;

/* path: where to listen, unless systemd passed a socket. -EADDRINUSE when another process listens there. */
int api_new(struct event_base *base, struct manager *manager, const char *path, struct api **ret, struct error *e);

/* Answers that are still owed are not given. Takes NULL. */
void api_free(struct api *api);

enum api_permission {
    API_READ, /* whoever can open the socket */
    API_ACT   /* root and the user that the daemon runs as */
};

struct api_call;

struct api_route {
    const char *method; /* "GET" or "POST" */
    const char *path;   /* "/v1/channels/{name}/test" */
    enum api_permission permission;
    void (*handle)(struct api_call *call);
    const char *help;
};

const struct api_route *api_routes(size_t *ret_count);
