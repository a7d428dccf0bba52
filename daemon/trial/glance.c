#include "trial/glance.h"

#include "base/json_skip.h"
#include "base/text.h"

#include <errno.h>
#include <openssl/evp.h>
#include <string.h>

/* A date has 10 bytes; whatever stands there is cut out only when it is as harmless. */
#define MAX_HOLDER_BYTES 32

struct look {
    const char *text;
    size_t len;
    unsigned seen; /* bit of every step that was taken */
    char nct_id[STUDY_NCT_ID_BYTES];
    size_t cut_at, cut_len; /* the versionHolder between its quotes; 0 without one */
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

static size_t take_holder(struct look *look, size_t at)
{
    static const char harmless[] = "0123456789-:.TZ";
    size_t len, end;
    const char *holder = plain_string(look, at, &len, &end);

    if (!holder || len > MAX_HOLDER_BYTES)
        return 0;
    for (size_t i = 0; i < len; i++)
        if (holder[i] == '\0' || !strchr(harmless, holder[i]))
            return 0;
    look->cut_at = at + 1;
    look->cut_len = len;
    return end;
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

/* The place of the cut is part of what is hashed, so that it stands for one pair of texts around it. */
static int hash_around_cut(const struct look *look, uint8_t ret[static STUDY_HASH_BYTES])
{
    size_t after = look->cut_at + look->cut_len;
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool ok = context && EVP_DigestInit_ex(context, EVP_sha256(), NULL) &&
              EVP_DigestUpdate(context, &look->cut_at, sizeof(look->cut_at)) &&
              EVP_DigestUpdate(context, look->text, look->cut_at) &&
              EVP_DigestUpdate(context, look->text + after, look->len - after) &&
              EVP_DigestFinal_ex(context, ret, NULL);

    EVP_MD_CTX_free(context);
    return ok ? 0 : -ENOMEM;
}

int glance_at_record(const char *text, size_t len, struct glance *ret)
{
    struct look look = {.text = text, .len = len};

    if (len == 0 || len > STUDY_MAX_RECORD_BYTES || go_through(&look, 0, record) != len || look.nct_id[0] == '\0')
        return -ENODATA;
    memcpy(ret->nct_id, look.nct_id, sizeof(ret->nct_id));
    return hash_around_cut(&look, ret->hash);
}
