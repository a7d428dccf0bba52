/* One record as the registry gave it: its parsed tree, its canonical bytes and their hash.
 *
 * Canonical bytes: the record without what is no change (derivedSection.miscInfoModule.versionHolder, and the objects
 * that its removal leaves empty), keys sorted by code point, compact, UTF-8, reals in the fewest digits (15 or 17) that
 * read back equal. Two records with the same hash are the same version. No function here does I/O. */
#pragma once

#include "base/err.h"
#include "base/macro.h"
#include "base/text.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define STUDY_HASH_BYTES 32 /* SHA-256 */
#define STUDY_NCT_ID_BYTES TEXT_NCT_ID_BYTES
#define STUDY_MAX_RECORD_BYTES ((size_t)32 * 1024 * 1024) /* the biggest of 1,708 real ones has 2.4 MB */
#define STUDY_MAX_LOCATIONS ((size_t)100000)              /* the most in a real one is 1,569 */

struct study;

/* Takes its own reference to record, which the caller must not change afterwards. -EBADMSG when it is no record: not an
 * object, no well-formed protocolSection.identificationModule.nctId, or a location that is no object. */
int study_from_json(json_t *record, struct study **ret, struct error *e);

/* text need not end in a NUL. -EBADMSG as above and for what is not JSON, -EFBIG past STUDY_MAX_RECORD_BYTES. */
int study_from_text(const char *text, size_t len, struct study **ret, struct error *e);

/* From what study_canonical() gave once, with the hash that the caller has checked: neither is computed again.
 * canonical is taken over, also on failure. like, another version of the study, may be NULL: what is equal in both is
 * shared with its tree instead of being decoded. Errors as above. */
int study_from_canonical(char *canonical, size_t len, const uint8_t hash[static STUDY_HASH_BYTES],
                         const struct study *like, struct study **ret, struct error *e);

void study_free(struct study *study);
DEFINE_CLEANUP(struct study *, study_free)
#define _cleanup_study_ _cleanup_(study_free_cleanup)

/* All results below are owned by the study and live as long as it does. Trees are never changed: their parts may be
 * those of other studies too. */
const char *study_nct_id(const struct study *study);
const char *study_title(const struct study *study);          /* briefTitle, or "" */
const char *study_overall_status(const struct study *study); /* "RECRUITING" …, or "" */
const char *study_sponsor(const struct study *study);        /* lead sponsor's name, or "" */
const json_t *study_record(const struct study *study);       /* the canonical tree: without what is no change */
const char *study_canonical(const struct study *study, size_t *ret_len);
const uint8_t *study_hash(const struct study *study);

/* The study's id for number 0, its aliases for the next ones; NULL past the last. What is no text is "". */
const char *study_id(const struct study *study, size_t number);

/* Whether id is this study's id or one of its aliases (identificationModule.nctIdAliases). */
bool study_answers_to(const struct study *study, const char *nct_id);

/* contactsLocationsModule.locations */
size_t study_location_count(const struct study *study);
const json_t *study_location(const struct study *study, size_t index);

/* A location's own status if the record gives it, else what the study's overall status implies for it ("RECRUITING",
 * "COMPLETED" … of the registry's enum, "" when neither is known). */
const char *study_effective_status(const struct study *study, size_t index);

/* The string at a dotted path of objects ("protocolSection.statusModule.whyStopped"), or NULL. */
const char *study_string_at(const struct study *study, const char *path);

/* Canonical bytes of any JSON value, for storing and comparing single values. The caller frees. NULL: no memory. */
char *study_canonical_value(const json_t *value);
