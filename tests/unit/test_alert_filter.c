/* jq programs of the settings: what they answer, and that none of them can hang the daemon or eat its memory. */
#include "check.h"

#include "alert/clause.h"
#include "alert/filter.h"
#include "alert/payload.h"

#include <errno.h>
#include <string.h>

#define ENDLESS "def f: f; f"
#define GREEDY "def f: [., .] | f; f"
#define GREEDY_TEXT "[range(0; 1e9)] | length"

/* Each program of a million steps a second would still be stopped; the wall is far beyond, for a loaded machine. */
#define PATIENCE_USEC (FILTER_WALL_USEC + 5 * USEC_PER_SEC)

static json_t *documents(const char *text)
{
    json_t *array = json_loads(text, 0, NULL);

    assert_non_null(array);
    return array;
}

static bool without_jq(void)
{
    struct error e = {0};

    if (filter_check(".", &e) != -EOPNOTSUPP)
        return false;
    print_message("skipped: built without jq\n");
    return true;
}

static void each_document_gets_the_first_result(void **state)
{
    _cleanup_filter_result_ struct filter_result result = {0};
    json_auto_t *given =
        documents("[{\"a\": \"text\"}, {\"a\": {\"b\": [1, null]}}, {\"a\": null}, {\"a\": false}, {}]");

    (void)state;
    if (without_jq())
        return;
    filter_run("select(has(\"a\")) | .a, \"second\"", given, &result);
    assert_int_equal(result.error, 0);
    assert_int_equal(result.count, 5);
    assert_string_equal(result.answers[0].text, "text");
    assert_true(result.answers[0].truth);
    assert_string_equal(result.answers[1].text, "{\"b\":[1,null]}");
    assert_string_equal(result.answers[2].text, "null");
    assert_false(result.answers[2].truth);
    assert_false(result.answers[3].truth);
    assert_int_equal(result.answers[4].outcome, FILTER_NOTHING);
}

static void a_failure_is_told_in_the_words_of_jq_and_the_others_are_answered(void **state)
{
    _cleanup_filter_result_ struct filter_result result = {0};
    json_auto_t *given = documents("[{\"a\": 1}, {\"a\": {}}, {\"a\": 3}]");

    (void)state;
    if (without_jq())
        return;
    filter_run(".a + 1", given, &result);
    assert_int_equal(result.error, 0);
    assert_string_equal(result.answers[0].text, "2");
    assert_int_equal(result.answers[1].outcome, FILTER_FAILED);
    assert_non_null(strstr(result.answers[1].text, "cannot be added"));
    assert_string_equal(result.answers[2].text, "4");
}

static void what_is_no_program_is_said(void **state)
{
    struct error e = {0};

    (void)state;
    if (without_jq())
        return;
    assert_int_equal(filter_check(".studies | lenght", &e), -EINVAL);
    assert_non_null(strstr(e.text, "lenght/0 is not defined"));
    assert_int_equal(filter_check("{text: .headline", &e), -EINVAL);
    assert_int_equal(filter_check(ENDLESS, &e), 0); /* it is one, as long as nobody runs it */
}

static void an_endless_program_is_stopped_and_what_it_answered_before_counts(void **state)
{
    _cleanup_filter_result_ struct filter_result result = {0};
    json_auto_t *given = documents("[1, 2]");
    int64_t began_usec = clock_stopwatch_usec();

    (void)state;
    if (without_jq())
        return;
    filter_run("def f: f; if . == 1 then \"one\" else f end", given, &result);
    assert_int_equal(result.error, -ETIMEDOUT);
    assert_non_null(strstr(result.why.text, "longer than 2 s"));
    assert_string_equal(result.answers[0].text, "one");
    assert_int_equal(result.answers[1].outcome, FILTER_NOT_REACHED);
    assert_true(clock_stopwatch_usec() - began_usec < PATIENCE_USEC);
}

static void a_program_that_eats_memory_is_stopped(void **state)
{
    static const char *const programs[] = {GREEDY, GREEDY_TEXT};

    (void)state;
    if (without_jq())
        return;
    for (size_t i = 0; i < ARRAY_SIZE(programs); i++) {
        _cleanup_filter_result_ struct filter_result result = {0};
        json_auto_t *given = documents("[\"x\"]");
        filter_run(programs[i], given, &result);
        /* a sanitizer's memory is reserved beforehand, so that the limit of time comes first */
        assert_true(result.error == -EDQUOT || result.error == -ETIMEDOUT);
        assert_int_equal(result.answers[0].outcome, FILTER_NOT_REACHED);
    }
}

static void a_result_that_is_too_long_is_refused(void **state)
{
    _cleanup_filter_result_ struct filter_result result = {0};
    static char text[1024 * 1024];
    memset(text, 'x', sizeof(text));
    json_auto_t *given = json_pack("[s#]", text, (int)sizeof(text));

    (void)state;
    if (without_jq())
        return;
    filter_run("[range(17) as $i | .]", given, &result);
    assert_int_equal(result.error, -EFBIG);
}

