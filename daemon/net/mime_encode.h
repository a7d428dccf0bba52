/* The encodings of mail: encoded words of headers, quoted-printable of bodies. Parts of net/mime. */
#pragma once

#include "base/buf.h"

#include <stddef.h>

/* Lines of a header with an encoded word (RFC 2047), and those that we fold anyway. */
#define MIME_HEADER_LINE_BYTES 76

/* Appends UTF-8 text as encoded words (RFC 2047, B) of at most 75 bytes, each of whole characters, separated by
 * separator. The first one may have at most first_bytes; where that is too few, the text starts with a separator. */
void mime_append_encoded_words(struct buf *out, const char *text, size_t first_bytes, const char *separator);

/* Appends text as quoted-printable (RFC 2045) with CRLF line ends, also the last line; its own may be any. */
void mime_append_quoted_printable(struct buf *out, const char *text);
