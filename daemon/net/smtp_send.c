#include "net/smtp_send.h"

#include "base/clock.h"
#include "base/macro.h"
#include "net/smtp_dialogue.h"

#include <curl/curl.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#define DEFAULT_TIMEOUT_USEC (60 * USEC_PER_SEC)
#define CONNECT_TIMEOUT_USEC (20 * USEC_PER_SEC)

#if LIBCURL_VERSION_NUM < 0x080200
#define CURLOPT_MAIL_RCPT_ALLOWFAILS CURLOPT_MAIL_RCPT_ALLLOWFAILS /* its name until 8.2 */
#endif

/* One mail on its way. */
struct sending {
    const struct smtp_server *server;
    const struct smtp_mail *mail;
    const atomic_bool *abandoned;
    size_t read_bytes; /* of the message */
    struct smtp_dialogue dialogue;
    char curl_text[CURL_ERROR_SIZE];
};

static const long use_ssl[] = {
    [SMTP_TLS_REQUIRED] = CURLUSESSL_ALL,
    [SMTP_TLS_OPPORTUNISTIC] = CURLUSESSL_TRY,
    [SMTP_TLS_NONE] = CURLUSESSL_NONE,
};

static void free_slist(struct curl_slist **list)
{
    curl_slist_free_all(*list);
}

static void free_easy(CURL **easy)
{
    curl_easy_cleanup(*easy);
}

static size_t on_read(char *out, size_t one, size_t size, void *userdata)
{
    struct sending *sending = userdata;
    size_t len = size_min(one * size, sending->mail->message_len - sending->read_bytes);

    memcpy(out, sending->mail->message + sending->read_bytes, len);
    sending->read_bytes += len;
    return len;
}

/* Never kept or logged: what libcurl says includes the login. */
static int on_debug(_unused_ CURL *easy, curl_infotype type, char *data, size_t len, void *userdata)
{
    struct sending *sending = userdata;

    if (type == CURLINFO_HEADER_OUT)
        smtp_dialogue_command(&sending->dialogue, data, len);
    else if (type == CURLINFO_HEADER_IN)
        smtp_dialogue_reply(&sending->dialogue, data, len);
    else if (type == CURLINFO_DATA_OUT)
        smtp_dialogue_data(&sending->dialogue);
    return 0;
}

/* libcurl asks every second whether to stop, also while it waits for the answer to QUIT, which no timeout bounds but
 * the one for any answer. By then the mail's fate is known, and a second is enough for the courtesy. */
static int on_progress(void *userdata, _unused_ curl_off_t down_total, _unused_ curl_off_t down,
                       _unused_ curl_off_t up_total, _unused_ curl_off_t up)
{
    const struct sending *sending = userdata;

    return sending->dialogue.quitting || atomic_load(sending->abandoned);
}

static struct curl_slist *make_recipients(const struct smtp_mail *mail)
{
    struct curl_slist *list = NULL;

    for (size_t i = 0; i < mail->recipient_count; i++) {
        struct curl_slist *longer = curl_slist_append(list, mail->recipients[i]);
        if (!longer) {
            curl_slist_free_all(list);
            return NULL;
        }
        list = longer;
    }
    return list;
}

