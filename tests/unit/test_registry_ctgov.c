/* What is asked of the registry, and how its /version is read. */
#include "check.h"

#include "registry/ctgov.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define BASE "https://clinicaltrials.gov/api/v2"

static const char *const two[] = {"NCT04614467", "NCT03508609"};

static void urls_ask_for_ids_and_repeat_everything_on_later_pages(void **state)
{
    _cleanup_buf_ struct buf first = {0};
    _cleanup_buf_ struct buf later = {0};

    (void)state;
    assert_int_equal(ctgov_append_studies_url(&first, BASE "/", two, 2, NULL, NULL), 0);
    assert_string_equal(buf_string(&first),
                        BASE "/studies?pageSize=1000&countTotal=true&filter.ids=NCT04614467,NCT03508609");
    assert_int_equal(ctgov_append_studies_url(&later, BASE, two, 2, "a+b/c=&x", NULL), 0);
    assert_int_equal(strncmp(buf_string(&later), buf_string(&first), first.len), 0);
    assert_string_equal(buf_string(&later) + first.len, "&pageToken=a%2Bb%2Fc%3D%26x");

    buf_reset(&first);
    assert_int_equal(ctgov_append_version_url(&first, BASE "//"), 0);
    assert_string_equal(buf_string(&first), BASE "/version");
}

static void ids_that_could_break_the_url_are_refused(void **state)
{
    static const char *const strange[] = {"NCT04614467", "NCT1&query.term=x"};
    _cleanup_buf_ struct buf url = {0};
    struct error e;

    (void)state;
    assert_int_equal(ctgov_append_studies_url(&url, BASE, strange, 2, NULL, &e), -EINVAL);
    assert_non_null(strstr(e.text, "NCT1&query.term=x"));
    assert_int_equal(ctgov_append_studies_url(&url, BASE, strange, 0, NULL, &e), -EINVAL);
}

/* "https://xxx…/a" of that many bytes. */
static char *base_of_length(size_t len)
{
    char *base = calloc(1, len + 1);

    assert_non_null(base);
    memset(base, 'x', len);
    memcpy(base, "https://", 8);
    return base;
}

static void a_url_has_fewer_than_8000_bytes(void **state)
{
    size_t rest = strlen("/studies?pageSize=1000&countTotal=true&filter.ids=NCT04614467");
    _cleanup_free_ char *fits = base_of_length(CTGOV_URL_BYTES - 1 - rest);
    _cleanup_free_ char *too_long = base_of_length(CTGOV_URL_BYTES - rest);
    _cleanup_buf_ struct buf url = {0};

    (void)state;
    assert_int_equal(ctgov_append_studies_url(&url, fits, two, 1, NULL, NULL), 0);
    assert_int_equal(url.len, 7999);
    buf_reset(&url);
    assert_int_equal(ctgov_append_studies_url(&url, too_long, two, 1, NULL, NULL), -E2BIG);
}

/* So many ids that one more would not fit, with the longest token. */
static void a_full_request_still_has_room_for_its_longest_token(void **state)
{
    (void)state;
    for (size_t pad = 0; pad < 12; pad++) {
        _cleanup_free_ char *base = base_of_length(40 + pad);
        size_t count = ctgov_ids_per_request(base);
        _cleanup_free_ const char **ids = calloc(count + 1, sizeof(*ids));
        _cleanup_buf_ struct buf url = {0};
        char token[CTGOV_TOKEN_BYTES + 1];

        for (size_t i = 0; i <= count; i++)
            ids[i] = two[i % 2];
        memset(token, 't', CTGOV_TOKEN_BYTES);
        token[CTGOV_TOKEN_BYTES] = '\0';
        assert_true(count > 500);
        assert_int_equal(ctgov_append_studies_url(&url, base, ids, count, token, NULL), 0);
        assert_true(url.len < CTGOV_URL_BYTES);
        buf_reset(&url);
        assert_int_equal(ctgov_append_studies_url(&url, base, ids, count + 1, token, NULL), -E2BIG);
    }
}

static void a_token_past_its_limit_is_refused(void **state)
{
    char token[CTGOV_TOKEN_BYTES + 2] = "";
    _cleanup_buf_ struct buf url = {0};

    (void)state;
    memset(token, 't', CTGOV_TOKEN_BYTES + 1);
    assert_int_equal(ctgov_append_studies_url(&url, BASE, two, 1, token, NULL), -E2BIG);
    token[CTGOV_TOKEN_BYTES] = '\0';
    buf_reset(&url);
    assert_int_equal(ctgov_append_studies_url(&url, BASE, two, 1, token, NULL), 0);
    token[CTGOV_TOKEN_BYTES - 1] = '&'; /* three bytes when encoded */
    buf_reset(&url);
    assert_int_equal(ctgov_append_studies_url(&url, BASE, two, 1, token, NULL), -E2BIG);
}

