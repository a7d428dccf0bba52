#include "check.h"

#include "client/options.h"

#include "base/macro.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static const struct option_spec own[] = {
    {.name = "since", .value = "TIME", .help = ""},
    {.name = "kind", .value = "KIND", .help = "", .repeats = true},
    {.name = "near", .value = "LAT,LON", .help = ""},
    {.name = "all", .help = ""},
    {.name = NULL},
};
static const struct option_spec global[] = {
    {.name = "json", .help = ""},
    {.name = "history", .letter = 'H', .value = "FILE", .help = ""},
    {.name = NULL},
};

static int parse(const char *const *words, struct options *ret, struct error *e)
{
    size_t count = 0;

    *ret = (struct options){0};
    while (words[count])
        count++;
    return options_parse(words, count, own, global, false, ret, e);
}

#define WORDS(...) ((const char *const[]){__VA_ARGS__, NULL})

static void options_stand_before_between_and_behind_arguments(void **state)
{
    struct options options;

    (void)state;
    assert_int_equal(
        parse(WORDS("--all", "NCT04614467", "--since=7d", "2", "-H", "file", "--near", "-33.8,151.2"), &options, NULL),
        8);
    assert_true(options_has(&options, "all"));
    assert_false(options_has(&options, "json"));
    assert_string_equal(options_text(&options, "since"), "7d");
    assert_string_equal(options_text(&options, "history"), "file");
    assert_string_equal(options_text(&options, "near"), "-33.8,151.2");
    assert_string_equal(options_argument(&options, 0), "NCT04614467");
    assert_string_equal(options_argument(&options, 1), "2");
    assert_null(options_argument(&options, 2));
}

static void two_dashes_end_the_options(void **state)
{
    struct options options;

    (void)state;
    assert_int_equal(parse(WORDS("--", "--all", "-"), &options, NULL), 3);
    assert_false(options_has(&options, "all"));
    assert_string_equal(options_argument(&options, 0), "--all");
    assert_string_equal(options_argument(&options, 1), "-");
}

static void an_option_that_repeats_keeps_every_value(void **state)
{
    struct options options;

    (void)state;
    assert_int_equal(parse(WORDS("--kind", "status", "--kind=results"), &options, NULL), 3);
    assert_string_equal(options_nth(&options, "kind", 0), "status");
    assert_string_equal(options_nth(&options, "kind", 1), "results");
    assert_null(options_nth(&options, "kind", 2));
}

static void parsing_stops_at_the_command(void **state)
{
    struct options options = {0};

    (void)state;
    assert_int_equal(options_parse(WORDS("--json", "history", "--all"), 3, global, NULL, true, &options, NULL), 1);
    assert_true(options_has(&options, "json"));
    assert_int_equal(options.argument_count, 0);
}

static void mistakes_are_named(void **state)
{
    static const struct {
        const char *words[4];
        const char *sentence;
    } cases[] = {
        {{"--sinse", "7d"}, "there is no option --sinse here; did you mean --since?"},
        {{"--quite-other"}, "there is no option --quite-other here"},
        {{"-x"}, "there is no option -x here"},
        {{"--since"}, "--since wants a value: --since TIME"},
        {{"--all=yes"}, "--all takes no value"},
        {{"--since=1d", "--since=2d"}, "--since is given twice"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct options options;
        struct error e = {{0}};
        assert_int_equal(parse(cases[i].words, &options, &e), -EINVAL);
        assert_string_equal(e.text, cases[i].sentence);
    }
}

static void more_words_than_there_is_room_for_are_refused(void **state)
{
    const char *words[2 * OPTIONS_MAX + 3] = {0};
    struct options options;
    struct error e;

    (void)state;
    for (size_t i = 0; i < OPTIONS_MAX; i++)
        words[i] = "--kind=status";
    assert_int_equal(parse(words, &options, &e), OPTIONS_MAX);
    words[OPTIONS_MAX] = "--kind=status";
    assert_int_equal(parse(words, &options, &e), -EINVAL);

    memset(words, 0, sizeof(words));
    for (size_t i = 0; i < ARGUMENTS_MAX; i++)
        words[i] = "argument";
    assert_int_equal(parse(words, &options, &e), ARGUMENTS_MAX);
    words[ARGUMENTS_MAX] = "argument";
    assert_int_equal(parse(words, &options, &e), -EINVAL);
}

static void numbers_are_whole_and_not_below_the_least(void **state)
{
    static const char *const bad[] = {"", "x", "1x", "-1", "+1", " 1", "1.5", "99999999999999999999"};
    long number = 42;

    (void)state;
    assert_int_equal(options_parse_number("0", "a number", 0, &number, NULL), 0);
    assert_int_equal(number, 0);
    assert_int_equal(options_parse_number("0", "a number", 1, &number, NULL), -EINVAL);
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
        assert_int_equal(options_parse_number(bad[i], "a number", 0, &number, NULL), -EINVAL);
    assert_int_equal(number, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(options_stand_before_between_and_behind_arguments),
        cmocka_unit_test(two_dashes_end_the_options),
        cmocka_unit_test(an_option_that_repeats_keeps_every_value),
        cmocka_unit_test(parsing_stops_at_the_command),
        cmocka_unit_test(mistakes_are_named),
        cmocka_unit_test(more_words_than_there_is_room_for_are_refused),
        cmocka_unit_test(numbers_are_whole_and_not_below_the_least),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
