#include "net/http_answer.h"

#include "base/clock.h"
#include "base/macro.h"
#include "base/text.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define MAX_RETRY_AFTER_USEC (366 * USEC_PER_DAY)

static const struct errno_of_curl {
    CURLcode code;
    int err;
} errno_of_curl[] = {
    {CURLE_OUT_OF_MEMORY, -ENOMEM},
    {CURLE_OPERATION_TIMEDOUT, -ETIMEDOUT},
    {CURLE_COULDNT_RESOLVE_HOST, -EHOSTUNREACH},
    {CURLE_COULDNT_RESOLVE_PROXY, -EHOSTUNREACH},
    {CURLE_COULDNT_CONNECT, -ECONNREFUSED},
    {CURLE_GOT_NOTHING, -ECONNRESET},
    {CURLE_SEND_ERROR, -ECONNRESET},
    {CURLE_RECV_ERROR, -ECONNRESET},
    {CURLE_TOO_MANY_REDIRECTS, -ELOOP},
};

static int errno_from_curl(CURLcode code)
{
    for (size_t i = 0; i < ARRAY_SIZE(errno_of_curl); i++)
        if (errno_of_curl[i].code == code)
            return errno_of_curl[i].err;
    return -EPROTO;
}

char *http_url_part(CURLU *url, CURLUPart part)
{
    char *text = NULL;

    return curl_url_get(url, part, &text, 0) == CURLUE_OK ? text : NULL;
}

/* A webhook's URL is its password: whoever reads an error may know the host, and no other part. */
static bool tells_secret(CURLU *url, const char *text)
{
    static const CURLUPart parts[] = {CURLUPART_PATH, CURLUPART_QUERY, CURLUPART_FRAGMENT, CURLUPART_USER,
                                      CURLUPART_PASSWORD};
    bool found = strstr(text, "://") != NULL;

    for (size_t i = 0; i < ARRAY_SIZE(parts) && !found; i++) {
        char *part = http_url_part(url, parts[i]);
        found = part && strlen(part) > 1 && strstr(text, part) != NULL;
        curl_free(part);
    }
    return found;
}

/* The first header of that name in the last answer, or "". Owned by the handle. */
static const char *response_header(CURL *easy, const char *name)
{
    struct curl_header *header;

    return curl_easy_header(easy, name, 0, CURLH_HEADER, -1, &header) == CURLHE_OK ? header->value : "";
}

/* CURLINFO_RETRY_AFTER cannot tell 0 from a missing header, and would compare a date with an unshifted clock. */
static int64_t parse_retry_after_usec(const char *text)
{
    int64_t usec = 0;
    size_t digits = strspn(text, "0123456789");

    if (*text == '\0')
        return -1;
    if (text[digits] == '\0') {
        for (; *text && usec < MAX_RETRY_AFTER_USEC; text++)
            usec = usec * 10 + (*text - '0') * USEC_PER_SEC;
        return usec < MAX_RETRY_AFTER_USEC ? usec : MAX_RETRY_AFTER_USEC;
    }
    time_t seconds = curl_getdate(text, NULL);
    if (seconds == (time_t)-1)
        return -1;
    usec = (int64_t)seconds * USEC_PER_SEC - clock_wall_usec();
    return usec < 0 ? 0 : usec < MAX_RETRY_AFTER_USEC ? usec : MAX_RETRY_AFTER_USEC;
}

static void start_response(CURL *easy, struct buf *body, struct http_response *ret)
{
    curl_off_t latency_usec = 0;

    curl_easy_getinfo(easy, CURLINFO_TOTAL_TIME_T, &latency_usec);
    *ret = (struct http_response){
        .content_type = "",
        .etag = "",
        .retry_after_usec = -1,
        .body = body,
        .latency_usec = latency_usec,
        .effective_url = "",
    };
}

void http_answer_read(CURL *easy, struct buf *body, struct http_response *ret)
{
    char *effective_url = NULL;
    long status = 0;

    start_response(easy, body, ret);
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_getinfo(easy, CURLINFO_EFFECTIVE_URL, &effective_url);
    ret->status = (int)status;
    ret->content_type = response_header(easy, "Content-Type");
    ret->etag = response_header(easy, "ETag");
    ret->retry_after_usec = parse_retry_after_usec(response_header(easy, "Retry-After"));
    ret->effective_url = effective_url ? effective_url : "";
}

static const char *words_of_curl(CURLcode code, const char *curl_text, CURLU *url)
{
    return curl_text[0] && !tells_secret(url, curl_text) ? curl_text : curl_easy_strerror(code);
}

void http_answer_failed(CURL *easy, CURLcode code, const char *curl_text, CURLU *url, struct http_body *body,
                        struct http_response *ret)
{
    const char *words = body->error < 0 ? body->why.text : words_of_curl(code, curl_text, url);
    char *host = http_url_part(url, CURLUPART_HOST);

    start_response(easy, &body->bytes, ret);
    ret->error = body->error < 0 ? body->error : errno_from_curl(code);
    snprintf(ret->error_text, sizeof(ret->error_text), "%s: %.*s", host ? host : "?", CURL_ERROR_SIZE, words);
    text_drop_half_character(ret->error_text);
    text_clean(ret->error_text);
    curl_free(host);
    buf_reset(&body->bytes);
}
