/* A query watch in the registry's words. */
#include "check.h"

#include "registry/question.h"

static void check_question(const struct watch *watch, const char *expected)
{
    _cleanup_buf_ struct buf question = {0};

    assert_int_equal(question_append(&question, watch), 0);
    assert_string_equal(buf_string(&question), expected);
}

static void every_part_has_its_parameter(void **state)
{
    struct watch watch = {.query = {.condition = (char[]){"a"},
                                    .intervention = (char[]){"b"},
                                    .term = (char[]){"c"},
                                    .title = (char[]){"d"},
                                    .sponsor = (char[]){"e"},
                                    .location = (char[]){"f"},
                                    .patient = (char[]){"g"},
                                    .id = (char[]){"h"}}};

    (void)state;
    check_question(&watch, "query.cond=a&query.intr=b&query.term=c&query.titles=d&query.spons=e&query.locn=f"
                           "&query.patient=g&query.id=h");
}

static void words_are_escaped(void **state)
{
    struct watch watch = {.query = {.condition = (char[]){"A & B=\xC3\xA9#"}}};

    (void)state;
    check_question(&watch, "query.cond=A%20%26%20B%3D%C3%A9%23");
}

static void statuses_are_a_list(void **state)
{
    struct watch watch = {.query = {.status = (char[]){" recruiting,, NOT_YET_RECRUITING|"}}};

    (void)state;
    check_question(&watch, "filter.overallStatus=RECRUITING%7CNOT_YET_RECRUITING");
}

static void phases_join_the_expression(void **state)
{
    struct watch watch = {.query = {.phase = (char[]){"phase2, PHASE3"}}};

    (void)state;
    check_question(&watch, "filter.advanced=AREA%5BPhase%5D%28PHASE2%20OR%20PHASE3%29");
    watch.query.advanced = (char[]){"x OR y"};
    check_question(&watch, "filter.advanced=%28x%20OR%20y%29%20AND%20AREA%5BPhase%5D%28PHASE2%20OR%20PHASE3%29");
}

static void near_narrows_a_little_wider(void **state)
{
    struct watch watch = {.query = {.condition = (char[]){"a"}},
                          .near = {.set = true, .lat = 39.14, .lon = -84.52, .within_km = 160.9344}};

    (void)state;
    check_question(&watch, "query.cond=a&filter.geo=distance%2839.14000%2C-84.52000%2C101mi%29");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_part_has_its_parameter), cmocka_unit_test(words_are_escaped),
        cmocka_unit_test(statuses_are_a_list),          cmocka_unit_test(phases_join_the_expression),
        cmocka_unit_test(near_narrows_a_little_wider),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
