/* A receiver of HTTP alerts inside the test: it keeps what comes and answers what it is told to. */
#pragma once

#include "check.h"

#include "base/buf.h"
#include "base/macro.h"

#include <event2/buffer.h>
#include <event2/event.h>
#include <event2/http.h>
#include <event2/keyvalq_struct.h>
#include <stdio.h>
#include <string.h>

#define RECEIVER_MAX 128

struct received {
    char path[32];
    char id[64]; /* webhook-id */
    char signature[128];
    char *body; /* owned */
};

struct answer {
    const char *path;
    int status;
    const char *retry_after; /* NULL: none */
    bool silent;             /* takes the request and never answers */
};

struct receiver {
    struct evhttp *http;
    int port;
    struct received items[RECEIVER_MAX];
    size_t count;
    struct answer answers[4]; /* by path; 200 for others */
    struct evhttp_request *unanswered;
};

static inline const char *receiver_header(struct evhttp_request *request, const char *name)
{
    const char *value = evhttp_find_header(evhttp_request_get_input_headers(request), name);

    return value ? value : "";
}

static inline const struct answer *receiver_answer(const struct receiver *receiver, const char *path)
{
    static const struct answer good = {.status = 200};

    for (size_t i = 0; i < ARRAY_SIZE(receiver->answers); i++)
        if (receiver->answers[i].path && strcmp(receiver->answers[i].path, path) == 0)
            return &receiver->answers[i];
    return &good;
}

static inline void receiver_take(struct evhttp_request *request, void *userdata)
{
    struct receiver *receiver = userdata;
    struct evbuffer *input = evhttp_request_get_input_buffer(request);
    size_t len = evbuffer_get_length(input);

    assert_true(receiver->count < RECEIVER_MAX);
    struct received *received = &receiver->items[receiver->count++];
    snprintf(received->path, sizeof(received->path), "%.31s", evhttp_request_get_uri(request));
    snprintf(received->id, sizeof(received->id), "%.63s", receiver_header(request, "webhook-id"));
    snprintf(received->signature, sizeof(received->signature), "%.127s", receiver_header(request, "webhook-signature"));
    received->body = calloc(len + 1, 1);
    evbuffer_remove(input, received->body, len);

    const struct answer *answer = receiver_answer(receiver, received->path);
    if (answer->silent) {
        receiver->unanswered = request;
        return;
    }
    if (answer->retry_after)
        evhttp_add_header(evhttp_request_get_output_headers(request), "Retry-After", answer->retry_after);
    evhttp_send_reply(request, answer->status, "", NULL);
}

static inline void receiver_begin(struct receiver *receiver, struct event_base *base)
{
    *receiver = (struct receiver){.http = evhttp_new(base)};
    struct evhttp_bound_socket *bound = evhttp_bind_socket_with_handle(receiver->http, "127.0.0.1", 0);
    struct sockaddr_storage address;
    socklen_t len = sizeof(address);

    assert_non_null(bound);
    assert_int_equal(getsockname(evhttp_bound_socket_get_fd(bound), (struct sockaddr *)&address, &len), 0);
    receiver->port = ntohs(((struct sockaddr_in *)&address)->sin_port);
    evhttp_set_gencb(receiver->http, receiver_take, receiver);
}

static inline void receiver_end(struct receiver *receiver)
{
    for (size_t i = 0; i < receiver->count; i++)
        free(receiver->items[i].body);
    evhttp_free(receiver->http);
}

/* What comes to that path is answered so from now on. */
static inline void receiver_plan(struct receiver *receiver, const char *path, int status, const char *retry_after)
{
    for (size_t i = 0; i < ARRAY_SIZE(receiver->answers); i++) {
        struct answer *answer = &receiver->answers[i];
        if (!answer->path || strcmp(answer->path, path) == 0) {
            *answer =
                (struct answer){.path = path, .status = status, .retry_after = retry_after, .silent = status == 0};
            return;
        }
    }
    fail();
}

static inline size_t receiver_count(const struct receiver *receiver, const char *path)
{
    size_t count = 0;

    for (size_t i = 0; i < receiver->count; i++)
        count += strcmp(receiver->items[i].path, path) == 0;
    return count;
}

/* The nth (from 0) that came to that path. */
static inline const struct received *receiver_get(const struct receiver *receiver, const char *path, size_t n)
{
    for (size_t i = 0; i < receiver->count; i++)
        if (strcmp(receiver->items[i].path, path) == 0 && n-- == 0)
            return &receiver->items[i];
    fail_msg("nothing more came to %s", path);
    return NULL;
}
