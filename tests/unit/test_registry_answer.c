/* What an HTTP answer amounts to before it is read. */
#include "check.h"

#include "base/macro.h"
#include "registry/answer.h"

#include <errno.h>
#include <string.h>

static int check(int error, int status, const char *text, struct error *e)
{
    _cleanup_buf_ struct buf body = {0};
    struct http_response response = {.error = error, .error_text = "127.0.0.1: libcurl's words", .status = status};

    buf_append_string(&body, text);
    response.body = &body;
    return answer_check(&response, e);
}

static void answers_are_told_apart(void **state)
{
    static const struct {
        int error, status;
        const char *text;
        int expected;
        const char *says;
    } cases[] = {
        {0, 200, "{\"studies\":[]}", 0, NULL},
        {0, 200, " \n{", 0, NULL},
        {0, 200, "<!DOCTYPE html>", -EBADMSG, "a web page instead of data"},
        {0, 200, "", -EBADMSG, "something else than JSON"},
        {0, 200, "Try later", -EBADMSG, "something else than JSON"},
        {0, 200, "[]", -EBADMSG, "something else than JSON"},
        {0, 204, "", -EREMOTEIO, "(HTTP 204)"},
        {0, 304, "", -EREMOTEIO, "(HTTP 304)"},
        {0, 400, "unknown parameter\r\nmore", -EINVAL, "(HTTP 400): unknown parameter"},
        {0, 403, "<html>Forbidden</html>", -EACCES, "refuses us for now (HTTP 403)"},
        {0, 404, "<html>", -ENOENT, "(HTTP 404)"},
        {0, 429, "slow\n", -EBUSY, "slow down (HTTP 429): slow"},
        {0, 500, "{\"studies\":[]}", -EREMOTEIO, "a fault of its own (HTTP 500)"},
        {0, 503, "", -EBUSY, "not available for now (HTTP 503)"},
        {-ETIMEDOUT, 0, "", -ETIMEDOUT, "in time: 127.0.0.1: libcurl's words"},
        {-EFBIG, 0, "", -EFBIG, "larger than"},
        {-ECONNREFUSED, 0, "", -ECONNREFUSED, "libcurl's words"},
        {-EHOSTUNREACH, 0, "", -EHOSTUNREACH, "could not be reached: 127.0.0.1"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct error e = {.text = ""};
        assert_int_equal(check(cases[i].error, cases[i].status, cases[i].text, &e), cases[i].expected);
        if (cases[i].says && !strstr(e.text, cases[i].says))
            fail_msg("%d: %s", cases[i].status, e.text);
    }
}

static void a_refusal_says_nothing_of_any_study(void **state)
{
    struct error e;

    (void)state;
    check(0, 403, "<html>NCT04614467 is gone</html>", &e);
    assert_null(strstr(e.text, "NCT"));
}

static void long_texts_are_cut(void **state)
{
    char text[5000];
    struct error e;

    (void)state;
    memset(text, 'x', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    assert_int_equal(check(0, 400, text, &e), -EINVAL);
    assert_true(strlen(e.text) < 300);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers_are_told_apart),
        cmocka_unit_test(a_refusal_says_nothing_of_any_study),
        cmocka_unit_test(long_texts_are_cut),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
