/* Any bytes as a body in gzip: in pieces, of the size that the first byte gives, it reads as it does in one go. */
#include "net/gunzip.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define MAX_BYTES ((size_t)1024 * 1024)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition)
{
    if (!condition)
        abort();
}

/* Each piece is given in memory of its own, so that the sanitizers see a read past its end. */
static int feed_alone(struct gunzip *gunzip, const uint8_t *data, size_t len, struct buf *out, struct error *e)
{
    _cleanup_free_ uint8_t *alone = malloc(len);

    require(alone);
    memcpy(alone, data, len);
    return gunzip_feed(gunzip, alone, len, out, e);
}

static int decode(const uint8_t *data, size_t len, size_t piece_bytes, struct buf *out)
{
    struct error e = {""};
    struct gunzip *gunzip;
    int r = 0;

    require(gunzip_new(&gunzip, &e) == 0);
    for (size_t at = 0; at < len && r == 0; at += piece_bytes)
        r = feed_alone(gunzip, data + at, size_min(piece_bytes, len - at), out, &e);
    if (r == 0)
        r = gunzip_finish(gunzip, &e);
    gunzip_free(gunzip);
    require(r <= 0 && (r < 0) == (e.text[0] != '\0'));
    require(out->len <= MAX_BYTES);
    return r;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    _cleanup_buf_ struct buf whole = {.max_bytes = MAX_BYTES}, pieces = {.max_bytes = MAX_BYTES};

    if (size < 2)
        return 0;
    int r = decode(data + 1, size - 1, size, &whole);
    require((r < 0) == (decode(data + 1, size - 1, 1 + (size_t)data[0], &pieces) < 0));
    if (r == 0)
        require(whole.len == pieces.len && (whole.len == 0 || memcmp(whole.data, pieces.data, whole.len) == 0));
    return 0;
}
