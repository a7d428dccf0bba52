/* What came of a transfer, as the response that a callback gets. A part of net/http. */
#pragma once

#include "net/http.h"
#include "net/http_body.h"

#include <curl/curl.h>

/* Fills ret; its texts are the handle's. */
void http_answer_read(CURL *easy, struct buf *body, struct http_response *ret);

/* Fills ret for a transfer that failed with code, or because of its body; empties that. curl_text is libcurl's error
 * buffer. Of the URL only the host is told. */
void http_answer_failed(CURL *easy, CURLcode code, const char *curl_text, CURLU *url, struct http_body *body,
                        struct http_response *ret);

/* A part of the URL, NULL when it has none. To be freed by curl_free(). */
char *http_url_part(CURLU *url, CURLUPart part);
