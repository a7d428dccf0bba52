#include "base/buf.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void buf_free(struct buf *buf)
{
    free(buf->data);
    *buf = (struct buf){.max_bytes = buf->max_bytes};
}

void buf_reset(struct buf *buf)
{
    buf->len = 0;
    buf->status = 0;
    if (buf->data)
        buf->data[0] = '\0';
}

struct buf buf_move(struct buf *buf)
{
    struct buf moved = *buf;

    *buf = (struct buf){.max_bytes = buf->max_bytes};
    return moved;
}

/* Room for extra more bytes and the NUL. */
static int reserve(struct buf *buf, size_t extra)
{
    size_t max = buf->max_bytes ? buf->max_bytes : BUF_DEFAULT_MAX_BYTES;

    if (buf->status < 0)
        return buf->status;
    if (extra > max || buf->len > max - extra)
        return buf->status = -EFBIG;
    if (buf->len + extra < buf->capacity)
        return 0;

    size_t capacity = size_max(buf->len + extra + 1, size_min(buf->capacity * 2, max + 1));
    char *data = realloc(buf->data, size_max(capacity, 64));
    if (!data)
        return buf->status = -ENOMEM;
    buf->data = data;
    buf->capacity = size_max(capacity, 64);
    return 0;
}

char *buf_extend(struct buf *buf, size_t len)
{
    if (reserve(buf, len) < 0)
        return NULL;
    buf->len += len;
    buf->data[buf->len] = '\0';
    return buf->data + buf->len - len;
}

int buf_append(struct buf *buf, const void *data, size_t len)
{
    char *room = buf_extend(buf, len);

    if (room && len > 0)
        memcpy(room, data, len);
    return buf->status;
}

int buf_append_string(struct buf *buf, const char *text)
{
    return buf_append(buf, text, strlen(text));
}

int buf_printf(struct buf *buf, const char *format, ...)
{
    va_list ap;

    va_start(ap, format);
    int n = vsnprintf(NULL, 0, format, ap);
    va_end(ap);
    if (n < 0)
        return buf->status = -EINVAL;

    int r = reserve(buf, (size_t)n);
    if (r < 0)
        return r;
    va_start(ap, format);
    vsnprintf(buf->data + buf->len, (size_t)n + 1, format, ap);
    va_end(ap);
    buf->len += (size_t)n;
    return 0;
}

int buf_status(const struct buf *buf)
{
    return buf->status;
}

char *buf_take(struct buf *buf)
{
    if (buf->status < 0)
        return NULL;
    if (!buf->data && reserve(buf, 0) < 0)
        return NULL;
    buf->data[buf->len] = '\0';
    char *data = TAKE_PTR(buf->data);
    buf_free(buf);
    return data;
}

const char *buf_string(const struct buf *buf)
{
    return buf->data ? buf->data : "";
}
