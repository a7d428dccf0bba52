#include "net/http.h"

#include "base/clock.h"
#include "base/macro.h"
#include "base/text.h"
#include "net/http_answer.h"
#include "net/http_body.h"
#include "net/http_multi.h"

#include <errno.h>
#include <string.h>

#define DEFAULT_TIMEOUT_USEC (60 * USEC_PER_SEC)
#define CONNECT_TIMEOUT_USEC (20 * USEC_PER_SEC)
#define MAX_REDIRECTS 5L

/* libcurl reads many buffers in one go: with its own 16 KiB the unpacking of a gzip page of 4 MB stalled the loop for
 * up to 94 ms, with this for no more than 49, at the same cost in all. */
#define RECEIVE_BYTES 4096L

/* Slower than this for so long is a peer that has gone away. */
#define LOW_SPEED_BYTES_PER_SEC 10L
#define LOW_SPEED_SEC 30L

struct http_request {
    struct http *http;
    struct http_transfer transfer;
    http_callback *callback;
    void *userdata;
    CURLU *url;
    struct curl_slist *headers;
    struct http_body body;
    char curl_text[CURL_ERROR_SIZE];
    TAILQ_ENTRY(http_request) link;
};

struct http {
    struct http_multi *multi;
    TAILQ_HEAD(http_request_list, http_request) requests;
};

static const struct method {
    const char *name;
    bool has_body;
    const char *custom; /* what libcurl is to say instead of POST */
} methods[] = {{"GET", false, NULL}, {"POST", true, NULL}, {"PUT", true, "PUT"}};

static struct http_request *request_of_transfer(struct http_transfer *transfer)
{
    return (struct http_request *)((char *)transfer - offsetof(struct http_request, transfer));
}

static const struct method *method_find(const char *name)
{
    for (size_t i = 0; i < ARRAY_SIZE(methods); i++)
        if (strcmp(methods[i].name, name) == 0)
            return &methods[i];
    return NULL;
}

static void request_free(struct http_request *request)
{
    if (!request)
        return;
    if (request->transfer.easy)
        curl_easy_cleanup(request->transfer.easy);
    curl_slist_free_all(request->headers);
    curl_url_cleanup(request->url);
    http_body_free(&request->body);
    free(request);
}
DEFINE_CLEANUP(struct http_request *, request_free)

static void on_done(struct http_transfer *transfer)
{
    _cleanup_(request_free_cleanup) struct http_request *request = request_of_transfer(transfer);
    struct http_response response;

    TAILQ_REMOVE(&request->http->requests, request, link);
    if (transfer->result == CURLE_OK && http_body_finish(&request->body) == 0)
        http_answer_read(transfer->easy, &request->body.bytes, &response);
    else
        http_answer_failed(transfer->easy, transfer->result, request->curl_text, request->url, &request->body,
                           &response);
    request->callback(&response, request->userdata);
}

/* libcurl's callback for what came. Less than size fails the transfer. */
static size_t on_body(char *data, _unused_ size_t one, size_t size, void *userdata)
{
    struct http_request *request = userdata;

    return http_body_add(&request->body, request->transfer.easy, data, size) < 0 ? 0 : size;
}

/* Sets request->url. */
static int parse_url(struct http_request *request, const struct http_call *call, struct error *e)
{
    request->url = curl_url();
    if (!request->url)
        return error_set(e, -ENOMEM, "no memory for the request");
    CURLUcode code = curl_url_set(request->url, CURLUPART_URL, call->url, 0);
    if (code == CURLUE_OUT_OF_MEMORY)
        return error_set(e, -ENOMEM, "no memory for the request");
    if (code != CURLUE_OK)
        return error_set(e, -EINVAL, "not a URL: %s", curl_url_strerror(code));

    char *scheme = http_url_part(request->url, CURLUPART_SCHEME);
    bool https = scheme && strcmp(scheme, "https") == 0;
    bool http = scheme && strcmp(scheme, "http") == 0;
    curl_free(scheme);
    if (https || (http && call->allow_http))
        return 0;
    char *host = http_url_part(request->url, CURLUPART_HOST);
    int r = error_set(e, -EINVAL, "the URL of %s must begin with https://%s", host ? host : "?",
                      call->allow_http ? " or http://" : "");
    curl_free(host);
    return r;
}

