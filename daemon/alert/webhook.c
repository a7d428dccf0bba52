/* A generic webhook: the document itself, signed as the Standard Webhooks specification says
 * (https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md).
 *
 * webhook-id is the message's id, the same at every try: receivers deduplicate by it. webhook-signature is one
 * "v1,BASE64(HMAC-SHA256(id.timestamp.body))" a secret, so that a receiver can change from one secret to the next. */
#include "alert/channel_list.h"
#include "alert/message.h"
#include "base/clock.h"

#include <errno.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <string.h>

#define SECRET_PREFIX "whsec_"
#define MIN_KEY_BYTES 16 /* the specification asks for 24 to 64; shorter ones that people have already are let in */
#define MAX_KEY_BYTES 64
#define SIGNATURE_BYTES 32 /* SHA-256 */
#define MAX_BODY_BYTES ((size_t)1024 * 1024)

/* The key of "whsec_BASE64". Returns its length, negative when it is none. */
static int decode_secret(const char *secret, unsigned char key[static MAX_KEY_BYTES + 3])
{
    if (strncmp(secret, SECRET_PREFIX, strlen(SECRET_PREFIX)) == 0)
        secret += strlen(SECRET_PREFIX);
    size_t len = strlen(secret);
    if (len == 0 || len % 4 != 0 || len / 4 * 3 > MAX_KEY_BYTES + 2)
        return -EINVAL;
    int n = EVP_DecodeBlock(key, (const unsigned char *)secret, (int)len);
    if (n < 0)
        return -EINVAL;
    for (size_t i = len; i > 0 && secret[i - 1] == '='; i--) /* EVP_DecodeBlock() counts the padding as zero bytes */
        n--;
    return n >= MIN_KEY_BYTES && n <= MAX_KEY_BYTES ? n : -EINVAL;
}

/* Appends "v1,…". */
static int append_signature(struct buf *out, const char *secret, const struct buf *signed_text)
{
    unsigned char key[MAX_KEY_BYTES + 3], hash[SIGNATURE_BYTES], text[SIGNATURE_BYTES * 2];
    int key_len = decode_secret(secret, key);

    if (key_len < 0)
        return key_len;
    const unsigned char *done =
        HMAC(EVP_sha256(), key, key_len, (const unsigned char *)buf_string(signed_text), signed_text->len, hash, NULL);
    explicit_bzero(key, sizeof(key));
    if (!done)
        return -ENOMEM;
    EVP_EncodeBlock(text, hash, sizeof(hash));
    return buf_printf(out, "%sv1,%s", out->len > 0 ? " " : "", (const char *)text);
}

static int seal(const struct channel *channel, const json_t *message, const struct render_context *context,
                struct rendering *rendering, struct error *e)
{
    static const char *const secrets[] = {"secret", "secret_next"};
    const char *id = json_string_value(json_object_get(message, "id"));
    _cleanup_buf_ struct buf signed_text = {0}, signatures = {0};
    char timestamp[24];

    snprintf(timestamp, sizeof(timestamp), "%lld", (long long)(context->now_usec / USEC_PER_SEC));
    buf_printf(&signed_text, "%s.%s.", id, timestamp);
    int r = buf_append(&signed_text, buf_string(&rendering->body), rendering->body.len);
    for (size_t i = 0; r >= 0 && i < ARRAY_SIZE(secrets); i++)
        if (channel_text(channel, secrets[i]))
            r = append_signature(&signatures, channel_text(channel, secrets[i]), &signed_text);
    if (r >= 0)
        r = rendering_add_header(rendering, "webhook-id", id);
    if (r >= 0)
        r = rendering_add_header(rendering, "webhook-timestamp", timestamp);
    if (r >= 0 && signatures.len > 0)
        r = rendering_add_header(rendering, "webhook-signature", buf_string(&signatures));
    return r < 0 ? error_set(e, r, "The webhook of channel %s cannot be signed", channel->name) : 0;
}

static char *dump(const json_t *message, unsigned shorter)
{
    json_auto_t *less = shorter > 0 ? message_shorter(message, shorter) : NULL;

    return json_dumps(less ? less : message, MESSAGE_DUMP_FLAGS);
}

static int render(const struct channel *channel, const json_t *message, const struct render_context *context,
                  struct rendering *ret, struct error *e)
{
    _cleanup_free_ char *text = dump(message, context->shorter);

    for (unsigned shorter = context->shorter + 1; text && strlen(text) > MAX_BODY_BYTES; shorter++) {
        free(text);
        text = shorter <= CHANNEL_MAX_SHORTER ? dump(message, shorter) : NULL;
    }
    ret->url = strdup(channel_text(channel, "url"));
    if (!text || !ret->url || buf_append_string(&ret->body, text) < 0)
        return error_set(e, -ENOMEM, "Out of memory");
    return rendering_add_header(ret, "Content-Type", "application/json");
}

static int check_secret(const struct channel *channel, const char *option, size_t *ret_option, struct error *e)
{
    unsigned char key[MAX_KEY_BYTES + 3];
    const char *secret = channel_text(channel, option);

    if (!secret || decode_secret(secret, key) >= 0)
        return 0;
    *ret_option = channel_option_index(channel->type, option);
    return error_set(e, -EINVAL,
                     "A webhook's secret is " SECRET_PREFIX " and the base64 of 24 to 64 random bytes, such as "
                     "echo " SECRET_PREFIX "$(head -c 32 /dev/urandom | base64) makes");
}

static int check(const struct channel *channel, size_t *ret_option, struct error *e)
{
    int r = channel_check_url(channel, ret_option, e);

    if (r >= 0)
        r = check_secret(channel, "secret", ret_option, e);
    if (r >= 0)
        r = check_secret(channel, "secret_next", ret_option, e);
    return r;
}

const struct channel_type channel_webhook = {
    .name = "webhook",
    .transport = TRANSPORT_HTTP,
    .help = "Sends the alert's JSON document to a URL, signed as Standard Webhooks says.",
    .options =
        {
            {"url", OPTION_SECRET, true, "Where to POST the document. https, or http to a loopback address."},
            {"secret", OPTION_SECRET, false,
             "The key that signs, as whsec_ and base64. Without one nothing is signed."},
            {"secret_next", OPTION_SECRET, false,
             "A second key while the receiver changes from one to the next: both signatures are sent."},
        },
    .check = check,
    .render = render,
    .seal = seal,
};
