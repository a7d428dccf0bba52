#include "check.h"

#include "base/clock.h"
#include "base/macro.h"
#include "base/timer.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct probe {
    struct event_base *base;
    struct timer *timer;
    int fired;
    int arm_again; /* so many times from the callback */
    bool free_in_callback;
};

static void on_timer(void *userdata)
{
    struct probe *probe = userdata;

    probe->fired++;
    if (probe->arm_again-- > 0)
        timer_arm_in(probe->timer, 0);
    if (probe->free_in_callback) {
        timer_free(probe->timer);
        probe->timer = NULL;
    }
}

static int setup(void **state)
{
    struct probe *probe = calloc(1, sizeof(*probe));

    probe->base = event_base_new();
    *state = probe;
    return timer_new(probe->base, on_timer, probe, &probe->timer);
}

static int teardown(void **state)
{
    struct probe *probe = *state;

    timer_free(probe->timer);
    event_base_free(probe->base);
    free(probe);
    return 0;
}

static void a_new_timer_is_unarmed(void **state)
{
    struct probe *probe = *state;

    assert_false(timer_is_armed(probe->timer));
    event_base_dispatch(probe->base);
    assert_int_equal(probe->fired, 0);
}

static void it_fires_once_and_not_early(void **state)
{
    struct probe *probe = *state;
    int64_t start = clock_monotonic_usec();

    timer_arm_in(probe->timer, 30 * USEC_PER_MSEC);
    assert_true(timer_is_armed(probe->timer));
    assert_true(timer_deadline_usec(probe->timer) >= start + 30 * USEC_PER_MSEC);
    event_base_dispatch(probe->base);
    assert_int_equal(probe->fired, 1);
    assert_true(clock_monotonic_usec() - start >= 30 * USEC_PER_MSEC);
    assert_false(timer_is_armed(probe->timer));
}

static void a_deadline_in_the_past_fires_at_once(void **state)
{
    struct probe *probe = *state;

    timer_arm_at(probe->timer, clock_monotonic_usec() - USEC_PER_DAY);
    assert_int_equal(probe->fired, 0);
    event_base_dispatch(probe->base);
    assert_int_equal(probe->fired, 1);
}

static void it_can_be_armed_from_its_own_callback(void **state)
{
    struct probe *probe = *state;

    probe->arm_again = 3;
    timer_arm_in(probe->timer, 0);
    event_base_dispatch(probe->base);
    assert_int_equal(probe->fired, 4);
}

static void it_can_be_freed_from_its_own_callback(void **state)
{
    struct probe *probe = *state;

    probe->free_in_callback = true;
    timer_arm_in(probe->timer, 0);
    event_base_dispatch(probe->base);
    assert_int_equal(probe->fired, 1);
    assert_null(probe->timer);
}

static void a_new_deadline_replaces_the_old(void **state)
{
    struct probe *probe = *state;

    timer_arm_in(probe->timer, USEC_PER_DAY);
    timer_arm_in(probe->timer, 0);
    event_base_dispatch(probe->base);
    assert_int_equal(probe->fired, 1);
}

static void a_disarmed_timer_is_silent(void **state)
{
    struct probe *probe = *state;

    timer_arm_in(probe->timer, 0);
    timer_disarm(probe->timer);
    assert_false(timer_is_armed(probe->timer));
    event_base_dispatch(probe->base);
    assert_int_equal(probe->fired, 0);
}

static void forever_is_not_an_overflow(void **state)
{
    struct probe *probe = *state;

    timer_arm_in(probe->timer, INT64_MAX);
    assert_true(timer_deadline_usec(probe->timer) == INT64_MAX);
    event_base_loop(probe->base, EVLOOP_NONBLOCK);
    assert_int_equal(probe->fired, 0);
}

static void days_pass_when_the_simulated_clock_moves(void **state)
{
    struct probe *probe = *state;
    char path[] = "/tmp/test_base_timer.XXXXXX";
    int fd = mkstemp(path);

    assert_true(fd >= 0);
    setenv("TRIALWATCH_TEST_CLOCK", path, 1);
    timer_arm_in(probe->timer, 7 * USEC_PER_DAY);
    event_base_loop(probe->base, EVLOOP_NONBLOCK);
    assert_int_equal(probe->fired, 0);
    assert_true(write(fd, "604800000000", 12) == 12);
    int64_t stopwatch = clock_stopwatch_usec();
    event_base_dispatch(probe->base);
    assert_int_equal(probe->fired, 1);
    assert_in_range(clock_stopwatch_usec() - stopwatch, 0, USEC_PER_MINUTE);
    unsetenv("TRIALWATCH_TEST_CLOCK");
    close(fd);
    unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_new_timer_is_unarmed, setup, teardown),
        cmocka_unit_test_setup_teardown(it_fires_once_and_not_early, setup, teardown),
        cmocka_unit_test_setup_teardown(a_deadline_in_the_past_fires_at_once, setup, teardown),
        cmocka_unit_test_setup_teardown(it_can_be_armed_from_its_own_callback, setup, teardown),
        cmocka_unit_test_setup_teardown(it_can_be_freed_from_its_own_callback, setup, teardown),
        cmocka_unit_test_setup_teardown(a_new_deadline_replaces_the_old, setup, teardown),
        cmocka_unit_test_setup_teardown(a_disarmed_timer_is_silent, setup, teardown),
        cmocka_unit_test_setup_teardown(forever_is_not_an_overflow, setup, teardown),
        cmocka_unit_test_setup_teardown(days_pass_when_the_simulated_clock_moves, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
