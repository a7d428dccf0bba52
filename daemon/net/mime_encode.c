#include "net/mime_encode.h"

#include "base/macro.h"
#include "base/text.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define WORD_START "=?UTF-8?B?"
#define WORD_END "?="
#define WORD_MAX_BYTES 75

/* The longest line, without its CRLF but with the "=" of a soft break. */
#define QUOTED_LINE_BYTES 76

static void append_base64(struct buf *out, const char *data, size_t len)
{
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

    for (size_t i = 0; i < len; i += 3) {
        size_t taken = size_min(len - i, 3);
        uint32_t bits = 0;
        for (size_t j = 0; j < 3; j++)
            bits = bits << 8 | (j < taken ? (unsigned char)data[i + j] : 0);
        char digits[4] = {alphabet[bits >> 18], alphabet[bits >> 12 & 63], taken > 1 ? alphabet[bits >> 6 & 63] : '=',
                          taken > 2 ? alphabet[bits & 63] : '='};
        buf_append(out, digits, sizeof(digits));
    }
}

void mime_append_encoded_words(struct buf *out, const char *text, size_t first_bytes, const char *separator)
{
    const size_t frame = strlen(WORD_START WORD_END);
    size_t room = size_min(first_bytes, WORD_MAX_BYTES);

    while (*text) {
        size_t content = room > frame ? (room - frame) / 4 * 3 : 0;
        size_t len = text_cut_at_character(text, content);
        if (len == 0 && room == WORD_MAX_BYTES)
            len = strnlen(text, content); /* ill-formed: a run of bytes that start no character */
        if (len > 0) {
            buf_append_string(out, WORD_START);
            append_base64(out, text, len);
            buf_append_string(out, WORD_END);
            text += len;
        }
        if (*text)
            buf_append_string(out, separator);
        room = WORD_MAX_BYTES;
    }
}

/* The bytes of the line end at the start of text, 0 when there is none. */
static size_t line_end_bytes(const char *text)
{
    if (text[0] == '\r' && text[1] == '\n')
        return 2;
    return text[0] == '\r' || text[0] == '\n' ? 1 : 0;
}

/* Whether the character at text must be written as "=XX". White space must at the end of a line. A dot at its start
 * need not, but then no transport can take it for the end of the mail. */
static bool needs_quoting(const char *text, bool at_line_start)
{
    unsigned char c = (unsigned char)*text;
    bool at_line_end = text[1] == '\0' || line_end_bytes(text + 1) > 0;

    if (c == ' ' || c == '\t')
        return at_line_end;
    return c < 0x20 || c > 0x7E || c == '=' || (c == '.' && at_line_start);
}

void mime_append_quoted_printable(struct buf *out, const char *text)
{
    size_t column = 0;

    while (*text) {
        size_t line_end = line_end_bytes(text);
        if (line_end > 0) {
            buf_append_string(out, "\r\n");
            text += line_end;
            column = 0;
            continue;
        }
        size_t width = needs_quoting(text, column == 0) ? 3 : 1;
        if (column + width > QUOTED_LINE_BYTES - 1) {
            buf_append_string(out, "=\r\n");
            column = 0;
            width = needs_quoting(text, true) ? 3 : 1;
        }
        if (width == 3)
            buf_printf(out, "=%02X", (unsigned char)*text);
        else
            buf_append(out, text, 1);
        column += width;
        text++;
    }
    if (column > 0)
        buf_append_string(out, "\r\n");
}
