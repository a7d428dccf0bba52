#include "net/gunzip_member.h"

#include "base/macro.h"

#include <errno.h>
#include <isa-l/igzip_lib.h>
#include <stdbool.h>
#include <stdint.h>

#define RESERVED_FLAGS 0xE0u /* of a header; RFC 1952: a decoder must refuse them */

struct gunzip_member {
    struct inflate_state state;
    /* Of igzip's two ways to read a header only the one that is given this goes on after a piece ended amid it. */
    struct isal_gzip_header header;
    bool header_read;
};

static const struct fault {
    int code;
    const char *text;
} faults[] = {
    {ISAL_INVALID_WRAPPER, "not a gzip header"},
    {ISAL_UNSUPPORTED_METHOD, "not deflated"},
    {ISAL_INCORRECT_CHECKSUM, "wrong checksum or length"},
    {ISAL_INVALID_BLOCK, "no such block"},
    {ISAL_INVALID_SYMBOL, "no such symbol"},
    {ISAL_INVALID_LOOKBACK, "a distance too far back"},
};

static int damaged(int code, struct error *e)
{
    const char *text = "unreadable";

    for (size_t i = 0; i < ARRAY_SIZE(faults); i++)
        if (faults[i].code == code)
            text = faults[i].text;
    return error_set(e, -EPROTO, "the gzip data of the answer is damaged: %s", text);
}

int gunzip_member_new(struct gunzip_member **ret, struct error *e)
{
    struct gunzip_member *member = malloc(sizeof(*member));

    if (!member)
        return error_set(e, -ENOMEM, "no memory to unpack an answer");
    gunzip_member_restart(member);
    *ret = member;
    return 0;
}

void gunzip_member_free(struct gunzip_member *member)
{
    free(member);
}

void gunzip_member_restart(struct gunzip_member *member)
{
    isal_inflate_init(&member->state);
    isal_gzip_header_init(&member->header);
    member->header_read = false;
}

/* 0, or igzip's code; member->header_read tells whether all of it was there. */
static int read_header(struct gunzip_member *member)
{
    int code = isal_read_gzip_header(&member->state, &member->header);

    if (code == ISAL_END_INPUT)
        return 0;
    if (code == ISAL_DECOMP_OK && member->header.flags & RESERVED_FLAGS)
        return ISAL_INVALID_WRAPPER;
    member->state.crc_flag = ISAL_GZIP_NO_HDR_VER;
    member->header_read = true;
    return code;
}

int gunzip_member_read(struct gunzip_member *member, struct gunzip_step *step, struct error *e)
{
    struct inflate_state *state = &member->state;
    int code = 0;

    state->next_in = (uint8_t *)(uintptr_t)step->in;
    state->avail_in = (uint32_t)step->in_len;
    state->next_out = step->out;
    state->avail_out = (uint32_t)step->out_len;
    if (!member->header_read)
        code = read_header(member);
    if (code == 0 && member->header_read)
        code = isal_inflate(state);
    if (code != 0)
        return damaged(code, e);
    *step = (struct gunzip_step){state->next_in, state->avail_in, state->next_out, state->avail_out};
    if (state->block_state == ISAL_BLOCK_FINISH)
        return 1;
    /* It never rests between input and room, and if it did, the caller would turn for ever. */
    return step->in_len > 0 && step->out_len > 0 ? damaged(0, e) : 0;
}
