#include "check.h"

#include "base/clock.h"
#include "base/macro.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static void dates_and_times_are_read_as_utc(void **state)
{
    static const struct {
        const char *text;
        int64_t seconds;
    } cases[] = {
        {"1970-01-01", 0},
        {"2026-02-11", 1770768000},
        {"2026-02-11T09:00:05", 1770800405},
        {"2026-02-11T09:00:05Z", 1770800405},
        {"2026-02-11T09:00", 1770800400},
        {"2024-02-29", 1709164800},
        {"1969-12-31T23:59:59", -1},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        int64_t usec = 0;
        assert_int_equal(clock_parse_utc(cases[i].text, &usec), 0);
        assert_int_equal(usec, cases[i].seconds * USEC_PER_SEC);
    }
}

static void other_dates_are_refused(void **state)
{
    static const char *const texts[] = {
        "",
        "2026",
        "2026-02",
        "2026-2-11",
        "26-02-11",
        "2026-02-30",
        "2026-13-01",
        "2025-02-29",
        "2026-02-11 ",
        " 2026-02-11",
        "2026/02/11",
        "2026-02-00",
        "2026-02-11T",
        "2026-02-11T24:00:00",
        "2026-02-11T09:00:60",
        "2026-02-11T09:00:05+01:00",
        "2026-02-11T09:00:05ZZ",
        "+026-02-11",
    };
    int64_t usec = 42;

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
        assert_int_equal(clock_parse_utc(texts[i], &usec), -EINVAL);
    assert_int_equal(usec, 42);
}

static void what_is_formatted_reads_back(void **state)
{
    static const int64_t seconds[] = {0, 1, -1, 1770800405, 4102444799, 253402300799};
    char text[CLOCK_TEXT_BYTES];

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(seconds); i++) {
        int64_t usec = 0;
        clock_format_utc(seconds[i] * USEC_PER_SEC, text);
        assert_int_equal(clock_parse_utc(text, &usec), 0);
        assert_int_equal(usec, seconds[i] * USEC_PER_SEC);
    }
    assert_string_equal(clock_format_utc(1770800405 * USEC_PER_SEC + 999999, text), "2026-02-11T09:00:05Z");
    assert_string_equal(clock_format_utc(-1, text), "1969-12-31T23:59:59Z");
}

static void local_time_names_its_zone(void **state)
{
    char text[CLOCK_TEXT_BYTES];

    (void)state;
    setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1);
    tzset();
    assert_string_equal(clock_format_local(1770800405 * USEC_PER_SEC, text), "2026-02-11 10:00 CET");
    unsetenv("TZ");
    tzset();
}

static void a_time_past_the_calendar_is_empty(void **state)
{
    char text[CLOCK_TEXT_BYTES];

    (void)state;
    assert_true(strlen(clock_format_utc(INT64_MAX, text)) < CLOCK_TEXT_BYTES);
    assert_true(strlen(clock_format_utc(INT64_MIN + 1, text)) < CLOCK_TEXT_BYTES);
}

static void advancing_moves_both_clocks_but_not_the_stopwatch(void **state)
{
    int64_t wall = clock_wall_usec(), monotonic = clock_monotonic_usec(), stopwatch = clock_stopwatch_usec();

    (void)state;
    clock_advance_usec(USEC_PER_DAY);
    assert_in_range(clock_wall_usec() - wall, USEC_PER_DAY, USEC_PER_DAY + USEC_PER_MINUTE);
    assert_in_range(clock_monotonic_usec() - monotonic, USEC_PER_DAY, USEC_PER_DAY + USEC_PER_MINUTE);
    assert_in_range(clock_stopwatch_usec() - stopwatch, 0, USEC_PER_MINUTE);
    clock_advance_usec(-USEC_PER_DAY);
}

static void a_file_shifts_time_from_outside(void **state)
{
    char path[] = "/tmp/test_base_clock.XXXXXX";
    int fd = mkstemp(path);

    (void)state;
    assert_true(fd >= 0);
    assert_false(clock_is_simulated());
    int64_t before = clock_wall_usec();
    setenv("TRIALWATCH_TEST_CLOCK", path, 1);
    assert_true(clock_is_simulated());
    assert_in_range(clock_wall_usec() - before, 0, USEC_PER_MINUTE);
    assert_int_equal(write(fd, "3600000000\n", 11), 11);
    assert_in_range(clock_wall_usec() - before, USEC_PER_HOUR, USEC_PER_HOUR + USEC_PER_MINUTE);
    int64_t monotonic = clock_monotonic_usec();
    assert_int_equal(pwrite(fd, "3600000000 -7200000000\n", 23, 0), 23);
    assert_in_range(clock_wall_usec() - before + USEC_PER_HOUR, 0, USEC_PER_MINUTE);
    assert_in_range(clock_monotonic_usec() - monotonic, 0, USEC_PER_MINUTE);
    close(fd);
    unlink(path);
    assert_in_range(clock_wall_usec() - before, 0, USEC_PER_MINUTE);
    unsetenv("TRIALWATCH_TEST_CLOCK");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dates_and_times_are_read_as_utc),
        cmocka_unit_test(other_dates_are_refused),
        cmocka_unit_test(what_is_formatted_reads_back),
        cmocka_unit_test(local_time_names_its_zone),
        cmocka_unit_test(a_time_past_the_calendar_is_empty),
        cmocka_unit_test(advancing_moves_both_clocks_but_not_the_stopwatch),
        cmocka_unit_test(a_file_shifts_time_from_outside),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
