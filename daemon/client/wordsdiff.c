#include "client/wordsdiff.h"

#include "base/text.h"
#include "client/safetext.h"
#include "trial/textdiff.h"

#include <errno.h>
#include <string.h>

/* What is the same is shown so far on either side of what differs. */
#define CONTEXT_BYTES 120

static const struct mark {
    enum style style;
    const char *begin, *end; /* without colours */
} marks[] = {
    [TEXTDIFF_SAME] = {STYLE_NONE, "", ""},
    [TEXTDIFF_STRUCK] = {STYLE_STRUCK, "[-", "-]"},
    [TEXTDIFF_ADDED] = {STYLE_GREEN, "{+", "+}"},
};

/* The last start of a word within so many bytes before the end. */
static const char *tail_of(const char *text, size_t max_bytes)
{
    size_t len = strlen(text);
    const char *tail = len > max_bytes ? text + len - max_bytes : text;
    size_t skipped = strcspn(tail, " \n");

    if (tail == text)
        return text;
    return tail[skipped] ? tail + skipped + 1 : text + len;
}

static void append_shortened(struct buf *out, const char *text, bool first, bool last)
{
    size_t head = first ? 0 : text_cut_at_word(text, CONTEXT_BYTES);
    const char *tail = last ? text + strlen(text) : tail_of(text, CONTEXT_BYTES);

    if (tail <= text + head) {
        buf_append_string(out, text);
        return;
    }
    buf_append(out, text, head);
    buf_append_string(out, " \xE2\x80\xA6 ");
    buf_append_string(out, tail);
}

/* The white space around the words is not part of what changed. */
static void append_marked(struct buf *out, const struct terminal *terminal, const struct mark *mark, const char *text)
{
    size_t head = strspn(text, " \n"), end = strlen(text);

    while (end > head && strchr(" \n", text[end - 1]))
        end--;
    buf_append(out, text, head);
    buf_append_string(out, terminal->colours ? terminal_style(terminal, mark->style) : mark->begin);
    buf_append(out, text + head, end - head);
    buf_append_string(out, terminal->colours ? terminal_plain(terminal) : mark->end);
    buf_append_string(out, text + end);
}

static void append_piece(struct buf *out, const struct terminal *terminal, const struct textdiff *diff, size_t index)
{
    const struct textdiff_piece *piece = &diff->pieces[index];
    _cleanup_buf_ struct buf raw = {0}, safe = {0};

    buf_append(&raw, piece->text, piece->len);
    safetext_append_lines(&safe, buf_string(&raw));
    if (piece->op == TEXTDIFF_SAME) {
        append_shortened(out, buf_string(&safe), index == 0, index + 1 == diff->count);
        return;
    }
    append_marked(out, terminal, &marks[piece->op], buf_string(&safe));
}

/* Indents every line. */
static void append_indented(struct buf *out, const char *text, size_t indent)
{
    while (*text) {
        size_t len = strcspn(text, "\n");

        buf_printf(out, "%*s", (int)indent, "");
        buf_append(out, text, len);
        buf_append(out, "\n", 1);
        text += len + (text[len] == '\n');
    }
}

int wordsdiff_append(struct buf *out, const struct terminal *terminal, const char *before, const char *after,
                     size_t indent)
{
    _cleanup_textdiff_ struct textdiff diff = {0};
    _cleanup_buf_ struct buf text = {0};
    int r = textdiff_words(before, after, &diff);

    if (r < 0)
        return r;
    for (size_t i = 0; i < diff.count; i++)
        append_piece(&text, terminal, &diff, i);
    append_indented(out, buf_string(&text), indent);
    return buf_status(&text) < 0 ? buf_status(&text) : buf_status(out);
}
