#include "net/http_body.h"

#include "net/gunzip.h"

#include <errno.h>
#include <strings.h>

/* As much of an encoding's name as helps in a sentence. */
#define QUOTE_BYTES 40

void http_body_free(struct http_body *body)
{
    gunzip_free(body->gunzip);
    buf_free(&body->bytes);
}

static int encoded_otherwise(struct http_body *body, const char *encoding)
{
    return error_set(&body->why, -EPROTO, "the answer is encoded as %.*s, only gzip was asked for", QUOTE_BYTES,
                     encoding);
}

/* By the headers of the last answer: those of redirects do not count. */
static int begin(struct http_body *body, CURL *easy)
{
    struct curl_header *header;

    body->begun = true;
    if (!body->may_be_gzip || curl_easy_header(easy, "Content-Encoding", 0, CURLH_HEADER, -1, &header) != CURLHE_OK)
        return 0;
    if (header->amount > 1)
        return encoded_otherwise(body, "several things at once");
    if (header->value[0] == '\0' || strcasecmp(header->value, "identity") == 0)
        return 0;
    if (strcasecmp(header->value, "gzip") != 0 && strcasecmp(header->value, "x-gzip") != 0)
        return encoded_otherwise(body, header->value);
    return gunzip_new(&body->gunzip, &body->why);
}

int http_body_add(struct http_body *body, CURL *easy, const char *data, size_t len)
{
    if (body->error == 0 && !body->begun)
        body->error = begin(body, easy);
    if (body->error < 0)
        return body->error;
    if (body->gunzip)
        body->error = gunzip_feed(body->gunzip, data, len, &body->bytes, &body->why);
    else if (buf_append(&body->bytes, data, len) < 0)
        body->error = error_set(&body->why, buf_status(&body->bytes), "the answer is larger than allowed");
    return body->error;
}

int http_body_finish(struct http_body *body)
{
    if (body->error == 0 && body->gunzip)
        body->error = gunzip_finish(body->gunzip, &body->why);
    return body->error;
}
