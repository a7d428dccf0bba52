/* Discord, by a webhook: the headline as content, the rest as one embed.
 *
 * Limits: content 2,000 characters, an embed's description 4,096, all texts of embeds together 6,000
 * (https://discord.com/developers/docs/resources/message#embed-object-embed-limits). Counted here in bytes, of which
 * there are never fewer. allowed_mentions forbids every mention (…#allowed-mentions-object). */
#include "alert/channel_list.h"
#include "alert/line_forms.h"

#include <errno.h>
#include <string.h>

#define MAX_DESCRIPTION_BYTES 4000

/* The headline stands in the content, whose limit no headline reaches. */
static size_t cost(const struct line *line, const void *userdata)
{
    return line->role == LINE_HEADLINE ? 0 : line_cost_markdown(line, userdata);
}

static json_t *body_of(const struct outline *outline)
{
    _cleanup_buf_ struct buf content = {0}, description = {0};

    line_append_markdown(&content, outline_find(outline, LINE_HEADLINE));
    for (size_t i = 0; i < outline->count; i++)
        if (outline->lines[i].role != LINE_HEADLINE)
            line_append_markdown(&description, &outline->lines[i]);
    if (buf_status(&content) < 0 || buf_status(&description) < 0)
        return NULL;
    return json_pack("{ss s[{ss}] s{s[]}}", "content", buf_string(&content), "embeds", "description",
                     buf_string(&description), "allowed_mentions", "parse");
}

static int render(const struct channel *channel, const json_t *message, const struct render_context *context,
                  struct rendering *ret, struct error *e)
{
    _cleanup_outline_ struct outline outline = {0};
    const struct outline_budget budget = {.max_units = MAX_DESCRIPTION_BYTES >> context->shorter, .cost = cost};

    if (outline_build(message, &outline) < 0 || outline_fit(&outline, &budget) < 0)
        return error_set(e, -ENOMEM, "Out of memory");
    int r = rendering_take_json(ret, channel_text(channel, "url"), body_of(&outline));
    return r < 0 ? error_set(e, r, "Out of memory") : 0;
}

const struct channel_type channel_discord = {
    .name = "discord",
    .transport = TRANSPORT_HTTP,
    .help = "Discord, by the URL of a webhook.",
    .options = {{"url", OPTION_SECRET, true, "The webhook's URL."}},
    .check = channel_check_url,
    .render = render,
};
