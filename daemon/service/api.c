#include "service/api_call.h"

#include "base/clock.h"
#include "service/api_connection.h"
#include "service/api_socket.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/http.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct api {
    struct manager *manager;
    struct evhttp *http;
    struct api_connections *connections;
    struct api_call *calls; /* not answered yet */
    char *own_path;         /* to unlink; NULL when systemd owns the socket */
};

void api_expect_slow(struct api_call *call)
{
    if (call->request)
        api_connection_allow_slow(call->api->connections, call->request);
}

/* The peer has left: evhttp frees the request. */
static void on_close(void *userdata)
{
    struct api_call *call = userdata;

    call->request = NULL;
}

static void call_free(struct api_call *call)
{
    struct api_call **link = &call->api->calls;

    while (*link != call)
        link = &(*link)->next;
    *link = call->next;
    free(call);
}

void api_answer_text(struct api_call *call, int status, const char *content_type, const char *text)
{
    struct evhttp_request *request = TAKE_PTR(call->request);

    if (request) {
        struct evkeyvalq *headers = evhttp_request_get_output_headers(request);
        api_connection_watch(call->api->connections, request, NULL, NULL);
        evhttp_add_header(headers, "Content-Type", content_type);
        evhttp_add_header(headers, "Cache-Control", "no-store");
        evhttp_add_header(headers, "Connection", "close");
        evbuffer_add(evhttp_request_get_output_buffer(request), text, strlen(text));
        evhttp_send_reply(request, status, NULL, NULL);
    }
    call_free(call);
}

void api_answer_json(struct api_call *call, int status, json_t *body)
{
    char *text = body ? json_dumps(body, JSON_INDENT(2)) : NULL;

    json_decref(body);
    api_answer_text(call, text ? status : 500, "application/json",
                    text ? text : "{\"error\": \"the answer could not be made\"}");
    free(text);
}

void api_answer_error(struct api_call *call, int status, const char *format, ...)
{
    char sentence[ERROR_TEXT_BYTES];
    va_list ap;

    va_start(ap, format);
    vsnprintf(sentence, sizeof(sentence), format, ap);
    va_end(ap);
    api_answer_json(call, status, json_pack("{s:s}", "error", sentence));
}

json_t *api_read_body(struct api_call *call)
{
    struct evbuffer *body = evhttp_request_get_input_buffer(call->request);
    size_t len = evbuffer_get_length(body);
    const char *text = (const char *)evbuffer_pullup(body, -1);
    json_error_t why = {.text = "there is none"};
    json_t *json = text ? json_loadb(text, len, JSON_REJECT_DUPLICATES, &why) : NULL;

    if (!json_is_object(json)) {
        json_decref(json);
        api_answer_error(call, 400, "the body should be a JSON object: %s", json ? "this is another value" : why.text);
        return NULL;
    }
    return json;
}

/* Whether a path is of a pattern's form; what stood for its {…} is copied. */
static bool path_fits(const char *pattern, const char *path, char name[static API_NAME_BYTES])
{
    name[0] = '\0';
    while (*pattern && *path) {
        if (*pattern == '{') {
            size_t len = strcspn(path, "/");
            if (len == 0 || len >= API_NAME_BYTES)
                return false;
            memcpy(name, path, len);
            name[len] = '\0';
            path += len;
            pattern += strcspn(pattern, "}") + 1;
        } else if (*pattern++ != *path++) {
            return false;
        }
    }
    return *pattern == '\0' && *path == '\0';
}

static const char *method_of(struct evhttp_request *request)
{
    return evhttp_request_get_command(request) == EVHTTP_REQ_POST ? "POST" : "GET";
}

/* The route, or NULL with the status to answer. */
static const struct api_route *find_route(struct api_call *call, const char *path, int *ret_status)
{
    size_t count;
    const struct api_route *routes = api_routes(&count);

    *ret_status = 404;
    for (size_t i = 0; i < count; i++) {
        if (!path_fits(routes[i].path, path, call->name))
            continue;
        if (strcmp(routes[i].method, method_of(call->request)) == 0)
            return &routes[i];
        *ret_status = 405;
    }
    return NULL;
}

