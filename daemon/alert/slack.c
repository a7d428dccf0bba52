/* Slack, by an incoming webhook or by a bot's token, as Block Kit.
 *
 * Limits: 50 blocks a message (https://docs.slack.dev/reference/block-kit/blocks), 150 characters a header's text
 * (…/blocks/header-block), 3,000 a section's (…/blocks/section-block), and about 13,000 for all texts of a message
 * together, which Slack enforces ("msg_blocks_too_long") without documenting it. All counted here in bytes, of which
 * there are never fewer than characters. */
#include "alert/channel_list.h"
#include "alert/line_forms.h"
#include "alert/sink.h"
#include "alert/slack_judge.h"
#include "base/text.h"

#include <errno.h>
#include <string.h>

#define MAX_HEADER_BYTES 150
#define MAX_SECTION_BYTES 3000
#define MAX_TEXT_BYTES 12000 /* header, sections and context together; the rest to 13,000 is spare */
#define MAX_OWN_SECTIONS 30  /* after so many a study no longer gets a section of its own */

#define API_URL "https://slack.com/api/chat.postMessage"

static const struct {
    const char *before, *after;
} marks[] = {
    [SPAN_PLAIN] = {"", ""}, [SPAN_STRONG] = {"*", "*"}, [SPAN_STRUCK] = {"~", "~"}, [SPAN_ADDED] = {"*", "*"}};

static const char *const line_starts[] = {
    [LINE_HEADLINE] = "",     [LINE_TEXT] = "",    [LINE_TITLE] = "", [LINE_FACTS] = "",  [LINE_CHANGE] = "• ",
    [LINE_DETAIL] = "      ", [LINE_QUOTE] = "> ", [LINE_NOTE] = "",  [LINE_MORE] = "… ", [LINE_FOOTER] = "",
};

/* Slack has no escape for its marks, and they only count beside a character that is no space: a text that contains one
 * goes without, and spaces at the ends stay outside. */
static void append_span(struct buf *out, const struct span *span)
{
    _cleanup_buf_ struct buf text = {0};

    sink_append_slack(&text, span->text);
    const char *shown = buf_string(&text);
    size_t start = strspn(shown, " "), end = text.len;
    while (end > start && shown[end - 1] == ' ')
        end--;
    bool marked = end > start && !strpbrk(shown, "*~");
    buf_append(out, shown, start);
    buf_append_string(out, marked ? marks[span->style].before : "");
    buf_append(out, shown + start, end - start);
    buf_append_string(out, marked ? marks[span->style].after : "");
    buf_append(out, shown + end, text.len - end);
}

static void append_line(struct buf *out, const struct line *line)
{
    buf_append_string(out, line_starts[line->role]);
    if (line->url) {
        buf_append_string(out, "<");
        sink_append_url(out, line->url);
        buf_append_string(out, "|");
    }
    for (size_t i = 0; i < line->span_count; i++)
        if (line->url)
            sink_append_slack(out, line->spans[i].text);
        else
            append_span(out, &line->spans[i]);
    buf_append_string(out, line->url ? ">\n" : "\n");
}

static size_t cost(const struct line *line, const void *userdata)
{
    _cleanup_buf_ struct buf text = {0};

    (void)userdata;
    append_line(&text, line);
    return text.len;
}

static int add_section(json_t *blocks, struct buf *text)
{
    if (text->len == 0)
        return 0;
    int r = json_array_append_new(
        blocks, json_pack("{ss s{ss ss}}", "type", "section", "text", "type", "mrkdwn", "text", buf_string(text)));
    buf_reset(text);
    return r;
}

/* Lines packed into sections; a study begins a new one while there are not too many. */
static int add_sections(json_t *blocks, const struct outline *outline)
{
    _cleanup_buf_ struct buf section = {0};

    for (size_t i = 0; i < outline->count; i++) {
        const struct line *line = &outline->lines[i];
        bool own = line->role == LINE_TITLE && json_array_size(blocks) < MAX_OWN_SECTIONS;

        if (line->role == LINE_HEADLINE || line->role == LINE_FOOTER)
            continue;
        if ((own || section.len + cost(line, NULL) > MAX_SECTION_BYTES) && add_section(blocks, &section) < 0)
            return -ENOMEM;
        append_line(&section, line);
    }
    return buf_status(&section) < 0 ? -ENOMEM : add_section(blocks, &section);
}

