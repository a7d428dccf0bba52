/* When a channel may be told, and when a message is tried again. */
#include "check.h"

#include "alert/pace.h"
#include "alert/zone.h"
#include "alert/zone_rule.h"
#include "base/clock.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>

static const char *const zones[] = {"America/New_York",    "Europe/Berlin", "Asia/Kolkata",
                                    "Australia/Lord_Howe", "Asia/Tehran",   "America/St_Johns",
                                    "Africa/Casablanca",   "Europe/Dublin", "UTC"};

static struct zone *zone(const char *name)
{
    struct zone *opened = NULL;
    struct error e;

    if (zone_open(name, &opened, &e) < 0)
        fail_msg("%s", e.text);
    return opened;
}

static int64_t at(const char *text)
{
    int64_t usec = 0;

    assert_int_equal(clock_parse_utc(text, &usec), 0);
    return usec;
}

static void assert_time(int64_t usec, const char *expected)
{
    char text[CLOCK_TEXT_BYTES];

    assert_string_equal(clock_format_utc(usec, text), expected);
}

/* libc, one zone at a time, is the judge: from 1970 to 2080, which is beyond the table of every file. */
static void offsets_are_those_of_libc(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(zones); i++) {
        _cleanup_zone_ struct zone *z = zone(zones[i]);
        long wrong = 0;

        setenv("TZ", zones[i], 1);
        tzset();
        for (int64_t utc = 0; utc < INT64_C(3471292800); utc += 7 * 3600 + 1800) {
            time_t t = (time_t)utc;
            struct tm tm;
            localtime_r(&t, &tm);
            if (zone_offset(z, utc) != tm.tm_gmtoff)
                wrong++;
        }
        unsetenv("TZ");
        tzset();
        assert_int_equal(wrong, 0);
    }
}

static void a_time_that_clocks_skip_comes_after_the_skip(void **state)
{
    _cleanup_zone_ struct zone *z = zone("America/New_York");

    (void)state;
    /* 2026-03-08 02:30 does not exist; clocks go from 02:00 EST to 03:00 EDT */
    assert_time(zone_to_utc(z, at("2026-03-08T02:30:00") / USEC_PER_SEC) * USEC_PER_SEC, "2026-03-08T07:30:00Z");
    assert_time(zone_to_utc(z, at("2026-03-08T01:59:00") / USEC_PER_SEC) * USEC_PER_SEC, "2026-03-08T06:59:00Z");
    assert_time(zone_to_utc(z, at("2026-03-08T03:00:00") / USEC_PER_SEC) * USEC_PER_SEC, "2026-03-08T07:00:00Z");
    /* 2026-11-01 01:30 comes twice; the first counts */
    assert_time(zone_to_utc(z, at("2026-11-01T01:30:00") / USEC_PER_SEC) * USEC_PER_SEC, "2026-11-01T05:30:00Z");
}

static void names_that_are_no_zone_are_refused(void **state)
{
    static const char *const names[] = {"", "Mars/Phobos", "../../etc/passwd", "/etc/passwd", "America", "a b"};
    struct zone *z = NULL;
    struct error e;

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        assert_int_equal(zone_open(names[i], &z, &e), -ENOENT);
        assert_null(z);
    }
    assert_int_equal(zone_open("tzdata.zi", &z, &e), -ENOENT);
    assert_int_equal(zone_open("zone1970", &z, &e), -ENOENT);
}

static void the_rule_of_years_to_come_is_read(void **state)
{
    struct zone_rule rule;

    (void)state;
    assert_int_equal(zone_rule_parse("EST5EDT,M3.2.0,M11.1.0", &rule), 0);
    assert_int_equal(rule.standard_offset, -5 * 3600);
    assert_int_equal(rule.summer_offset, -4 * 3600);
    assert_int_equal(zone_rule_parse("<-03>3", &rule), 0);
    assert_false(rule.has_summer);
    assert_int_equal(rule.standard_offset, -3 * 3600);
    assert_int_equal(zone_rule_parse("IST-1GMT0,M10.5.0,M3.5.0/1", &rule), 0); /* summer time is the lesser one */
    assert_int_equal(rule.summer_offset, 0);
    assert_int_equal(zone_rule_parse("XXX-3:30:15YYY,J60/26,300/-2", &rule), 0);
    assert_int_equal(rule.standard_offset, 3 * 3600 + 30 * 60 + 15);
    static const char *const bad[] = {
        "",      "E5",    "EST", "EST5EDT", "EST5EDT,M3.2.0", "EST5EDT,M13.2.0,M11.1.0", "EST5EDT,M3.2.0,M11.1.0x",
        "<EST5", "EST168"};
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
        assert_int_equal(zone_rule_parse(bad[i], &rule), -EINVAL);
}

static void waiting_doubles_up_to_an_hour(void **state)
{
    (void)state;
    assert_int_equal(pace_backoff_usec(1, 0), 30 * USEC_PER_SEC);
    assert_int_equal(pace_backoff_usec(2, 0), 60 * USEC_PER_SEC);
    assert_int_equal(pace_backoff_usec(7, 0), 1920 * USEC_PER_SEC);
    assert_int_equal(pace_backoff_usec(8, 0), USEC_PER_HOUR);
    assert_int_equal(pace_backoff_usec(1000000, 0), USEC_PER_HOUR);
    assert_true(pace_backoff_usec(1, UINT32_MAX) > 37 * USEC_PER_SEC);
    assert_true(pace_backoff_usec(1, UINT32_MAX) < 38 * USEC_PER_SEC);
}

