/* The character that an HTML entity stands for. Pure. */
#pragma once

#include <stddef.h>

#define ENTITY_BYTES 5 /* a character in UTF-8, with a NUL */

/* The length of the entity at the start of text ("&#x2F;", "&amp;"), and its character; 0 when there is none that is
 * known. A number that is no character, or a control character, is U+FFFD. */
size_t entity_decode(const char *text, char ret[static ENTITY_BYTES]);