static json_t *header_block(const struct line *headline)
{
    _cleanup_free_ char *text = line_text(headline);
    _cleanup_buf_ struct buf line = {0}, shown = {0};

    if (!text)
        return NULL;
    sink_append_line(&line, text);
    size_t len = text_cut_at_word(buf_string(&line), MAX_HEADER_BYTES - strlen("…"));
    buf_append(&shown, buf_string(&line), len);
    if (len < line.len)
        buf_append_string(&shown, "…");
    return json_pack("{ss s{ss ss sb}}", "type", "header", "text", "type", "plain_text", "text", buf_string(&shown),
                     "emoji", 0);
}

static json_t *context_block(const struct line *footer)
{
    _cleanup_buf_ struct buf text = {0};

    append_line(&text, footer);
    return json_pack("{ss s[{ss ss}]}", "type", "context", "elements", "type", "mrkdwn", "text", buf_string(&text));
}

/* What notifications show, and clients without blocks. A headline that the header had to shorten stands here whole. */
static json_t *fallback(const struct line *headline)
{
    _cleanup_free_ char *text = line_text(headline);
    _cleanup_buf_ struct buf escaped = {0};

    if (!text)
        return NULL;
    sink_append_slack(&escaped, text);
    return json_string(buf_string(&escaped));
}

static json_t *blocks_of(const struct outline *outline)
{
    json_t *blocks = json_array();
    const struct line *headline = outline_find(outline, LINE_HEADLINE);

    if (json_array_append_new(blocks, header_block(headline)) < 0 || add_sections(blocks, outline) < 0 ||
        json_array_append_new(blocks, context_block(outline_find(outline, LINE_FOOTER))) < 0) {
        json_decref(blocks);
        return NULL;
    }
    return blocks;
}

static int add_token_parts(json_t *body, const struct channel *channel, const struct render_context *context,
                           struct rendering *ret)
{
    _cleanup_buf_ struct buf authorization = {0};

    buf_printf(&authorization, "Bearer %s", channel_text(channel, "token"));
    int r = json_object_set_new(body, "channel", json_string(channel_text(channel, "channel")));
    if (context->thread)
        r |= json_object_set_new(body, "thread_ts", json_string(context->thread));
    if (r < 0 || buf_status(&authorization) < 0)
        return -ENOMEM;
    return rendering_add_header(ret, "Authorization", buf_string(&authorization));
}

static int render_outline(const struct channel *channel, const struct outline *outline,
                          const struct render_context *context, struct rendering *ret)
{
    const char *url = channel_text(channel, "url");
    json_t *body = json_pack("{so so sb sb}", "text", fallback(outline_find(outline, LINE_HEADLINE)), "blocks",
                             blocks_of(outline), "unfurl_links", 0, "unfurl_media", 0);
    int r = body ? 0 : -ENOMEM;

    if (r >= 0 && channel_text(channel, "token"))
        r = add_token_parts(body, channel, context, ret);
    if (r < 0) {
        json_decref(body);
        return r;
    }
    return rendering_take_json(ret, url ? url : API_URL, body);
}

static int render(const struct channel *channel, const json_t *message, const struct render_context *context,
                  struct rendering *ret, struct error *e)
{
    _cleanup_outline_ struct outline outline = {0};
    const struct outline_budget budget = {.max_units = MAX_TEXT_BYTES >> context->shorter, .cost = cost};

    int r = outline_build(message, &outline);
    if (r >= 0)
        r = outline_fit(&outline, &budget);
    if (r >= 0)
        r = render_outline(channel, &outline, context, ret);
    return r < 0 ? error_set(e, r, "Out of memory") : 0;
}

static int check(const struct channel *channel, size_t *ret_option, struct error *e)
{
    if (!channel_text(channel, "url") && !channel_text(channel, "token")) {
        *ret_option = channel_option_index(channel->type, "url");
        return error_set(e, -EINVAL, "Slack needs either the url of an incoming webhook, or a token and a channel");
    }
    if (channel_text(channel, "token") && !channel_text(channel, "channel")) {
        *ret_option = channel_option_index(channel->type, "channel");
        return error_set(e, -EINVAL, "With a token, say which Slack channel, such as C0123456789");
    }
    return channel_check_url(channel, ret_option, e);
}

const struct channel_type channel_slack = {
    .name = "slack",
    .transport = TRANSPORT_HTTP,
    .help = "Slack, by an incoming webhook's url, or by a bot's token, which threads later alerts of a study under its "
            "first.",
    .options =
        {
            {"url", OPTION_SECRET, false,
             "The incoming webhook's URL. With a token: the API's, if it is not slack.com's."},
            {"token", OPTION_SECRET, false, "A bot's token (xoxb-…) with the scope chat:write."},
            {"channel", OPTION_TEXT, false, "With a token: the id of the channel to write to."},
        },
    .check = check,
    .render = render,
    .judge = slack_judge,
};
