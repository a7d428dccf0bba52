/* Makes gzip members (RFC 1951, 1952) without compressing anything: stored blocks, and runs by the fixed Huffman codes.
 */
#pragma once

#include "check.h"

#include "base/buf.h"

#include <stdbool.h>
#include <string.h>

#define GZIP_PLAIN_HEADER "\x1F\x8B\x08\0\0\0\0\0\0\xFF"
#define GZIP_PLAIN_HEADER_BYTES 10
#define GZIP_TRAILER_BYTES 8

/* Bits that do not fill a byte yet, least significant first. */
struct gzip_bits {
    unsigned held, held_count;
};

static inline void gzip_put_bits(struct buf *out, struct gzip_bits *bits, unsigned value, unsigned count)
{
    bits->held |= value << bits->held_count;
    for (bits->held_count += count; bits->held_count >= 8; bits->held_count -= 8, bits->held >>= 8)
        buf_append(out, (unsigned char[]){(unsigned char)bits->held}, 1);
}

/* The end of a block of the fixed codes, and what is left of its last byte. */
static inline void gzip_put_end(struct buf *out, struct gzip_bits *bits)
{
    gzip_put_bits(out, bits, 0, 7);
    gzip_put_bits(out, bits, 0, 7);
}

static inline uint32_t gzip_crc32(const void *data, size_t len)
{
    const unsigned char *bytes = data;
    uint32_t crc = ~0u;

    for (size_t i = 0; i < len; i++) {
        crc ^= bytes[i];
        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (crc & 1 ? 0xEDB88320u : 0);
    }
    return ~crc;
}

static inline void gzip_put_little_endian(struct buf *out, uint32_t value, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++)
        buf_append(out, (unsigned char[]){(unsigned char)(value >> 8 * i)}, 1);
}

static inline void gzip_put_trailer(struct buf *out, const void *data, size_t len)
{
    gzip_put_little_endian(out, gzip_crc32(data, len), 4);
    gzip_put_little_endian(out, (uint32_t)len, 4);
}

static inline void gzip_put_stored_block(struct buf *out, const void *data, size_t len, bool last)
{
    assert_true(len <= UINT16_MAX);
    gzip_put_little_endian(out, last, 1);
    gzip_put_little_endian(out, (uint32_t)len, 2);
    gzip_put_little_endian(out, ~(uint32_t)len, 2);
    buf_append(out, data, len);
}

/* A member of one stored block. */
static inline void gzip_add_stored(struct buf *out, const void *data, size_t len)
{
    buf_append(out, GZIP_PLAIN_HEADER, GZIP_PLAIN_HEADER_BYTES);
    gzip_put_stored_block(out, data, len, true);
    gzip_put_trailer(out, data, len);
}

/* A member of 1 + 258 * runs NUL bytes: one literal, then copies of 258 bytes at distance 1. */
static inline void gzip_add_zeros(struct buf *out, size_t runs)
{
    size_t len = 1 + 258 * runs;
    _cleanup_free_ char *zeros = calloc(len, 1);
    struct gzip_bits bits = {0};

    buf_append(out, GZIP_PLAIN_HEADER, GZIP_PLAIN_HEADER_BYTES);
    gzip_put_bits(out, &bits, 3, 3);    /* last block, fixed codes */
    gzip_put_bits(out, &bits, 0x0C, 8); /* literal 0: 00110000, most significant bit first */
    for (size_t i = 0; i < runs; i++) {
        gzip_put_bits(out, &bits, 0xA3, 8); /* length 258: 11000101 */
        gzip_put_bits(out, &bits, 0, 5);    /* distance 1 */
    }
    gzip_put_end(out, &bits);
    gzip_put_trailer(out, zeros, len);
}
