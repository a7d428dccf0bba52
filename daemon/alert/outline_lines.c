#include "alert/outline_lines.h"

#include "base/text.h"

#include <errno.h>
#include <string.h>

void line_clear(struct line *line)
{
    for (size_t i = 0; i < line->span_count; i++)
        free(line->spans[i].text);
    free(line->spans);
    free(line->url);
    *line = (struct line){0};
}

void outline_clear(struct outline *outline)
{
    for (size_t i = 0; i < outline->count; i++)
        line_clear(&outline->lines[i]);
    free(outline->lines);
    *outline = (struct outline){0};
}

struct line *outline_add(struct outline *outline, enum line_role role)
{
    if (outline->count == outline->capacity) {
        size_t capacity = size_max(16, outline->capacity * 2);
        struct line *lines = reallocarray(outline->lines, capacity, sizeof(*lines));
        if (!lines)
            return NULL;
        outline->lines = lines;
        outline->capacity = capacity;
    }
    struct line *line = &outline->lines[outline->count++];
    *line = (struct line){.role = role};
    return line;
}

int line_add_span(struct line *line, enum span_style style, const char *text, size_t max_bytes)
{
    _cleanup_buf_ struct buf shown = {0};
    size_t len = text_cut_at_word(text, max_bytes);

    buf_append(&shown, text, len);
    if (text[len] != '\0')
        buf_append_string(&shown, "…");
    struct span *spans = reallocarray(line->spans, line->span_count + 1, sizeof(*spans));
    if (!spans)
        return -ENOMEM;
    line->spans = spans;
    char *owned = buf_take(&shown);
    if (!owned)
        return -ENOMEM;
    spans[line->span_count++] = (struct span){.style = style, .text = owned};
    return 0;
}

int outline_add_text(struct outline *outline, enum line_role role, enum span_style style, const struct buf *text)
{
    struct line *line = buf_status(text) < 0 ? NULL : outline_add(outline, role);

    return line ? line_add_span(line, style, buf_string(text), OUTLINE_MAX_LINE_BYTES) : -ENOMEM;
}

int outline_add_more(struct outline *outline, size_t changes, size_t studies)
{
    _cleanup_buf_ struct buf text = {0};

    buf_append_string(&text, "and ");
    if (changes > 0)
        text_append_count(&text, changes, "more change");
    if (studies > 0 && changes > 0)
        buf_append_string(&text, ", and ");
    if (studies > 0)
        buf_printf(&text, "%zu more %s", studies, studies == 1 ? "study" : "studies");
    int r = outline_add_text(outline, LINE_MORE, SPAN_PLAIN, &text);
    if (r < 0)
        return r;
    outline->lines[outline->count - 1].changes = changes;
    outline->lines[outline->count - 1].studies = studies;
    return 0;
}

char *line_text(const struct line *line)
{
    _cleanup_buf_ struct buf text = {0};

    for (size_t i = 0; i < line->span_count; i++)
        buf_append_string(&text, line->spans[i].text);
    return buf_take(&text);
}
