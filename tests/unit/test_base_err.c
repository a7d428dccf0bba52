#include "check.h"

#include "base/err.h"
#include "base/text.h"

#include <errno.h>
#include <string.h>

static void the_sentence_is_optional(void **state)
{
    (void)state;
    assert_int_equal(error_set(NULL, -EINVAL, "%s", "unheard"), -EINVAL);
    assert_int_equal(error_prefix(NULL, -ENOENT, "%s", "unheard"), -ENOENT);
}

static void the_errno_comes_back(void **state)
{
    struct error e;

    (void)state;
    assert_int_equal(error_set(&e, -ENOENT, "file '%s' is missing", "x"), -ENOENT);
    assert_string_equal(e.text, "file 'x' is missing");
    assert_int_equal(error_prefix(&e, -EIO, "line %d", 3), -EIO);
    assert_string_equal(e.text, "line 3: file 'x' is missing");
}

static void a_sentence_fits_up_to_its_limit(void **state)
{
    char text[ERROR_TEXT_BYTES + 1];
    struct error e;

    (void)state;
    memset(text, 'a', sizeof(text));
    text[ERROR_TEXT_BYTES - 1] = '\0';
    error_set(&e, -EINVAL, "%s", text);
    assert_string_equal(e.text, text);

    text[ERROR_TEXT_BYTES - 1] = 'a';
    text[ERROR_TEXT_BYTES] = '\0';
    error_set(&e, -EINVAL, "%s", text);
    assert_int_equal(strlen(e.text), ERROR_TEXT_BYTES - 1);
}

static void a_long_sentence_is_cut_between_characters(void **state)
{
    char text[2 * ERROR_TEXT_BYTES + 1];
    struct error e;

    (void)state;
    for (size_t i = 0; i < 2 * ERROR_TEXT_BYTES; i += 2)
        memcpy(text + i, "\xC3\xA9", 2);
    text[2 * ERROR_TEXT_BYTES] = '\0';
    error_set(&e, -EINVAL, "%s", text);
    assert_int_equal(strlen(e.text), ERROR_TEXT_BYTES - 2);
    assert_true(text_is_utf8(e.text, strlen(e.text)));

    error_prefix(&e, -EINVAL, "at");
    assert_true(text_is_utf8(e.text, strlen(e.text)));
    assert_memory_equal(e.text, "at: \xC3\xA9", 6);
}

static void a_prefix_that_fills_everything_is_cut_too(void **state)
{
    char prefix[ERROR_TEXT_BYTES + 10];
    struct error e;

    (void)state;
    memset(prefix, 'p', sizeof(prefix));
    prefix[sizeof(prefix) - 1] = '\0';
    for (size_t len = ERROR_TEXT_BYTES - 4; len < sizeof(prefix); len++) {
        error_set(&e, -EINVAL, "cause");
        error_prefix(&e, -EINVAL, "%.*s", (int)len, prefix);
        assert_int_equal(strlen(e.text), ERROR_TEXT_BYTES - 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_sentence_is_optional),
        cmocka_unit_test(the_errno_comes_back),
        cmocka_unit_test(a_sentence_fits_up_to_its_limit),
        cmocka_unit_test(a_long_sentence_is_cut_between_characters),
        cmocka_unit_test(a_prefix_that_fills_everything_is_cut_too),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
