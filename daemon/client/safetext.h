/* Strangers' text on a terminal: nothing in it may move the cursor, change colours or reorder what stands beside it.
 *
 * Control characters and line ends become spaces, direction overrides vanish, broken UTF-8 becomes U+FFFD. Widths are
 * in terminal columns. */
#pragma once

#include "base/buf.h"

#include <stddef.h>

/* One line. Appends. */
void safetext_append(struct buf *out, const char *text);

/* The same, but line feeds stay. Appends. */
void safetext_append_lines(struct buf *out, const char *text);

/* Of text that is safe already. */
size_t safetext_columns(const char *text);

/* Safe text, cut to that many columns with an ellipsis where it is longer. Appends. */
void safetext_append_cut(struct buf *out, const char *text, size_t columns);

/* Safe text with line feeds, broken at words so that every line has at most that many columns with its indent; a longer
 * word stands alone. columns 0: lines are indented but not broken. Every line ends in a line feed. Appends. */
void safetext_append_wrapped(struct buf *out, const char *text, size_t columns, size_t indent);
