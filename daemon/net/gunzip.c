#include "net/gunzip.h"

#include "base/macro.h"
#include "net/gunzip_member.h"

#include <errno.h>
#include <stdbool.h>

/* Decoded at a time. What was measured with a quarter and with eight times of it differs by less than 5 %. */
#define WINDOW_BYTES ((size_t)32 * 1024)
#define FIRST_BYTE 0x1F /* of every member */

struct gunzip {
    struct gunzip_member *member;
    bool any;   /* a member has begun */
    bool ended; /* it has ended */
    unsigned char window[WINDOW_BYTES];
};

int gunzip_new(struct gunzip **ret, struct error *e)
{
    _cleanup_free_ struct gunzip *gunzip = calloc(1, sizeof(*gunzip));

    if (!gunzip)
        return error_set(e, -ENOMEM, "no memory for an answer in gzip");
    int r = gunzip_member_new(&gunzip->member, e);
    if (r < 0)
        return r;
    *ret = TAKE_PTR(gunzip);
    return 0;
}

void gunzip_free(struct gunzip *gunzip)
{
    if (!gunzip)
        return;
    gunzip_member_free(gunzip->member);
    free(gunzip);
}

/* A member begins at byte. */
static int begin_member(struct gunzip *gunzip, unsigned char byte, struct error *e)
{
    if (byte != FIRST_BYTE)
        return error_set(e, -EPROTO,
                         gunzip->any ? "the answer goes on behind its gzip data"
                                     : "the answer is no gzip, although its header says so");
    if (gunzip->any)
        gunzip_member_restart(gunzip->member);
    gunzip->any = true;
    gunzip->ended = false;
    return 0;
}

/* 1 when the member has ended, 0 when it wants more. */
static int read_member(struct gunzip *gunzip, struct gunzip_step *step, struct buf *out, struct error *e)
{
    int r;

    do {
        step->out = gunzip->window;
        step->out_len = WINDOW_BYTES;
        r = gunzip_member_read(gunzip->member, step, e);
        if (r < 0)
            return r;
        if (buf_append(out, gunzip->window, WINDOW_BYTES - step->out_len) < 0)
            return error_set(e, buf_status(out), "the answer is larger than allowed");
    } while (r == 0 && step->out_len == 0);
    return r;
}

int gunzip_feed(struct gunzip *gunzip, const void *data, size_t len, struct buf *out, struct error *e)
{
    struct gunzip_step step = {.in = data, .in_len = len};
    int r = 0;

    while (step.in_len > 0 && r >= 0) {
        if (!gunzip->any || gunzip->ended)
            r = begin_member(gunzip, *step.in, e);
        if (r >= 0)
            r = read_member(gunzip, &step, out, e);
        gunzip->ended = r == 1;
    }
    return r < 0 ? r : 0;
}

int gunzip_finish(const struct gunzip *gunzip, struct error *e)
{
    return gunzip->any && !gunzip->ended ? error_set(e, -EPROTO, "the answer ends amid its gzip data") : 0;
}
