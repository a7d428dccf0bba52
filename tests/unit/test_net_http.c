#include "http_fixture.h"

#include "base/clock.h"
#include "gzip_maker.h"

#include <errno.h>
#include <time.h>
#include <unistd.h>

#define SECRET_PATH "/services/T0001/B0002/hush-hush"

static void serve_headers(struct evhttp_request *request, const char *path)
{
    struct evkeyvalq *headers = evhttp_request_get_output_headers(request);
    char date[40];
    time_t soon = (time_t)(clock_wall_usec() / USEC_PER_SEC) + 120;

    evhttp_add_header(headers, "ETag", "\"abc\"");
    evhttp_add_header(headers, "Content-Type", "application/json");
    if (strcmp(path, "/retry-seconds") == 0)
        evhttp_add_header(headers, "Retry-After", "30");
    if (strcmp(path, "/retry-zero") == 0)
        evhttp_add_header(headers, "Retry-After", "0");
    if (strcmp(path, "/retry-absurd") == 0)
        evhttp_add_header(headers, "Retry-After", "99999999999999999999999999");
    if (strcmp(path, "/retry-nonsense") == 0)
        evhttp_add_header(headers, "Retry-After", "soon");
    if (strcmp(path, "/retry-past") == 0)
        evhttp_add_header(headers, "Retry-After", "Wed, 21 Oct 2015 07:28:00 GMT");
    strftime(date, sizeof(date), "%a, %d %b %Y %H:%M:%S GMT", gmtime(&soon));
    if (strcmp(path, "/retry-date") == 0)
        evhttp_add_header(headers, "Retry-After", date);
}

static void serve(struct evhttp_request *request, void *userdata)
{
    const char *path = evhttp_request_get_uri(request);
    struct evbuffer *input = evhttp_request_get_input_buffer(request), *out = evbuffer_new();
    int status = strncmp(path, "/retry", 6) == 0 ? 429 : 200;

    (void)userdata;
    serve_headers(request, path);
    if (strncmp(path, "/zeros/", 7) == 0)
        for (int i = 0; i < atoi(path + 7); i++)
            evbuffer_add(out, "0", 1);
    else if (strncmp(path, "/gzip/", 6) == 0) {
        evhttp_add_header(evhttp_request_get_output_headers(request), "Content-Encoding", "gzip");
        _cleanup_buf_ struct buf packed = {0};
        gzip_add_zeros(&packed, (size_t)atoi(path + 6));
        evbuffer_add(out, packed.data, packed.len);
    } else if (strcmp(path, "/echo") == 0) {
        const char *type = evhttp_find_header(evhttp_request_get_input_headers(request), "Content-Type");
        evbuffer_add_printf(out, "%s %s ", evhttp_request_get_command(request) == EVHTTP_REQ_PUT ? "PUT" : "POST",
                            type ? type : "untyped");
        evbuffer_add_buffer(out, input);
    } else if (strcmp(path, "/agent") == 0) {
        evbuffer_add_printf(out, "%s|%s", evhttp_find_header(evhttp_request_get_input_headers(request), "User-Agent"),
                            evhttp_find_header(evhttp_request_get_input_headers(request), "X-Empty"));
    } else if (strcmp(path, "/moved") == 0) {
        evhttp_add_header(evhttp_request_get_output_headers(request), "Location", "/here");
        status = 301;
    } else if (strcmp(path, "/loop") == 0) {
        evhttp_add_header(evhttp_request_get_output_headers(request), "Location", "/loop");
        status = 302;
    } else if (strcmp(path, "/file") == 0) {
        evhttp_add_header(evhttp_request_get_output_headers(request), "Location", "file:///etc/passwd");
        status = 302;
    } else
        evbuffer_add_printf(out, "hello");
    evhttp_send_reply(request, status, "Reason", out);
    evbuffer_free(out);
}

static void an_answer_has_status_body_and_headers(void **state)
{
    struct fixture *fixture = *state;
    struct outcome outcome = get(fixture, "/hello");

    assert_int_equal(outcome.error, 0);
    assert_string_equal(outcome.error_text, "");
    assert_int_equal(outcome.status, 200);
    assert_string_equal(outcome.body, "hello");
    assert_string_equal(outcome.etag, "\"abc\"");
    assert_string_equal(outcome.content_type, "application/json");
    assert_string_equal(outcome.effective_url, url_of(fixture->port, "/hello"));
    assert_true(outcome.retry_after_usec < 0);
}

