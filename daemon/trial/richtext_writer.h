/* The Markdown of paragraphs and lists as the registry's API writes it, built from what an HTML text opens and closes.
 * For richtext only. */
#pragma once

#include "base/buf.h"
#include "trial/richtext.h"

#include <stdbool.h>
#include <stddef.h>

enum block { BLOCK_NONE, BLOCK_PARAGRAPH, BLOCK_BULLETS, BLOCK_NUMBERS, BLOCK_ITEM };

/* What stands before the next block. */
enum gap { GAP_NONE, GAP_LINE, GAP_BLANK_LINE };

struct list {
    enum block kind;
    long number;   /* of the item under way */
    size_t column; /* where its marker stands */
    bool has_items;
    bool item_is_open; /* its marker is not written yet: an item without text leaves no trace */
};

struct richtext_writer {
    struct buf *out;
    struct buf block; /* the text of the block under way: entities decoded, white space folded */
    enum gap gap;
    enum block closed; /* the list that ended just before, BLOCK_NONE: none */
    struct list lists[RICHTEXT_MAX_DEPTH];
    size_t depth;
    size_t too_deep; /* lists that are open beyond that */
};

/* A character, or bytes of one, of the block under way; a space, of which several in a row are one. */
void richtext_write(struct richtext_writer *writer, const char *bytes);
void richtext_write_space(struct richtext_writer *writer);

/* Each ends the block under way. start is the number of a list's first item. What closes and was never opened does
 * nothing. */
void richtext_open(struct richtext_writer *writer, enum block block, long start);
void richtext_close(struct richtext_writer *writer, enum block block);

/* Ends the block under way and frees what the writer owns; a failure is out's. */
void richtext_end(struct richtext_writer *writer);
