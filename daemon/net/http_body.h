/* The body of an answer as it comes: decoded, and no more than allowed. A part of net/http. */
#pragma once

#include "base/buf.h"
#include "base/err.h"

#include <curl/curl.h>
#include <stdbool.h>
#include <stddef.h>

struct gunzip;

struct http_body {
    struct buf bytes; /* with the limit */
    bool may_be_gzip; /* that was asked for; otherwise the bytes are kept as they come */
    bool begun;
    struct gunzip *gunzip; /* of a body that is gzip */
    int error;             /* 0; -EFBIG, -ENOMEM, -EPROTO: what became of it, and why */
    struct error why;
};

void http_body_free(struct http_body *body);

/* Takes the next bytes of the answer to easy. */
int http_body_add(struct http_body *body, CURL *easy, const char *data, size_t len);

/* The answer is complete. */
int http_body_finish(struct http_body *body);
