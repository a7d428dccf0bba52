/* The rich text of the registry's own archive ──► the form that its API gives the same text in.
 *
 * The archive gives HTML (<p>, <ul>, <ol>, <li>, escaped with entities), the API Markdown: paragraphs and lists a blank
 * line apart, items in lines of "* " and "1. ", what Markdown would read otherwise behind a backslash. Measured on the
 * texts that stand in both forms in the registry's records and patches. Pure. */
#pragma once

#include "base/buf.h"

#include <stddef.h>

/* Deeper lists are written as if they stood here; the deepest real one has four levels. */
#define RICHTEXT_MAX_DEPTH 12

/* Appends the Markdown of an HTML text. Tags that the archive does not use are left out, their text stays. */
void richtext_append_markdown(struct buf *out, const char *html);

/* Appends a text that is escaped with entities but is not rich, such as a title: entities decoded, and one space for a
 * line break, which the archive puts behind sentences. */
void richtext_append_plain(struct buf *out, const char *text);

/* Appends what two Markdown texts that say the same have in common: without the backslashes of escapes, without the
 * comments between two lists, with one space for any white space. The API itself is not consistent in these. */
void richtext_append_key(struct buf *out, const char *markdown);
