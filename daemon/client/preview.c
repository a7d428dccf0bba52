/* trialwatch preview */
#include "alert/channel.h"
#include "alert/message.h"
#include "client/client.h"
#include "client/commands.h"
#include "client/daemon.h"
#include "client/safetext.h"

#include <errno.h>
#include <string.h>

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

/* Mail's lines end with CR LF, a terminal's without CR. */
static void append_lines(struct buf *out, const char *text)
{
    for (const char *at = text ? text : ""; *at; at++)
        if (at[0] != '\r' || at[1] != '\n')
            buf_append(out, at, 1);
}

/* As it would be sent, by the daemon, which knows the channel. */
static int print_as_sent(const struct client *client, const char *channel, const char *nct_id, long version,
                         struct error *e)
{
    json_auto_t *wish = json_pack("{ss}", "study", nct_id), *answer = NULL;
    _cleanup_buf_ struct buf text = {0}, safe = {0}, path = {0};
    size_t i;
    json_t *header;

    if (!wish || (version > 0 && json_object_set_new(wish, "version", json_integer(version)) < 0))
        return error_set(e, -ENOMEM, "no memory for a preview");
    buf_append_string(&path, "/v1/channels/");
    http_append_escaped(&path, channel);
    buf_append_string(&path, "/preview");
    if (buf_status(&path) < 0)
        return error_set(e, -ENOMEM, "no memory for a preview");
    int r = daemon_ask(client, "POST", buf_string(&path), wish, &answer, e);
    if (r < 0)
        return r;
    json_array_foreach (json_object_get(answer, "headers"), i, header)
        buf_printf(&text, "%s: %s\n", json_string_value(json_object_get(header, "name")),
                   json_string_value(json_object_get(header, "value")));
    buf_append_string(&text, text.len > 0 ? "\n" : "");
    append_lines(&text, json_string_value(json_object_get(answer, "body")));
    safetext_append_lines(&safe, buf_string(&text));
    if (buf_status(&text) < 0 || buf_status(&safe) < 0)
        return error_set(e, -ENOMEM, "no memory for a preview");
    fprintf(client->terminal.out, "%s%s", buf_string(&safe),
            safe.len > 0 && buf_string(&safe)[safe.len - 1] == '\n' ? "" : "\n");
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
    if (r == 0 && !client->json) {
        r = print_as_sent(client, channel, nct_id, version, e);
        if (r != -EHOSTDOWN)
            return r;
        client_say(client, "The daemon does not run; this is how a console channel would print it:");
        r = 0;
    }
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
    .help =
        "What would be sent if all watches that lead to the channel asked for all kinds of change, in the channel's "
        "own form, with its secrets as ***. Without the daemon it is shown as a console channel prints it. --json "
        "prints the document that every channel gives its own form.",
    .run = preview_run,
};
