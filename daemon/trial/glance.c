#include "trial/glance.h"

#include "base/json_skip.h"
#include "base/text.h"

#include <errno.h>
#include <openssl/evp.h>
#include <string.h>

/* A date has 10 bytes; whatever stands there is cut out only when it is as harmless. */
#define MAX_DAY_BYTES 32

/* The id is the first thing that a record tells; what may stand before it has some 60 bytes. */
#define ID_WITHIN_BYTES 256

struct look {
    const char *text;
    size_t len;
    unsigned seen; /* bit of every step that was taken */
    char nct_id[STUDY_NCT_ID_BYTES];
    size_t day_at, day_len; /* the versionHolder between its quotes; 0 without one */
};

/* A key on the way, and what is done with its value: the steps below it, or its text is taken. Each returns where the
 * value ends, 0 when the record is to be decoded. */
struct step {
    const char *key;
    unsigned bit;
    const struct step *below;
    size_t (*take)(struct look *look, size_t at);
};

/* The bytes between the quotes of a string without escapes; NULL for any other value. */
static const char *plain_string(const struct look *look, size_t at, size_t *ret_len, size_t *ret_end)
{
    size_t end = look->text[at] == '"' ? json_skip_string(look->text, look->len, at) : 0;

    if (end == 0 || memchr(look->text + at, '\\', end - at))
        return NULL;
    *ret_len = end - at - 2;
    *ret_end = end;
    return look->text + at + 1;
}

static size_t take_nct_id(struct look *look, size_t at)
{
    size_t len, end;
    const char *nct_id = plain_string(look, at, &len, &end);

    if (!nct_id || len != sizeof(look->nct_id) - 1)
        return 0;
    memcpy(look->nct_id, nct_id, len);
    return text_is_nct_id(look->nct_id) ? end : 0;
}

/* How many characters of a date stand there. */
static size_t day_length(const char *text, size_t len, size_t at)
{
    static const char harmless[] = "0123456789-:.TZ";
    size_t count = 0;

    while (count < MAX_DAY_BYTES && at + count < len && text[at + count] != '\0' && strchr(harmless, text[at + count]))
        count++;
    return count;
}

static size_t take_holder(struct look *look, size_t at)
{
    if (look->text[at] != '"')
        return 0;
    look->day_at = at + 1;
    look->day_len = day_length(look->text, look->len, look->day_at);
    size_t end = look->day_at + look->day_len;
    return end < look->len && look->text[end] == '"' ? end + 1 : 0;
}

/* A record that answers to several ids is for who can read them. */
static size_t refuse(struct look *look, size_t at)
{
    (void)look;
    (void)at;
    return 0;
}

static const struct step misc_info[] = {{"versionHolder", 1u << 0, NULL, take_holder}, {NULL, 0, NULL, NULL}};
static const struct step derived[] = {{"miscInfoModule", 1u << 1, misc_info, NULL}, {NULL, 0, NULL, NULL}};
static const struct step identification[] = {
    {"nctId", 1u << 2, NULL, take_nct_id},
    {"nctIdAliases", 1u << 3, NULL, refuse},
    {NULL, 0, NULL, NULL},
};
static const struct step protocol[] = {
    {"identificationModule", 1u << 4, identification, NULL},
    {NULL, 0, NULL, NULL},
};
static const struct step record[] = {
    {"protocolSection", 1u << 5, protocol, NULL},
    {"derivedSection", 1u << 6, derived, NULL},
    {NULL, 0, NULL, NULL},
};

static const struct step *find_step(const struct step *steps, const char *key, size_t len)
{
    for (; steps->key; steps++)
        if (strlen(steps->key) == len && memcmp(steps->key, key, len) == 0)
            return steps;
    return NULL;
}

/* To the character that has to stand next, after white space, and past it; 0 when it does not. */
static size_t expect(const struct look *look, size_t at, char character)
{
    at = json_skip_space(look->text, look->len, at);
    return at < look->len && look->text[at] == character ? at + 1 : 0;
}

/* Where a member's value begins; 0 as above. */
static size_t read_key(const struct look *look, size_t at, const struct step *steps, const struct step **ret)
{
    size_t len, end;

    at = json_skip_space(look->text, look->len, at);
    const char *key = at < look->len ? plain_string(look, at, &len, &end) : NULL;
    if (!key)
        return 0;
    *ret = find_step(steps, key, len);
    at = expect(look, end, ':');
    if (at == 0)
        return 0;
    at = json_skip_space(look->text, look->len, at);
    return at < look->len ? at : 0;
}

