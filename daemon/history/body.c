#include "history/body.h"

#include "history/sql.h"

#include <errno.h>
#include <stdlib.h>
#include <zstd.h>

/* Measured on the registry's own pairs (32 pairs, 1.5 MB): level 3 makes 8.6 kB of them in 0.07 ms each, 6 7.5 kB in
 * 0.24 ms, 9 7.3 kB in 0.42 ms, 12 7.1 kB in 2.1 ms, 19 6.8 kB in 7.4 ms. */
#define LEVEL 6

/* The level's own, of large contents. */
#define MAX_HASH_LOG 19

/* Below this, long distance matching makes bodies larger (7.8 kB of the 7.5); above, the tables of the level forget the
 * start of the prefix. */
#define LONG_DISTANCE_BYTES ((size_t)8 * 1024 * 1024)

struct body_coder {
    ZSTD_CCtx *compressor;
    ZSTD_DCtx *decompressor;
};

void body_coder_free(struct body_coder *coder)
{
    if (!coder)
        return;
    ZSTD_freeCCtx(coder->compressor);
    ZSTD_freeDCtx(coder->decompressor);
    free(coder);
}

static int need_coder(struct store *store, struct error *e)
{
    if (store->coder)
        return 0;
    struct body_coder *coder = calloc(1, sizeof(*coder));
    if (coder) {
        coder->compressor = ZSTD_createCCtx();
        coder->decompressor = ZSTD_createDCtx();
    }
    if (!coder || !coder->compressor || !coder->decompressor) {
        body_coder_free(coder);
        return error_set(e, -ENOMEM, "out of memory");
    }
    store->coder = coder;
    return 0;
}

/* The window that reaches from the end of the content to the start of the prefix. */
static int window_log(size_t span)
{
    int log = 10; /* zstd's least */

    while (((size_t)1 << log) < span)
        log++;
    return log;
}

/* A table of some half as many places as there are bytes. The level's own is four times as large: a fifth more time for
 * each small body, which it makes 0.4 % smaller. */
static int hash_log(size_t span)
{
    int log = window_log(span) - 1;

    return log < MAX_HASH_LOG ? log : MAX_HASH_LOG;
}

static size_t set_parameters(ZSTD_CCtx *compressor, const char *base, size_t base_len, size_t len)
{
    size_t code = ZSTD_CCtx_reset(compressor, ZSTD_reset_session_and_parameters);

    if (!ZSTD_isError(code))
        code = ZSTD_CCtx_setParameter(compressor, ZSTD_c_compressionLevel, LEVEL);
    if (ZSTD_isError(code) || !base)
        return code;
    code = ZSTD_CCtx_setParameter(compressor, ZSTD_c_windowLog, window_log(base_len + len));
    if (!ZSTD_isError(code))
        code = ZSTD_CCtx_setParameter(compressor, ZSTD_c_hashLog, hash_log(base_len + len));
    if (!ZSTD_isError(code) && base_len + len > LONG_DISTANCE_BYTES)
        code = ZSTD_CCtx_setParameter(compressor, ZSTD_c_enableLongDistanceMatching, 1);
    return ZSTD_isError(code) ? code : ZSTD_CCtx_refPrefix(compressor, base, base_len);
}

int body_encode(struct store *store, const char *base, size_t base_len, const char *bytes, size_t len, void **ret,
                size_t *ret_len, struct error *e)
{
    int r = need_coder(store, e);

    if (r < 0)
        return r;
    if (len > BODY_MAX_BYTES || base_len > BODY_MAX_BYTES)
        return error_set(e, -EFBIG, "a record of %zu bytes is more than the history takes", size_max(len, base_len));
    size_t room = ZSTD_compressBound(len);
    _cleanup_free_ void *body = malloc(room);
    if (!body)
        return error_set(e, -ENOMEM, "out of memory");
    size_t size = set_parameters(store->coder->compressor, base, base_len, len);
    if (!ZSTD_isError(size))
        size = ZSTD_compress2(store->coder->compressor, body, room, bytes, len);
    if (ZSTD_isError(size))
        return error_set(e, -ENOMEM, "cannot compress a record: %s", ZSTD_getErrorName(size));
    *ret = TAKE_PTR(body);
    *ret_len = size;
    return 0;
}

