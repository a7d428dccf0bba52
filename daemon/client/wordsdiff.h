/* The word-level difference of two texts on a terminal: what was struck in red, what was added in green; without
 * colours as [-struck-] and {+added+}. */
#pragma once

#include "base/buf.h"
#include "client/terminal.h"

/* Long stretches of what is the same are shortened to the words beside what differs. Appends lines, each with that
 * indent. 0 or -ENOMEM. */
int wordsdiff_append(struct buf *out, const struct terminal *terminal, const char *before, const char *after,
                     size_t indent);
