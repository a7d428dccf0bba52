/* What the tests of net/http share: servers on the client's own loop, and a fetch that waits for its answer. */
#pragma once

#include "check.h"

#include "base/buf.h"
#include "base/macro.h"
#include "net/http.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/http.h>
#include <event2/listener.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct fixture {
    struct event_base *base;
    struct evhttp *server; /* on the same loop as the client */
    struct evconnlistener *raw;
    struct http *http;
    unsigned port, raw_port;
    int connections;        /* accepted by the server so far */
    const char *raw_answer; /* what the raw server says before it closes; NULL: nothing, and it stays open */
    size_t raw_answer_len;  /* 0: as far as its NUL */
    struct bufferevent *raw_clients[8];
    struct event *deadline;
};

/* What the callback saw. */
struct outcome {
    struct fixture *fixture;
    int calls, error, status;
    char error_text[512], body[512], etag[64], content_type[64], effective_url[256];
    size_t body_len;
    int64_t retry_after_usec;
    struct http_request *cancel_this; /* by the callback */
};

static inline void on_deadline(evutil_socket_t fd, short what, void *userdata)
{
    (void)fd;
    (void)what;
    (void)userdata;
    fail_msg("nothing happened for 20 seconds");
}

/* What the web server says: each file of tests has its own. */
static void serve(struct evhttp_request *request, void *userdata);

static inline struct bufferevent *on_server_connection(struct event_base *base, void *userdata)
{
    struct fixture *fixture = userdata;

    fixture->connections++;
    return bufferevent_socket_new(base, -1, BEV_OPT_CLOSE_ON_FREE);
}

static inline void on_raw_flushed(struct bufferevent *client, void *userdata)
{
    struct fixture *fixture = userdata;

    for (size_t i = 0; i < ARRAY_SIZE(fixture->raw_clients); i++)
        if (fixture->raw_clients[i] == client)
            fixture->raw_clients[i] = NULL;
    bufferevent_free(client);
}

static inline void on_raw_read(struct bufferevent *client, void *userdata)
{
    struct fixture *fixture = userdata;

    evbuffer_drain(bufferevent_get_input(client), 65536);
    if (!fixture->raw_answer)
        return;
    bufferevent_setcb(client, NULL, on_raw_flushed, NULL, fixture);
    bufferevent_write(client, fixture->raw_answer,
                      fixture->raw_answer_len ? fixture->raw_answer_len : strlen(fixture->raw_answer));
}

static inline void on_raw_accept(struct evconnlistener *listener, evutil_socket_t fd, struct sockaddr *address, int len,
                                 void *userdata)
{
    struct fixture *fixture = userdata;

    (void)listener;
    (void)address;
    (void)len;
    struct bufferevent *client = bufferevent_socket_new(fixture->base, fd, BEV_OPT_CLOSE_ON_FREE);
    size_t free_slot = 0;
    while (fixture->raw_clients[free_slot])
        free_slot++;
    assert_true(free_slot < ARRAY_SIZE(fixture->raw_clients));
    fixture->raw_clients[free_slot] = client;
    bufferevent_setcb(client, on_raw_read, NULL, NULL, fixture);
    bufferevent_enable(client, EV_READ | EV_WRITE);
}

static inline unsigned port_of(evutil_socket_t fd)
{
    struct sockaddr_in address;
    socklen_t len = sizeof(address);

    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &len), 0);
    return ntohs(address.sin_port);
}

