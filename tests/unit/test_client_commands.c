#include "check.h"

#include "base/buf.h"
#include "client/command.h"

#include "base/macro.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The manual page as text, freed by the teardown. */
static char *manual;

static int read_manual(void **state)
{
    const char *top = getenv("srcdir");
    _cleanup_buf_ struct buf path = {0}, text = {0};
    char piece[4096];
    size_t n;

    (void)state;
    buf_printf(&path, "%s/daemon/trialwatch.1", top ? top : ".");
    FILE *file = fopen(buf_string(&path), "re");
    if (!file)
        return -1;
    while ((n = fread(piece, 1, sizeof(piece), file)) > 0)
        buf_append(&text, piece, n);
    fclose(file);
    manual = buf_take(&text);
    return manual ? 0 : -1;
}

static int free_manual(void **state)
{
    (void)state;
    free(manual);
    return 0;
}

/* The part of the manual from a line to the next section, the caller frees it; NULL when there is no such line. */
static char *section(const char *heading)
{
    _cleanup_buf_ struct buf line = {0};

    buf_printf(&line, "\n%s\n", heading);
    const char *start = strstr(manual, buf_string(&line));
    if (!start)
        return NULL;
    start += line.len;
    const char *end = strstr(start, "\n.Ss "), *chapter = strstr(start, "\n.Sh ");
    if (!end || (chapter && chapter < end))
        end = chapter;
    return end ? strndup(start, (size_t)(end - start) + 1) : strdup(start);
}

static const struct option_spec *find_option(const struct option_spec *options, const char *name, size_t len)
{
    for (; options && options->name; options++)
        if (strlen(options->name) == len && strncmp(options->name, name, len) == 0)
            return options;
    return NULL;
}

/* Every option has its entry, and every entry is an option. */
static void assert_options_agree(const char *where, const char *text, const struct option_spec *options)
{
    for (const struct option_spec *option = options; option && option->name; option++) {
        _cleanup_buf_ struct buf entry = {0}, lettered = {0};
        buf_printf(&entry, ".It Fl Fl %s", option->name);
        buf_printf(&lettered, ".It Fl %c , Fl Fl %s", option->letter, option->name);
        if (!strstr(text, option->letter ? buf_string(&lettered) : buf_string(&entry)))
            fail_msg("%s: the manual does not describe --%s as the table has it", where, option->name);
    }
    for (const char *entry = text; (entry = strstr(entry, ".It Fl ")); entry++) {
        const char *name = strstr(entry, "Fl Fl ");
        assert_non_null(name);
        name += strlen("Fl Fl ");
        if (!find_option(options, name, strcspn(name, " \n")))
            fail_msg("%s: the manual describes --%.*s, which the table has not", where, (int)strcspn(name, " \n"),
                     name);
    }
}

static void every_command_has_its_section_and_options(void **state)
{
    size_t count;
    const struct command *const *commands = command_all(&count);

    (void)state;
    for (size_t i = 0; i < count; i++) {
        _cleanup_buf_ struct buf heading = {0};
        buf_printf(&heading, ".Ss %s", commands[i]->name);
        _cleanup_free_ char *text = section(buf_string(&heading));

        if (commands[i]->flags & COMMAND_HIDDEN) {
            assert_null(text);
            continue;
        }
        if (!text)
            fail_msg("the manual has no section for %s", commands[i]->name);
        assert_options_agree(commands[i]->name, text, commands[i]->options);
    }
}

static void every_section_is_a_command(void **state)
{
    (void)state;
    for (const char *heading = manual; (heading = strstr(heading, "\n.Ss ")); heading++) {
        char name[32] = "";
        sscanf(heading, "\n.Ss %31s", name);
        if (!command_find(name))
            fail_msg("the manual has a section for %s, which is no command", name);
    }
}

static void the_global_options_are_described(void **state)
{
    _cleanup_free_ char *text = section(".Sh DESCRIPTION");

    (void)state;
    assert_non_null(text);
    assert_options_agree("global", text, command_global_options);
}

static void a_row_is_complete_and_fits_a_line(void **state)
{
    size_t count;
    const struct command *const *commands = command_all(&count);

    (void)state;
    for (size_t i = 0; i < count; i++) {
        const struct command *command = commands[i];
        assert_ptr_equal(command_find(command->name), command);
        assert_non_null(command->run);
        assert_non_null(command->arguments);
        assert_true(strlen(command->help) > 0);
        assert_true(strlen(command->summary) + 12 <= 80);
        assert_true(command->min_arguments <= command->max_arguments);
        assert_true(command->max_arguments < ARGUMENTS_MAX);
        for (const struct option_spec *option = command->options; option && option->name; option++)
            assert_true(strlen(option->help) > 0);
    }
}

static void hidden_commands_are_not_suggested(void **state)
{
    (void)state;
    assert_string_equal(command_suggest("statsu"), "status");
    assert_null(command_suggest("complte"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_command_has_its_section_and_options),
        cmocka_unit_test(every_section_is_a_command),
        cmocka_unit_test(the_global_options_are_described),
        cmocka_unit_test(a_row_is_complete_and_fits_a_line),
        cmocka_unit_test(hidden_commands_are_not_suggested),
    };

    return cmocka_run_group_tests(tests, read_manual, free_manual);
}
