#include "check.h"

#include "client/output.h"
#include "client/wordsdiff.h"

#include "base/macro.h"

#include <stdlib.h>
#include <string.h>

static void json_escapes_what_a_terminal_would_obey(void **state)
{
    _cleanup_buf_ struct buf out = {0};
    json_auto_t *value = json_pack("[s, s, s]", "\033[31m",
                                   "\xC2\x9B"
                                   "31m\x7F",
                                   "M\xC3\xBCnchen\xC2\xA0");

    (void)state;
    assert_int_equal(output_append_json(&out, value, JSON_COMPACT), 0);
    assert_string_equal(buf_string(&out), "[\"\\u001B[31m\",\"\\u009B31m\\u007F\",\"M\xC3\xBCnchen\xC2\xA0\"]");
    json_auto_t *back = json_loads(buf_string(&out), 0, NULL);
    assert_true(json_equal(back, value));
}

static void a_csv_cell_is_quoted_only_where_it_must_be(void **state)
{
    static const struct {
        const char *text, *cell;
    } cases[] = {
        {"plain text", "plain text"},
        {"", ""},
        {"Hollywood, Florida", "\"Hollywood, Florida\""},
        {"the \"FREEDOM\" trial", "\"the \"\"FREEDOM\"\" trial\""},
        {"two\nlines", "\"two\nlines\""},
        {"\033[31mred", " [31mred"},
        {"=HYPERLINK(\"x\")", "\"'=HYPERLINK(\"\"x\"\")\""},
        {"+1 513 555 0100", "'+1 513 555 0100"},
        {"-2+3", "'-2+3"},
        {"@SUM(A1)", "'@SUM(A1)"},
        {"-", "'-"},
        {"-84.52", "-84.52"},
        {"+7", "+7"},
        {"a=b", "a=b"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        _cleanup_buf_ struct buf out = {0};
        output_append_csv(&out, cases[i].text);
        assert_string_equal(buf_string(&out), cases[i].cell);
    }
}

static void reals_have_no_digits_that_say_nothing(void **state)
{
    _cleanup_buf_ struct buf out = {0}, full = {0};
    json_auto_t *value = json_pack("[f, {s:f}, i]", 39.14, "lon", -84.52, 7);
    json_auto_t *third = json_real(1.0 / 3);

    (void)state;
    assert_int_equal(output_append_json(&out, value, JSON_COMPACT), 0);
    assert_string_equal(buf_string(&out), "[39.14,{\"lon\":-84.52},7]");
    assert_int_equal(output_append_json(&full, third, 0), 0);
    assert_true(strtod(buf_string(&full), NULL) == 1.0 / 3);
}

static void words_that_differ_are_marked(void **state)
{
    const struct terminal plain = {.out = stdout}, coloured = {.out = stdout, .colours = true};
    _cleanup_buf_ struct buf out = {0}, colours = {0};

    (void)state;
    assert_int_equal(wordsdiff_append(&out, &plain, "age 18 to 75 years", "age 21 to 75 years", 2), 0);
    assert_string_equal(buf_string(&out), "  age [-18-] {+21+} to 75 years\n");

    assert_int_equal(wordsdiff_append(&colours, &coloured, "age 18", "age 21", 0), 0);
    assert_null(strstr(buf_string(&colours), "[-"));
    assert_non_null(strstr(buf_string(&colours), "\033[32m21"));
}

static void strangers_cannot_colour_a_difference(void **state)
{
    const struct terminal terminal = {.out = stdout, .colours = true};
    _cleanup_buf_ struct buf out = {0};

    (void)state;
    assert_int_equal(wordsdiff_append(&out, &terminal, "age \033[5m18", "age \033]0;x\007 21", 0), 0);
    assert_null(strstr(buf_string(&out), "\033[5m"));
    assert_null(strstr(buf_string(&out), "\033]"));
}

static void what_is_the_same_over_a_long_stretch_is_shortened(void **state)
{
    const struct terminal terminal = {.out = stdout};
    _cleanup_buf_ struct buf before = {0}, after = {0}, out = {0};

    (void)state;
    buf_append_string(&before, "first ");
    buf_append_string(&after, "other ");
    for (size_t i = 0; i < 200; i++) {
        buf_printf(&before, "word%zu ", i);
        buf_printf(&after, "word%zu ", i);
    }
    buf_append_string(&before, "last");
    buf_append_string(&after, "end");
    assert_int_equal(wordsdiff_append(&out, &terminal, buf_string(&before), buf_string(&after), 0), 0);
    assert_non_null(strstr(buf_string(&out), "word0 "));
    assert_non_null(strstr(buf_string(&out), "word199"));
    assert_null(strstr(buf_string(&out), "word100 "));
    assert_true(out.len < 500);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(json_escapes_what_a_terminal_would_obey),
        cmocka_unit_test(a_csv_cell_is_quoted_only_where_it_must_be),
        cmocka_unit_test(reals_have_no_digits_that_say_nothing),
        cmocka_unit_test(words_that_differ_are_marked),
        cmocka_unit_test(strangers_cannot_colour_a_difference),
        cmocka_unit_test(what_is_the_same_over_a_long_stretch_is_shortened),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
