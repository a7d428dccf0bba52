/* SHA-256 and its hexadecimal text. For this room only. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define DIGEST_BYTES 32
#define DIGEST_HEX_BYTES (2 * DIGEST_BYTES + 1)

/* Of the first bytes followed by the second; either may have length 0. 0 or -ENOMEM. */
int digest_two(const void *first, size_t first_len, const void *second, size_t second_len,
               uint8_t ret[static DIGEST_BYTES]);

/* Lower case, with a NUL: text has room for 2 * len + 1. Returns text. */
char *digest_hex(const uint8_t *bytes, size_t len, char *text);
