#include "trial/richtext.h"

#include "trial/entity.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum tag { TAG_OTHER, TAG_PARAGRAPH, TAG_BULLETS, TAG_NUMBERS, TAG_ITEM, TAG_BREAK };

static const struct {
    const char *name;
    enum tag tag;
} tags[] = {
    {"p", TAG_PARAGRAPH}, {"div", TAG_PARAGRAPH}, {"ul", TAG_BULLETS},
    {"ol", TAG_NUMBERS},  {"li", TAG_ITEM},       {"br", TAG_BREAK},
};

/* What stands before the next block. */
enum gap { GAP_NONE, GAP_LINE, GAP_BLANK_LINE };

struct list {
    enum tag kind;
    long number;   /* of the item under way */
    size_t column; /* where its marker stands */
    bool has_items;
    bool item_is_open; /* its marker is not written yet: an item without text leaves no trace */
};

struct writer {
    struct buf *out;
    struct buf block; /* the text of the block under way: entities decoded, white space folded */
    enum gap gap;
    enum tag closed; /* the list that ended just before, TAG_OTHER: none */
    struct list lists[RICHTEXT_MAX_DEPTH];
    size_t depth;
    size_t too_deep; /* lists that are open beyond that */
};

static size_t marker_length(const struct list *list)
{
    return list->kind == TAG_BULLETS ? 2 : (size_t)snprintf(NULL, 0, "%ld. ", list->number);
}

static void append_marker(struct buf *out, const struct list *list)
{
    if (list->kind == TAG_BULLETS)
        buf_append_string(out, "* ");
    else
        buf_printf(out, "%ld. ", list->number);
}

/* Ends the line before, and writes the markers of the items that begin in this one, or the indentation of the
 * innermost. */
static void begin_line(struct writer *writer)
{
    static const char *const gaps[] = {"", "\n", "\n\n"};
    size_t level = 0;

    buf_append_string(writer->out, gaps[writer->gap]);
    while (level < writer->depth && !writer->lists[level].item_is_open)
        level++;
    size_t column = 0;
    if (level < writer->depth)
        column = writer->lists[level].column;
    else if (level > 0)
        column = writer->lists[level - 1].column + marker_length(&writer->lists[level - 1]);
    buf_printf(writer->out, "%*s", (int)column, "");
    for (; level < writer->depth; level++) {
        if (writer->lists[level].item_is_open)
            append_marker(writer->out, &writer->lists[level]);
        writer->lists[level].item_is_open = false;
    }
}

/* How long the start of a block is that Markdown would take for the marker of an item or a heading, without what makes
 * it one: that is where the backslash goes. -1: none. */
static long marker_in_text(const char *text)
{
    size_t digits = strspn(text, "0123456789"), dashes = strspn(text, "-"), hashes = strspn(text, "#");

    if (digits > 0 && (text[digits] == '.' || text[digits] == ')') && (text[digits + 1] == ' ' || !text[digits + 1]))
        return (long)digits;
    if (dashes > 0 && (text[dashes] == ' ' || !text[dashes]))
        return 0;
    if (hashes > 0 && hashes <= 6 && text[hashes] == ' ')
        return 0;
    return text[0] == '+' && text[1] == ' ' ? 0 : -1;
}

/* Within a word an underscore is one to Markdown too. */
static bool needs_backslash(const char *text, size_t at)
{
    if (text[at] == '_')
        return at == 0 || !isalnum((unsigned char)text[at - 1]) || !isalnum((unsigned char)text[at + 1]);
    return strchr("\\*~^&<>[]|`", text[at]) != NULL;
}

static void append_escaped(struct buf *out, const char *text)
{
    long marker = marker_in_text(text);

    for (size_t i = 0; text[i]; i++) {
        if ((long)i == marker || needs_backslash(text, i))
            buf_append(out, "\\", 1);
        buf_append(out, &text[i], 1);
    }
}

static void end_block(struct writer *writer)
{
    struct buf *block = &writer->block;

    if (block->len > 0 && block->data[block->len - 1] == ' ')
        block->data[--block->len] = '\0';
    if (block->len == 0)
        return;
    if (writer->closed != TAG_OTHER)
        writer->gap = GAP_BLANK_LINE;
    begin_line(writer);
    append_escaped(writer->out, block->data);
    buf_reset(block);
    writer->gap = GAP_LINE;
    writer->closed = TAG_OTHER;
}

/* Two lists of a kind in a row would be read as one: the API puts a comment between them. */
static void separate_lists(struct writer *writer)
{
    writer->gap = GAP_BLANK_LINE;
    begin_line(writer);
    buf_append_string(writer->out, "<!-- -->");
    writer->gap = GAP_BLANK_LINE;
}