static int damaged_body(const struct store *store, int64_t id, const char *why, struct error *e)
{
    return error_set(e, -EUCLEAN, "history %s is damaged: row %lld of versions %s; restore a backup", store->path,
                     (long long)id, why);
}

/* One step: the bytes of a row whose base's bytes are there. */
static int decode(struct store *store, int64_t id, const struct body_known *base, char **ret, size_t *ret_len,
                  struct error *e)
{
    _cleanup_query_ struct query query = {0};
    ZSTD_DCtx *decompressor = store->coder->decompressor;
    size_t size;
    int r = query_row(&query, store, SQL_BODY_GET, e, INT(id));

    if (r < 0)
        return r == -ENOENT ? damaged_body(store, id, "is not there", e) : r;
    int64_t len = query_integer(&query, 1);
    const void *body = query_blob(&query, 2, &size);
    if (len < 0 || (uint64_t)len > BODY_MAX_BYTES)
        return damaged_body(store, id, "has an impossible length", e);

    _cleanup_free_ char *bytes = malloc((size_t)len + 1);
    if (!bytes)
        return error_set(e, -ENOMEM, "out of memory");
    size_t code = ZSTD_DCtx_reset(decompressor, ZSTD_reset_session_and_parameters);
    if (!ZSTD_isError(code) && base->id != 0)
        code = ZSTD_DCtx_refPrefix(decompressor, base->bytes, base->len);
    if (!ZSTD_isError(code))
        code = ZSTD_decompressDCtx(decompressor, bytes, (size_t)len, body, size);
    if (ZSTD_isError(code))
        return damaged_body(store, id, ZSTD_getErrorName(code), e);
    if (code != (size_t)len)
        return damaged_body(store, id, "is shorter than it was", e);
    bytes[len] = '\0';
    *ret = TAKE_PTR(bytes);
    *ret_len = (size_t)len;
    return 0;
}

/* The rows from id down to a full body, or to one whose base is known. */
struct chain {
    int64_t ids[BODY_CHAIN_MAX];
    size_t count;
    bool on_known;
};

static int find_chain(struct store *store, int64_t id, int64_t known_id, struct chain *ret, struct error *e)
{
    int64_t link = id;

    *ret = (struct chain){0};
    do {
        _cleanup_query_ struct query query = {0};
        if (ret->count == BODY_CHAIN_MAX)
            return damaged_body(store, id, "lies too far from a full one", e);
        int r = query_row(&query, store, SQL_BODY_BASE, e, INT(link));
        if (r < 0)
            return r == -ENOENT ? damaged_body(store, link, "is not there", e) : r;
        ret->ids[ret->count++] = link;
        link = query_integer(&query, 0);
        ret->on_known = link != 0 && link == known_id;
    } while (link != 0 && !ret->on_known);
    return 0;
}

int body_read(struct store *store, int64_t id, const struct body_known *known, char **ret, size_t *ret_len,
              struct error *e)
{
    _cleanup_free_ char *below = NULL;
    struct chain chain;
    int r = need_coder(store, e);

    if (r >= 0)
        r = find_chain(store, id, known ? known->id : 0, &chain, e);
    if (r < 0)
        return r;
    struct body_known base = chain.on_known ? *known : (struct body_known){0};
    while (chain.count > 0) {
        char *bytes = NULL;
        size_t len = 0;
        int64_t link = chain.ids[--chain.count];
        r = decode(store, link, &base, &bytes, &len, e);
        if (r < 0)
            return r;
        free(below);
        below = bytes;
        base = (struct body_known){.id = link, .bytes = bytes, .len = len};
    }
    *ret = TAKE_PTR(below);
    *ret_len = base.len;
    return 0;
}
