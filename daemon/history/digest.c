#include "history/digest.h"

#include "base/macro.h"

#include <errno.h>
#include <openssl/evp.h>

static void free_context(EVP_MD_CTX **context)
{
    EVP_MD_CTX_free(*context);
}

int digest_two(const void *first, size_t first_len, const void *second, size_t second_len,
               uint8_t ret[static DIGEST_BYTES])
{
    _cleanup_(free_context) EVP_MD_CTX *context = EVP_MD_CTX_new();

    if (!context || !EVP_DigestInit_ex(context, EVP_sha256(), NULL) || !EVP_DigestUpdate(context, first, first_len) ||
        !EVP_DigestUpdate(context, second, second_len) || !EVP_DigestFinal_ex(context, ret, NULL))
        return -ENOMEM;
    return 0;
}

char *digest_hex(const uint8_t *bytes, size_t len, char *text)
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < len; i++) {
        text[2 * i] = digits[bytes[i] >> 4];
        text[2 * i + 1] = digits[bytes[i] & 15];
    }
    text[2 * len] = '\0';
    return text;
}