static void missing_headers_are_empty(void **state)
{
    struct fixture *fixture = *state;
    struct http_call call = call_to(url_of(fixture->raw_port, "/"));

    fixture->raw_answer = "HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n";
    struct outcome outcome = fetch(fixture, &call);
    assert_int_equal(outcome.error, 0);
    assert_int_equal(outcome.status, 503);
    assert_string_equal(outcome.etag, "");
    assert_string_equal(outcome.content_type, "");
    assert_string_equal(outcome.body, "");
}

static void bodies_are_posted_and_put(void **state)
{
    struct fixture *fixture = *state;
    struct http_call call = call_to(url_of(fixture->port, "/echo"));
    char text[] = "{\"text\":1}";

    call.method = "POST";
    call.body = text;
    call.body_len = strlen(text);
    call.headers[0] = (struct http_header){"Content-Type", "application/json"};
    assert_string_equal(fetch(fixture, &call).body, "POST application/json {\"text\":1}");
    call.method = "PUT";
    call.headers[0] = (struct http_header){NULL, NULL};
    assert_string_equal(fetch(fixture, &call).body, "PUT untyped {\"text\":1}");
    call.method = "POST";
    call.body = NULL;
    call.body_len = 0;
    assert_string_equal(fetch(fixture, &call).body, "POST untyped ");
}

static void a_body_is_copied_at_the_start(void **state)
{
    struct fixture *fixture = *state;
    struct http_call call = call_to(url_of(fixture->port, "/echo"));
    struct outcome outcome = {0};
    char text[] = "before";

    call.method = "POST";
    call.body = text;
    call.body_len = 6;
    start(fixture, &call, &outcome, NULL);
    memset(text, 'x', 6);
    wait_for(fixture, &outcome, 1);
    assert_string_equal(outcome.body, "POST untyped before");
}

static void agent_and_empty_headers_are_sent(void **state)
{
    struct fixture *fixture = *state;
    struct http_call call = call_to(url_of(fixture->port, "/agent"));

    call.user_agent = "trialwatch/1 (+mailto:trials@example.org)";
    call.headers[0] = (struct http_header){"X-Empty", ""};
    assert_string_equal(fetch(fixture, &call).body, "trialwatch/1 (+mailto:trials@example.org)|");
}

static void a_body_at_the_limit_passes_and_one_past_fails(void **state)
{
    struct fixture *fixture = *state;
    struct outcome outcome = get(fixture, "/zeros/1000");

    assert_int_equal(outcome.error, 0);
    assert_int_equal(outcome.body_len, 1000);
    outcome = get(fixture, "/zeros/1001");
    assert_int_equal(outcome.error, -EFBIG);
    assert_int_equal(outcome.status, 0);
    assert_int_equal(outcome.body_len, 0);
    assert_string_equal(outcome.error_text, "127.0.0.1: the answer is larger than allowed");
}

static void the_limit_counts_decoded_bytes(void **state)
{
    struct fixture *fixture = *state;
    struct http_call call = call_to(url_of(fixture->port, "/gzip/40"));

    call.want_gzip = true;
    call.max_response_bytes = 1 + 258 * 40;
    struct outcome outcome = fetch(fixture, &call);
    assert_int_equal(outcome.error, 0);
    assert_int_equal(outcome.body_len, 1 + 258 * 40);
    call.max_response_bytes--;
    assert_int_equal(fetch(fixture, &call).error, -EFBIG);
}

static void a_gzip_bomb_stops_at_the_limit(void **state)
{
    struct fixture *fixture = *state;
    struct http_call call = call_to(url_of(fixture->port, "/gzip/200000")); /* 52 MB in 325 KB */

    call.want_gzip = true;
    call.max_response_bytes = 400000;
    assert_int_equal(fetch(fixture, &call).error, -EFBIG);
}

static void a_silent_server_times_out(void **state)
{
    struct fixture *fixture = *state;
    struct http_call call = call_to(url_of(fixture->raw_port, SECRET_PATH));

    call.timeout_usec = 100 * USEC_PER_MSEC;
    struct outcome outcome = fetch(fixture, &call);
    assert_int_equal(outcome.error, -ETIMEDOUT);
    assert_non_null(strstr(outcome.error_text, "127.0.0.1: "));
    assert_null(strstr(outcome.error_text, "hush"));
}

static void a_closed_port_refuses_and_no_secret_is_told(void **state)
{
    struct fixture *fixture = *state;
    int bound = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0); /* keeps its port to itself, and does not listen */
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};

    assert_int_equal(bind(bound, (struct sockaddr *)&address, sizeof(address)), 0);
    struct http_call call = call_to(url_of(port_of(bound), SECRET_PATH "?token=hush"));
    struct outcome outcome = fetch(fixture, &call);
    close(bound);
    assert_int_equal(outcome.error, -ECONNREFUSED);
    assert_null(strstr(outcome.error_text, "hush"));
    assert_null(strstr(outcome.error_text, "services"));
}

