/* The text of a mail: headers encoded as RFC 2047 says, multipart/alternative with quoted-printable parts. */
#pragma once

#include "base/buf.h"
#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct mime_header {
    const char *name;
    const char *value; /* UTF-8 text; encoded and folded as needed. Control characters are refused */
    bool structured;   /* addresses, ids: ASCII unless the mail is utf8, folded at spaces and otherwise sent as it is */
};

struct mime_mail {
    const struct mime_header *headers; /* MIME-Version and Content-Type are added */
    size_t header_count;
    bool utf8;                 /* structured headers may be UTF-8 (RFC 6532): the server must know SMTPUTF8 */
    const char *text;          /* UTF-8, any line ends */
    const char *html;          /* NULL for a text-only mail */
    const char *boundary_seed; /* the boundary is derived from it: the alert's id */
};

/* Appends the whole message with CRLF line ends, no line over 998 bytes (RFC 5322). -EINVAL for a header that cannot be
 * sent, with the header named, or text that is not UTF-8; then nothing of use was appended. */
int mime_append(struct buf *out, const struct mime_mail *mail, struct error *e);

/* "Name <user@host>" with the name quoted or encoded as needed and control characters in it blanked; only the address
 * when name is NULL or empty. One line, for a structured header. */
void mime_append_address(struct buf *out, const char *name, const char *address);

/* One "local@domain" without quotes, comments, white space or control characters; non-ASCII sets
 * *ret_needs_smtputf8. */
bool mime_address_ok(const char *address, bool *ret_needs_smtputf8);
