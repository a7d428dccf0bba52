/* trialwatch preview */
#include "alert/channel.h"
#include "alert/message.h"
#include "client/client.h"
#include "client/commands.h"
#include "client/safetext.h"

#include <errno.h>
#include <string.h>

DEFINE_CLEANUP(struct watch_set *, watch_set_free)

static int print_as_console(const struct client *client, char *channel_name, const json_t *message, struct error *e)
{
    const struct channel channel = {.name = channel_name, .type = channel_type_find("console")};
    const struct render_context context = {.now_usec = clock_wall_usec()};
    _cleanup_rendering_ struct rendering rendering = {0};
    _cleanup_buf_ struct buf safe = {0};
    int r = channel.type ? channel.type->render(&channel, message, &context, &rendering, e)
                         : error_set(e, -ENOSYS, "there is no console channel to show it by; use --json");

    if (r < 0)
        return r;
    safetext_append_lines(&safe, buf_string(&rendering.body));
    fputs(buf_string(&safe), client->terminal.out);
    return CLIENT_OK;
}

static int preview_run(struct client *client, struct error *e)
{
    const struct options *options = &client->options;
    const char *number = options_argument(options, 2);
    _cleanup_free_ char *channel = strdup(options_argument(options, 0));
    _cleanup_(watch_set_free_cleanup) struct watch_set *watches = NULL;
    json_auto_t *message = NULL;
    char nct_id[STUDY_NCT_ID_BYTES];
    long version = 0;
    int r = channel ? 0 : error_set(e, -ENOMEM, "no memory for a preview");

    if (r == 0 && number)
        r = options_parse_number(number, "a version", 1, &version, e);
    if (r == 0)
        r = client_resolve_study(client, options_argument(options, 1), nct_id, e);
    if (r == 0)
        r = watch_set_new(NULL, 0, &watches);
    if (r == 0)
        r = message_preview(client->history, watches, channel, nct_id, version, &message, e);
    if (r < 0)
        return r;
    return client->json ? client_print_json(client, message, e) : print_as_console(client, channel, message, e);
}

const struct command preview_command = {
    .name = "preview",
    .arguments = "CHANNEL STUDY [VERSION]",
    .min_arguments = 2,
    .max_arguments = 3,
    .flags = COMMAND_PAGED,
    .summary = "Show what a channel is told of a version of a study",
    .help = "What a watch of all kinds would tell, without distances and highlights, which are the watch's. People see "
            "it as a "
            "console channel prints it; --json prints the document that every channel gives its own form.",
    .run = preview_run,
};
