/* trialwatch complete: words for the shells' completions, one a line. */
#include "client/commands.h"
#include "client/daemon.h"
#include "client/safetext.h"
#include "history/outbox.h"
#include "history/watches.h"
#include "trial/kinds.h"

#include <errno.h>
#include <string.h>

static void print_word(const struct client *client, const char *word)
{
    _cleanup_buf_ struct buf safe = {0};

    safetext_append(&safe, word);
    fprintf(client->terminal.out, "%s\n", buf_string(&safe));
}

static int print_study(const struct study_row *row, void *userdata)
{
    print_word(userdata, row->nct_id);
    return 0;
}

static int complete_studies(struct client *client, struct error *e)
{
    int r = client_open_history(client, e);

    return r < 0 ? r : versions_each_study(client->history, print_study, client, e);
}

/* The daemon knows which channels there are; without it, those that were told of something. */
static int add_channel(const struct alert_row *row, void *userdata)
{
    return json_object_set_new(userdata, row->channel, json_true());
}

static int complete_channels(struct client *client, struct error *e)
{
    const struct alert_filter filter = {.limit = 1000, .newest_first = true};
    json_auto_t *status = NULL, *names = json_object();
    const json_t *channel;
    const char *name;
    json_t *value;
    size_t i;
    int r = daemon_ask(client, "GET", "/v1/status", NULL, &status, e);

    json_array_foreach (json_object_get(status, "channels"), i, channel)
        if (json_is_string(json_object_get(channel, "name")))
            print_word(client, json_string_value(json_object_get(channel, "name")));
    if (r == 0)
        return 0;
    r = client_open_history(client, e);
    if (r == 0)
        r = outbox_each(client->history, &filter, add_channel, names, e);
    json_object_foreach (names, name, value)
        print_word(client, name);
    return r;
}

static int print_watch(const struct watch_row *row, void *userdata)
{
    print_word(userdata, row->name);
    return 0;
}

static int complete_watches(struct client *client, struct error *e)
{
    int r = client_open_history(client, e);

    return r < 0 ? r : watches_each(client->history, print_watch, client, e);
}

static int print_alert(const struct alert_row *row, void *userdata)
{
    print_word(userdata, row->id);
    return 0;
}

static int complete_alerts(struct client *client, struct error *e)
{
    const struct alert_filter filter = {
        .states = 1u << ALERT_DUE | 1u << ALERT_HELD | 1u << ALERT_SENDING | 1u << ALERT_FAILED,
        .limit = 200,
        .newest_first = true,
    };
    int r = client_open_history(client, e);

    return r < 0 ? r : outbox_each(client->history, &filter, print_alert, client, e);
}

static int complete_kinds(struct client *client, struct error *e)
{
    (void)e;
    for (enum kind kind = 0; kind < KIND_COUNT; kind++)
        print_word(client, kind_info(kind)->name);
    return 0;
}

static int complete_commands(struct client *client, struct error *e)
{
    size_t count;
    const struct command *const *commands = command_all(&count);

    (void)e;
    for (size_t i = 0; i < count; i++)
        if (!(commands[i]->flags & COMMAND_HIDDEN))
            fprintf(client->terminal.out, "%s\t%s\n", commands[i]->name, commands[i]->summary);
    return 0;
}

static void print_options(const struct client *client, const struct option_spec *options)
{
    for (; options && options->name; options++)
        fprintf(client->terminal.out, "--%s%s\t%s\n", options->name, options->value ? "=" : "", options->help);
}

/* Those of the command named next, and the global ones. */
static int complete_options(struct client *client, struct error *e)
{
    const char *name = options_argument(&client->options, 1);
    const struct command *command = name ? command_find(name) : NULL;

    (void)e;
    if (command)
        print_options(client, command->options);
    print_options(client, command_global_options);
    return 0;
}

static const struct word_list {
    const char *name;
    int (*print)(struct client *client, struct error *e);
} lists[] = {
    {"studies", complete_studies}, {"channels", complete_channels}, {"watches", complete_watches},
    {"alerts", complete_alerts},   {"kinds", complete_kinds},       {"commands", complete_commands},
    {"options", complete_options},
};

static int complete_run(struct client *client, struct error *e)
{
    const char *wanted = options_argument(&client->options, 0);

    for (size_t i = 0; i < ARRAY_SIZE(lists); i++)
        if (strcmp(lists[i].name, wanted) == 0)
            return lists[i].print(client, e);
    return error_set(e, -EINVAL, "there is nothing to complete called '%s'", wanted);
}

const struct command complete_command = {
    .name = "complete",
    .arguments = "studies | channels | watches | alerts | kinds | commands | options [COMMAND]",
    .min_arguments = 1,
    .max_arguments = 2,
    .flags = COMMAND_HIDDEN,
    .summary = "Print words for the shells' completions",
    .help = "One a line; commands and options with a tab and what they are for.",
    .run = complete_run,
};
