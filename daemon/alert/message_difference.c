#include "alert/message_parts.h"
#include "base/text.h"
#include "trial/textdiff.h"

#include <stdbool.h>
#include <string.h>

#define CONTEXT_BYTES 50          /* of unchanged text on each side of a difference */
#define MAX_DIFFERENCE_BYTES 8000 /* of all pieces; the record itself is in the history */

static const char *const op_names[] = {
    [TEXTDIFF_SAME] = "same", [TEXTDIFF_STRUCK] = "struck", [TEXTDIFF_ADDED] = "added"};

/* The end of text, from a word's beginning on, in about max_bytes. */
static const char *tail_at_word(const char *text, size_t max_bytes)
{
    size_t len = strlen(text);

    if (len <= max_bytes)
        return text;
    const char *tail = text + len - max_bytes;
    const char *space = strpbrk(tail, " \t\r\n");
    if (space)
        return space;
    while (((unsigned char)*tail & 0xC0) == 0x80)
        tail++;
    return tail;
}

/* What stays the same is only there to find the place by. */
static void append_same(struct buf *out, const char *text, bool first, bool last)
{
    if (strlen(text) <= 2 * CONTEXT_BYTES) {
        buf_append_string(out, text);
        return;
    }
    if (!first)
        buf_append(out, text, text_cut_at_word(text, CONTEXT_BYTES));
    buf_append_string(out, first || last ? "…" : " … ");
    if (!last)
        buf_append_string(out, tail_at_word(text, CONTEXT_BYTES));
}

static int append_piece(json_t *pieces, enum textdiff_op op, const char *text)
{
    return json_array_append_new(pieces, json_pack("[ss]", op_names[op], text));
}

json_t *message_difference(const char *before, const char *after)
{
    _cleanup_textdiff_ struct textdiff diff = {0};
    json_t *pieces = json_array();
    size_t used = 0;

    if (!pieces || textdiff_words(before, after, &diff) < 0)
        goto fail;
    for (size_t i = 0; i < diff.count; i++) {
        const struct textdiff_piece *piece = &diff.pieces[i];
        _cleanup_free_ char *whole = strndup(piece->text, piece->len);
        _cleanup_buf_ struct buf text = {0};

        if (!whole)
            goto fail;
        if (piece->op == TEXTDIFF_SAME)
            append_same(&text, whole, i == 0, i + 1 == diff.count);
        else
            message_append_shortened(&text, whole, MAX_DIFFERENCE_BYTES / 2);
        if (used + text.len > MAX_DIFFERENCE_BYTES) {
            if (append_piece(pieces, TEXTDIFF_SAME, "…") < 0)
                goto fail;
            return pieces;
        }
        used += text.len;
        if (buf_status(&text) < 0 || append_piece(pieces, piece->op, buf_string(&text)) < 0)
            goto fail;
    }
    return pieces;
fail:
    json_decref(pieces);
    return NULL;
}
