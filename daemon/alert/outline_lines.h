/* Building the lines of an outline; only the outline files include this. */
#pragma once

#include "alert/outline.h"
#include "base/buf.h"

#define OUTLINE_MAX_LINE_BYTES ((size_t)600)
#define OUTLINE_MAX_TITLE_BYTES ((size_t)300)

/* A new last line, owned by the outline and valid until the next is added. NULL without memory. */
struct line *outline_add(struct outline *outline, enum line_role role);

/* A line of one span. -ENOMEM, also when text could not be written. */
int outline_add_text(struct outline *outline, enum line_role role, enum span_style style, const struct buf *text);

/* "and 214 more changes" */
int outline_add_more(struct outline *outline, size_t changes, size_t studies);

/* At most max_bytes of text, ended by "…" at a word where that was not all. */
int line_add_span(struct line *line, enum span_style style, const char *text, size_t max_bytes);

void line_clear(struct line *line);