static void set_limits(CURL *easy, struct sending *sending)
{
    int64_t timeout_usec = sending->server->timeout_usec > 0 ? sending->server->timeout_usec : DEFAULT_TIMEOUT_USEC;
    int64_t connect_usec = timeout_usec < CONNECT_TIMEOUT_USEC ? timeout_usec : CONNECT_TIMEOUT_USEC;

    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
    curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    curl_easy_setopt(easy, CURLOPT_USE_SSL, use_ssl[sending->server->tls]);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)((timeout_usec + USEC_PER_MSEC - 1) / USEC_PER_MSEC));
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)((connect_usec + USEC_PER_MSEC - 1) / USEC_PER_MSEC));
    curl_easy_setopt(easy, CURLOPT_SERVER_RESPONSE_TIMEOUT, (long)((timeout_usec + USEC_PER_SEC - 1) / USEC_PER_SEC));
    /* A connection a mail: they are few, nothing of one server's settings can reach another's mail, and QUIT is said
     * while on_debug() and on_progress() are there. */
    curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L);
    curl_easy_setopt(easy, CURLOPT_UPLOAD, 1L);
    curl_easy_setopt(easy, CURLOPT_INFILESIZE_LARGE, (curl_off_t)sending->mail->message_len);
    curl_easy_setopt(easy, CURLOPT_MAIL_RCPT_ALLOWFAILS, 1L);
    curl_easy_setopt(easy, CURLOPT_READFUNCTION, on_read);
    curl_easy_setopt(easy, CURLOPT_READDATA, sending);
    curl_easy_setopt(easy, CURLOPT_VERBOSE, 1L);
    curl_easy_setopt(easy, CURLOPT_DEBUGFUNCTION, on_debug);
    curl_easy_setopt(easy, CURLOPT_DEBUGDATA, sending);
    curl_easy_setopt(easy, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(easy, CURLOPT_XFERINFOFUNCTION, on_progress);
    curl_easy_setopt(easy, CURLOPT_XFERINFODATA, sending);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, sending->curl_text);
}

/* The options whose text libcurl copies. */
static CURLcode set_texts(CURL *easy, const struct sending *sending)
{
    const struct smtp_server *server = sending->server;
    const struct {
        CURLoption option;
        const char *text;
    } texts[] = {
        {CURLOPT_URL, server->url},
        {CURLOPT_MAIL_FROM, sending->mail->from},
        {CURLOPT_CAINFO, server->ca_file},
        {CURLOPT_USERNAME, server->username},
        {CURLOPT_PASSWORD, server->oauth_bearer ? NULL : server->password},
        {CURLOPT_XOAUTH2_BEARER, server->oauth_bearer},
    };
    CURLcode code = CURLE_OK;

    for (size_t i = 0; i < ARRAY_SIZE(texts) && code == CURLE_OK; i++)
        if (texts[i].text)
            code = curl_easy_setopt(easy, texts[i].option, texts[i].text);
    return code;
}

static CURLcode perform(struct sending *sending)
{
    _cleanup_(free_slist) struct curl_slist *recipients = make_recipients(sending->mail);
    _cleanup_(free_easy) CURL *easy = curl_easy_init(); /* freed before the recipients, which it refers to */

    if (!easy || !recipients)
        return CURLE_OUT_OF_MEMORY;
    set_limits(easy, sending);
    CURLcode code = set_texts(easy, sending);
    if (code == CURLE_OK)
        code = curl_easy_setopt(easy, CURLOPT_MAIL_RCPT, recipients);
    return code == CURLE_OK ? curl_easy_perform(easy) : code;
}

static void get_host(const char *url, char *ret, size_t size)
{
    CURLU *parts = curl_url();
    char *host = NULL;

    if (parts && curl_url_set(parts, CURLUPART_URL, url, 0) == CURLUE_OK)
        curl_url_get(parts, CURLUPART_HOST, &host, 0);
    snprintf(ret, size, "%s", host ? host : "mail server");
    curl_free(host);
    curl_url_cleanup(parts);
}

void smtp_send(const struct smtp_server *server, const struct smtp_mail *mail, const atomic_bool *abandoned,
               struct smtp_result *ret)
{
    struct sending sending = {.server = server, .mail = mail, .abandoned = abandoned, .dialogue = {.mail = mail}};
    int64_t start_usec = clock_stopwatch_usec();
    char host[256];

    CURLcode code = perform(&sending);
    get_host(server->url, host, sizeof(host));
    smtp_dialogue_judge(&sending.dialogue, code == CURLE_OK, code == CURLE_LOGIN_DENIED, host,
                        sending.curl_text[0] ? sending.curl_text : curl_easy_strerror(code), ret);
    ret->latency_usec = clock_stopwatch_usec() - start_usec;
}
