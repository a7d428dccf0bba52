/* trialwatch ack: somebody has seen it. */
#include "client/commands.h"
#include "client/daemon.h"
#include "client/mute.h"

#include <errno.h>

static int ack_run(struct client *client, struct error *e)
{
    json_auto_t *answers = json_array();

    for (size_t i = 0; i < client->options.argument_count; i++) {
        const char *name = options_argument(&client->options, i);
        json_auto_t *wish = mute_wish(client, name);
        json_t *answer = NULL;
        int r = wish ? daemon_ask(client, "POST", "/v1/ack", wish, &answer, e)
                     : error_set(e, -EINVAL, "a name is not UTF-8");
        json_array_append_new(answers, answer);
        if (r < 0)
            return r;
        client_say(client, "%s is acknowledged.", name);
    }
    return client->json ? client_print_json(client, answers, e) : CLIENT_OK;
}

static const struct option_spec ack_options[] = {
    {.name = "note", .value = "TEXT", .help = "What was or will be done; it is kept."},
    {.name = NULL},
};

const struct command ack_command = {
    .name = "ack",
    .arguments = "ALERT|CHANNEL...",
    .min_arguments = 1,
    .max_arguments = ARGUMENTS_MAX - 1,
    .summary = "Say that somebody has seen an alert or a trouble",
    .help = "Who and when is kept, and trialwatch alerts shows it. ALERT is the id that trialwatch alerts shows. Of a "
            "CHANNEL that is in trouble, or of registry or history, the other channels are no longer told every day, "
            "until it is well again, which is told. Nothing else changes: alerts are tried as before.",
    .options = ack_options,
    .run = ack_run,
};
