#include "net/gunzip_member.h"

#include "base/macro.h"

#include <errno.h>

#define ZLIB_CONST
#include <zlib.h>

#define GZIP_WINDOW_BITS (16 + MAX_WBITS) /* nothing but gzip, of any window */

struct gunzip_member {
    z_stream stream;
};

int gunzip_member_new(struct gunzip_member **ret, struct error *e)
{
    _cleanup_free_ struct gunzip_member *member = calloc(1, sizeof(*member));

    if (!member || inflateInit2(&member->stream, GZIP_WINDOW_BITS) != Z_OK)
        return error_set(e, -ENOMEM, "no memory to unpack an answer");
    *ret = TAKE_PTR(member);
    return 0;
}

void gunzip_member_free(struct gunzip_member *member)
{
    if (!member)
        return;
    inflateEnd(&member->stream);
    free(member);
}

void gunzip_member_restart(struct gunzip_member *member)
{
    inflateReset(&member->stream);
}

int gunzip_member_read(struct gunzip_member *member, struct gunzip_step *step, struct error *e)
{
    z_stream *stream = &member->stream;

    stream->next_in = step->in;
    stream->avail_in = (unsigned)step->in_len;
    stream->next_out = step->out;
    stream->avail_out = (unsigned)step->out_len;
    int code = inflate(stream, Z_NO_FLUSH);
    if (code == Z_MEM_ERROR)
        return error_set(e, -ENOMEM, "no memory to unpack an answer");
    if (code != Z_OK && code != Z_STREAM_END && code != Z_BUF_ERROR)
        return error_set(e, -EPROTO, "the gzip data of the answer is damaged: %s",
                         stream->msg ? stream->msg : "unreadable");
    *step = (struct gunzip_step){stream->next_in, stream->avail_in, stream->next_out, stream->avail_out};
    return code == Z_STREAM_END;
}