static void plain_http_is_for_this_machine_only(void **state)
{
    static const struct {
        const char *url;
        bool loopback;
    } cases[] = {
        {"http://127.0.0.1:8080/api/v2", true},
        {"http://127.9.8.7", true},
        {"http://localhost/api/v2", true},
        {"http://LOCALHOST:1", true},
        {"http://[::1]:8080/", true},
        {"http://[::1]", true},
        {"http://[::1].example.org/", false},
        {"http://[::2]/", false},
        {"http://127.example.org/", false},
        {"http://127.0.0.1.example.org/", false},
        {"http://127.0.0.1@example.org/", false},
        {"http://127.0.0.1:80@example.org/", false},
        {"http://127.0.0.1\\@example.org/", false},
        {"http://localhost.example.org/", false},
        {"http://clinicaltrials.gov/api/v2", false},
        {"http://", false},
        {"https://127.0.0.1/", false},
        {"", false},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        if (ctgov_url_is_loopback(cases[i].url) != cases[i].loopback)
            fail_msg("%s", cases[i].url);
    }
}

static void base_urls_are_checked(void **state)
{
    _cleanup_free_ char *endless = base_of_length(CTGOV_URL_BYTES);
    struct error e;

    (void)state;
    assert_int_equal(ctgov_check_base_url(BASE, NULL), 0);
    assert_int_equal(ctgov_check_base_url("http://localhost:8080/api/v2", NULL), 0);
    assert_int_equal(ctgov_check_base_url("http://clinicaltrials.gov/api/v2", &e), -EINVAL);
    assert_non_null(strstr(e.text, "https://"));
    assert_int_equal(ctgov_check_base_url("ftp://clinicaltrials.gov", NULL), -EINVAL);
    assert_int_equal(ctgov_check_base_url(endless, NULL), -EINVAL);
}

static void we_say_who_we_are(void **state)
{
    _cleanup_buf_ struct buf agent = {0};

    (void)state;
    assert_int_equal(ctgov_append_user_agent(&agent, "trials@example.org"), 0);
    assert_int_equal(strncmp(buf_string(&agent), "trialwatch/", 11), 0);
    assert_non_null(strstr(buf_string(&agent), " (+trials@example.org)"));
}

static void version_answers_are_read(void **state)
{
    static const struct {
        const char *text;
        const char *api_version; /* NULL: no answer of /version */
        const char *refresh;
    } cases[] = {
        {"{\"apiVersion\":\"2.0.5\",\"dataTimestamp\":\"2026-02-11T09:00:05\"}", "2.0.5", "2026-02-11T09:00:05"},
        {" {\"more\":[1],\"dataTimestamp\":\"2026-02-11T09:00:05\",\"apiVersion\":\"2\"}\n", "2",
         "2026-02-11T09:00:05"},
        {"{\"apiVersion\":\"2.0.5\"}", "2.0.5", ""},
        {"{\"apiVersion\":\"2.0.5\",\"dataTimestamp\":null}", "2.0.5", ""},
        {"{\"apiVersion\":\"2.0.5\",\"dataTimestamp\":5}", NULL, NULL},
        {"{\"apiVersion\":\"2.0.5\",\"dataTimestamp\":\"123456789012345678901234567890123456789\"}", "2.0.5",
         "123456789012345678901234567890123456789"},
        {"{\"apiVersion\":\"2.0.5\",\"dataTimestamp\":\"1234567890123456789012345678901234567890\"}", NULL, NULL},
        {"{\"apiVersion\":\"2.0.5\",\"dataTimestamp\":\"2026\\u001b[2J\"}", NULL, NULL},
        {"{\"dataTimestamp\":\"2026-02-11T09:00:05\"}", NULL, NULL},
        {"{\"apiVersion\":\"1234567890123456\"}", NULL, NULL},
        {"{\"apiVersion\":2}", NULL, NULL},
        {"{}", NULL, NULL},
        {"[]", NULL, NULL},
        {"", NULL, NULL},
        {"<html>", NULL, NULL},
        {"{\"apiVersion\":\"2.0.5\"} x", NULL, NULL},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct ctgov_version version = {.api_version = "before"};
        struct error e;
        int r = ctgov_read_version(cases[i].text, strlen(cases[i].text), &version, &e);
        if (r != (cases[i].api_version ? 0 : -EBADMSG))
            fail_msg("%s: %d", cases[i].text, r);
        assert_string_equal(version.api_version, cases[i].api_version ? cases[i].api_version : "before");
        assert_string_equal(version.refresh, cases[i].refresh ? cases[i].refresh : "");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(urls_ask_for_ids_and_repeat_everything_on_later_pages),
        cmocka_unit_test(ids_that_could_break_the_url_are_refused),
        cmocka_unit_test(a_url_has_fewer_than_8000_bytes),
        cmocka_unit_test(a_full_request_still_has_room_for_its_longest_token),
        cmocka_unit_test(a_token_past_its_limit_is_refused),
        cmocka_unit_test(plain_http_is_for_this_machine_only),
        cmocka_unit_test(base_urls_are_checked),
        cmocka_unit_test(we_say_who_we_are),
        cmocka_unit_test(version_answers_are_read),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
