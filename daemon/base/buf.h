/* A growable byte buffer with a maximum, always NUL-terminated behind its length.
 *
 * An append that fails is remembered, so that a writer checks once at the end with buf_status(). */
#pragma once

#include "base/macro.h"

#include <stddef.h>

struct buf {
    char *data; /* owned; NULL while empty */
    size_t len;
    size_t capacity;
    size_t max_bytes; /* more than this is -EFBIG; 0 means BUF_DEFAULT_MAX_BYTES */
    int status;       /* 0, or the first failure */
};

#define BUF_DEFAULT_MAX_BYTES ((size_t)64 * 1024 * 1024)

void buf_free(struct buf *buf);
#define _cleanup_buf_ _cleanup_(buf_free)

/* Keeps the memory, forgets content and failure. */
void buf_reset(struct buf *buf);

/* The buffer with its content and memory; the one it was is empty. */
struct buf buf_move(struct buf *buf);

/* Each returns 0, -ENOMEM or -EFBIG (or the earlier failure); after a failure nothing more is appended. */
int buf_append(struct buf *buf, const void *data, size_t len);
int buf_append_string(struct buf *buf, const char *text);
int buf_printf(struct buf *buf, const char *format, ...) _printf_(2, 3);

/* Room for len more bytes, which the caller fills at once; NULL after a failure. */
char *buf_extend(struct buf *buf, size_t len);

int buf_status(const struct buf *buf);

/* The content as a string that the caller frees; the buffer is empty afterwards. NULL after a failure. */
char *buf_take(struct buf *buf);

/* The content, "" while empty. Owned by the buffer. */
const char *buf_string(const struct buf *buf);
