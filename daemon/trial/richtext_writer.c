#include "trial/richtext_writer.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

static size_t marker_length(const struct list *list)
{
    return list->kind == BLOCK_BULLETS ? 2 : (size_t)snprintf(NULL, 0, "%ld. ", list->number);
}

static void append_marker(struct buf *out, const struct list *list)
{
    if (list->kind == BLOCK_BULLETS)
        buf_append_string(out, "* ");
    else
        buf_printf(out, "%ld. ", list->number);
}

/* Ends the line before, and writes the markers of the items that begin in this one, or the indentation of the
 * innermost. */
static void begin_line(struct richtext_writer *writer)
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

static void end_block(struct richtext_writer *writer)
{
    struct buf *block = &writer->block;

    if (block->len > 0 && block->data[block->len - 1] == ' ')
        block->data[--block->len] = '\0';
    if (block->len == 0)
        return;
    if (writer->closed != BLOCK_NONE)
        writer->gap = GAP_BLANK_LINE;
    begin_line(writer);
    append_escaped(writer->out, block->data);
    buf_reset(block);
    writer->gap = GAP_LINE;
    writer->closed = BLOCK_NONE;
}

/* Two lists of a kind in a row would be read as one: the API puts a comment between them. */
static void separate_lists(struct richtext_writer *writer)
{
    writer->gap = GAP_BLANK_LINE;
    begin_line(writer);
    buf_append_string(writer->out, "<!-- -->");
    writer->gap = GAP_BLANK_LINE;
}

static void open_list(struct richtext_writer *writer, enum block kind, long start)
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
    writer->closed = BLOCK_NONE;
    if (writer->depth == RICHTEXT_MAX_DEPTH)
        writer->too_deep++;
    else
        writer->lists[writer->depth++] = (struct list){.kind = kind, .number = start - 1, .column = column};
}

static void close_list(struct richtext_writer *writer)
{
    if (writer->too_deep > 0) {
        writer->too_deep--;
    } else if (writer->depth > 0) {
        writer->closed = writer->lists[--writer->depth].kind;
        if (writer->gap != GAP_NONE)
            writer->gap = writer->depth == 0 ? GAP_BLANK_LINE : GAP_LINE;
    }
}

static void open_item(struct richtext_writer *writer)
{
    if (writer->depth > 0) {
        struct list *list = &writer->lists[writer->depth - 1];
        list->number++;
        list->item_is_open = true;
        if (list->has_items && writer->gap != GAP_NONE)
            writer->gap = GAP_LINE;
        list->has_items = true;
    }
    writer->closed = BLOCK_NONE;
}

static void close_item(struct richtext_writer *writer)
{
    if (writer->depth > 0)
        writer->lists[writer->depth - 1].item_is_open = false;
    writer->closed = BLOCK_NONE;
}

/* A paragraph that begins an item stands behind its marker. */
static void open_paragraph(struct richtext_writer *writer)
{
    if (writer->gap != GAP_NONE && (writer->depth == 0 || !writer->lists[writer->depth - 1].item_is_open))
        writer->gap = GAP_BLANK_LINE;
}

static void close_paragraph(struct richtext_writer *writer)
{
    if (writer->gap != GAP_NONE)
        writer->gap = GAP_BLANK_LINE;
}

void richtext_write(struct richtext_writer *writer, const char *bytes)
{
    buf_append_string(&writer->block, bytes);
}

void richtext_write_space(struct richtext_writer *writer)
{
    if (writer->block.len > 0 && writer->block.data[writer->block.len - 1] != ' ')
        buf_append(&writer->block, " ", 1);
}

void richtext_open(struct richtext_writer *writer, enum block block, long start)
{
    end_block(writer);
    if (block == BLOCK_PARAGRAPH)
        open_paragraph(writer);
    else if (block == BLOCK_ITEM)
        open_item(writer);
    else
        open_list(writer, block, start);
}

void richtext_close(struct richtext_writer *writer, enum block block)
{
    end_block(writer);
    if (block == BLOCK_PARAGRAPH)
        close_paragraph(writer);
    else if (block == BLOCK_ITEM)
        close_item(writer);
    else
        close_list(writer);
}

void richtext_end(struct richtext_writer *writer)
{
    end_block(writer);
    if (buf_status(&writer->block) < 0 && writer->out->status == 0)
        writer->out->status = buf_status(&writer->block);
    buf_free(&writer->block);
}
