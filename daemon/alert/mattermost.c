/* Mattermost, by an incoming webhook, whose format is Slack's with Mattermost's markdown in "text".
 *
 * A post has at most 16,383 characters (https://developers.mattermost.com/integrate/webhooks/incoming/); a longer text
 * would become several posts. Counted here in bytes, of which there are never fewer. */
#include "alert/channel_list.h"
#include "alert/line_forms.h"

#include <errno.h>
#include <string.h>

#define MAX_TEXT_BYTES 16000

static int render(const struct channel *channel, const json_t *message, const struct render_context *context,
                  struct rendering *ret, struct error *e)
{
    _cleanup_outline_ struct outline outline = {0};
    _cleanup_buf_ struct buf markdown = {0};
    const struct outline_budget budget = {.max_units = MAX_TEXT_BYTES >> context->shorter, .cost = line_cost_markdown};

    if (outline_build(message, &outline) < 0 || outline_fit(&outline, &budget) < 0)
        return error_set(e, -ENOMEM, "Out of memory");
    for (size_t i = 0; i < outline.count; i++)
        line_append_markdown(&markdown, &outline.lines[i]);
    json_t *body = buf_status(&markdown) < 0 ? NULL : json_pack("{ss}", "text", buf_string(&markdown));
    int r = rendering_take_json(ret, channel_text(channel, "url"), body);
    return r < 0 ? error_set(e, r, "Out of memory") : 0;
}

const struct channel_type channel_mattermost = {
    .name = "mattermost",
    .transport = TRANSPORT_HTTP,
    .help = "Mattermost, by the URL of an incoming webhook.",
    .options = {{"url", OPTION_SECRET, true, "The webhook's URL."}},
    .check = channel_check_url,
    .render = render,
};
