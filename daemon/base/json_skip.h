/* Finds its way through JSON text without decoding it.
 *
 * Only strings and brackets are looked at, at the pace of memchr(): whether what lies between them is JSON is for a
 * decoder to judge. at must be less than len; each function returns where it ends, 0 when the text does before. */
#pragma once

#include <stddef.h>

/* To the next character that is no white space; len when there is none. */
size_t json_skip_space(const char *text, size_t len, size_t at);

/* Past the string whose opening quote is at. */
size_t json_skip_string(const char *text, size_t len, size_t at);

/* Past the value that begins at: a string, an object or array to its last bracket, or a word, which must not be the end
 * of the text, where it may be cut. Where no value begins it ends at once. */
size_t json_skip_value(const char *text, size_t len, size_t at);
