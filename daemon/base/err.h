/* An error for people: what happened, where, and what would be right.
 *
 * Functions return 0 or a negative errno; the sentence is optional. Library codes are mapped to errno where the library
 * is called, and the library's own words are kept in the sentence. */
#pragma once

#include "base/macro.h"

#include <stdarg.h>

/* Longest sentence kept, in bytes with its NUL; longer ones are cut at a character boundary. */
#define ERROR_TEXT_BYTES 1024

struct error {
    char text[ERROR_TEXT_BYTES];
};

/* Writes the sentence when e is not NULL and returns err, so that "return error_set(e, -EINVAL, …)" reads as one step.
 * err is a negative errno. */
int error_set(struct error *e, int err, const char *format, ...) _printf_(3, 4);

/* Puts "context: " before the sentence that is already there and returns err. */
int error_prefix(struct error *e, int err, const char *format, ...) _printf_(3, 4);