static void broken_answers_are_errors(void **state)
{
    static const struct {
        const char *answer;
        int error;
    } cases[] = {
        {"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this", -EPROTO},
        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel", -EPROTO},
        {"I am no web server\r\n", -EPROTO},
        {"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 5\r\n\r\nplain", -EPROTO},
    };
    struct fixture *fixture = *state;

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct http_call call = call_to(url_of(fixture->raw_port, "/"));
        call.want_gzip = true;
        fixture->raw_answer = cases[i].answer;
        struct outcome outcome = fetch(fixture, &call);
        assert_int_equal(outcome.error, cases[i].error);
        assert_int_equal(outcome.status, 0);
        assert_int_equal(outcome.body_len, 0);
    }
}

static void a_plain_server_is_no_https_server(void **state)
{
    struct fixture *fixture = *state;
    char url[256];
    struct http_call call;

    snprintf(url, sizeof(url), "https://127.0.0.1:%u" SECRET_PATH, fixture->port);
    call = call_to(url);
    struct outcome outcome = fetch(fixture, &call);
    assert_true(outcome.error < 0);
    assert_null(strstr(outcome.error_text, "hush"));
}

static void a_redirect_is_an_answer_unless_followed(void **state)
{
    struct fixture *fixture = *state;
    struct http_call call = call_to(url_of(fixture->port, "/moved"));
    struct outcome outcome = fetch(fixture, &call);

    assert_int_equal(outcome.status, 301);
    call.follow_redirects = true;
    outcome = fetch(fixture, &call);
    assert_int_equal(outcome.status, 200);
    assert_string_equal(outcome.effective_url, url_of(fixture->port, "/here"));
}

static void redirects_end_after_five_and_keep_the_protocol(void **state)
{
    struct fixture *fixture = *state;
    struct http_call call = call_to(url_of(fixture->port, "/loop"));

    call.follow_redirects = true;
    assert_int_equal(fetch(fixture, &call).error, -ELOOP);
    call.url = url_of(fixture->port, "/file");
    assert_int_equal(fetch(fixture, &call).error, -EPROTO);
}

static void retry_after_is_read_in_both_forms(void **state)
{
    struct fixture *fixture = *state;
    struct outcome outcome = get(fixture, "/retry-seconds");

    assert_int_equal(outcome.status, 429);
    assert_int_equal(outcome.retry_after_usec, 30 * USEC_PER_SEC);
    assert_int_equal(get(fixture, "/retry-zero").retry_after_usec, 0);
    assert_int_equal(get(fixture, "/retry-past").retry_after_usec, 0);
    assert_int_equal(get(fixture, "/retry-absurd").retry_after_usec, 366 * USEC_PER_DAY);
    assert_true(get(fixture, "/retry-nonsense").retry_after_usec < 0);
    assert_in_range(get(fixture, "/retry-date").retry_after_usec, 100 * USEC_PER_SEC, 120 * USEC_PER_SEC);
}

static void refused(struct fixture *fixture, const struct http_call *call, const char *words)
{
    struct http_request *request = NULL;
    struct outcome outcome = {.fixture = fixture};
    struct error e = {""};

    assert_int_equal(http_start(fixture->http, call, on_response, &outcome, &request, &e), -EINVAL);
    assert_null(request);
    assert_non_null(strstr(e.text, words));
    assert_null(strstr(e.text, "hush"));
}

static void what_cannot_be_sent_is_refused(void **state)
{
    struct fixture *fixture = *state;
    struct http_call call = call_to(url_of(fixture->port, SECRET_PATH));

    call.allow_http = false;
    refused(fixture, &call, "must begin with https://");
    call.url = "ftp://example.org/hush";
    refused(fixture, &call, "example.org");
    call.url = "file:///hush";
    refused(fixture, &call, "https://");
    call.url = "https://example.org/hush\r\nHost: evil";
    refused(fixture, &call, "not a URL");
    call.url = "hush";
    refused(fixture, &call, "");
    call = call_to(url_of(fixture->port, SECRET_PATH));
    call.method = "BREW";
    refused(fixture, &call, "BREW");
    call.method = "GET";
    call.body = "x";
    call.body_len = 1;
    refused(fixture, &call, "with a body");
}

