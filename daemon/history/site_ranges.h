/* A list of site numbers as text: "1-40,55,41-221". For this room only. */
#pragma once

#include "base/buf.h"

#include <stddef.h>

/* Appends; buf_status() tells of a failure. */
void site_ranges_write(const long *numbers, size_t count, struct buf *out);

/* The caller frees *ret, NULL of an empty list. -EBADMSG when the text is no such list, or one of more than max. */
int site_ranges_read(const char *text, size_t max, long **ret, size_t *ret_count);