static bool header_name_ok(const char *name)
{
    static const char token[] = "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

    return *name && name[strspn(name, token)] == '\0';
}

static bool header_value_ok(const char *value)
{
    for (; *value; value++)
        if (*value != '\t' && text_control_bytes(value) == 1)
            return false;
    return true;
}

static int add_header_line(struct http_request *request, const char *line, struct error *e)
{
    struct curl_slist *longer = curl_slist_append(request->headers, line);

    if (!longer)
        return error_set(e, -ENOMEM, "no memory for the request");
    request->headers = longer;
    return 0;
}

static int add_headers(struct http_request *request, const struct http_call *call, struct error *e)
{
    bool has_content_type = false;
    int r = 0;

    for (size_t i = 0; i < HTTP_MAX_HEADERS && call->headers[i].name && r == 0; i++) {
        const struct http_header *header = &call->headers[i];
        _cleanup_buf_ struct buf line = {0};

        if (!header_name_ok(header->name))
            return error_set(e, -EINVAL, "a header's name has a character that HTTP does not allow");
        if (!header_value_ok(header->value))
            return error_set(e, -EINVAL, "the header %s has a control character", header->name);
        has_content_type |= strcasecmp(header->name, "Content-Type") == 0;
        /* A semicolon is libcurl's way to send a header without value; a colon alone would drop it. */
        if (header->value[0])
            buf_printf(&line, "%s: %s", header->name, header->value);
        else
            buf_printf(&line, "%s;", header->name);
        r = buf_status(&line) < 0 ? error_set(e, -ENOMEM, "no memory for the request")
                                  : add_header_line(request, buf_string(&line), e);
    }
    if (r == 0 && !has_content_type)
        r = add_header_line(request, "Content-Type:", e); /* not libcurl's application/x-www-form-urlencoded */
    /* By CURLOPT_ACCEPT_ENCODING libcurl would inflate the answer itself. */
    if (r == 0 && call->want_gzip)
        r = add_header_line(request, "Accept-Encoding: gzip", e);
    return r < 0 ? r : add_header_line(request, "Expect:", e);
}

static void set_safety(struct http_request *request, const struct http_call *call)
{
    CURL *easy = request->transfer.easy;
    int64_t timeout_usec = call->timeout_usec > 0 ? call->timeout_usec : DEFAULT_TIMEOUT_USEC;
    int64_t connect_usec = timeout_usec < CONNECT_TIMEOUT_USEC ? timeout_usec : CONNECT_TIMEOUT_USEC;
    const char *protocols = call->allow_http ? "http,https" : "https";

    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L); /* else a timeout or stop waits for a slow resolver */
    curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, RECEIVE_BYTES);
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, protocols);
    curl_easy_setopt(easy, CURLOPT_REDIR_PROTOCOLS_STR, protocols);
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, call->follow_redirects ? 1L : 0L);
    curl_easy_setopt(easy, CURLOPT_MAXREDIRS, MAX_REDIRECTS);
    curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)((timeout_usec + USEC_PER_MSEC - 1) / USEC_PER_MSEC));
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)((connect_usec + USEC_PER_MSEC - 1) / USEC_PER_MSEC));
    curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, LOW_SPEED_BYTES_PER_SEC);
    curl_easy_setopt(easy, CURLOPT_LOW_SPEED_TIME, LOW_SPEED_SEC);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, request);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, request->curl_text);
}

/* The options whose text libcurl copies, or NULL for its default. */
static CURLcode set_texts(CURL *easy, const struct http_call *call)
{
    const struct {
        CURLoption option;
        const char *text;
    } texts[] = {
        {CURLOPT_URL, call->url},
        {CURLOPT_USERAGENT, call->user_agent},
        {CURLOPT_UNIX_SOCKET_PATH, call->unix_socket},
        {CURLOPT_NOPROXY, call->unix_socket ? "*" : NULL},
        {CURLOPT_CAINFO, call->ca_file},
    };
    CURLcode code = CURLE_OK;

    for (size_t i = 0; i < ARRAY_SIZE(texts) && code == CURLE_OK; i++)
        if (texts[i].text)
            code = curl_easy_setopt(easy, texts[i].option, texts[i].text);
    return code;
}

