#include "alert/channel.h"

#include "alert/channel_list.h"
#include "alert/sink.h"
#include "base/text.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

static const struct channel_type *const types[] = {
    &channel_console, &channel_slack,      &channel_webhook, &channel_email,   &channel_teams,
    &channel_discord, &channel_mattermost, &channel_ntfy,    &channel_command,
};

const struct channel_type *const *channel_types(size_t *ret_count)
{
    *ret_count = ARRAY_SIZE(types);
    return types;
}

const struct channel_type *channel_type_find(const char *name)
{
    for (size_t i = 0; i < ARRAY_SIZE(types); i++)
        if (strcmp(types[i]->name, name) == 0)
            return types[i];
    return NULL;
}

static void value_clear(struct channel_value *value)
{
    for (size_t i = 0; i < value->list_count; i++)
        free(value->list[i]);
    free(value->list);
    if (value->text)
        explicit_bzero(value->text, strlen(value->text)); /* it may be a secret */
    free(value->text);
    *value = (struct channel_value){0};
}

void channel_clear(struct channel *channel)
{
    for (size_t i = 0; i < CHANNEL_MAX_OPTIONS; i++)
        value_clear(&channel->values[i]);
    free(channel->name);
    free(channel->payload);
    free(channel->pace.zone);
    *channel = (struct channel){0};
}

void rendering_clear(struct rendering *rendering)
{
    buf_free(&rendering->body);
    free(rendering->url);
    free(rendering->from);
    for (size_t i = 0; i < rendering->header_count; i++)
        free((char *)rendering->headers[i].value);
    *rendering = (struct rendering){0};
}

int rendering_add_header(struct rendering *rendering, const char *name, const char *value)
{
    if (rendering->header_count == HTTP_MAX_HEADERS)
        return -E2BIG;
    char *copy = strdup(value);
    if (!copy)
        return -ENOMEM;
    rendering->headers[rendering->header_count++] = (struct http_header){.name = name, .value = copy};
    return 0;
}

int rendering_take_json(struct rendering *rendering, const char *url, json_t *body)
{
    _cleanup_free_ char *text = body ? json_dumps(body, JSON_COMPACT) : NULL;

    json_decref(body);
    rendering->url = strdup(url);
    if (!text || !rendering->url || buf_append_string(&rendering->body, text) < 0)
        return -ENOMEM;
    return rendering_add_header(rendering, "Content-Type", "application/json");
}

void verdict_clear(struct verdict *verdict)
{
    free(verdict->thread);
    verdict->thread = NULL;
}

size_t channel_option_index(const struct channel_type *type, const char *option)
{
    size_t i = 0;

    while (i < CHANNEL_MAX_OPTIONS && type->options[i].name && strcmp(type->options[i].name, option) != 0)
        i++;
    assert(i < CHANNEL_MAX_OPTIONS && type->options[i].name);
    return i;
}

const struct channel_value *channel_value(const struct channel *channel, const char *option)
{
    return &channel->values[channel_option_index(channel->type, option)];
}

const char *channel_text(const struct channel *channel, const char *option)
{
    return channel_value(channel, option)->text;
}

bool channel_bool(const struct channel *channel, const char *option, bool otherwise)
{
    const char *text = channel_text(channel, option);

    return text ? strcmp(text, "true") == 0 : otherwise;
}

/* Whether what follows "http://" begins with the host and ends it there: "localhost.example.org" is another one. */
static bool has_host(const char *after_scheme, const char *host)
{
    size_t len = strlen(host);

    return strncmp(after_scheme, host, len) == 0 && strchr(":/?#", after_scheme[len]) != NULL;
}

/* "http://localhost:80@example.org/" names another host. */
static bool has_user_part(const char *after_scheme)
{
    return memchr(after_scheme, '@', strcspn(after_scheme, "/?#")) != NULL;
}

bool channel_url_ok(const char *url, bool *ret_plain)
{
    static const char *const loopback[] = {"127.0.0.1", "[::1]", "localhost"};

    *ret_plain = false;
    if (text_control_bytes(url) > 0 || strpbrk(url, " \t\r\n\"<>\\"))
        return false;
    if (strncmp(url, "https://", 8) == 0)
        return url[8] != '\0' && url[8] != '/';
    if (strncmp(url, "http://", 7) != 0 || has_user_part(url + 7))
        return false;
    for (size_t i = 0; i < ARRAY_SIZE(loopback); i++)
        if (has_host(url + 7, loopback[i]))
            return *ret_plain = true;
    return false;
}

int channel_check_url(const struct channel *channel, size_t *ret_option, struct error *e)
{
    const char *url = channel_text(channel, "url");
    bool plain;

    if (!url || channel_url_ok(url, &plain))
        return 0;
    *ret_option = channel_option_index(channel->type, "url");
    return error_set(e, -EINVAL, "The URL must begin with https:// (http:// only for a loopback address)");
}

/* The first words of what the receiver said, for people. */
static void quote_body(const struct http_response *response, char *out, size_t size)
{
    _cleanup_buf_ struct buf line = {0};

    if (response->body && response->body->len > 0)
        sink_append_line(&line, buf_string(response->body));
    const char *text = buf_string(&line);
    text += strspn(text, " ");
    size_t len = text_cut_at_word(text, size_min(160, size - 1));
    snprintf(out, size, "%.*s", (int)len, text);
}

static enum attempt_outcome outcome_of_status(int status)
{
    if (status >= 200 && status < 300)
        return ATTEMPT_DELIVERED;
    if (status == 408 || status == 425 || status == 429 || status >= 500)
        return ATTEMPT_RETRY;
    return ATTEMPT_FAILED;
}

void channel_judge_http(const struct http_response *response, struct verdict *ret)
{
    int status = response->status;
    char said[200];

    *ret = (struct verdict){.code = status, .retry_after_usec = response->retry_after_usec};
    if (response->error < 0) {
        ret->outcome = ATTEMPT_RETRY;
        snprintf(ret->answer, sizeof(ret->answer), "%.250s", response->error_text);
        text_drop_half_character(ret->answer);
        return;
    }
    ret->outcome = outcome_of_status(status);
    ret->ill = status == 401 || status == 403 || status == 404 || status == 410;
    ret->too_large = status == 413;
    quote_body(response, said, sizeof(said));
    snprintf(ret->answer, sizeof(ret->answer), "HTTP %d%s%s", status, said[0] ? ": " : "", said);
}