static bool peer_may(struct api_call *call, enum api_permission permission)
{
    struct bufferevent *stream = evhttp_connection_get_bufferevent(evhttp_request_get_connection(call->request));
    struct ucred peer;
    socklen_t len = sizeof(peer);

    if (permission == API_READ)
        return true;
    if (getsockopt(bufferevent_getfd(stream), SOL_SOCKET, SO_PEERCRED, &peer, &len) < 0)
        return false;
    call->peer = peer.uid;
    return peer.uid == 0 || peer.uid == geteuid();
}

/* Only root and our own user may act: both stand in a local file, so that this asks no network. */
const char *api_peer_name(const struct api_call *call, char name[static MANAGER_NAME_BYTES])
{
    char space[4096];
    struct passwd entry, *found = NULL;

    if (getpwuid_r(call->peer, &entry, space, sizeof(space), &found) == 0 && found)
        snprintf(name, MANAGER_NAME_BYTES, "%s", found->pw_name);
    else
        snprintf(name, MANAGER_NAME_BYTES, "uid %u", (unsigned)call->peer);
    return name;
}

static void on_request(struct evhttp_request *request, void *userdata)
{
    struct api *api = userdata;
    const char *path = evhttp_uri_get_path(evhttp_request_get_evhttp_uri(request));
    struct api_call *call = calloc(1, sizeof(*call));
    int status;

    if (!call) {
        evhttp_send_error(request, 500, NULL);
        return;
    }
    *call = (struct api_call){.api = api, .manager = api->manager, .request = request, .next = api->calls};
    api->calls = call;
    api_connection_watch(api->connections, request, on_close, call);

    const struct api_route *route = find_route(call, path ? path : "", &status);
    if (!route)
        api_answer_error(call, status,
                         status == 404 ? "there is no %s; config/openapi.yaml lists what there is"
                                       : "%s takes another method",
                         path ? path : "such path");
    else if (!peer_may(call, route->permission))
        api_answer_error(call, 403, "only root and the user that trialwatchd runs as may do this");
    else
        route->handle(call);
}

static int serve(struct api *api, struct event_base *base, int fd, struct error *e)
{
    api->http = evhttp_new(base);
    if (!api->http) {
        close(fd);
        return error_set(e, -ENOMEM, "out of memory");
    }
    evhttp_set_max_headers_size(api->http, API_MAX_HEADER_BYTES);
    evhttp_set_max_body_size(api->http, API_MAX_BODY_BYTES);
    evhttp_set_timeout(api->http, (int)(API_CONNECTION_USEC / USEC_PER_SEC));
    evhttp_set_allowed_methods(api->http, EVHTTP_REQ_GET | EVHTTP_REQ_POST);
    evhttp_set_gencb(api->http, on_request, api);
    return api_connections_new(base, api->http, fd, &api->connections, e);
}

int api_new(struct event_base *base, struct manager *manager, const char *path, struct api **ret, struct error *e)
{
    struct api *api = calloc(1, sizeof(*api));
    bool own = false;

    if (!api)
        return error_set(e, -ENOMEM, "out of memory");
    api->manager = manager;
    int fd = api_socket_open(path, &own, e);
    if (fd >= 0 && own)
        api->own_path = strdup(path);
    int r = fd < 0 ? fd : serve(api, base, fd, e);
    if (r < 0) {
        api_free(api);
        return r;
    }
    *ret = api;
    return 0;
}

void api_free(struct api *api)
{
    if (!api)
        return;
    api_connections_end(api->connections);
    /* The connections' ends take the requests out of the calls, which nobody answers any more. */
    if (api->http)
        evhttp_free(api->http);
    api_connections_free(api->connections);
    while (api->calls)
        call_free(api->calls);
    if (api->own_path)
        unlink(api->own_path);
    free(api->own_path);
    free(api);
}