static CURLcode set_method(CURL *easy, const struct http_call *call, const struct method *method)
{
    if (!method->has_body)
        return curl_easy_setopt(easy, CURLOPT_HTTPGET, 1L);

    CURLcode code = curl_easy_setopt(easy, CURLOPT_POST, 1L);
    if (code == CURLE_OK && method->custom)
        code = curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, method->custom);
    if (code == CURLE_OK)
        code = curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)call->body_len);
    if (code == CURLE_OK)
        code = curl_easy_setopt(easy, CURLOPT_COPYPOSTFIELDS, call->body ? call->body : "");
    return code;
}

static int prepare(struct http_request *request, const struct http_call *call, struct error *e)
{
    const struct method *method = method_find(call->method);

    if (!method || (call->body_len > 0 && !method->has_body))
        return error_set(e, -EINVAL, "no request can be made by %s%s", call->method, method ? " with a body" : "");
    int r = parse_url(request, call, e);
    if (r == 0)
        r = add_headers(request, call, e);
    if (r < 0)
        return r;

    CURL *easy = request->transfer.easy = curl_easy_init();
    if (!easy)
        return error_set(e, -ENOMEM, "no memory for the request");
    set_safety(request, call);
    CURLcode code = set_texts(easy, call);
    if (code == CURLE_OK)
        code = set_method(easy, call, method);
    if (code == CURLE_OK)
        code = curl_easy_setopt(easy, CURLOPT_HTTPHEADER, request->headers);
    if (code != CURLE_OK)
        return error_set(e, code == CURLE_OUT_OF_MEMORY ? -ENOMEM : -EINVAL, "libcurl does not take the request: %s",
                         curl_easy_strerror(code));
    return 0;
}

int http_new(struct event_base *base, struct http **ret, struct error *e)
{
    _cleanup_free_ struct http *http = calloc(1, sizeof(*http));

    if (!http)
        return error_set(e, -ENOMEM, "no memory for HTTP");
    TAILQ_INIT(&http->requests);
    int r = http_multi_new(base, &http->multi, e);
    if (r < 0)
        return r;
    *ret = TAKE_PTR(http);
    return 0;
}

void http_free(struct http *http)
{
    struct http_request *request;

    if (!http)
        return;
    while ((request = TAILQ_FIRST(&http->requests)))
        http_cancel(request);
    http_multi_free(http->multi);
    free(http);
}

int http_start(struct http *http, const struct http_call *call, http_callback *callback, void *userdata,
               struct http_request **ret, struct error *e)
{
    _cleanup_(request_free_cleanup) struct http_request *request = calloc(1, sizeof(*request));

    if (!request)
        return error_set(e, -ENOMEM, "no memory for the request");
    request->http = http;
    request->callback = callback;
    request->userdata = userdata;
    if (call->spare)
        request->body.bytes = buf_move(call->spare);
    buf_reset(&request->body.bytes);
    request->body.bytes.max_bytes = call->max_response_bytes;
    request->body.may_be_gzip = call->want_gzip;
    request->transfer.done = on_done;
    int r = prepare(request, call, e);
    if (r == 0)
        r = http_multi_start(http->multi, &request->transfer, e);
    if (r < 0)
        return r;
    TAILQ_INSERT_TAIL(&http->requests, request, link);
    *ret = TAKE_PTR(request);
    return 0;
}

void http_cancel(struct http_request *request)
{
    if (!request)
        return;
    http_multi_stop(request->http->multi, &request->transfer);
    TAILQ_REMOVE(&request->http->requests, request, link);
    request_free(request);
}

void http_append_escaped(struct buf *out, const char *text)
{
    static const char unreserved[] = "-._~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

    for (; *text; text++)
        if (strchr(unreserved, *text))
            buf_append(out, text, 1);
        else
            buf_printf(out, "%%%02X", (unsigned char)*text);
}
