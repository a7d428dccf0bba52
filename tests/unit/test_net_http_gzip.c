#include "http_fixture.h"

#include "gzip_maker.h"

#include <errno.h>

/* What the server answers to all but its redirects; of a test. */
static struct answer {
    int status; /* 0: 200 */
    struct http_header headers[2];
    const struct buf *body;
} answer;

static void add_headers(struct evhttp_request *request, const struct http_header *headers, size_t count)
{
    for (size_t i = 0; i < count && headers[i].name; i++)
        evhttp_add_header(evhttp_request_get_output_headers(request), headers[i].name, headers[i].value);
}

static void serve_moved(struct evhttp_request *request, struct evbuffer *out, bool packed)
{
    struct http_header headers[] = {{"Location", "/"}, {packed ? "Content-Encoding" : NULL, "gzip"}};

    evbuffer_add_printf(out, "This has moved, and whatever the header says, this text is no gzip.");
    add_headers(request, headers, ARRAY_SIZE(headers));
    evhttp_send_reply(request, 302, "Moved", out);
}

static void serve(struct evhttp_request *request, void *userdata)
{
    const char *path = evhttp_request_get_uri(request);
    const char *accepted = evhttp_find_header(evhttp_request_get_input_headers(request), "Accept-Encoding");
    struct evbuffer *out = evbuffer_new();

    (void)userdata;
    if (strncmp(path, "/moved", 6) == 0) {
        serve_moved(request, out, strcmp(path, "/moved-packed") == 0);
    } else if (strcmp(path, "/accepted") == 0) {
        evbuffer_add_printf(out, "%s", accepted ? accepted : "nothing");
        evhttp_send_reply(request, 200, "OK", out);
    } else {
        add_headers(request, answer.headers, ARRAY_SIZE(answer.headers));
        if (answer.body)
            evbuffer_add(out, answer.body->data, answer.body->len);
        evhttp_send_reply(request, answer.status ? answer.status : 200, "Reason", out);
    }
    evbuffer_free(out);
}

static int setup_answer(void **state)
{
    answer = (struct answer){0};
    return setup(state);
}

static struct outcome get_packed(struct fixture *fixture, const char *path)
{
    struct http_call call = call_to(url_of(fixture->port, path));

    call.want_gzip = true;
    call.follow_redirects = true;
    return fetch(fixture, &call);
}

static void is_refused(const struct outcome *outcome, const char *words)
{
    assert_int_equal(outcome->error, -EPROTO);
    assert_int_equal(outcome->status, 0);
    assert_int_equal(outcome->body_len, 0);
    assert_string_equal(outcome->error_text, words);
}

static void gzip_is_asked_for_only_where_it_is_wanted(void **state)
{
    struct fixture *fixture = *state;

    assert_string_equal(get_packed(fixture, "/accepted").body, "gzip");
    assert_string_equal(get(fixture, "/accepted").body, "nothing");
}

static void gzip_is_known_by_any_of_its_names(void **state)
{
    static const struct http_header headers[] = {
        {"Content-Encoding", "gzip"}, {"content-encoding", "GZIP"}, {"CONTENT-ENCODING", "x-gzip"}};
    struct fixture *fixture = *state;
    _cleanup_buf_ struct buf packed = {0};

    gzip_add_stored(&packed, "a record", 8);
    answer.body = &packed;
    for (size_t i = 0; i < ARRAY_SIZE(headers); i++) {
        answer.headers[0] = headers[i];
        struct outcome outcome = get_packed(fixture, "/");
        assert_int_equal(outcome.error, 0);
        assert_string_equal(outcome.body, "a record");
    }
}

static void an_answer_that_is_not_encoded_is_taken_as_it_is(void **state)
{
    static const struct http_header headers[] = {{NULL, NULL}, {"Content-Encoding", "identity"}};
    struct fixture *fixture = *state;
    struct buf plain = {.data = (char *)(uintptr_t) "a record", .len = 8};

    answer.body = &plain;
    for (size_t i = 0; i < ARRAY_SIZE(headers); i++) {
        answer.headers[0] = headers[i];
        assert_string_equal(get_packed(fixture, "/").body, "a record");
    }
}

static void gzip_that_was_not_asked_for_is_taken_as_it_is(void **state)
{
    struct fixture *fixture = *state;
    _cleanup_buf_ struct buf packed = {0};

    gzip_add_stored(&packed, "a record", 8);
    answer = (struct answer){.headers = {{"Content-Encoding", "gzip"}}, .body = &packed};
    struct outcome outcome = get(fixture, "/");
    assert_int_equal(outcome.error, 0);
    assert_int_equal(outcome.body_len, packed.len);
}

