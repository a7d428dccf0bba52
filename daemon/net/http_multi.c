#include "net/http_multi.h"

#include "base/macro.h"

#include <errno.h>

/* Politeness towards one host, and a bound on lookups at the same time: each has a thread of its own in libcurl. */
#define MAX_HOST_CONNECTIONS 2L
#define MAX_TOTAL_CONNECTIONS 32L
#define MAX_IDLE_CONNECTIONS 8L

/* A socket of libcurl's that the loop watches. */
struct http_socket {
    struct event *event;
    TAILQ_ENTRY(http_socket) link;
};

struct http_multi {
    struct event_base *base;
    CURLM *curlm; /* NULL after it broke and no new one could be made */
    struct event *timer;
    struct event *completion;
    TAILQ_HEAD(http_socket_list, http_socket) sockets;
    TAILQ_HEAD(transfer_list, http_transfer) under_way, finished;
};

static void socket_free(struct http_multi *multi, struct http_socket *socket)
{
    TAILQ_REMOVE(&multi->sockets, socket, link);
    if (socket->event)
        event_free(socket->event);
    free(socket);
}

/* The handle leaves libcurl here; done is called later, from on_completion(). */
static void finish_transfer(struct http_multi *multi, struct http_transfer *transfer, CURLcode result)
{
    curl_multi_remove_handle(multi->curlm, transfer->easy);
    TAILQ_REMOVE(&multi->under_way, transfer, link);
    transfer->result = result;
    transfer->state = TRANSFER_FINISHED;
    TAILQ_INSERT_TAIL(&multi->finished, transfer, link);
    event_active(multi->completion, EV_TIMEOUT, 0);
}

/* libcurl calls on_socket() for most of its sockets while it cleans up; what is left is ours to free. */
static void drop_curlm(struct http_multi *multi)
{
    struct http_socket *socket;

    curl_multi_cleanup(TAKE_PTR(multi->curlm));
    while ((socket = TAILQ_FIRST(&multi->sockets)))
        socket_free(multi, socket);
    event_del(multi->timer);
}

static void read_messages(struct http_multi *multi)
{
    CURLMsg *message;
    int left;

    while ((message = curl_multi_info_read(multi->curlm, &left))) {
        struct http_transfer *transfer = NULL;
        CURLcode result = message->data.result; /* the message dies with the handle's removal */

        if (message->msg != CURLMSG_DONE)
            continue;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&transfer);
        finish_transfer(multi, transfer, result);
    }
}

static void take_action(struct http_multi *multi, curl_socket_t fd, int bits)
{
    struct http_transfer *transfer;
    int running;

    CURLMcode code = curl_multi_socket_action(multi->curlm, fd, bits, &running);
    read_messages(multi);
    if (code == CURLM_OK)
        return;
    /* Which transfers are whole is unknown now: all fail, and the next one starts with a new multi handle. */
    while ((transfer = TAILQ_FIRST(&multi->under_way)))
        finish_transfer(multi, transfer, code == CURLM_OUT_OF_MEMORY ? CURLE_OUT_OF_MEMORY : CURLE_RECV_ERROR);
    drop_curlm(multi);
}

static void on_socket_event(evutil_socket_t fd, short what, void *userdata)
{
    take_action(userdata, fd, (what & EV_READ ? CURL_CSELECT_IN : 0) | (what & EV_WRITE ? CURL_CSELECT_OUT : 0));
}

static void on_timer_event(_unused_ evutil_socket_t fd, _unused_ short what, void *userdata)
{
    take_action(userdata, CURL_SOCKET_TIMEOUT, 0);
}

static void on_completion(_unused_ evutil_socket_t fd, _unused_ short what, void *userdata)
{
    struct http_multi *multi = userdata;
    struct http_transfer *transfer;

    while ((transfer = TAILQ_FIRST(&multi->finished))) {
        TAILQ_REMOVE(&multi->finished, transfer, link);
        transfer->state = TRANSFER_IDLE;
        transfer->done(transfer);
    }
}

/* Watches fd in the directions of what, in place of those before. */
static int watch_socket(struct http_multi *multi, struct http_socket *socket, curl_socket_t fd, int what)
{
    short directions = (short)((what & CURL_POLL_IN ? EV_READ : 0) | (what & CURL_POLL_OUT ? EV_WRITE : 0));

    if (socket->event)
        event_free(socket->event);
    socket->event = event_new(multi->base, fd, (short)(directions | EV_PERSIST), on_socket_event, multi);
    return socket->event && event_add(socket->event, NULL) == 0 ? 0 : -1;
}

