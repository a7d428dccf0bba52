#include "check.h"

#include "client/safetext.h"

#include <stdio.h>
#include <string.h>

static void assert_safe(const char *text, const char *expected)
{
    _cleanup_buf_ struct buf out = {0};

    safetext_append(&out, text);
    assert_string_equal(buf_string(&out), expected);
}

static void an_escape_sequence_loses_its_escape(void **state)
{
    (void)state;
    assert_safe("a\033[31mred\033]0;title\007b", "a [31mred ]0;title b");
    assert_safe("back\b\b\rspace\x7F", "back   space ");
    assert_safe("two\nlines\tand a tab", "two lines and a tab");
}

static void a_c1_control_is_one_however_it_is_encoded(void **state)
{
    (void)state;
    assert_safe("a\xC2\x9B"
                "31mb",
                "a 31mb"); /* CSI as U+009B */
    assert_safe("a\x9B"
                "31mb",
                "a\xEF\xBF\xBD"
                "31mb"); /* CSI as a bare byte is no UTF-8 */
    assert_safe("a\xE2\x80\xA8"
                "b",
                "a b"); /* line separator */
}

static void direction_overrides_vanish(void **state)
{
    (void)state;
    assert_safe("a\xE2\x80\xAE"
                "b\xE2\x80\xAC"
                "c\xE2\x81\xA6"
                "d\xE2\x80\x8F",
                "abcd");
}

static void broken_text_is_shown_as_broken(void **state)
{
    (void)state;
    assert_safe("\xFF", "\xEF\xBF\xBD");
    assert_safe("a\xC3", "a\xEF\xBF\xBD");
    assert_safe("Universit\xC3\xA4t M\xC3\xBCnchen", "Universit\xC3\xA4t M\xC3\xBCnchen");
}

static void lines_stay_where_they_are_wanted(void **state)
{
    _cleanup_buf_ struct buf out = {0};

    (void)state;
    safetext_append_lines(&out, "one\r\ntwo\033");
    assert_string_equal(buf_string(&out), "one \ntwo ");
}

static void columns_are_those_of_the_terminal(void **state)
{
    (void)state;
    assert_int_equal(safetext_columns(""), 0);
    assert_int_equal(safetext_columns("abc"), 3);
    assert_int_equal(safetext_columns("M\xC3\xBCnchen"), 7);
    assert_int_equal(safetext_columns("\xE6\x9D\xB1\xE4\xBA\xAC"), 4); /* two wide characters */
    assert_int_equal(safetext_columns("e\xCC\x81"), 1);                /* a combining accent */
}

static void assert_cut(const char *text, size_t columns, const char *expected)
{
    _cleanup_buf_ struct buf out = {0};

    safetext_append_cut(&out, text, columns);
    assert_string_equal(buf_string(&out), expected);
}

static void text_is_cut_only_past_the_width(void **state)
{
    (void)state;
    assert_cut("abcde", 5, "abcde");
    assert_cut("abcdef", 5, "abcd\xE2\x80\xA6");
    assert_cut("abcdef", 1, "\xE2\x80\xA6");
    assert_cut("abcdef", 0, "");
    /* A wide character does not stick out by half. */
    assert_cut("\xE6\x9D\xB1\xE4\xBA\xAC\xE9\x83\xBD", 4, "\xE6\x9D\xB1\xE2\x80\xA6");
}

static void long_lines_are_broken_at_words(void **state)
{
    _cleanup_buf_ struct buf out = {0};

    (void)state;
    safetext_append_wrapped(&out, "Inclusion criteria for everybody\n* one\n\n* two", 22, 2);
    assert_string_equal(buf_string(&out), "  Inclusion criteria\n  for everybody\n  * one\n\n  * two\n");
}

static void a_word_that_is_too_long_stands_alone(void **state)
{
    _cleanup_buf_ struct buf out = {0};

    (void)state;
    safetext_append_wrapped(&out, "a 0123456789012345678901234567890 b", 20, 0);
    assert_string_equal(buf_string(&out), "a\n0123456789012345678901234567890\nb\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_escape_sequence_loses_its_escape),
        cmocka_unit_test(a_c1_control_is_one_however_it_is_encoded),
        cmocka_unit_test(direction_overrides_vanish),
        cmocka_unit_test(broken_text_is_shown_as_broken),
        cmocka_unit_test(lines_stay_where_they_are_wanted),
        cmocka_unit_test(columns_are_those_of_the_terminal),
        cmocka_unit_test(text_is_cut_only_past_the_width),
        cmocka_unit_test(long_lines_are_broken_at_words),
        cmocka_unit_test(a_word_that_is_too_long_stands_alone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
