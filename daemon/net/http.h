/* HTTP requests on the event loop, by libcurl's multi interface.
 *
 * One struct http a process. A request's callback runs from the loop, never from inside start or cancel. Only the
 * loop's thread may call. https only, unless the request allows http (the settings allow that for loopback). */
#pragma once

#include "base/buf.h"
#include "base/err.h"

#include <event2/event.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct http;
struct http_request;

struct http_header {
    const char *name;
    const char *value; /* CR, LF and NUL are refused */
};

#define HTTP_MAX_HEADERS 16

struct http_call {
    const char *method; /* "GET", "POST", "PUT" */
    const char *url;
    struct http_header headers[HTTP_MAX_HEADERS]; /* ended by the first NULL name, or full */
    const void *body;                             /* copied; NULL for none */
    size_t body_len;
    size_t max_response_bytes; /* of decoded body; more fails the request with -EFBIG; 0: BUF_DEFAULT_MAX_BYTES */
    struct buf *spare;         /* its memory becomes the body's, which saves new pages a large one; NULL: none */
    int64_t timeout_usec;      /* the whole request; 0: 60 s */
    bool allow_http;
    bool follow_redirects; /* same protocols, at most 5 */
    bool want_gzip;
    const char *ca_file;     /* PEM; NULL: the system's */
    const char *unix_socket; /* connect there instead of to the host; NULL: no */
    const char *user_agent;
};

/* Lives until the callback returns. */
struct http_response {
    int error; /* 0, or a negative errno: no complete answer came. -ETIMEDOUT, -ECONNREFUSED, -EFBIG, -EPROTO … */
    char error_text[512];     /* "HOST: what libcurl said"; of the URL only the host, since a webhook's is a secret */
    int status;               /* 200 …; 0 when error */
    const char *content_type; /* "" when missing */
    const char *etag;         /* "" when missing */
    int64_t retry_after_usec; /* from now, by Retry-After in seconds or as a date, at most a year; negative: missing */
    struct buf *body;         /* decoded; the callback may take its content; empty when error */
    int64_t latency_usec;
    const char *effective_url; /* after redirects; may hold secrets */
};

typedef void http_callback(const struct http_response *response, void *userdata);

int http_new(struct event_base *base, struct http **ret, struct error *e);

/* Requests under way are cancelled: their callbacks are not called. Not from within a callback. Takes NULL. */
void http_free(struct http *http);

/* -EINVAL for a URL or header that cannot be sent. *ret is valid until the callback is called or it is cancelled. */
int http_start(struct http *http, const struct http_call *call, http_callback *callback, void *userdata,
               struct http_request **ret, struct error *e);

/* After this the callback is not called. Never blocks, not even on a slow resolver. Takes NULL. */
void http_cancel(struct http_request *request);

/* Percent-encodes for a query value; appends. */
void http_append_escaped(struct buf *out, const char *text);
