#include "net/smtp_check.h"

#include "net/mime.h"

#include <curl/curl.h>
#include <errno.h>
#include <string.h>

#define LINE_MAX_BYTES 998 /* RFC 5322, without the CRLF */

static int check_url(const char *url, struct error *e)
{
    CURLU *parts = curl_url();
    char *scheme = NULL;
    bool ok = parts && curl_url_set(parts, CURLUPART_URL, url, 0) == CURLUE_OK &&
              curl_url_get(parts, CURLUPART_SCHEME, &scheme, 0) == CURLUE_OK &&
              (strcmp(scheme, "smtp") == 0 || strcmp(scheme, "smtps") == 0);

    curl_free(scheme);
    curl_url_cleanup(parts);
    return ok ? 0 : error_set(e, -EINVAL, "a mail server is named smtp://HOST:PORT or smtps://HOST:PORT");
}

static int check_addresses(const struct smtp_mail *mail, struct error *e)
{
    bool needs_smtputf8;

    if (!mime_address_ok(mail->from, &needs_smtputf8))
        return error_set(e, -EINVAL, "the mail's sender is no address");
    if (mail->recipient_count == 0 || mail->recipient_count > SMTP_MAX_RECIPIENTS)
        return error_set(e, -EINVAL, "a mail has 1 to %d recipients, this one %zu", SMTP_MAX_RECIPIENTS,
                         mail->recipient_count);
    for (size_t i = 0; i < mail->recipient_count; i++)
        if (!mime_address_ok(mail->recipients[i], &needs_smtputf8))
            return error_set(e, -EINVAL, "the mail's recipient number %zu is no address", i + 1);
    return 0;
}

/* A bare line break could end the mail early for one server and not for the next: whoever wrote the rest would speak
 * SMTP in our name. */
static int check_message(const struct smtp_mail *mail, struct error *e)
{
    size_t column = 0;

    for (size_t i = 0; i < mail->message_len; i++) {
        char c = mail->message[i];
        bool pair = c == '\r' && i + 1 < mail->message_len && mail->message[i + 1] == '\n';

        if (c == '\0' || c == '\n' || (c == '\r' && !pair))
            return error_set(e, -EINVAL, "the mail's text has a NUL or a line end that is not CR LF");
        column = pair ? 0 : column + 1;
        i += pair;
        if (column > LINE_MAX_BYTES)
            return error_set(e, -EINVAL, "the mail's text has a line over %d bytes", LINE_MAX_BYTES);
    }
    return 0;
}

int smtp_check(const struct smtp_server *server, const struct smtp_mail *mail, struct error *e)
{
    int r = check_url(server->url, e);

    if (r == 0)
        r = check_addresses(mail, e);
    return r < 0 ? r : check_message(mail, e);
}
