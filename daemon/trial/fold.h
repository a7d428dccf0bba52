/* Text folded for comparing: what people mean to be the same name becomes the same bytes. */
#pragma once

#include "base/buf.h"

#include <stddef.h>
#include <stdint.h>

/* Appends the words of text: lower case, without accents and compatibility forms, usual mojibake repaired, everything
 * but letters and digits taken as a gap; one space between words, none around. Ill-formed UTF-8 counts as gaps.
 * 0 or a negative errno of the buffer. */
int fold_text(const char *text, struct buf *out);

/* The same with a space before and behind, " word word ", so that a whole word or phrase is found in a text with the
 * spaces around it; "  " for a text without words. */
int fold_phrase(const char *text, struct buf *out);

/* A hash of bytes (FNV-1a, 64 bits) for comparing words; the same in every run. */
uint64_t fold_hash(const void *bytes, size_t len);
