#include "alert/email_check.h"

#include "net/mime.h"

#include <errno.h>
#include <string.h>

#define MAX_RECIPIENTS 100

static int blame(const struct channel *channel, const char *option, size_t *ret_option)
{
    *ret_option = channel_option_index(channel->type, option);
    return -EINVAL;
}

/* The sender's domain becomes part of ids, which are ASCII. */
static int check_sender(const struct channel *channel, size_t *ret_option, struct error *e)
{
    const char *address = channel_text(channel, "from");
    bool utf8;

    if (!address || (mime_address_ok(address, &utf8) && !utf8))
        return 0;
    return error_set(e, blame(channel, "from", ret_option),
                     "This is no mail address of a sender: write it as name@example.org, in ASCII");
}

static int check_reply_to(const struct channel *channel, size_t *ret_option, struct error *e)
{
    const char *address = channel_text(channel, "reply_to");
    bool utf8;

    if (!address || mime_address_ok(address, &utf8))
        return 0;
    return error_set(e, blame(channel, "reply_to", ret_option),
                     "This is no mail address: write it as name@example.org");
}

static int check_recipients(const struct channel *channel, size_t *ret_option, struct error *e)
{
    const struct channel_value *to = channel_value(channel, "to");
    bool utf8;

    if (to->list_count > MAX_RECIPIENTS)
        return error_set(e, blame(channel, "to", ret_option), "At most %d recipients: use a mailing list",
                         MAX_RECIPIENTS);
    for (size_t i = 0; i < to->list_count; i++)
        if (!mime_address_ok(to->list[i], &utf8))
            return error_set(e, blame(channel, "to", ret_option),
                             "\"%s\" is no mail address: write it as name@example.org", to->list[i]);
    return 0;
}

static bool starts_with(const char *text, const char *start)
{
    return strncmp(text, start, strlen(start)) == 0;
}

static bool is_loopback_server(const char *url)
{
    static const char *const hosts[] = {"localhost", "127.0.0.1", "[::1]"};
    const char *host = strstr(url, "://") + 3;

    for (size_t i = 0; i < ARRAY_SIZE(hosts); i++)
        if (starts_with(host, hosts[i]) && strchr(":/", host[strlen(hosts[i])]))
            return true;
    return false;
}

static int check_server(const struct channel *channel, size_t *ret_option, struct error *e)
{
    static const char *const choices[] = {"required", "opportunistic", "none"};
    const char *server = channel_text(channel, "server"), *tls = channel_text(channel, "tls");
    bool known = !tls;

    if (server && !starts_with(server, "smtp://") && !starts_with(server, "smtps://"))
        return error_set(e, blame(channel, "server", ret_option),
                         "The server is smtp://HOST:587 (STARTTLS) or smtps://HOST:465");
    for (size_t i = 0; i < ARRAY_SIZE(choices); i++)
        known = known || strcmp(tls, choices[i]) == 0;
    if (!known)
        return error_set(e, blame(channel, "tls", ret_option), "tls is required, opportunistic or none");
    bool secret = channel_text(channel, "password") || channel_text(channel, "oauth_bearer");
    if (server && secret && tls && strcmp(tls, "required") != 0 && starts_with(server, "smtp://") &&
        !is_loopback_server(server))
        return error_set(e, blame(channel, "tls", ret_option),
                         "A password goes out only with tls: required, or to a server on a loopback address");
    if (secret && !channel_text(channel, "username"))
        return error_set(e, blame(channel, "username", ret_option), "A password or token needs a username");
    return 0;
}

int email_check(const struct channel *channel, size_t *ret_option, struct error *e)
{
    int r = check_recipients(channel, ret_option, e);

    if (r >= 0)
        r = check_sender(channel, ret_option, e);
    if (r >= 0)
        r = check_reply_to(channel, ret_option, e);
    return r < 0 ? r : check_server(channel, ret_option, e);
}
