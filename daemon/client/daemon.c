#include "client/daemon.h"

#include "client/locations.h"
#include "client/safetext.h"
#include "net/http.h"

#include <errno.h>
#include <event2/event.h>
#include <string.h>
#include <unistd.h>

/* A status document of thousands of missing studies is far below it. */
#define MAX_ANSWER_BYTES ((size_t)16 * 1024 * 1024)

/* A backup of a large history, and a test of a slow channel, take minutes. */
#define ANSWER_TIMEOUT_USEC (10 * USEC_PER_MINUTE)

static void base_free(struct event_base **base)
{
    if (*base)
        event_base_free(*base);
}

DEFINE_CLEANUP(struct http *, http_free)

struct exchange {
    struct event_base *base;
    const char *socket;
    json_t *document; /* owned */
    struct error *e;
    int result;
};

/* The daemon's own sentence or the answer of a receiver that it asked, else what HTTP has to say. */
static int refuse(const struct exchange *exchange, int status)
{
    const char *sentence = json_string_value(json_object_get(exchange->document, "error"));

    if (!sentence)
        sentence = json_string_value(json_object_get(exchange->document, "answer"));
    if (!sentence)
        return error_set(exchange->e, -EREMOTEIO, "the daemon answered with status %d and no reason", status);
    return error_set(exchange->e, status == 404 ? -ENOENT : -EREMOTEIO, "%s", sentence);
}

static int judge(struct exchange *exchange, const struct http_response *response)
{
    if (response->error < 0)
        return error_set(exchange->e, -EHOSTDOWN, "the daemon did not answer on %s: %s", exchange->socket,
                         response->error_text);
    exchange->document = json_loadb(buf_string(response->body), response->body->len, 0, NULL);
    if (response->status < 200 || response->status > 299)
        return refuse(exchange, response->status);
    if (!exchange->document && response->body->len > 0)
        return error_set(exchange->e, -EREMOTEIO, "the daemon's answer is not JSON");
    return 0;
}

static void on_answer(const struct http_response *response, void *userdata)
{
    struct exchange *exchange = userdata;

    exchange->result = judge(exchange, response);
    event_base_loopbreak(exchange->base);
}

static int check_socket(const char *socket, struct error *e)
{
    if (access(socket, F_OK) < 0 && errno == ENOENT)
        return error_set(e, -EHOSTDOWN, "the daemon is not running: there is no control socket %s", socket);
    if (access(socket, W_OK) < 0)
        return error_set(e, -EHOSTDOWN, "the control socket %s is not for this user: %s", socket, strerror(errno));
    return 0;
}

static int exchange_once(struct exchange *exchange, struct http *http, const struct http_call *call)
{
    struct http_request *request;
    int r = http_start(http, call, on_answer, exchange, &request, exchange->e);

    if (r < 0)
        return r;
    exchange->result = error_set(exchange->e, -EHOSTDOWN, "the daemon on %s did not answer", exchange->socket);
    event_base_dispatch(exchange->base);
    return exchange->result;
}

int daemon_ask(const struct client *client, const char *method, const char *path, const json_t *body, json_t **ret,
               struct error *e)
{
    const char *socket = locations_socket(&client->options);
    _cleanup_(base_free) struct event_base *base = NULL;
    _cleanup_(http_free_cleanup) struct http *http = NULL;
    _cleanup_free_ char *text = NULL;
    _cleanup_buf_ struct buf url = {0};
    int r = check_socket(socket, e);

    if (r < 0)
        return r;
    base = event_base_new();
    text = body ? json_dumps(body, JSON_COMPACT) : NULL;
    buf_printf(&url, "http://localhost%s", path);
    if (!base || (body && !text) || buf_status(&url) < 0)
        return error_set(e, -ENOMEM, "no memory to ask the daemon");
    r = http_new(base, &http, e);
    if (r < 0)
        return r;

    const struct http_call call = {
        .method = method,
        .url = buf_string(&url),
        .headers = {{body ? "Content-Type" : NULL, "application/json"}},
        .body = text,
        .body_len = text ? strlen(text) : 0,
        .max_response_bytes = MAX_ANSWER_BYTES,
        .timeout_usec = ANSWER_TIMEOUT_USEC,
        .allow_http = true,
        .unix_socket = socket,
        .user_agent = "trialwatch",
    };
    struct exchange exchange = {.base = base, .socket = socket, .e = e};
    r = exchange_once(&exchange, http, &call);
    *ret = exchange.document;
    return r;
}

int daemon_ask_about(const struct client *client, const char *method, const char *before, const char *name,
                     const char *after, json_t **ret, struct error *e)
{
    _cleanup_buf_ struct buf path = {0};

    buf_append_string(&path, before);
    http_append_escaped(&path, name);
    buf_append_string(&path, after);
    if (buf_status(&path) < 0)
        return error_set(e, -ENOMEM, "no memory to ask the daemon");
    return daemon_ask(client, method, buf_string(&path), NULL, ret, e);
}

bool daemon_print_mistakes(const json_t *answer)
{
    const json_t *mistakes = json_object_get(answer, "mistakes"), *mistake;
    size_t i;

    json_array_foreach (mistakes, i, mistake) {
        _cleanup_buf_ struct buf safe = {0};
        safetext_append(&safe, json_string_value(mistake) ? json_string_value(mistake) : "");
        fprintf(stderr, "%s\n", buf_string(&safe));
    }
    return json_array_size(mistakes) > 0;
}