static void a_digest_comes_at_the_same_local_time_in_winter_and_summer(void **state)
{
    _cleanup_zone_ struct zone *z = zone("America/New_York");
    const struct channel_pace daily = {.digest = DIGEST_DAILY, .digest_minute = 8 * 60};
    const struct channel_pace weekly = {.digest = DIGEST_WEEKLY, .digest_minute = 8 * 60, .digest_weekday = 1};

    (void)state;
    assert_time(pace_next_digest_usec(&daily, z, at("2026-01-15T12:59:59")), "2026-01-15T13:00:00Z");
    assert_time(pace_next_digest_usec(&daily, z, at("2026-01-15T13:00:00")), "2026-01-16T13:00:00Z");
    assert_time(pace_next_digest_usec(&daily, z, at("2026-07-15T11:00:00")), "2026-07-15T12:00:00Z");
    assert_time(pace_next_digest_usec(&daily, z, at("2026-03-07T20:00:00")), "2026-03-08T12:00:00Z");
    assert_time(pace_next_digest_usec(&weekly, z, at("2026-01-15T13:00:00")), "2026-01-19T13:00:00Z"); /* a Thursday */
    assert_time(pace_next_digest_usec(&weekly, z, at("2026-01-19T13:00:00")), "2026-01-26T13:00:00Z");
}

static void a_night_is_quiet_across_midnight(void **state)
{
    _cleanup_zone_ struct zone *z = zone("Europe/Berlin");
    const struct channel_pace night = {.quiet_from_minute = 22 * 60, .quiet_until_minute = 7 * 60};
    const struct channel_pace noon = {.quiet_from_minute = 12 * 60, .quiet_until_minute = 13 * 60};
    const struct channel_pace never = {.quiet_from_minute = 60, .quiet_until_minute = 60};

    (void)state;
    assert_int_equal(pace_quiet_until_usec(&night, z, at("2026-01-15T20:59:59")), 0);
    assert_time(pace_quiet_until_usec(&night, z, at("2026-01-15T21:00:00")), "2026-01-16T06:00:00Z");
    assert_time(pace_quiet_until_usec(&night, z, at("2026-01-16T05:59:59")), "2026-01-16T06:00:00Z");
    assert_int_equal(pace_quiet_until_usec(&night, z, at("2026-01-16T06:00:00")), 0);
    assert_time(pace_quiet_until_usec(&night, z, at("2026-03-28T23:00:00")), "2026-03-29T05:00:00Z"); /* DST begins */
    assert_time(pace_quiet_until_usec(&noon, z, at("2026-01-15T11:30:00")), "2026-01-15T12:00:00Z");
    assert_int_equal(pace_quiet_until_usec(&never, z, at("2026-01-15T00:00:00")), 0);
}

static void urgent_alerts_may_pass_quiet_hours_but_wait_for_the_digest(void **state)
{
    _cleanup_zone_ struct zone *z = zone("UTC");
    struct channel_pace pace = {.quiet_from_minute = 0, .quiet_until_minute = 7 * 60, .quiet_urgent_passes = true};
    int64_t now = at("2026-01-15T03:00:00");

    (void)state;
    assert_int_equal(pace_due_usec(&pace, z, WEIGHT_URGENT, false, now), now);
    assert_time(pace_due_usec(&pace, z, WEIGHT_NOTABLE, false, now), "2026-01-15T07:00:00Z");
    assert_time(pace_due_usec(&pace, z, WEIGHT_NOTABLE, true, now), "2026-01-15T07:00:00Z");
    pace.digest = DIGEST_DAILY;
    pace.digest_minute = 6 * 60;
    assert_time(pace_due_usec(&pace, z, WEIGHT_NOTABLE, false, now), "2026-01-15T07:00:00Z"); /* quiet when it comes */
    assert_time(pace_due_usec(&pace, z, WEIGHT_URGENT, false, now), "2026-01-15T06:00:00Z");
    now = at("2026-01-15T08:00:00");
    assert_int_equal(pace_due_usec(&pace, z, WEIGHT_NOTABLE, true, now), now); /* its digest has come */
}

static void what_a_clock_set_back_left_behind_is_due_again(void **state)
{
    (void)state;
    assert_false(pace_is_stranded(100, 100, 100));
    assert_false(pace_is_stranded(100, 900, 100)); /* put off, as it should be */
    assert_true(pace_is_stranded(101, 101, 100));
    assert_true(pace_is_stranded(500, 900, 100));
    assert_false(pace_is_stranded(500, 300, 100)); /* put off since */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_a_clock_set_back_left_behind_is_due_again),
        cmocka_unit_test(offsets_are_those_of_libc),
        cmocka_unit_test(a_time_that_clocks_skip_comes_after_the_skip),
        cmocka_unit_test(names_that_are_no_zone_are_refused),
        cmocka_unit_test(the_rule_of_years_to_come_is_read),
        cmocka_unit_test(waiting_doubles_up_to_an_hour),
        cmocka_unit_test(a_digest_comes_at_the_same_local_time_in_winter_and_summer),
        cmocka_unit_test(a_night_is_quiet_across_midnight),
        cmocka_unit_test(urgent_alerts_may_pass_quiet_hours_but_wait_for_the_digest),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
