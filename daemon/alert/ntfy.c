/* ntfy, published as JSON (https://docs.ntfy.sh/publish/#publish-as-json): a notification on a phone.
 *
 * A message of more than 4,096 bytes would become an attachment (https://docs.ntfy.sh/publish/#limitations). */
#include "alert/channel_list.h"
#include "alert/line_forms.h"
#include "alert/sink.h"
#include "base/text.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#define MAX_MESSAGE_BYTES 4000
#define MAX_HEADLINE_BYTES 620 /* which may stand in the message too */
#define MAX_TITLE_BYTES 250    /* a phone shows less; its own limit is not documented */
#define DEFAULT_SERVER "https://ntfy.sh"

/* How loud (https://docs.ntfy.sh/publish/#message-priority) and with which symbol (…/#tags-emojis). */
static const struct loudness {
    const char *weight;
    int priority; /* 1 to 5 */
    const char *tag;
} loudness[] = {
    {"urgent", 5, "rotating_light"},
    {"notable", 4, "bell"},
    {"routine", 3, "clipboard"},
    {"silent", 2, "clipboard"},
};

static const struct loudness *loudness_of(const json_t *message)
{
    const char *weight = json_string_value(json_object_get(message, "weight"));

    for (size_t i = 0; i < ARRAY_SIZE(loudness); i++)
        if (weight && strcmp(loudness[i].weight, weight) == 0)
            return &loudness[i];
    return &loudness[ARRAY_SIZE(loudness) - 1];
}

/* The headline is the notification's title. */
static size_t cost(const struct line *line, const void *userdata)
{
    return line->role == LINE_HEADLINE ? 0 : line_cost_plain(line, userdata);
}

/* A headline too long for a title is the message's first line as well. */
static void append_title(struct buf *title, struct buf *body, const struct line *headline)
{
    _cleanup_buf_ struct buf line = {0};

    for (size_t i = 0; i < headline->span_count; i++)
        sink_append_line(&line, headline->spans[i].text);
    size_t len = text_cut_at_word(buf_string(&line), MAX_TITLE_BYTES);
    buf_append(title, buf_string(&line), len);
    if (len < line.len) {
        buf_append_string(title, "…");
        line_append_plain(body, headline);
    }
}

static json_t *body_of(const struct channel *channel, const json_t *message, const struct outline *outline)
{
    const struct loudness *loud = loudness_of(message);
    const struct line *study = outline_find(outline, LINE_TITLE);
    _cleanup_buf_ struct buf title = {0}, text = {0};

    append_title(&title, &text, outline_find(outline, LINE_HEADLINE));
    for (size_t i = 0; i < outline->count; i++)
        if (outline->lines[i].role != LINE_HEADLINE)
            line_append_plain(&text, &outline->lines[i]);
    if (buf_status(&title) < 0 || buf_status(&text) < 0)
        return NULL;
    const char *shown = buf_string(&text) + strspn(buf_string(&text), "\n");
    json_t *body = json_pack("{ss ss ss si s[s]}", "topic", channel_text(channel, "topic"), "title", buf_string(&title),
                             "message", shown, "priority", loud->priority, "tags", loud->tag);
    if (body && study && json_object_set_new(body, "click", json_string(study->url)) < 0) {
        json_decref(body);
        return NULL;
    }
    return body;
}

static int add_authorization(const struct channel *channel, struct rendering *ret)
{
    _cleanup_buf_ struct buf authorization = {0};

    if (!channel_text(channel, "token"))
        return 0;
    buf_printf(&authorization, "Bearer %s", channel_text(channel, "token"));
    return buf_status(&authorization) < 0 ? -ENOMEM
                                          : rendering_add_header(ret, "Authorization", buf_string(&authorization));
}

static int render(const struct channel *channel, const json_t *message, const struct render_context *context,
                  struct rendering *ret, struct error *e)
{
    _cleanup_outline_ struct outline outline = {0};
    const char *url = channel_text(channel, "url");
    const struct outline_budget budget = {
        .max_units = (MAX_MESSAGE_BYTES - MAX_HEADLINE_BYTES) >> context->shorter,
        .cost = cost,
    };

    if (outline_build(message, &outline) < 0 || outline_fit(&outline, &budget) < 0)
        return error_set(e, -ENOMEM, "Out of memory");
    int r = rendering_take_json(ret, url ? url : DEFAULT_SERVER, body_of(channel, message, &outline));
    if (r >= 0)
        r = add_authorization(channel, ret);
    return r < 0 ? error_set(e, r, "Out of memory") : 0;
}

/* Letters, digits, _ and -, at most 64 (https://github.com/binwiederhier/ntfy, server.go, topicRegex). */
static bool is_topic(const char *text)
{
    size_t len = strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-");

    return len > 0 && len <= 64 && text[len] == '\0';
}

static int check(const struct channel *channel, size_t *ret_option, struct error *e)
{
    const char *topic = channel_text(channel, "topic");

    if (topic && !is_topic(topic)) {
        *ret_option = channel_option_index(channel->type, "topic");
        return error_set(e, -EINVAL, "A topic has 1 to 64 letters, digits, underscores and dashes");
    }
    return channel_check_url(channel, ret_option, e);
}

const struct channel_type channel_ntfy = {
    .name = "ntfy",
    .transport = TRANSPORT_HTTP,
    .help = "A notification on phones by ntfy.",
    .options =
        {
            {"url", OPTION_TEXT, false, "The server, " DEFAULT_SERVER " by default."},
            {"topic", OPTION_SECRET, true, "The topic. Who knows it can read it, so it counts as a secret."},
            {"token", OPTION_SECRET, false, "An access token of a server that asks for one."},
        },
    .check = check,
    .render = render,
};
