/* When the next request may go, over days that pass in no time. */
#include "check.h"

#include "base/macro.h"
#include "registry/pace.h"

static struct pace make_pace(uint64_t seed)
{
    struct pace pace;

    pace_init(&pace, seed);
    pace_configure(&pace, USEC_PER_SEC, 15 * USEC_PER_MINUTE);
    return pace;
}

/* A thousand requests that take from nothing to three seconds: from the end of each to the start of the next there is
 * the spacing. */
static void requests_keep_their_distance(void **state)
{
    struct pace pace = make_pace(1);
    int64_t now = 1000 * USEC_PER_DAY;
    int64_t ended = 0;

    (void)state;
    for (int i = 0; i < 1000; i++) {
        now = pace_clear_usec(&pace, now);
        assert_true(now - ended >= USEC_PER_SEC);
        pace_note_request(&pace, now);
        now += i % 4 * USEC_PER_SEC;
        pace_note_request(&pace, now);
        ended = now;
    }
    assert_int_equal(pace_clear_usec(&pace, now + USEC_PER_HOUR), now + USEC_PER_HOUR);
}

static void backoff_doubles_up_to_an_hour_with_jitter_upwards(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 200; seed++) {
        struct pace pace = make_pace(seed);
        int64_t now = USEC_PER_DAY;
        int64_t wait = USEC_PER_MINUTE;
        for (int i = 0; i < 40; i++) {
            int64_t got = pace_note_failure(&pace, now, -1) - now;
            assert_in_range(got, wait, wait + wait / 4);
            now += got;
            wait = wait * 2 < USEC_PER_HOUR ? wait * 2 : USEC_PER_HOUR;
        }
        assert_int_equal(pace.failures, 40);
        pace_note_success(&pace);
        assert_in_range(pace_note_failure(&pace, now, -1) - now, USEC_PER_MINUTE, USEC_PER_MINUTE * 5 / 4);
    }
}

static void daemons_do_not_come_back_at_once(void **state)
{
    int buckets[5] = {0};

    (void)state;
    for (uint64_t seed = 0; seed < 1000; seed++) {
        struct pace pace = make_pace(seed * seed);
        int64_t extra = pace_note_failure(&pace, 0, -1) - USEC_PER_MINUTE;
        buckets[extra * 5 / (15 * USEC_PER_SEC + 1)]++;
    }
    for (size_t i = 0; i < ARRAY_SIZE(buckets); i++)
        assert_in_range(buckets[i], 140, 260);
}

static void the_first_backoff_is_not_longer_than_the_distance_of_two_looks(void **state)
{
    struct pace pace;

    (void)state;
    pace_init(&pace, 1);
    pace_configure(&pace, USEC_PER_SEC, 10 * USEC_PER_SEC);
    assert_in_range(pace_note_failure(&pace, 0, -1), 10 * USEC_PER_SEC, 10 * USEC_PER_SEC * 5 / 4);
    pace_init(&pace, 1);
    pace_configure(&pace, 0, USEC_PER_MSEC);
    assert_in_range(pace_note_failure(&pace, 0, -1), USEC_PER_SEC, USEC_PER_SEC * 5 / 4);
}

static void retry_after_is_kept_to_and_blocks_requests(void **state)
{
    struct pace pace = make_pace(7);
    int64_t now = USEC_PER_DAY;

    (void)state;
    assert_false(pace_must_wait(&pace, now));
    assert_in_range(pace_note_failure(&pace, now, 30 * USEC_PER_SEC), now + 30 * USEC_PER_SEC, now + 35 * USEC_PER_SEC);
    assert_true(pace_must_wait(&pace, now + 30 * USEC_PER_SEC - 1));
    assert_false(pace_must_wait(&pace, now + 30 * USEC_PER_SEC));
    assert_int_equal(pace_clear_usec(&pace, now), now + 30 * USEC_PER_SEC);

    assert_in_range(pace_note_failure(&pace, now, 2 * USEC_PER_HOUR), now + 2 * USEC_PER_HOUR,
                    now + 2 * USEC_PER_HOUR + 5 * USEC_PER_SEC);
    pace_note_success(&pace);
    assert_false(pace_must_wait(&pace, now));
}

static void retry_after_is_believed_up_to_a_day(void **state)
{
    struct pace pace = make_pace(7);

    (void)state;
    assert_in_range(pace_note_failure(&pace, 0, USEC_PER_DAY), USEC_PER_DAY, USEC_PER_DAY + 5 * USEC_PER_SEC);
    assert_in_range(pace_note_failure(&pace, 0, USEC_PER_DAY + 1), USEC_PER_DAY, USEC_PER_DAY + 5 * USEC_PER_SEC);
    assert_in_range(pace_note_failure(&pace, 0, INT64_MAX / 2), USEC_PER_DAY, USEC_PER_DAY + 5 * USEC_PER_SEC);
}

static void retry_after_nothing_for_ever_does_not_make_us_hammer(void **state)
{
    struct pace pace = make_pace(7);

    (void)state;
    for (int i = 0; i < PACE_TRUSTED_RETRIES; i++)
        assert_int_equal(pace_note_failure(&pace, 0, 0), 0);
    assert_true(pace_note_failure(&pace, 0, 0) >= 8 * USEC_PER_MINUTE);
}

static void a_failure_without_retry_after_ends_the_wish_of_an_earlier_one(void **state)
{
    struct pace pace = make_pace(7);

    (void)state;
    pace_note_failure(&pace, 0, USEC_PER_HOUR);
    pace_note_failure(&pace, USEC_PER_HOUR, -1);
    assert_false(pace_must_wait(&pace, USEC_PER_HOUR));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(requests_keep_their_distance),
        cmocka_unit_test(backoff_doubles_up_to_an_hour_with_jitter_upwards),
        cmocka_unit_test(daemons_do_not_come_back_at_once),
        cmocka_unit_test(the_first_backoff_is_not_longer_than_the_distance_of_two_looks),
        cmocka_unit_test(retry_after_is_kept_to_and_blocks_requests),
        cmocka_unit_test(retry_after_is_believed_up_to_a_day),
        cmocka_unit_test(retry_after_nothing_for_ever_does_not_make_us_hammer),
        cmocka_unit_test(a_failure_without_retry_after_ends_the_wish_of_an_earlier_one),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