static void a_program_sees_nothing_of_the_daemons_environment(void **state)
{
    _cleanup_filter_result_ struct filter_result result = {0};
    json_auto_t *given = documents("[0]");

    (void)state;
    if (without_jq())
        return;
    setenv("TRIALWATCH_SECRET", "hunter2", 1);
    filter_run("env", given, &result);
    unsetenv("TRIALWATCH_SECRET");
    assert_int_equal(result.error, 0);
    assert_null(strstr(result.answers[0].text, "hunter2"));
}

struct waiting {
    struct event_base *base;
    int error;
    char text[64];
    bool over;
};

static void on_result(const struct filter_result *result, void *userdata)
{
    struct waiting *waiting = userdata;

    waiting->over = true;
    waiting->error = result->error;
    if (result->count > 0 && result->answers[0].text)
        snprintf(waiting->text, sizeof(waiting->text), "%s", result->answers[0].text);
    event_base_loopbreak(waiting->base);
}

struct ticking {
    int64_t last_usec, longest_usec;
};

static void on_tick(evutil_socket_t fd, short what, void *userdata)
{
    struct ticking *ticking = userdata;
    int64_t now_usec = clock_stopwatch_usec();

    (void)fd;
    (void)what;
    if (now_usec - ticking->last_usec > ticking->longest_usec)
        ticking->longest_usec = now_usec - ticking->last_usec;
    ticking->last_usec = now_usec;
}

static void the_loop_turns_while_a_program_runs(void **state)
{
    struct waiting waiting = {.base = event_base_new()};
    struct ticking ticking = {.last_usec = clock_stopwatch_usec()};
    const struct timeval often = {.tv_usec = 5000};
    struct event *tick = event_new(waiting.base, -1, EV_PERSIST, on_tick, &ticking);
    json_auto_t *given = documents("[0]");
    struct filter *filter;

    (void)state;
    if (!without_jq()) {
        event_add(tick, &often);
        assert_int_equal(filter_start(waiting.base, ENDLESS, given, on_result, &waiting, &filter, NULL), 0);
        event_base_dispatch(waiting.base);
        assert_true(waiting.over);
        assert_int_equal(waiting.error, -ETIMEDOUT);
        /* the program worked for two seconds; the machine may be loaded */
        assert_true(ticking.longest_usec < USEC_PER_SEC);
    }
    event_free(tick);
    event_base_free(waiting.base);
}

static void one_that_is_cancelled_calls_nothing(void **state)
{
    struct waiting waiting = {.base = event_base_new()};
    const struct timeval soon = {.tv_usec = 50000};
    json_auto_t *given = documents("[0]");
    struct filter *filter;

    (void)state;
    if (!without_jq()) {
        assert_int_equal(filter_start(waiting.base, "1", given, on_result, &waiting, &filter, NULL), 0);
        filter_cancel(filter);
        event_base_loopexit(waiting.base, &soon);
        event_base_dispatch(waiting.base);
        assert_false(waiting.over);
    }
    event_base_free(waiting.base);
}

static void a_condition_that_fails_counts_as_yes(void **state)
{
    static const struct {
        const char *when;
        bool holds, fails;
    } rows[] = {
        {".weight == \"urgent\"", true, false},
        {".weight == \"routine\"", false, false},
        {"select(.weight == \"routine\")", false, false},
        {"null", false, false},
        {"0", true, false},
        {".weight + 1", true, true},
        {"(", true, true},
        {ENDLESS, true, true},
    };
    json_auto_t *document = json_pack("{ss}", "weight", "urgent");

    (void)state;
    if (without_jq())
        return;
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct error e = {0};
        bool holds = false;
        int r = clause_holds(rows[i].when, document, &holds, &e);
        assert_int_equal(holds, rows[i].holds);
        assert_int_equal(r < 0, rows[i].fails);
        assert_int_equal(e.text[0] != '\0', rows[i].fails);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_document_gets_the_first_result),
        cmocka_unit_test(a_failure_is_told_in_the_words_of_jq_and_the_others_are_answered),
        cmocka_unit_test(what_is_no_program_is_said),
        cmocka_unit_test(an_endless_program_is_stopped_and_what_it_answered_before_counts),
        cmocka_unit_test(a_program_that_eats_memory_is_stopped),
        cmocka_unit_test(a_result_that_is_too_long_is_refused),
        cmocka_unit_test(a_program_sees_nothing_of_the_daemons_environment),
        cmocka_unit_test(the_loop_turns_while_a_program_runs),
        cmocka_unit_test(one_that_is_cancelled_calls_nothing),
        cmocka_unit_test(a_condition_that_fails_counts_as_yes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