static void another_encoding_is_refused_by_name(void **state)
{
    static const struct {
        struct http_header headers[2];
        const char *words;
    } cases[] = {
        {{{"Content-Encoding", "br"}}, "127.0.0.1: the answer is encoded as br, only gzip was asked for"},
        {{{"Content-Encoding", "gzip, gzip"}},
         "127.0.0.1: the answer is encoded as gzip, gzip, only gzip was asked for"},
        {{{"Content-Encoding", "gzip"}, {"Content-Encoding", "gzip"}},
         "127.0.0.1: the answer is encoded as several things at once, only gzip was asked for"},
        {{{"Content-Encoding", "gzipgzipgzipgzipgzipgzipgzipgzipgzipgzipgzip"}},
         "127.0.0.1: the answer is encoded as gzipgzipgzipgzipgzipgzipgzipgzipgzipgzip, only gzip was asked for"},
    };
    struct fixture *fixture = *state;
    _cleanup_buf_ struct buf packed = {0};

    gzip_add_stored(&packed, "a record", 8);
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        answer = (struct answer){.headers = {cases[i].headers[0], cases[i].headers[1]}, .body = &packed};
        struct outcome outcome = get_packed(fixture, "/");
        is_refused(&outcome, cases[i].words);
    }
}

static void an_answer_without_a_body_may_call_it_gzip(void **state)
{
    static const int statuses[] = {200, 204, 304};
    struct fixture *fixture = *state;

    answer.headers[0] = (struct http_header){"Content-Encoding", "gzip"};
    for (size_t i = 0; i < ARRAY_SIZE(statuses); i++) {
        answer.status = statuses[i];
        struct outcome outcome = get_packed(fixture, "/");
        assert_int_equal(outcome.error, 0);
        assert_int_equal(outcome.status, statuses[i]);
        assert_string_equal(outcome.body, "");
    }
}

static void an_error_of_the_server_is_unpacked_too(void **state)
{
    struct fixture *fixture = *state;
    _cleanup_buf_ struct buf packed = {0};

    gzip_add_stored(&packed, "no such study", 13);
    answer = (struct answer){.status = 404, .headers = {{"Content-Encoding", "gzip"}}, .body = &packed};
    struct outcome outcome = get_packed(fixture, "/");
    assert_int_equal(outcome.status, 404);
    assert_string_equal(outcome.body, "no such study");
}

static void the_header_of_the_last_answer_counts(void **state)
{
    struct fixture *fixture = *state;
    struct buf plain = {.data = (char *)(uintptr_t) "a record", .len = 8};
    _cleanup_buf_ struct buf packed = {0};

    answer.body = &plain;
    assert_string_equal(get_packed(fixture, "/moved-packed").body, "a record");
    gzip_add_stored(&packed, "a record", 8);
    answer = (struct answer){.headers = {{"Content-Encoding", "gzip"}}, .body = &packed};
    assert_string_equal(get_packed(fixture, "/moved-plain").body, "a record");
}

static void a_damaged_body_is_an_error_and_nothing_of_it_is_kept(void **state)
{
    struct fixture *fixture = *state;
    _cleanup_buf_ struct buf packed = {0};

    gzip_add_stored(&packed, "a record", 8);
    answer = (struct answer){.headers = {{"Content-Encoding", "gzip"}}, .body = &packed};
    packed.len -= 3;
    struct outcome outcome = get_packed(fixture, "/");
    is_refused(&outcome, "127.0.0.1: the answer ends amid its gzip data");
    packed.len += 3;
    packed.data[packed.len - GZIP_TRAILER_BYTES]++;
    outcome = get_packed(fixture, "/");
    assert_int_equal(outcome.error, -EPROTO);
    assert_non_null(strstr(outcome.error_text, "127.0.0.1: the gzip data of the answer is damaged: "));
    packed.data[packed.len - GZIP_TRAILER_BYTES]--;
    buf_append(&packed, "more", 4);
    outcome = get_packed(fixture, "/");
    is_refused(&outcome, "127.0.0.1: the answer goes on behind its gzip data");
    outcome = get(fixture, "/");
    assert_int_equal(outcome.error, 0);
}

/* The connection's end is all that tells where such an answer ends, so that only gzip itself can tell that it was cut.
 */
static void an_answer_cut_by_its_connection_is_an_error(void **state)
{
    static const char head[] = "HTTP/1.0 200 OK\r\nContent-Encoding: gzip\r\n\r\n" GZIP_PLAIN_HEADER;
    struct fixture *fixture = *state;
    struct http_call call = call_to(url_of(fixture->raw_port, "/"));

    call.want_gzip = true;
    fixture->raw_answer = head;
    fixture->raw_answer_len = sizeof(head) - 1;
    struct outcome outcome = fetch(fixture, &call);
    is_refused(&outcome, "127.0.0.1: the answer ends amid its gzip data");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup_answer, teardown)
    const struct CMUnitTest tests[] = {
        TEST(gzip_is_asked_for_only_where_it_is_wanted),
        TEST(gzip_is_known_by_any_of_its_names),
        TEST(an_answer_that_is_not_encoded_is_taken_as_it_is),
        TEST(gzip_that_was_not_asked_for_is_taken_as_it_is),
        TEST(another_encoding_is_refused_by_name),
        TEST(an_answer_without_a_body_may_call_it_gzip),
        TEST(an_error_of_the_server_is_unpacked_too),
        TEST(the_header_of_the_last_answer_counts),
        TEST(a_damaged_body_is_an_error_and_nothing_of_it_is_kept),
        TEST(an_answer_cut_by_its_connection_is_an_error),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
