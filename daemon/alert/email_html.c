#include "alert/email_html.h"

#include "alert/sink.h"

#include <stdbool.h>

static const char document_start[] =
    "<!DOCTYPE html>\n"
    "<html lang=\"en\">\n"
    "<head>\n"
    "<meta charset=\"utf-8\">\n"
    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
    "<meta name=\"color-scheme\" content=\"light dark\">\n"
    "<meta name=\"supported-color-schemes\" content=\"light dark\">\n"
    "<title>trialwatch</title>\n"
    "<style>\n"
    ":root { color-scheme: light dark; }\n"
    "body { margin: 0; padding: 16px; background: #ffffff; color: #1c1c1e; font: 16px/1.45 -apple-system, "
    "\"Segoe UI\", Roboto, \"Helvetica Neue\", Arial, sans-serif; }\n"
    "main { max-width: 640px; margin: 0 auto; overflow-wrap: anywhere; }\n"
    "h1 { font-size: 20px; line-height: 1.3; margin: 0 0 16px; }\n"
    "h2 { font-size: 16px; line-height: 1.35; margin: 24px 0 4px; }\n"
    "p { margin: 0 0 8px; }\n"
    "a { color: #0b57d0; }\n"
    ".facts, .note, .footer { color: #5f6368; font-size: 14px; }\n"
    ".change { border-left: 3px solid #c4c7c5; padding-left: 10px; }\n"
    ".urgent { border-left-color: #c5221f; font-weight: 600; }\n"
    ".detail { padding-left: 13px; font-size: 15px; }\n"
    ".quote { padding-left: 13px; font-style: italic; }\n"
    ".footer { margin-top: 24px; font-size: 12px; }\n"
    "del { color: #a50e0e; }\n"
    "ins { color: #0d652d; text-decoration: none; font-weight: 600; }\n"
    "@media (prefers-color-scheme: dark) {\n"
    "body { background: #1b1b1d; color: #e8eaed; }\n"
    "a { color: #a8c7fa; }\n"
    ".facts, .note, .footer { color: #a9adb3; }\n"
    ".change { border-left-color: #5f6368; }\n"
    ".urgent { border-left-color: #f28b82; }\n"
    "del { color: #f28b82; }\n"
    "ins { color: #81c995; }\n"
    "}\n"
    "</style>\n"
    "</head>\n"
    "<body>\n"
    "<main>\n";

static const char document_end[] = "</main>\n</body>\n</html>\n";

static const struct {
    const char *before, *after;
} roles[] =
    {
        [LINE_HEADLINE] = {"<h1>", "</h1>\n"},
        [LINE_TEXT] = {"<p>", "</p>\n"},
        [LINE_TITLE] = {"<h2>", "</h2>\n"},
        [LINE_FACTS] = {"<p class=\"facts\">", "</p>\n"},
        [LINE_CHANGE] = {"<p class=\"change\">", "</p>\n"},
        [LINE_DETAIL] = {"<p class=\"detail\">", "</p>\n"},
        [LINE_QUOTE] = {"<p class=\"quote\">", "</p>\n"},
        [LINE_NOTE] = {"<p class=\"note\">", "</p>\n"},
        [LINE_MORE] = {"<p>… ", "</p>\n"},
        [LINE_FOOTER] = {"<p class=\"footer\">", "</p>\n"},
},
  styles[] = {
      [SPAN_PLAIN] = {"", ""},
      [SPAN_STRONG] = {"", ""}, /* the role's own class says it */
      [SPAN_STRUCK] = {"<del>", "</del>"},
      [SPAN_ADDED] = {"<ins>", "</ins>"},
};

static void append_line(struct buf *out, const struct line *line)
{
    bool urgent = line->role == LINE_CHANGE && line->urgent;

    buf_append_string(out, urgent ? "<p class=\"change urgent\">" : roles[line->role].before);
    if (line->url) {
        buf_append_string(out, "<a href=\"");
        sink_append_html(out, line->url);
        buf_append_string(out, "\">");
    }
    for (size_t i = 0; i < line->span_count; i++) {
        buf_append_string(out, styles[line->spans[i].style].before);
        sink_append_html(out, line->spans[i].text);
        buf_append_string(out, styles[line->spans[i].style].after);
    }
    buf_append_string(out, line->url ? "</a>" : "");
    buf_append_string(out, roles[line->role].after);
}

size_t email_line_cost(const struct line *line, const void *userdata)
{
    _cleanup_buf_ struct buf text = {0};

    (void)userdata;
    append_line(&text, line);
    return text.len;
}

void email_append_html(struct buf *out, const struct outline *outline)
{
    buf_append_string(out, document_start);
    for (size_t i = 0; i < outline->count; i++)
        append_line(out, &outline->lines[i]);
    buf_append_string(out, document_end);
}
