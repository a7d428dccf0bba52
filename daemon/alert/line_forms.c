#include "alert/line_forms.h"

#include "alert/sink.h"

#include <string.h>

/* What stands before and after a whole line, by role. */
static const char *const plain_before[] = {
    [LINE_HEADLINE] = "",   [LINE_TEXT] = "",    [LINE_TITLE] = "\n", [LINE_FACTS] = "",  [LINE_CHANGE] = "• ",
    [LINE_DETAIL] = "    ", [LINE_QUOTE] = "> ", [LINE_NOTE] = "",    [LINE_MORE] = "… ", [LINE_FOOTER] = "",
};

/* An empty line before what would otherwise continue the list or quotation above it. */
static const char *const markdown_before[] = {
    [LINE_HEADLINE] = "### ", [LINE_TEXT] = "",      [LINE_TITLE] = "\n", [LINE_FACTS] = "",    [LINE_CHANGE] = "- ",
    [LINE_DETAIL] = "  - ",   [LINE_QUOTE] = "\n> ", [LINE_NOTE] = "\n",  [LINE_MORE] = "- … ", [LINE_FOOTER] = "\n",
};

/* What surrounds a span, by style. */
static const struct {
    const char *before, *after;
} plain_spans[] =
    {[SPAN_PLAIN] = {"", ""}, [SPAN_STRONG] = {"", ""}, [SPAN_STRUCK] = {"[-", "-]"}, [SPAN_ADDED] = {"{+", "+}"}},
  markdown_spans[] = {
      [SPAN_PLAIN] = {"", ""}, [SPAN_STRONG] = {"**", "**"}, [SPAN_STRUCK] = {"~~", "~~"}, [SPAN_ADDED] = {"**", "**"}};

void line_append_plain(struct buf *out, const struct line *line)
{
    buf_append_string(out, plain_before[line->role]);
    for (size_t i = 0; i < line->span_count; i++) {
        buf_append_string(out, plain_spans[line->spans[i].style].before);
        sink_append_line(out, line->spans[i].text);
        buf_append_string(out, plain_spans[line->spans[i].style].after);
    }
    buf_append_string(out, "\n");
    if (line->url) {
        sink_append_url(out, line->url);
        buf_append_string(out, "\n");
    }
}

/* Markdown takes ** only beside a character that is no space: spaces at the ends stay outside. */
static void append_markdown_span(struct buf *out, const struct span *span, bool with_marks)
{
    _cleanup_buf_ struct buf text = {0};

    sink_append_markdown(&text, span->text);
    const char *shown = buf_string(&text);
    size_t start = strspn(shown, " "), end = text.len;
    while (end > start && shown[end - 1] == ' ')
        end--;
    with_marks = with_marks && end > start;
    buf_append(out, shown, start);
    buf_append_string(out, with_marks ? markdown_spans[span->style].before : "");
    buf_append(out, shown + start, end - start);
    buf_append_string(out, with_marks ? markdown_spans[span->style].after : "");
    buf_append(out, shown + end, text.len - end);
}

void line_append_markdown(struct buf *out, const struct line *line)
{
    buf_append_string(out, markdown_before[line->role]);
    if (line->url)
        buf_append_string(out, "[");
    for (size_t i = 0; i < line->span_count; i++)
        append_markdown_span(out, &line->spans[i], line->role != LINE_HEADLINE);
    if (line->url) {
        buf_append_string(out, "](<");
        sink_append_url(out, line->url);
        buf_append_string(out, ">)");
    }
    buf_append_string(out, "\n");
}

static size_t cost(void (*append)(struct buf *, const struct line *), const struct line *line)
{
    _cleanup_buf_ struct buf text = {0};

    append(&text, line);
    return text.len;
}

size_t line_cost_plain(const struct line *line, const void *userdata)
{
    (void)userdata;
    return cost(line_append_plain, line);
}

size_t line_cost_markdown(const struct line *line, const void *userdata)
{
    (void)userdata;
    return cost(line_append_markdown, line);
}

const struct line *outline_find(const struct outline *outline, enum line_role role)
{
    for (size_t i = 0; i < outline->count; i++)
        if (outline->lines[i].role == role)
            return &outline->lines[i];
    return NULL;
}
