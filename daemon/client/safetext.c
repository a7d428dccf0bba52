#include "client/safetext.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <utf8proc.h>

#define REPLACEMENT "\xEF\xBF\xBD" /* U+FFFD */
#define ELLIPSIS "\xE2\x80\xA6"    /* U+2026, one column */
#define SMALLEST_WRAP_COLUMNS 20

/* The character at the start of text and its length in bytes; -1 and 1 where there is none. */
static utf8proc_int32_t next_character(const char *text, size_t *ret_bytes)
{
    utf8proc_int32_t character;
    utf8proc_ssize_t n =
        utf8proc_iterate((const utf8proc_uint8_t *)text, (utf8proc_ssize_t)strnlen(text, 4), &character);

    *ret_bytes = n > 0 ? (size_t)n : 1;
    return n > 0 ? character : -1;
}

/* The embeddings, overrides and isolates of the Unicode bidirectional algorithm (UAX #9), and its marks. */
static bool is_direction_control(utf8proc_int32_t character)
{
    return (character >= 0x202A && character <= 0x202E) || (character >= 0x2066 && character <= 0x2069) ||
           character == 0x200E || character == 0x200F || character == 0x061C;
}

static void append_safely(struct buf *out, const char *text, bool keep_lines)
{
    while (*text) {
        size_t bytes;
        utf8proc_int32_t character = next_character(text, &bytes);
        utf8proc_category_t category = character >= 0 ? utf8proc_category(character) : UTF8PROC_CATEGORY_CN;

        if (character < 0)
            buf_append_string(out, REPLACEMENT);
        else if (character == '\n' && keep_lines)
            buf_append(out, "\n", 1);
        else if (category == UTF8PROC_CATEGORY_CC || category == UTF8PROC_CATEGORY_ZL ||
                 category == UTF8PROC_CATEGORY_ZP)
            buf_append(out, " ", 1);
        else if (!is_direction_control(character))
            buf_append(out, text, bytes);
        text += bytes;
    }
}

void safetext_append(struct buf *out, const char *text)
{
    append_safely(out, text, false);
}

void safetext_append_lines(struct buf *out, const char *text)
{
    append_safely(out, text, true);
}

static size_t character_columns(utf8proc_int32_t character)
{
    int columns = character >= 0 ? utf8proc_charwidth(character) : 1;

    return columns > 0 ? (size_t)columns : 0;
}

static size_t span_columns(const char *text, size_t len)
{
    size_t columns = 0;

    for (const char *end = text + len; text < end;) {
        size_t bytes;
        columns += character_columns(next_character(text, &bytes));
        text += bytes;
    }
    return columns;
}

size_t safetext_columns(const char *text)
{
    return span_columns(text, strlen(text));
}

void safetext_append_cut(struct buf *out, const char *text, size_t columns)
{
    if (safetext_columns(text) <= columns) {
        buf_append_string(out, text);
        return;
    }
    for (size_t used = 0; *text && columns > 0;) {
        size_t bytes;
        used += character_columns(next_character(text, &bytes));
        if (used > columns - 1)
            break;
        buf_append(out, text, bytes);
        text += bytes;
    }
    if (columns > 0)
        buf_append_string(out, ELLIPSIS);
}

/* One line of text (len bytes, no line feed) as several. */
static void append_wrapped_line(struct buf *out, const char *text, size_t len, size_t columns, size_t indent)
{
    size_t own_indent = strspn(text, " ") < len ? strspn(text, " ") : 0;
    size_t used = 0;

    for (size_t i = own_indent; i < len;) {
        size_t word = strcspn(text + i, " \n");
        size_t width = span_columns(text + i, word);

        if (used > 0 && columns > 0 && used + 1 + width > columns) {
            buf_append(out, "\n", 1);
            used = 0;
        }
        if (used == 0) {
            buf_printf(out, "%*s", (int)(indent + own_indent), "");
            used = indent + own_indent;
        } else {
            buf_append(out, " ", 1);
            used++;
        }
        buf_append(out, text + i, word);
        used += width;
        i += word;
        i += size_min(strspn(text + i, " "), len - i);
    }
    buf_append(out, "\n", 1);
}

void safetext_append_wrapped(struct buf *out, const char *text, size_t columns, size_t indent)
{
    if (columns > 0)
        columns = size_max(columns, indent + SMALLEST_WRAP_COLUMNS);
    while (*text) {
        size_t len = strcspn(text, "\n");

        append_wrapped_line(out, text, len, columns, indent);
        text += len + (text[len] == '\n');
    }
}