/* libcurl's own callback; -1 makes it fail every transfer. */
static int on_socket(_unused_ CURL *easy, curl_socket_t fd, int what, void *userdata, void *assigned)
{
    struct http_multi *multi = userdata;
    struct http_socket *socket = assigned;

    if (what == CURL_POLL_REMOVE) {
        if (socket)
            socket_free(multi, socket);
        return 0;
    }
    if (!socket) {
        socket = calloc(1, sizeof(*socket));
        if (!socket)
            return -1;
        TAILQ_INSERT_TAIL(&multi->sockets, socket, link);
        curl_multi_assign(multi->curlm, fd, socket);
    }
    return watch_socket(multi, socket, fd, what);
}

/* libcurl's own callback. The timer is a bare one: libcurl counts real time, also under a simulated clock. */
static int on_timer(_unused_ CURLM *curlm, long timeout_msec, void *userdata)
{
    struct http_multi *multi = userdata;
    struct timeval tv = {.tv_sec = timeout_msec / 1000, .tv_usec = timeout_msec % 1000 * 1000};

    if (timeout_msec < 0)
        return event_del(multi->timer);
    return event_add(multi->timer, &tv);
}

static int make_curlm(struct http_multi *multi, struct error *e)
{
    CURLM *curlm = curl_multi_init();

    if (!curlm)
        return error_set(e, -ENOMEM, "no memory for HTTP");
    curl_multi_setopt(curlm, CURLMOPT_SOCKETFUNCTION, on_socket);
    curl_multi_setopt(curlm, CURLMOPT_SOCKETDATA, multi);
    curl_multi_setopt(curlm, CURLMOPT_TIMERFUNCTION, on_timer);
    curl_multi_setopt(curlm, CURLMOPT_TIMERDATA, multi);
    curl_multi_setopt(curlm, CURLMOPT_MAX_HOST_CONNECTIONS, MAX_HOST_CONNECTIONS);
    curl_multi_setopt(curlm, CURLMOPT_MAX_TOTAL_CONNECTIONS, MAX_TOTAL_CONNECTIONS);
    curl_multi_setopt(curlm, CURLMOPT_MAXCONNECTS, MAX_IDLE_CONNECTIONS);
#if LIBCURL_VERSION_NUM >= 0x081400
    /* From 8.20 on the resolver's threads belong to the multi handle, whose cleanup would wait for them. */
    curl_multi_setopt(curlm, CURLMOPT_QUICK_EXIT, 1L);
#endif
    multi->curlm = curlm;
    return 0;
}

int http_multi_new(struct event_base *base, struct http_multi **ret, struct error *e)
{
    /* Never undone: a lookup that outlives its transfer runs on in libcurl's thread. */
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        return error_set(e, -ENOMEM, "libcurl does not start");

    struct http_multi *multi = calloc(1, sizeof(*multi));
    if (!multi)
        return error_set(e, -ENOMEM, "no memory for HTTP");
    multi->base = base;
    TAILQ_INIT(&multi->sockets);
    TAILQ_INIT(&multi->under_way);
    TAILQ_INIT(&multi->finished);
    multi->timer = evtimer_new(base, on_timer_event, multi);
    multi->completion = event_new(base, -1, 0, on_completion, multi);
    if (!multi->timer || !multi->completion || make_curlm(multi, e) < 0) {
        http_multi_free(multi);
        return error_set(e, -ENOMEM, "no memory for HTTP");
    }
    *ret = multi;
    return 0;
}

void http_multi_free(struct http_multi *multi)
{
    if (!multi)
        return;
    if (multi->curlm)
        drop_curlm(multi);
    if (multi->timer)
        event_free(multi->timer);
    if (multi->completion)
        event_free(multi->completion);
    free(multi);
}

int http_multi_start(struct http_multi *multi, struct http_transfer *transfer, struct error *e)
{
    if (!multi->curlm) {
        int r = make_curlm(multi, e);
        if (r < 0)
            return r;
    }
    curl_easy_setopt(transfer->easy, CURLOPT_PRIVATE, transfer);
    CURLMcode code = curl_multi_add_handle(multi->curlm, transfer->easy);
    if (code != CURLM_OK)
        return error_set(e, -ENOMEM, "libcurl does not take the request: %s", curl_multi_strerror(code));
    transfer->state = TRANSFER_UNDER_WAY;
    TAILQ_INSERT_TAIL(&multi->under_way, transfer, link);
    return 0;
}

void http_multi_stop(struct http_multi *multi, struct http_transfer *transfer)
{
    if (transfer->state == TRANSFER_UNDER_WAY) {
        curl_multi_remove_handle(multi->curlm, transfer->easy);
        TAILQ_REMOVE(&multi->under_way, transfer, link);
    } else if (transfer->state == TRANSFER_FINISHED) {
        TAILQ_REMOVE(&multi->finished, transfer, link);
    }
    transfer->state = TRANSFER_IDLE;
}
