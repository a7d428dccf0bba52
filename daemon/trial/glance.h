/* A record known by its bytes, before anything of it is decoded.
 *
 * Most records that come are the ones that came before, but for the day in
 * derivedSection.miscInfoModule.versionHolder. A glance finds that day in the text and takes the hash of all the other
 * bytes: two texts with the same hash are the same version, since they decode to trees that differ in the versionHolder
 * at most. The reverse does not hold: what differs may still be equal, and is to be decoded. Pure. */
#pragma once

#include "trial/study.h"

struct glance {
    char nct_id[STUDY_NCT_ID_BYTES];
    uint8_t hash[STUDY_HASH_BYTES];
};

/* 0. -ENODATA: the bytes alone do not tell, the record is to be decoded: it has aliases, or a key on the way to what is
 * looked for that is missing, stands twice or is written with escapes, or it is no record at all. -ENOMEM. */
int glance_at_record(const char *text, size_t len, struct glance *ret);
