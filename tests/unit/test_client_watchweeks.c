#include "check.h"

#include "base/macro.h"
#include "client/watchweeks.h"

#include <stdlib.h>
#include <string.h>

static int64_t at(const char *text)
{
    int64_t usec = 0;

    assert_int_equal(clock_parse_utc(text, &usec), 0);
    return usec;
}

static void a_week_is_named_by_its_monday(void **state)
{
    static const struct {
        const char *moment, *monday;
    } cases[] = {
        {"2021-01-18", "2021-01-18"},          {"2021-01-24T23:59:59", "2021-01-18"}, {"2021-01-25", "2021-01-25"},
        {"2020-12-31", "2020-12-28"},          {"1970-01-01", "1969-12-29"},          {"1969-12-29", "1969-12-29"},
        {"1969-12-28T23:59:59", "1969-12-22"}, {"1969-12-22", "1969-12-22"},
    };
    char text[CLOCK_TEXT_BYTES];

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
        assert_string_equal(watchweeks_name(at(cases[i].moment), text), cases[i].monday);
}

static void alerts_are_counted_in_their_week_and_others_are_not(void **state)
{
    struct watchweeks weeks;
    struct error e;
    char text[CLOCK_TEXT_BYTES];

    (void)state;
    assert_int_equal(watchweeks_begin(&weeks, at("2021-01-20"), at("2021-02-03"), &e), 0);
    assert_int_equal(weeks.count, 3);
    watchweeks_add(&weeks, at("2021-01-17"));
    watchweeks_add(&weeks, at("2021-01-18"));
    watchweeks_add(&weeks, at("2021-02-07T23:59:59"));
    watchweeks_add(&weeks, at("2021-02-07"));
    watchweeks_add(&weeks, at("2021-02-08"));
    assert_int_equal(weeks.counts[0], 1);
    assert_int_equal(weeks.counts[1], 0);
    assert_int_equal(weeks.counts[2], 2);
    assert_int_equal(watchweeks_loudest(&weeks, text), 2);
    assert_string_equal(text, "2021-02-01");
    watchweeks_clear(&weeks);
}

static void quiet_weeks_are_one_line_and_bars_end_somewhere(void **state)
{
    struct watchweeks weeks;
    struct error e;
    char *text = NULL;
    size_t len = 0, cells = 0;
    struct terminal terminal = {.out = open_memstream(&text, &len)};

    (void)state;
    assert_int_equal(watchweeks_begin(&weeks, at("2021-01-18"), at("2021-02-15"), &e), 0);
    watchweeks_add(&weeks, at("2021-01-18"));
    for (int i = 0; i < 1000; i++)
        watchweeks_add(&weeks, at("2021-02-15"));
    assert_int_equal(watchweeks_print(&weeks, &terminal, &e), 0);
    fclose(terminal.out);
    assert_non_null(strstr(text, "2021-01-18                  1  #\n"));
    assert_non_null(strstr(text, "2021-01-25 and 2 more       0\n"));
    assert_null(strstr(text, "2021-02-01"));
    for (const char *at_bar = strstr(text, "1000  "); *at_bar; at_bar++)
        cells += *at_bar == '#';
    assert_int_equal(cells, 40);
    free(text);
    watchweeks_clear(&weeks);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_week_is_named_by_its_monday),
        cmocka_unit_test(alerts_are_counted_in_their_week_and_others_are_not),
        cmocka_unit_test(quiet_weeks_are_one_line_and_bars_end_somewhere),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
