#include "client/help.h"

#include "base/buf.h"
#include "client/client.h"
#include "client/commands.h"
#include "client/safetext.h"

#include <errno.h>

#ifndef PACKAGE_VERSION
#define PACKAGE_VERSION "(unversioned build)"
#endif

#define OPTION_INDENT 4
#define WIDEST_PROSE 80

void help_print_version(FILE *out)
{
    fprintf(out, "trialwatch %s\n", PACKAGE_VERSION);
}

static void print_prose(const struct terminal *terminal, const char *text, size_t indent)
{
    _cleanup_buf_ struct buf wrapped = {0};
    size_t columns = terminal->columns > 0 ? size_min(terminal->columns, WIDEST_PROSE) : WIDEST_PROSE;

    safetext_append_wrapped(&wrapped, text, columns, indent);
    fputs(buf_string(&wrapped), terminal->out);
}

static void print_heading(const struct terminal *terminal, const char *heading)
{
    fprintf(terminal->out, "\n%s%s%s\n", terminal_style(terminal, STYLE_BOLD), heading, terminal_plain(terminal));
}

static void print_options(const struct terminal *terminal, const struct option_spec *options)
{
    for (const struct option_spec *option = options; option->name; option++) {
        if (option->letter)
            fprintf(terminal->out, "  -%c, --%s", option->letter, option->name);
        else
            fprintf(terminal->out, "  --%s", option->name);
        fprintf(terminal->out, "%s%s\n", option->value ? " " : "", option->value ? option->value : "");
        print_prose(terminal, option->help, OPTION_INDENT + 2);
    }
}

void help_print_all(const struct terminal *terminal)
{
    size_t count;
    const struct command *const *commands = command_all(&count);

    fputs("usage: trialwatch [OPTION]… COMMAND [ARGUMENT]…\n", terminal->out);
    print_prose(terminal,
                "Asks what the registry said of the watched trials and when, and tells the daemon what to do.", 0);
    print_heading(terminal, "Commands");
    for (size_t i = 0; i < count; i++)
        if (!(commands[i]->flags & COMMAND_HIDDEN))
            fprintf(terminal->out, "  %-9s %s\n", commands[i]->name, commands[i]->summary);
    print_heading(terminal, "Options of all commands");
    print_options(terminal, command_global_options);
    fputs("\ntrialwatch COMMAND --help says more of a command, trialwatch(1) everything.\n", terminal->out);
}

void help_print_command(const struct terminal *terminal, const struct command *command)
{
    fprintf(terminal->out, "usage: trialwatch %s%s%s%s\n", command->name, command->options ? " [OPTION]…" : "",
            *command->arguments ? " " : "", command->arguments);
    fprintf(terminal->out, "%s.\n\n", command->summary);
    print_prose(terminal, command->help, 0);
    if (command->options) {
        print_heading(terminal, "Options");
        print_options(terminal, command->options);
    }
    print_heading(terminal, "Options of all commands");
    print_options(terminal, command_global_options);
}

static int help_run(struct client *client, struct error *e)
{
    const char *name = options_argument(&client->options, 0);

    if (!name) {
        help_print_all(&client->terminal);
        return CLIENT_OK;
    }
    const struct command *command = command_find(name);
    if (command) {
        help_print_command(&client->terminal, command);
        return CLIENT_OK;
    }
    const char *meant = command_suggest(name);
    return error_set(e, -ENOENT, "there is no command '%s'%s%s%s", name, meant ? "; did you mean '" : "",
                     meant ? meant : "", meant ? "'?" : "");
}

const struct command help_command = {
    .name = "help",
    .arguments = "[COMMAND]",
    .max_arguments = 1,
    .flags = COMMAND_PAGED,
    .summary = "Say what a command does",
    .help = "The same as trialwatch COMMAND --help; without a command, the list of them.",
    .run = help_run,
};