static void header_injection_is_refused(void **state)
{
    static const struct http_header headers[] = {
        {"X-Title", "a\r\nBcc: hush"},
        {"X-Title", "a\nb"},
        {"X-Title", "a\rb"},
        {"X-Title", "a\x01"},
        {"X Title", "a"},
        {"X-Title:", "a"},
        {"X\r\nY", "a"},
        {"", "a"},
    };
    struct fixture *fixture = *state;

    for (size_t i = 0; i < ARRAY_SIZE(headers); i++) {
        struct http_call call = call_to(url_of(fixture->port, "/"));
        call.headers[0] = headers[i];
        refused(fixture, &call, "header");
    }
}

static void a_cancelled_request_never_calls_back(void **state)
{
    struct fixture *fixture = *state;
    struct http_call call = call_to(url_of(fixture->raw_port, "/")), other = call_to(url_of(fixture->port, "/"));
    struct outcome cancelled = {0}, outcome = {0};
    struct http_request *request;

    start(fixture, &call, &cancelled, &request);
    event_base_loop(fixture->base, EVLOOP_NONBLOCK);
    start(fixture, &other, &outcome, NULL);
    http_cancel(request);
    http_cancel(NULL);
    wait_for(fixture, &outcome, 1);
    assert_int_equal(cancelled.calls, 0);
}

static void a_callback_may_cancel_another_request(void **state)
{
    struct fixture *fixture = *state;
    struct http_call slow = call_to(url_of(fixture->raw_port, "/")), call = call_to(url_of(fixture->port, "/"));
    struct outcome first = {0}, second = {0};

    start(fixture, &slow, &second, &first.cancel_this);
    start(fixture, &call, &first, NULL);
    wait_for(fixture, &first, 1);
    event_base_loop(fixture->base, EVLOOP_NONBLOCK);
    assert_int_equal(second.calls, 0);
}

static void many_requests_share_two_connections(void **state)
{
    struct fixture *fixture = *state;
    struct http_call call = call_to(url_of(fixture->port, "/"));
    struct outcome outcomes[20] = {0};

    for (size_t i = 0; i < ARRAY_SIZE(outcomes); i++)
        start(fixture, &call, &outcomes[i], NULL);
    wait_for(fixture, outcomes, ARRAY_SIZE(outcomes));
    for (size_t i = 0; i < ARRAY_SIZE(outcomes); i++)
        assert_string_equal(outcomes[i].body, "hello");
    assert_in_range(fixture->connections, 1, 2);
}

static void freeing_cancels_what_is_under_way(void **state)
{
    struct fixture *fixture = *state;
    struct http_call call = call_to(url_of(fixture->raw_port, "/"));
    struct outcome outcomes[5] = {0};
    struct error e;

    for (size_t i = 0; i < ARRAY_SIZE(outcomes); i++)
        start(fixture, &call, &outcomes[i], NULL);
    event_base_loop(fixture->base, EVLOOP_NONBLOCK);
    http_free(TAKE_PTR(fixture->http));
    event_base_loop(fixture->base, EVLOOP_NONBLOCK);
    for (size_t i = 0; i < ARRAY_SIZE(outcomes); i++)
        assert_int_equal(outcomes[i].calls, 0);
    assert_int_equal(http_new(fixture->base, &fixture->http, &e), 0);
}

static void query_values_are_escaped(void **state)
{
    _cleanup_buf_ struct buf out = {0};

    (void)state;
    http_append_escaped(&out, "AREA[x]RANGE[2026-01-01,MAX] a&b=c+~.\xC3\xA9");
    assert_string_equal(buf_string(&out), "AREA%5Bx%5DRANGE%5B2026-01-01%2CMAX%5D%20a%26b%3Dc%2B~.%C3%A9");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(an_answer_has_status_body_and_headers),
        TEST(missing_headers_are_empty),
        TEST(bodies_are_posted_and_put),
        TEST(a_body_is_copied_at_the_start),
        TEST(agent_and_empty_headers_are_sent),
        TEST(a_body_at_the_limit_passes_and_one_past_fails),
        TEST(the_limit_counts_decoded_bytes),
        TEST(a_gzip_bomb_stops_at_the_limit),
        TEST(a_silent_server_times_out),
        TEST(a_closed_port_refuses_and_no_secret_is_told),
        TEST(broken_answers_are_errors),
        TEST(a_plain_server_is_no_https_server),
        TEST(a_redirect_is_an_answer_unless_followed),
        TEST(redirects_end_after_five_and_keep_the_protocol),
        TEST(retry_after_is_read_in_both_forms),
        TEST(what_cannot_be_sent_is_refused),
        TEST(header_injection_is_refused),
        TEST(a_cancelled_request_never_calls_back),
        TEST(a_callback_may_cancel_another_request),
        TEST(many_requests_share_two_connections),
        TEST(freeing_cancels_what_is_under_way),
        cmocka_unit_test(query_values_are_escaped),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
