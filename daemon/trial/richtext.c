#include "trial/richtext.h"

#include "base/macro.h"
#include "trial/entity.h"
#include "trial/richtext_writer.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* What begins as a tag and is longer is none. */
#define MAX_TAG_BYTES 256

static const struct {
    const char *name;
    enum block block;
} tags[] = {
    {"p", BLOCK_PARAGRAPH}, {"div", BLOCK_PARAGRAPH}, {"ul", BLOCK_BULLETS}, {"ol", BLOCK_NUMBERS}, {"li", BLOCK_ITEM},
};

/* <ol start="3">; 1 without. */
static long list_start(const char *attributes, size_t len)
{
    const char *start = memmem(attributes, len, "start=", strlen("start="));
    long number;

    if (!start)
        return 1;
    start += strlen("start=");
    start += *start == '"' || *start == '\'';
    number = isdigit((unsigned char)*start) ? strtol(start, NULL, 10) : 1;
    return number <= 999999999 ? number : 1;
}

static enum block look_up_block(const char *name, size_t len)
{
    for (size_t i = 0; i < ARRAY_SIZE(tags); i++)
        if (strlen(tags[i].name) == len && strncasecmp(tags[i].name, name, len) == 0)
            return tags[i].block;
    return BLOCK_NONE;
}

/* What stands between the brackets. */
static void take_tag(struct richtext_writer *writer, const char *tag, size_t len)
{
    bool closes = *tag == '/';
    const char *name = tag + closes;
    size_t name_len = 0;

    len -= closes;
    while (name_len < len && isalnum((unsigned char)name[name_len]))
        name_len++;
    enum block block = look_up_block(name, name_len);
    if (block != BLOCK_NONE && closes)
        richtext_close(writer, block);
    else if (block != BLOCK_NONE)
        richtext_open(writer, block, list_start(name, len));
    else if (name_len == 2 && strncasecmp(name, "br", 2) == 0)
        richtext_write_space(writer);
}

/* The length of the tag at the start of html with its brackets, 0 when "<" is only a sign. */
static size_t tag_length(const char *html)
{
    if (html[0] != '<' ||
        !(isalpha((unsigned char)html[1]) || html[1] == '!' || (html[1] == '/' && isalpha((unsigned char)html[2]))))
        return 0;
    const char *end = memchr(html, '>', strnlen(html, MAX_TAG_BYTES));
    return end ? (size_t)(end - html) + 1 : 0;
}

/* The length of the space at the start of text: no-break ones too, which the API gives as usual ones. */
static size_t space_length(const char *text)
{
    if (strncmp(text, "\u00A0", strlen("\u00A0")) == 0)
        return strlen("\u00A0");
    return isspace((unsigned char)*text) ? 1 : 0;
}

static size_t take_character(struct richtext_writer *writer, const char *html)
{
    char decoded[ENTITY_BYTES] = {*html, '\0'};
    size_t entity = entity_decode(html, decoded);
    size_t space = entity > 0 ? (space_length(decoded) > 0 ? entity : 0) : space_length(html);

    if (space > 0) {
        richtext_write_space(writer);
        return space;
    }
    richtext_write(writer, decoded);
    return entity > 0 ? entity : 1;
}

void richtext_append_markdown(struct buf *out, const char *html)
{
    struct richtext_writer writer = {.out = out};

    while (*html) {
        size_t tag = tag_length(html);
        if (tag > 0)
            take_tag(&writer, html + 1, tag - 2);
        html += tag > 0 ? tag : take_character(&writer, html);
    }
    richtext_end(&writer);
}

void richtext_append_plain(struct buf *out, const char *text)
{
    while (*text) {
        char decoded[ENTITY_BYTES];
        size_t entity = entity_decode(text, decoded), spaces = strspn(text, " \t\r\n");
        if (entity > 0)
            buf_append_string(out, decoded);
        else if (memchr(text, '\n', spaces))
            buf_append(out, " ", 1);
        else
            buf_append(out, text, spaces > 0 ? spaces : 1);
        text += entity > 0 ? entity : spaces > 0 ? spaces : 1;
    }
}

void richtext_append_key(struct buf *out, const char *markdown)
{
    static const char comment[] = "<!-- -->";
    bool space = false, begun = false;

    while (*markdown) {
        size_t gap = strncmp(markdown, comment, strlen(comment)) == 0 ? strlen(comment) : space_length(markdown);
        space |= gap > 0;
        markdown += gap;
        if (gap > 0 || *markdown == '\0')
            continue;
        if (*markdown == '\\' && ispunct((unsigned char)markdown[1]))
            markdown++;
        if (space && begun)
            buf_append(out, " ", 1);
        buf_append(out, markdown++, 1);
        space = false;
        begun = true;
    }
}
