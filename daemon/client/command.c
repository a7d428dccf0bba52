#include "client/command.h"

#include "base/macro.h"
#include "base/suggest.h"
#include "client/commands.h"

#include <string.h>

const struct option_spec command_global_options[] = {
    {.name = "help", .letter = 'h', .help = "Say what the command does."},
    {.name = "version", .help = "Print the version of trialwatch."},
    {.name = "history",
     .letter = 'H',
     .value = "FILE",
     .help = "The history file. Else $TRIALWATCH_HISTORY, else where the daemon keeps it by default."},
    {.name = "socket",
     .letter = 'S',
     .value = "FILE",
     .help = "The daemon's control socket. Else $TRIALWATCH_SOCKET, else the daemon's default."},
    {.name = "json", .help = "Print JSON."},
    {.name = "csv", .help = "Print comma-separated values, where the answer is a table."},
    {.name = "utc", .help = "Times in UTC, also those that are typed."},
    {.name = "no-pager", .help = "Do not show long answers in a pager."},
    {.name = NULL},
};

/* In the order of the help: state, studies, people, file, daemon. */
static const struct command *const commands[] = {
    &status_command, &history_command,  &show_command,    &diff_command,   &sites_command,    &changes_command,
    &find_command,   &alerts_command,   &watch_command,   &polls_command,  &plan_command,     &poll_command,
    &reload_command, &test_command,     &preview_command, &retry_command,  &drop_command,     &mute_command,
    &unmute_command, &ack_command,      &verify_command,  &export_command, &backfill_command, &backup_command,
    &help_command,   &complete_command,
};

const struct command *const *command_all(size_t *ret_count)
{
    *ret_count = ARRAY_SIZE(commands);
    return commands;
}

const struct command *command_find(const char *name)
{
    for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
        if (strcmp(commands[i]->name, name) == 0)
            return commands[i];
    return NULL;
}

const char *command_suggest(const char *typed)
{
    const char *names[ARRAY_SIZE(commands)];
    size_t count = 0;

    for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
        if (!(commands[i]->flags & COMMAND_HIDDEN))
            names[count++] = commands[i]->name;
    return suggest_nearest(typed, names, count);
}