static inline int setup(void **state)
{
    struct fixture *fixture = calloc(1, sizeof(*fixture));
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct timeval patience = {.tv_sec = 20};
    struct error e;

    unsetenv("http_proxy");
    unsetenv("https_proxy");
    fixture->base = event_base_new();
    fixture->server = evhttp_new(fixture->base);
    evhttp_set_gencb(fixture->server, serve, fixture);
    evhttp_set_bevcb(fixture->server, on_server_connection, fixture);
    struct evhttp_bound_socket *bound = evhttp_bind_socket_with_handle(fixture->server, "127.0.0.1", 0);
    fixture->port = port_of(evhttp_bound_socket_get_fd(bound));
    fixture->raw = evconnlistener_new_bind(fixture->base, on_raw_accept, fixture, LEV_OPT_CLOSE_ON_FREE, 4,
                                           (struct sockaddr *)&address, sizeof(address));
    fixture->raw_port = port_of(evconnlistener_get_fd(fixture->raw));
    fixture->deadline = evtimer_new(fixture->base, on_deadline, NULL);
    event_add(fixture->deadline, &patience);
    *state = fixture;
    return http_new(fixture->base, &fixture->http, &e);
}

static inline int teardown(void **state)
{
    struct fixture *fixture = *state;

    http_free(fixture->http);
    for (size_t i = 0; i < ARRAY_SIZE(fixture->raw_clients); i++)
        if (fixture->raw_clients[i])
            bufferevent_free(fixture->raw_clients[i]);
    evconnlistener_free(fixture->raw);
    evhttp_free(fixture->server);
    event_free(fixture->deadline);
    event_base_free(fixture->base);
    free(fixture);
    return 0;
}

static inline struct http_call call_to(const char *url)
{
    return (struct http_call){.method = "GET", .url = url, .allow_http = true, .max_response_bytes = 1000};
}

static inline void on_response(const struct http_response *response, void *userdata);

static inline void start(struct fixture *fixture, const struct http_call *call, struct outcome *outcome,
                         struct http_request **ret)
{
    struct http_request *request = NULL;
    struct error e = {""};

    outcome->fixture = fixture;
    if (http_start(fixture->http, call, on_response, outcome, ret ? ret : &request, &e) != 0)
        fail_msg("%s", e.text);
    assert_int_equal(outcome->calls, 0);
}

static inline void on_response(const struct http_response *response, void *userdata)
{
    struct outcome *outcome = userdata;

    outcome->calls++;
    outcome->error = response->error;
    outcome->status = response->status;
    outcome->body_len = response->body->len;
    outcome->retry_after_usec = response->retry_after_usec;
    snprintf(outcome->error_text, sizeof(outcome->error_text), "%s", response->error_text);
    snprintf(outcome->body, sizeof(outcome->body), "%s", buf_string(response->body));
    snprintf(outcome->etag, sizeof(outcome->etag), "%s", response->etag);
    snprintf(outcome->content_type, sizeof(outcome->content_type), "%s", response->content_type);
    snprintf(outcome->effective_url, sizeof(outcome->effective_url), "%s", response->effective_url);
    if (outcome->cancel_this)
        http_cancel(outcome->cancel_this);
    event_base_loopbreak(outcome->fixture->base);
}

/* Turns the loop until each of the outcomes has been called. */
static inline void wait_for(struct fixture *fixture, struct outcome *outcomes, size_t count)
{
    for (size_t i = 0; i < count; i++)
        while (outcomes[i].calls == 0)
            event_base_loop(fixture->base, EVLOOP_ONCE);
}

/* Valid until the fourth call after this one. */
static inline char *url_of(unsigned port, const char *path)
{
    static char urls[4][256];
    static size_t next;
    char *url = urls[next++ % ARRAY_SIZE(urls)];

    snprintf(url, sizeof(urls[0]), "http://127.0.0.1:%u%s", port, path);
    return url;
}

static inline struct outcome fetch(struct fixture *fixture, const struct http_call *call)
{
    struct outcome outcome = {0};

    start(fixture, call, &outcome, NULL);
    wait_for(fixture, &outcome, 1);
    assert_int_equal(outcome.calls, 1);
    return outcome;
}

static inline struct outcome get(struct fixture *fixture, const char *path)
{
    struct http_call call = call_to(url_of(fixture->port, path));

    return fetch(fixture, &call);
}
