/* One gzip member after another: header, deflated data, checksum and length. A part of net/gunzip.
 *
 * By igzip (gunzip_igzip.c), which takes less than half of zlib's time for the registry's records; by zlib
 * (gunzip_zlib.c) where that is missing. igzip takes blocks whose table has codes to spare, which zlib refuses; the
 * checksum and the length hold with either. */
#pragma once

#include "base/err.h"

#include <stddef.h>

struct gunzip_member;

/* What is still to be read and where to write; moved on by what was read and written. */
struct gunzip_step {
    const unsigned char *in;
    size_t in_len;
    unsigned char *out;
    size_t out_len;
};

/* Stands before a member. -ENOMEM. */
int gunzip_member_new(struct gunzip_member **ret, struct error *e);

/* Takes NULL. */
void gunzip_member_free(struct gunzip_member *member);

/* Stands before the next member. */
void gunzip_member_restart(struct gunzip_member *member);

/* Reads until the member has ended (1), or out is full or in is used up (0). -EPROTO: damaged. */
int gunzip_member_read(struct gunzip_member *member, struct gunzip_step *step, struct error *e);