static void open_list(struct writer *writer, enum tag kind, long start)
{
    size_t column = 0;

    if (writer->depth > 0) {
        const struct list *parent = &writer->lists[writer->depth - 1];
        column = parent->column + marker_length(parent);
    }
    if (writer->closed == kind)
        separate_lists(writer);
    else if (writer->gap != GAP_NONE && writer->depth == 0)
        writer->gap = GAP_BLANK_LINE;
    writer->closed = TAG_OTHER;
    if (writer->depth == RICHTEXT_MAX_DEPTH)
        writer->too_deep++;
    else
        writer->lists[writer->depth++] = (struct list){.kind = kind, .number = start - 1, .column = column};
}

static void close_list(struct writer *writer)
{
    if (writer->too_deep > 0) {
        writer->too_deep--;
    } else if (writer->depth > 0) {
        writer->closed = writer->lists[--writer->depth].kind;
        if (writer->gap != GAP_NONE)
            writer->gap = writer->depth == 0 ? GAP_BLANK_LINE : GAP_LINE;
    }
}

static void open_item(struct writer *writer)
{
    if (writer->depth > 0) {
        struct list *list = &writer->lists[writer->depth - 1];
        list->number++;
        list->item_is_open = true;
        if (list->has_items && writer->gap != GAP_NONE)
            writer->gap = GAP_LINE;
        list->has_items = true;
    }
    writer->closed = TAG_OTHER;
}

static void close_item(struct writer *writer)
{
    if (writer->depth > 0)
        writer->lists[writer->depth - 1].item_is_open = false;
    writer->closed = TAG_OTHER;
}

/* A paragraph that begins an item stands behind its marker. */
static void open_paragraph(struct writer *writer)
{
    if (writer->gap != GAP_NONE && (writer->depth == 0 || !writer->lists[writer->depth - 1].item_is_open))
        writer->gap = GAP_BLANK_LINE;
}

static void close_paragraph(struct writer *writer)
{
    if (writer->gap != GAP_NONE)
        writer->gap = GAP_BLANK_LINE;
}

static void append_space(struct writer *writer)
{
    if (writer->block.len > 0 && writer->block.data[writer->block.len - 1] != ' ')
        buf_append(&writer->block, " ", 1);
}

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

static enum tag look_up_tag(const char *name, size_t len)
{
    for (size_t i = 0; i < sizeof(tags) / sizeof(tags[0]); i++)
        if (strlen(tags[i].name) == len && strncasecmp(tags[i].name, name, len) == 0)
            return tags[i].tag;
    return TAG_OTHER;
}

static void take_tag(struct writer *writer, const char *name, size_t len)
{
    bool closes = *name == '/';

    name += closes;
    len -= closes;
    size_t name_len = 0;
    while (name_len < len && isalnum((unsigned char)name[name_len]))
        name_len++;
    enum tag tag = look_up_tag(name, name_len);
    if (tag == TAG_BREAK)
        append_space(writer);
    if (tag == TAG_BREAK || tag == TAG_OTHER)
        return;

    end_block(writer);
    if (tag == TAG_PARAGRAPH)
        closes ? close_paragraph(writer) : open_paragraph(writer);
    else if (tag == TAG_ITEM)
        closes ? close_item(writer) : open_item(writer);
    else if (closes)
        close_list(writer);
    else
        open_list(writer, tag, list_start(name, len));
}

/* The length of the tag at the start of html with its brackets, 0 when "<" is only a sign. */
static size_t tag_length(const char *html)
{
    if (html[0] != '<' ||
        !(isalpha((unsigned char)html[1]) || html[1] == '!' || (html[1] == '/' && isalpha((unsigned char)html[2]))))
        return 0;
    const char *end = strchr(html, '>');
    return end ? (size_t)(end - html) + 1 : 0;
}

/* The length of the space at the start of text: no-break ones too, which the API gives as usual ones. */
static size_t space_length(const char *text)
{
    if (strncmp(text, "\u00A0", strlen("\u00A0")) == 0)
        return strlen("\u00A0");
    return isspace((unsigned char)*text) ? 1 : 0;
}

static size_t take_character(struct writer *writer, const char *html)
{
    char decoded[ENTITY_BYTES] = {*html, '\0'};
    size_t entity = entity_decode(html, decoded);
    size_t space = entity > 0 ? (space_length(decoded) > 0 ? entity : 0) : space_length(html);

    if (space > 0) {
        append_space(writer);
        return space;
    }
    buf_append_string(&writer->block, decoded);
    return entity > 0 ? entity : 1;
}

void richtext_append_markdown(struct buf *out, const char *html)
{
    struct writer writer = {.out = out};

    while (*html) {
        size_t tag = tag_length(html);
        if (tag > 0)
            take_tag(&writer, html + 1, tag - 2);
        html += tag > 0 ? tag : take_character(&writer, html);
    }
    end_block(&writer);
    if (buf_status(&writer.block) < 0)
        out->status = out->status < 0 ? out->status : buf_status(&writer.block);
    buf_free(&writer.block);
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
