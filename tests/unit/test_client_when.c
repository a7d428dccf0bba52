#include "check.h"

#include "client/when.h"

#include "base/macro.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static int use_berlin(void **state)
{
    (void)state;
    setenv("TZ", "Europe/Berlin", 1);
    tzset();
    return 0;
}

static void assert_parsed(const char *text, bool utc, enum when_edge edge, const char *expected_utc)
{
    char formatted[CLOCK_TEXT_BYTES];
    int64_t usec = 0;
    struct error e;

    assert_int_equal(when_parse(text, utc, edge, &usec, &e), 0);
    assert_string_equal(clock_format_utc(usec, formatted), expected_utc);
}

static void a_date_is_a_day_of_the_local_zone(void **state)
{
    (void)state;
    assert_parsed("2021-12-01", false, WHEN_DAY_BEGINS, "2021-11-30T23:00:00Z");
    assert_parsed("2021-12-01", false, WHEN_DAY_ENDS, "2021-12-01T22:59:59Z");
    assert_parsed("2021-07-01T09:00", false, WHEN_DAY_ENDS, "2021-07-01T07:00:00Z");
}

static void a_day_with_a_clock_change_ends_when_the_next_begins(void **state)
{
    (void)state;
    assert_parsed("2021-03-28", false, WHEN_DAY_ENDS, "2021-03-28T21:59:59Z"); /* 23 hours long */
    assert_parsed("2021-10-31", false, WHEN_DAY_ENDS, "2021-10-31T22:59:59Z"); /* 25 */
}

static void utc_is_taken_where_it_is_asked_for(void **state)
{
    (void)state;
    assert_parsed("2021-12-01", true, WHEN_DAY_BEGINS, "2021-12-01T00:00:00Z");
    assert_parsed("2021-12-01", true, WHEN_DAY_ENDS, "2021-12-01T23:59:59Z");
    assert_parsed("2021-12-01T09:00:05Z", false, WHEN_DAY_BEGINS, "2021-12-01T09:00:05Z");
}

static void an_age_is_counted_from_now(void **state)
{
    int64_t usec = 0;
    struct error e;

    (void)state;
    assert_int_equal(when_parse("7d", false, WHEN_DAY_ENDS, &usec, &e), 0);
    int64_t age = clock_wall_usec() - usec;
    assert_true(age >= 7 * USEC_PER_DAY && age < 7 * USEC_PER_DAY + USEC_PER_MINUTE);
}

static void other_texts_are_refused(void **state)
{
    static const char *const texts[] = {"", "yesterday", "2021-13-01", "2021", "7", "2021-12-01 09:00", "01.12.2021"};
    int64_t usec = 42;
    struct error e;

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
        assert_int_equal(when_parse(texts[i], false, WHEN_DAY_ENDS, &usec, &e), -EINVAL);
    assert_int_equal(usec, 42);
}

static void a_time_that_was_never_is_null(void **state)
{
    char text[CLOCK_TEXT_BYTES];
    json_t *json = when_to_json(0);

    (void)state;
    assert_true(json_is_null(json));
    assert_string_equal(when_format(0, true, text), "");
    assert_string_equal(when_format(INT64_C(1638316800) * USEC_PER_SEC, false, text), "2021-12-01 01:00 CET");
    json_decref(json);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_date_is_a_day_of_the_local_zone),
        cmocka_unit_test(a_day_with_a_clock_change_ends_when_the_next_begins),
        cmocka_unit_test(utc_is_taken_where_it_is_asked_for),
        cmocka_unit_test(an_age_is_counted_from_now),
        cmocka_unit_test(other_texts_are_refused),
        cmocka_unit_test(a_time_that_was_never_is_null),
    };

    return cmocka_run_group_tests(tests, use_berlin, NULL);
}
