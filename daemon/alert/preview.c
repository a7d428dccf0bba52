#include "alert/preview.h"

#include "alert/delivery.h"
#include "alert/message.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

#define HIDDEN "***"
#define MIN_SECRET_BYTES 4   /* a shorter one would hide half of the text */
#define LONG_SECRET_BYTES 12 /* a shorter one may be part of a word that has nothing to do with it */

/* Whether what stands there begins and ends where words do: the topic "trials" is not in "clinicaltrials.gov". */
static bool is_whole_word(const char *start, const char *text, size_t len)
{
    return (text == start || !isalnum((unsigned char)text[-1])) && !isalnum((unsigned char)text[len]);
}

static const char *secret_at(const struct channel *channel, const char *start, const char *text, size_t *ret_len)
{
    for (size_t i = 0; i < CHANNEL_MAX_OPTIONS && channel->type->options[i].name; i++) {
        const char *secret = channel->values[i].text;
        size_t len = secret ? strlen(secret) : 0;
        if (channel->type->options[i].kind == OPTION_SECRET && len >= MIN_SECRET_BYTES &&
            strncmp(text, secret, len) == 0 && (len >= LONG_SECRET_BYTES || is_whole_word(start, text, len))) {
            *ret_len = len;
            return secret;
        }
    }
    return NULL;
}

static json_t *hide_secrets(const struct channel *channel, const char *text)
{
    _cleanup_buf_ struct buf out = {0};
    size_t len;

    for (const char *at = text; *at; at += len) {
        len = 1;
        if (secret_at(channel, text, at, &len))
            buf_append_string(&out, HIDDEN);
        else
            buf_append(&out, at, 1);
    }
    return buf_status(&out) < 0 ? NULL : json_string(buf_string(&out));
}

static json_t *headers_of(const struct channel *channel, const struct rendering *rendering)
{
    json_t *headers = json_array();

    for (size_t i = 0; i < rendering->header_count; i++) {
        const struct http_header *header = &rendering->headers[i];
        json_array_append_new(
            headers, json_pack("{ss so}", "name", header->name, "value", hide_secrets(channel, header->value)));
    }
    return headers;
}

int preview_make(struct store *store, const struct watch_set *watches, const struct channel *channel,
                 const char *nct_id, long version, json_t **ret, struct error *e)
{
    json_auto_t *message = NULL;
    _cleanup_free_ char *thread = NULL;
    _cleanup_rendering_ struct rendering rendering = {0};

    int r = message_preview(store, watches, channel->name, nct_id, version, &message, e);
    if (r < 0)
        return r;
    r = outbox_thread(store, channel->name, nct_id, &thread, e);
    if (r < 0 && r != -ENOENT)
        return r;
    const struct render_context context = {.now_usec = clock_wall_usec(), .thread = thread};
    r = delivery_render(channel, message, &context, &rendering, e);
    if (r < 0)
        return r;
    *ret = json_pack("{ss ss so so}", "channel", channel->name, "type", channel->type->name, "headers",
                     headers_of(channel, &rendering), "body", hide_secrets(channel, buf_string(&rendering.body)));
    return *ret ? 0 : error_set(e, -ENOMEM, "Out of memory");
}
