/* An outline as a mail's HTML part: readable in the dark and at 320 px, no images, no links but to the registry. */
#pragma once

#include "alert/outline.h"
#include "base/buf.h"

/* Appends the whole document. */
void email_append_html(struct buf *out, const struct outline *outline);

/* What a line costs in it: for outline_fit(). */
size_t email_line_cost(const struct line *line, const void *userdata);
