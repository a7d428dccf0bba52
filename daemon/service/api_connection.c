#include "service/api_connection.h"

#include "base/clock.h"
#include "service/api.h"

#include <errno.h>
#include <event2/bufferevent.h>
#include <event2/listener.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

struct connection {
    struct api_connections *all;
    struct bufferevent *stream;     /* referenced until attached */
    struct evhttp_connection *http; /* NULL until attached */
    struct event *attach;           /* runs as soon as evhttp has taken the stream */
    struct event *deadline;
    void (*closed)(void *userdata);
    void *userdata;
    struct connection *next;
};

struct api_connections {
    struct evconnlistener *listener; /* owned by evhttp; NULL once that is about to go */
    struct connection *first;
    size_t count;
};

static void connection_free(struct connection *connection)
{
    if (connection->deadline)
        event_free(connection->deadline);
    if (connection->attach)
        event_free(connection->attach);
    free(connection);
}

/* Takes the connection out of the list; the listener listens again when it was full. */
static void forget(struct connection *connection)
{
    struct api_connections *all = connection->all;
    struct connection **link = &all->first;

    while (*link != connection)
        link = &(*link)->next;
    *link = connection->next;
    if (all->count-- == API_MAX_CONNECTIONS && all->listener)
        evconnlistener_enable(all->listener);
    connection_free(connection);
}

static void on_close(struct evhttp_connection *http, void *userdata)
{
    struct connection *connection = userdata;

    (void)http;
    if (connection->closed)
        connection->closed(connection->userdata);
    forget(connection);
}

/* evhttp's own callbacks on the stream carry its connection; a stream that it has freed has none. */
static void attach(struct connection *connection)
{
    void *http = NULL;

    if (connection->http)
        return;
    event_del(connection->attach);
    bufferevent_getcb(connection->stream, NULL, NULL, NULL, &http);
    bufferevent_decref(connection->stream);
    if (!http) {
        forget(connection);
        return;
    }
    connection->http = http;
    evhttp_connection_set_closecb(http, on_close, connection);
}

static void on_attach(evutil_socket_t fd, short what, void *userdata)
{
    (void)fd;
    (void)what;
    attach(userdata);
}

/* Closing is evhttp's: it sees the end of the stream and clears up. */
static void on_deadline(evutil_socket_t fd, short what, void *userdata)
{
    struct connection *connection = userdata;

    (void)fd;
    (void)what;
    shutdown(bufferevent_getfd(connection->stream), SHUT_RDWR);
}

static void arm(struct connection *connection, int64_t usec)
{
    struct timeval within = {.tv_sec = (time_t)(usec / USEC_PER_SEC), .tv_usec = (suseconds_t)(usec % USEC_PER_SEC)};

    event_add(connection->deadline, &within);
}

/* evhttp asks for the stream of a connection that it has accepted. */
static struct bufferevent *make_stream(struct event_base *base, void *userdata)
{
    struct api_connections *all = userdata;
    struct connection *connection = calloc(1, sizeof(*connection));

    if (!connection)
        return NULL;
    connection->all = all;
    connection->attach = evtimer_new(base, on_attach, connection);
    connection->deadline = evtimer_new(base, on_deadline, connection);
    if (connection->attach && connection->deadline)
        connection->stream = bufferevent_socket_new(base, -1, BEV_OPT_CLOSE_ON_FREE);
    if (!connection->stream) {
        connection_free(connection);
        return NULL;
    }
    bufferevent_incref(connection->stream);
    connection->next = all->first;
    all->first = connection;
    if (++all->count == API_MAX_CONNECTIONS)
        evconnlistener_disable(all->listener);
    arm(connection, API_CONNECTION_USEC);
    event_active(connection->attach, EV_TIMEOUT, 1);
    return connection->stream;
}

static struct connection *find(struct api_connections *all, struct evhttp_request *request)
{
    struct bufferevent *stream = evhttp_connection_get_bufferevent(evhttp_request_get_connection(request));

    for (struct connection *c = all->first; c; c = c->next)
        if (c->stream == stream)
            return c;
    return NULL;
}

void api_connection_watch(struct api_connections *all, struct evhttp_request *request, void (*closed)(void *userdata),
                          void *userdata)
{
    struct connection *connection = find(all, request);

    if (!connection)
        return;
    attach(connection);
    connection->closed = closed;
    connection->userdata = userdata;
}

void api_connection_allow_slow(struct api_connections *all, struct evhttp_request *request)
{
    struct connection *connection = find(all, request);

    if (connection)
        arm(connection, API_SLOW_USEC);
}

int api_connections_new(struct event_base *base, struct evhttp *http, int fd, struct api_connections **ret,
                        struct error *e)
{
    struct api_connections *all = calloc(1, sizeof(*all));

    if (all)
        all->listener = evconnlistener_new(base, NULL, NULL, LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC, 0, fd);
    if (!all || !all->listener) {
        free(all);
        close(fd);
        return error_set(e, -ENOMEM, "out of memory");
    }
    if (!evhttp_bind_listener(http, all->listener)) {
        evconnlistener_free(all->listener);
        free(all);
        return error_set(e, -ENOMEM, "out of memory");
    }
    evhttp_set_bevcb(http, make_stream, all);
    *ret = all;
    return 0;
}

void api_connections_end(struct api_connections *all)
{
    if (all)
        all->listener = NULL;
}

void api_connections_free(struct api_connections *all)
{
    if (!all)
        return;
    /* What evhttp did not close was not attached yet. */
    while (all->first) {
        struct connection *connection = all->first;
        all->first = connection->next;
        if (!connection->http)
            bufferevent_decref(connection->stream);
        connection_free(connection);
    }
    free(all);
}
