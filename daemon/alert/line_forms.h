/* An outline's line in the forms that more than one channel uses. */
#pragma once

#include "alert/outline.h"
#include "base/buf.h"

/* Plain text: struck as [-…-], added as {+…+}; a title's URL on a line of its own. Appends, with a newline. */
void line_append_plain(struct buf *out, const struct line *line);

/* Markdown (Discord, Mattermost). Appends, with a newline. */
void line_append_markdown(struct buf *out, const struct line *line);

/* What a line costs in that form: for outline_fit(). */
size_t line_cost_plain(const struct line *line, const void *userdata);
size_t line_cost_markdown(const struct line *line, const void *userdata);

/* The outline's line with this role, NULL when it has none. */
const struct line *outline_find(const struct outline *outline, enum line_role role);
