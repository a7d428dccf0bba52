#include "check.h"

#include "base/macro.h"
#include "base/suggest.h"

static const char *const commands[] = {"history", "status", "sites", "show", "poll", "polls", "diff"};
static const char *const settings[] = {"every", "contact", "url"};

static const char *command(const char *typed)
{
    return suggest_nearest(typed, commands, ARRAY_SIZE(commands));
}

static const char *setting(const char *typed)
{
    return suggest_nearest(typed, settings, ARRAY_SIZE(settings));
}

static void a_slip_of_the_finger_finds_the_word(void **state)
{
    (void)state;
    assert_string_equal(command("hsitory"), "history");
    assert_string_equal(command("stats"), "status");
    assert_string_equal(command("dif"), "diff");
    assert_string_equal(setting("evrey"), "every");
    assert_string_equal(setting("contcat"), "contact");
    assert_string_equal(setting("ur"), "url");
}

static void the_beginning_of_a_word_finds_it(void **state)
{
    (void)state;
    assert_string_equal(command("histo"), "history");
    assert_string_equal(command("pol"), "poll");
}

static void what_is_not_near_finds_nothing(void **state)
{
    (void)state;
    assert_null(command("banana"));
    assert_null(command(""));
    assert_null(command("a-word-of-more-than-forty-letters-which-nobody-meant"));
    assert_null(setting("timeout"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_slip_of_the_finger_finds_the_word),
        cmocka_unit_test(the_beginning_of_a_word_finds_it),
        cmocka_unit_test(what_is_not_near_finds_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
