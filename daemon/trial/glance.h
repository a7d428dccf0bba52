/* A record known by its bytes, before anything of it is decoded.
 *
 * Most records that come are the ones that came before, but for the day in
 * derivedSection.miscInfoModule.versionHolder. A glance finds that day in the text and takes the hash of all the other
 * bytes: two texts with the same hash are the same version, since they decode to trees that differ in the versionHolder
 * at most. The reverse does not hold: what differs may still be equal, and is to be decoded.
 *
 * The hash is Poly1305 (RFC 8439), a quarter of SHA-256's time: two texts of 32 MB that differ have the same one in one
 * of 2^81 keys at most, whoever wrote them, as long as he does not know the key.
 *
 * A text that was glanced at is recognised without looking for its end or its day: both are where they were, or the
 * hash is another one. Pure. */
#pragma once

#include "trial/study.h"

#define GLANCE_HASH_BYTES 16

/* At random, one for all glances that are compared. */
struct glance_key {
    uint8_t bytes[32];
};

struct glance {
    char nct_id[STUDY_NCT_ID_BYTES];
    uint8_t hash[GLANCE_HASH_BYTES];
    size_t bytes;  /* of the text without the day */
    size_t day_at; /* where the day begins, 0 without one */
};

/* 0. -ENODATA: the bytes alone do not tell, the record is to be decoded: it has aliases, or a key on the way to what is
 * looked for that is missing, stands twice or is written with escapes, or it is no record at all; or there is no way to
 * hash it. */
int glance_at_record(const struct glance_key *key, const char *text, size_t len, struct glance *ret);

/* The id that stands first in a text, which may be longer than the record: good enough to look up what is known, since
 * the hash decides. False: there is none in the first bytes. */
bool glance_guess_id(const char *text, size_t len, char ret[static STUDY_NCT_ID_BYTES]);

/* Whether the text that was glanced at stands at the beginning of this one, with any day; ret_len is how much of it
 * that is. Any numbers in known will do. */
bool glance_recognise(const struct glance_key *key, const struct glance *known, const char *text, size_t len,
                      size_t *ret_len);
