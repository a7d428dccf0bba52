/* Microsoft Teams, by a Workflows webhook ("When a Teams webhook request is received"), as one Adaptive Card.
 *
 * The message must stay below 28 KB (https://learn.microsoft.com/microsoftteams/limits-specifications-teams, "Incoming
 * webhook message size"). Texts are TextRun elements, in which Teams reads no markdown
 * (https://adaptivecards.io/explorer/TextRun.html): strangers' texts need no escape but JSON's. */
#include "alert/channel_list.h"
#include "alert/line_forms.h"
#include "alert/sink.h"

#include <errno.h>
#include <string.h>

#define MAX_CARD_BYTES 24000    /* of lines; the rest to 28 KB is spare for the envelope */
#define LINE_ENVELOPE_BYTES 120 /* of a RichTextBlock without its runs */
#define TEXT_COST 2             /* JSON may write a byte as two; what takes six are controls, which a sink leaves out */
#define RUN_ENVELOPE_BYTES 120

static size_t cost(const struct line *line, const void *userdata)
{
    size_t bytes = LINE_ENVELOPE_BYTES;

    (void)userdata;
    for (size_t i = 0; i < line->span_count; i++)
        bytes += RUN_ENVELOPE_BYTES + TEXT_COST * strlen(line->spans[i].text);
    return bytes + (line->url ? 200 : 0);
}

static const char *line_start(enum line_role role)
{
    switch (role) {
    case LINE_CHANGE:
        return "• ";
    case LINE_DETAIL:
        return "    ";
    case LINE_MORE:
        return "… ";
    default:
        return "";
    }
}

static json_t *run_of(const struct line *line, size_t index)
{
    const struct span *span = &line->spans[index];
    _cleanup_buf_ struct buf text = {0};

    buf_append_string(&text, index == 0 ? line_start(line->role) : "");
    sink_append_line(&text, span->text);
    json_t *run = json_pack("{ss ss}", "type", "TextRun", "text", buf_string(&text));
    int r = run ? 0 : -1;
    if (span->style == SPAN_STRONG || span->style == SPAN_ADDED)
        r |= json_object_set_new(run, "weight", json_string("Bolder"));
    if (span->style == SPAN_STRUCK)
        r |= json_object_set_new(run, "strikethrough", json_true());
    if (line->role == LINE_HEADLINE)
        r |= json_object_set_new(run, "size", json_string("Large"));
    if (line->role == LINE_FACTS || line->role == LINE_NOTE || line->role == LINE_FOOTER)
        r |= json_object_set_new(run, "isSubtle", json_true());
    if (line->url)
        r |= json_object_set_new(run, "selectAction", json_pack("{ss ss}", "type", "Action.OpenUrl", "url", line->url));
    if (r < 0 || buf_status(&text) < 0) {
        json_decref(run);
        return NULL;
    }
    return run;
}

static json_t *block_of(const struct line *line)
{
    json_t *runs = json_array();

    for (size_t i = 0; i < line->span_count; i++)
        if (json_array_append_new(runs, run_of(line, i)) < 0) {
            json_decref(runs);
            return NULL;
        }
    return json_pack("{ss so}", "type", "RichTextBlock", "inlines", runs);
}

static json_t *card_of(const struct outline *outline)
{
    json_t *blocks = json_array();

    for (size_t i = 0; i < outline->count; i++)
        if (json_array_append_new(blocks, block_of(&outline->lines[i])) < 0) {
            json_decref(blocks);
            return NULL;
        }
    return json_pack("{ss ss ss s{ss} so}", "type", "AdaptiveCard", "$schema",
                     "http://adaptivecards.io/schemas/adaptive-card.json", "version", "1.4", "msteams", "width", "Full",
                     "body", blocks);
}

static int render(const struct channel *channel, const json_t *message, const struct render_context *context,
                  struct rendering *ret, struct error *e)
{
    _cleanup_outline_ struct outline outline = {0};
    const struct outline_budget budget = {.max_units = MAX_CARD_BYTES >> context->shorter, .cost = cost};

    if (outline_build(message, &outline) < 0 || outline_fit(&outline, &budget) < 0)
        return error_set(e, -ENOMEM, "Out of memory");
    json_t *body = json_pack("{ss s[{ss sn so}]}", "type", "message", "attachments", "contentType",
                             "application/vnd.microsoft.card.adaptive", "contentUrl", "content", card_of(&outline));
    int r = rendering_take_json(ret, channel_text(channel, "url"), body);
    return r < 0 ? error_set(e, r, "Out of memory") : 0;
}

const struct channel_type channel_teams = {
    .name = "teams",
    .transport = TRANSPORT_HTTP,
    .help = "Microsoft Teams, by the URL of a Workflows webhook, as an Adaptive Card.",
    .options = {{"url", OPTION_SECRET, true, "The URL that the workflow shows."}},
    .check = channel_check_url,
    .render = render,
};
