/* What an answer of the registry amounts to before anybody reads it: data, or one of the ways in which it is not.
 *
 * Status and content type alone do not tell: error texts are text/plain, unknown paths and blocks are HTML, and a proxy
 * may put either behind a 200. */
#pragma once

#include "base/err.h"
#include "net/http.h"

/* 0 when it may be read as JSON. Otherwise a sentence for people that says nothing of any study, and
 * -EINVAL (400: the question was refused), -EACCES (403), -EBUSY (429, 503), -ENOENT (404), -EREMOTEIO (another
 * status), -EBADMSG (200, but no JSON), or the error with which no complete answer came. */
int answer_check(const struct http_response *response, struct error *e);
