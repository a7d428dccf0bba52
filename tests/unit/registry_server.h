/* A tiny registry inside the test's own event loop: it has studies, a refresh, pages of some size, and bad days that a
 * test orders by replacing the answer to its n-th request. */
#pragma once

#include "registry_fixture.h"

#include "base/clock.h"

#include <event2/buffer.h>
#include <event2/event.h>
#include <event2/http.h>
#include <event2/keyvalq_struct.h>

#define SERVER_MAX_REQUESTS 256
#define SERVER_MAX_FAULTS 64

/* What is answered to request number at (from 0) instead of the truth. */
struct server_fault {
    int at;
    int status;
    const char *body;        /* NULL: the true one */
    const char *retry_after; /* NULL: none */
    const char *etag;        /* NULL: the usual */
    size_t cut;              /* of the true body, so many bytes only; 0: all */
    const char *refresh;     /* the registry refreshes just before this answer; NULL: no */
};

struct server_study {
    const char *nct_id;
    const char *status;
    int sites;
};

struct server {
    struct evhttp *http;
    uint16_t port;
    char base_url[64];
    const char *refresh; /* NULL: /version does not tell */
    struct server_study studies[FIXTURE_MAX_STUDIES];
    size_t study_count;
    size_t page_size;
    const char *refuses_id;                           /* 400 for every request that names it; NULL: none */
    const char *adds;                                 /* text put among the records, with its comma; NULL: none */
    int (*answers)(const char *uri, struct buf *out); /* other addresses, with a status; NULL: 404 */
    struct server_fault faults[SERVER_MAX_FAULTS];
    size_t fault_count;

    int requests;
    char uris[SERVER_MAX_REQUESTS][512];
    int64_t asked_usec[SERVER_MAX_REQUESTS]; /* monotonic, as the tests' clock goes */
    char user_agent[128];
};

static inline const struct server_fault *server_fault_now(const struct server *server)
{
    for (size_t i = 0; i < server->fault_count; i++) {
        if (server->faults[i].at == server->requests)
            return &server->faults[i];
    }
    return NULL;
}

static inline void server_write_version(const struct server *server, struct buf *out)
{
    buf_append_string(out, "{\"apiVersion\":\"2.0.5\"");
    if (server->refresh)
        buf_printf(out, ",\"dataTimestamp\":\"%s\"", server->refresh);
    buf_append_string(out, "}");
}

/* The studies asked for, from the one that the token ("pN") points to. */
static inline void server_write_page(const struct server *server, const char *uri, struct buf *out)
{
    const char *token = strstr(uri, "&pageToken=p");
    size_t skip = token ? strtoul(token + strlen("&pageToken=p"), NULL, 10) : 0;
    size_t found = 0, given = 0;

    buf_printf(out, "{\"studies\":[%s", server->adds ? server->adds : "");
    for (size_t i = 0; i < server->study_count; i++) {
        const struct server_study *study = &server->studies[i];
        if (!strstr(uri, study->nct_id) || found++ < skip || given == server->page_size)
            continue;
        buf_append_string(out, given++ > 0 ? "," : "");
        fixture_append_record(out, study->nct_id, study->status, study->sites, server->refresh ? server->refresh : "");
    }
    buf_append_string(out, "]");
    if (found > skip + given)
        buf_printf(out, ",\"nextPageToken\":\"p%zu\"", skip + given);
    buf_append_string(out, "}");
}

static inline int server_write(const struct server *server, const char *uri, struct buf *out)
{
    if (strcmp(uri, "/api/v2/version") == 0) {
        server_write_version(server, out);
        return 200;
    }
    if (strncmp(uri, "/api/v2/studies?", 16) != 0)
        return server->answers ? server->answers(uri, out) : 404;
    if (server->refuses_id && strstr(uri, server->refuses_id)) {
        buf_printf(out, "filter.ids has an invalid value %s", server->refuses_id);
        return 400;
    }
    server_write_page(server, uri, out);
    return 200;
}

static inline void server_on_request(struct evhttp_request *request, void *userdata)
{
    struct server *server = userdata;
    const char *uri = evhttp_request_get_uri(request);
    const char *agent = evhttp_find_header(evhttp_request_get_input_headers(request), "User-Agent");
    struct evkeyvalq *headers = evhttp_request_get_output_headers(request);
    const struct server_fault *fault = server_fault_now(server);
    _cleanup_buf_ struct buf body = {0};

    assert_true(server->requests < SERVER_MAX_REQUESTS);
    snprintf(server->uris[server->requests], sizeof(server->uris[0]), "%s", uri);
    snprintf(server->user_agent, sizeof(server->user_agent), "%s", agent ? agent : "");
    server->asked_usec[server->requests++] = clock_monotonic_usec();
    if (fault && fault->refresh)
        server->refresh = fault->refresh;
    int status = server_write(server, uri, &body);
    if (fault && fault->body) {
        buf_reset(&body);
        buf_append_string(&body, fault->body);
    }
    if (fault && fault->status != 0)
        status = fault->status;
    if (fault && fault->retry_after)
        evhttp_add_header(headers, "Retry-After", fault->retry_after);
    evhttp_add_header(headers, "ETag", fault && fault->etag ? fault->etag : "\"1\"");

    struct evbuffer *answer = evbuffer_new();
    evbuffer_add(answer, buf_string(&body), fault && fault->cut ? size_min(fault->cut, body.len) : body.len);
    evhttp_send_reply(request, status, "Answer", answer);
    evbuffer_free(answer);
}

static inline void server_begin(struct server *server, struct event_base *base)
{
    *server = (struct server){.refresh = "2026-02-11T09:00:05", .page_size = 1000};
    server->http = evhttp_new(base);
    struct evhttp_bound_socket *socket = evhttp_bind_socket_with_handle(server->http, "127.0.0.1", 0);
    struct sockaddr_storage address;
    socklen_t len = sizeof(address);

    assert_non_null(socket);
    assert_int_equal(getsockname(evhttp_bound_socket_get_fd(socket), (struct sockaddr *)&address, &len), 0);
    server->port = ntohs(((struct sockaddr_in *)&address)->sin_port);
    snprintf(server->base_url, sizeof(server->base_url), "http://127.0.0.1:%u/api/v2", server->port);
    evhttp_set_gencb(server->http, server_on_request, server);
}

static inline void server_fault_at(struct server *server, struct server_fault fault)
{
    assert_true(server->fault_count < SERVER_MAX_FAULTS);
    server->faults[server->fault_count++] = fault;
}
