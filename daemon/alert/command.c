/* A program of the operator's: it gets the alert's document on standard input.
 *
 * Exit status 0 is delivered, 75 (EX_TEMPFAIL of sysexits.h) and a time limit that passed is tried again, any other
 * failed. */
#include "alert/channel_list.h"
#include "alert/message.h"
#include "base/text.h"

#include <errno.h>
#include <string.h>

static int render(const struct channel *channel, const json_t *message, const struct render_context *context,
                  struct rendering *ret, struct error *e)
{
    _cleanup_free_ char *text = json_dumps(message, MESSAGE_DUMP_FLAGS);

    (void)channel;
    (void)context;
    if (!text || buf_append_string(&ret->body, text) < 0 || buf_append_string(&ret->body, "\n") < 0)
        return error_set(e, -ENOMEM, "Out of memory");
    return 0;
}

static int check(const struct channel *channel, size_t *ret_option, struct error *e)
{
    const struct channel_value *run = channel_value(channel, "run");
    const char *timeout = channel_text(channel, "timeout");
    int64_t usec;

    if (run->list_count > 0 && run->list[0][0] != '/') {
        *ret_option = channel_option_index(channel->type, "run");
        return error_set(e, -EINVAL, "The program is named by its whole path, such as /usr/local/bin/page-me");
    }
    if (timeout && (text_parse_duration(timeout, &usec) < 0 || usec < USEC_PER_SEC || usec > USEC_PER_HOUR)) {
        *ret_option = channel_option_index(channel->type, "timeout");
        return error_set(e, -EINVAL, "The time limit is between 1s and 1h");
    }
    return 0;
}

const struct channel_type channel_command = {
    .name = "command",
    .transport = TRANSPORT_COMMAND,
    .help = "Runs a program that gets the alert's JSON document on standard input. Exit status 0: delivered; 75: try "
            "again; other: failed.",
    .options =
        {
            {"run", OPTION_LIST, true, "The program's whole path and its arguments. No shell reads them."},
            {"timeout", OPTION_TEXT, false, "How long it may take, 30s by default."},
        },
    .check = check,
    .render = render,
};
