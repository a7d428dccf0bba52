#include "alert/sink.h"

#include "base/text.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <utf8proc.h>

#define REPLACEMENT "\xEF\xBF\xBD"      /* U+FFFD */
#define ZERO_WIDTH_SPACE "\xE2\x80\x8B" /* ours, to part a mention's @ from its name */

/* Characters that a reader does not see, or that reorder what he sees (Unicode 15: Bidi_Control, Default_Ignorable). */
static const struct range {
    int32_t first, last;
} invisible[] = {
    {0x00AD, 0x00AD}, {0x034F, 0x034F}, {0x061C, 0x061C},   {0x115F, 0x1160},   {0x17B4, 0x17B5},   {0x180B, 0x180F},
    {0x200B, 0x200F}, {0x2028, 0x202E}, {0x2060, 0x206F},   {0x3164, 0x3164},   {0xFE00, 0xFE0F},   {0xFEFF, 0xFEFF},
    {0xFFA0, 0xFFA0}, {0xFFF0, 0xFFFB}, {0x1BCA0, 0x1BCA3}, {0x1D173, 0x1D17A}, {0xE0000, 0xE0FFF},
};

static bool is_invisible(int32_t character)
{
    for (size_t i = 0; i < ARRAY_SIZE(invisible); i++)
        if (character >= invisible[i].first && character <= invisible[i].last)
            return true;
    return false;
}

static bool is_control(int32_t character)
{
    return character < 0x20 || (character >= 0x7F && character <= 0x9F);
}

void sink_append_line(struct buf *out, const char *text)
{
    const utf8proc_uint8_t *at = (const utf8proc_uint8_t *)text;

    while (*at) {
        utf8proc_int32_t character;
        utf8proc_ssize_t n = utf8proc_iterate(at, -1, &character);
        if (n <= 0) {
            buf_append_string(out, REPLACEMENT);
            at++;
            continue;
        }
        if (is_control(character))
            buf_append_string(out, " ");
        else if (!is_invisible(character))
            buf_append(out, at, (size_t)n);
        at += n;
    }
}

/* The visible characters of text, kept in line; want of memory is noted in out. */
static const char *visible(struct buf *line, struct buf *out, const char *text)
{
    sink_append_line(line, text);
    if (buf_status(line) < 0 && out->status == 0)
        out->status = buf_status(line);
    return buf_string(line);
}

void sink_append_html(struct buf *out, const char *text)
{
    _cleanup_buf_ struct buf line = {0};

    text_append_html(out, visible(&line, out, text));
}

static bool is_word_byte(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c & 0x80) != 0;
}

/* "@everyone" and "@channel" name people; "a@example.org" does not. */
static bool starts_mention(const char *start, const char *at)
{
    return *at == '@' && (at == start || !is_word_byte(at[-1]));
}

void sink_append_slack(struct buf *out, const char *text)
{
    _cleanup_buf_ struct buf line = {0};

    const char *start = visible(&line, out, text);
    for (const char *c = start; *c; c++) {
        if (*c == '&')
            buf_append_string(out, "&amp;");
        else if (*c == '<')
            buf_append_string(out, "&lt;");
        else if (*c == '>')
            buf_append_string(out, "&gt;");
        else
            buf_append(out, c, 1);
        if (starts_mention(start, c))
            buf_append_string(out, ZERO_WIDTH_SPACE);
    }
}

void sink_append_markdown(struct buf *out, const char *text)
{
    _cleanup_buf_ struct buf line = {0};

    const char *start = visible(&line, out, text);
    for (const char *c = start; *c; c++) {
        /* "-", "+" and "." make lists only at the start of a line, where no text of strangers stands. */
        if (strchr("\\`*_~|<>[]()#:!", *c))
            buf_append_string(out, "\\");
        buf_append(out, c, 1);
        if (starts_mention(start, c))
            buf_append_string(out, ZERO_WIDTH_SPACE);
    }
}

void sink_append_url(struct buf *out, const char *url)
{
    for (const char *c = url; *c; c++) {
        if ((is_word_byte(*c) && !(*c & 0x80)) || strchr("-._~:/?#&=%+,;@!$", *c))
            buf_append(out, c, 1);
        else
            buf_printf(out, "%%%02X", (unsigned)(unsigned char)*c);
    }
}

/* What may stand before the @ of an address without quotes (RFC 5322, RFC 6531). */
static bool is_local_byte(char c)
{
    return is_word_byte(c) || (c != '\0' && strchr(".!#$%&'*+/=?^_`{|}~-", c));
}

/* Where the local part begins that ends before at; at itself when there is none. */
static const char *local_part(const char *start, const char *at)
{
    const char *begin = at;

    if (at > start && at[-1] == '"') {
        begin = at - 1;
        while (begin > start && begin[-1] != '"')
            begin--;
        return begin > start ? begin - 1 : at;
    }
    while (begin > start && is_local_byte(begin[-1]))
        begin--;
    return begin;
}

void sink_append_journal(struct buf *out, const char *text)
{
    _cleanup_buf_ struct buf line = {0};
    const char *rest = visible(&line, out, text);

    for (const char *at; (at = strchr(rest, '@')); rest = at + 1) {
        const char *begin = is_word_byte(at[1]) || at[1] == '[' ? local_part(rest, at) : at;
        buf_append(out, rest, (size_t)(begin - rest));
        buf_append_string(out, begin < at ? "…@" : "@");
    }
    buf_append_string(out, rest);
}