static size_t go_through(struct look *look, size_t at, const struct step *steps);

static size_t take_value(struct look *look, size_t at, const struct step *step)
{
    if (!step)
        return json_skip_value(look->text, look->len, at);
    if (look->seen & step->bit)
        return 0;
    look->seen |= step->bit;
    return step->take ? step->take(look, at) : go_through(look, at, step->below);
}

/* The members of the object at; what is not on the way is skipped. An empty one has nothing that is looked for. */
static size_t go_through(struct look *look, size_t at, const struct step *steps)
{
    const struct step *step;
    size_t end;

    at = expect(look, at, '{');
    while (at != 0) {
        at = read_key(look, at, steps, &step);
        if (at != 0)
            at = take_value(look, at, step);
        if (at == 0)
            return 0;
        end = expect(look, at, '}');
        if (end != 0)
            return end;
        at = expect(look, at, ',');
    }
    return 0;
}

/* The place of the day is part of what is hashed, so that it stands for one pair of texts around it. A libcrypto that
 * is held to FIPS 140 has no Poly1305. */
static bool hash_around_day(const struct glance_key *key, const char *text, size_t len, size_t day_at, size_t day_len,
                            uint8_t ret[static GLANCE_HASH_BYTES])
{
    size_t after = day_at + day_len, hash_len = 0;
    EVP_MAC *poly1305 = EVP_MAC_fetch(NULL, "POLY1305", NULL);
    EVP_MAC_CTX *context = poly1305 ? EVP_MAC_CTX_new(poly1305) : NULL;
    bool ok = context && EVP_MAC_init(context, key->bytes, sizeof(key->bytes), NULL) &&
              EVP_MAC_update(context, (const unsigned char *)&day_at, sizeof(day_at)) &&
              EVP_MAC_update(context, (const unsigned char *)text, day_at) &&
              EVP_MAC_update(context, (const unsigned char *)text + after, len - after) &&
              EVP_MAC_final(context, ret, &hash_len, GLANCE_HASH_BYTES);

    EVP_MAC_CTX_free(context);
    EVP_MAC_free(poly1305);
    return ok && hash_len == GLANCE_HASH_BYTES;
}

int glance_at_record(const struct glance_key *key, const char *text, size_t len, struct glance *ret)
{
    struct look look = {.text = text, .len = len};

    if (len == 0 || len > STUDY_MAX_RECORD_BYTES || go_through(&look, 0, record) != len || look.nct_id[0] == '\0')
        return -ENODATA;
    memcpy(ret->nct_id, look.nct_id, sizeof(ret->nct_id));
    ret->bytes = len - look.day_len;
    ret->day_at = look.day_at;
    return hash_around_day(key, text, len, look.day_at, look.day_len, ret->hash) ? 0 : -ENODATA;
}

bool glance_guess_id(const char *text, size_t len, char ret[static STUDY_NCT_ID_BYTES])
{
    static const char key[] = "\"nctId\"";
    struct look look = {.text = text, .len = size_min(len, ID_WITHIN_BYTES)};
    const char *found = memmem(text, look.len, key, strlen(key));
    size_t at = found ? expect(&look, (size_t)(found - text) + strlen(key), ':') : 0;

    if (at != 0)
        at = json_skip_space(text, look.len, at);
    if (at == 0 || at == look.len || take_nct_id(&look, at) == 0)
        return false;
    memcpy(ret, look.nct_id, sizeof(look.nct_id));
    return true;
}

bool glance_recognise(const struct glance_key *key, const struct glance *known, const char *text, size_t len,
                      size_t *ret_len)
{
    uint8_t hash[GLANCE_HASH_BYTES];
    size_t day_len = known->day_at > 0 ? day_length(text, len, known->day_at) : 0;

    *ret_len = known->bytes + day_len;
    return known->bytes <= len - day_len && known->day_at <= known->bytes &&
           hash_around_day(key, text, *ret_len, known->day_at, day_len, hash) &&
           memcmp(hash, known->hash, sizeof(hash)) == 0;
}
