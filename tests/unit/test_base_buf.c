#include "check.h"

#include "base/buf.h"

#include <errno.h>
#include <string.h>

static void an_empty_buffer_is_an_empty_string(void **state)
{
    _cleanup_buf_ struct buf buf = {0};

    (void)state;
    assert_string_equal(buf_string(&buf), "");
    assert_int_equal(buf_status(&buf), 0);
    assert_int_equal(buf_append(&buf, NULL, 0), 0);
    assert_string_equal(buf_string(&buf), "");
}

static void appends_follow_one_another(void **state)
{
    _cleanup_buf_ struct buf buf = {0};

    (void)state;
    assert_int_equal(buf_append(&buf, "a\0b", 3), 0);
    assert_int_equal(buf_append_string(&buf, "cd"), 0);
    assert_int_equal(buf_printf(&buf, "%d%s", 12, "e"), 0);
    assert_int_equal(buf.len, 8);
    assert_memory_equal(buf.data, "a\0bcd12e", 9);
}

static void it_grows_by_many_small_appends(void **state)
{
    _cleanup_buf_ struct buf buf = {0};

    (void)state;
    for (int i = 0; i < 100000; i++)
        assert_int_equal(buf_printf(&buf, "%d,", i % 10), 0);
    assert_int_equal(buf.len, 200000);
    assert_string_equal(buf_string(&buf) + 199996, "8,9,");
}

static void the_maximum_fits_and_one_more_does_not(void **state)
{
    _cleanup_buf_ struct buf buf = {.max_bytes = 5};

    (void)state;
    assert_int_equal(buf_append(&buf, "12345", 5), 0);
    assert_int_equal(buf_append(&buf, "6", 1), -EFBIG);
    assert_string_equal(buf_string(&buf), "12345");
    assert_int_equal(buf_status(&buf), -EFBIG);

    buf_reset(&buf);
    assert_int_equal(buf_status(&buf), 0);
    assert_int_equal(buf_printf(&buf, "%s", "12345"), 0);
    buf_reset(&buf);
    assert_int_equal(buf_printf(&buf, "%s", "123456"), -EFBIG);
    assert_string_equal(buf_string(&buf), "");
}

static void a_failure_is_remembered(void **state)
{
    _cleanup_buf_ struct buf buf = {.max_bytes = 3};

    (void)state;
    assert_int_equal(buf_append_string(&buf, "ab"), 0);
    assert_int_equal(buf_append_string(&buf, "cde"), -EFBIG);
    assert_int_equal(buf_append_string(&buf, "c"), -EFBIG);
    assert_int_equal(buf_printf(&buf, "%s", "c"), -EFBIG);
    assert_null(buf_take(&buf));
    assert_string_equal(buf_string(&buf), "ab");
}

static void an_impossible_length_is_too_big(void **state)
{
    _cleanup_buf_ struct buf buf = {.max_bytes = SIZE_MAX};

    (void)state;
    assert_int_equal(buf_append_string(&buf, "a"), 0);
    buf.max_bytes = 0;
    assert_int_equal(buf_append(&buf, "b", SIZE_MAX), -EFBIG);
}

static void taking_leaves_an_empty_buffer_with_its_maximum(void **state)
{
    _cleanup_buf_ struct buf buf = {.max_bytes = 4};

    (void)state;
    buf_append_string(&buf, "text");
    _cleanup_free_ char *text = buf_take(&buf);
    assert_string_equal(text, "text");
    assert_int_equal(buf.len, 0);
    assert_int_equal(buf_append_string(&buf, "12345"), -EFBIG);
}

static void taking_nothing_gives_an_empty_string(void **state)
{
    struct buf buf = {0};

    (void)state;
    _cleanup_free_ char *text = buf_take(&buf);
    assert_string_equal(text, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_buffer_is_an_empty_string),
        cmocka_unit_test(appends_follow_one_another),
        cmocka_unit_test(it_grows_by_many_small_appends),
        cmocka_unit_test(the_maximum_fits_and_one_more_does_not),
        cmocka_unit_test(a_failure_is_remembered),
        cmocka_unit_test(an_impossible_length_is_too_big),
        cmocka_unit_test(taking_leaves_an_empty_buffer_with_its_maximum),
        cmocka_unit_test(taking_nothing_gives_an_empty_string),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
