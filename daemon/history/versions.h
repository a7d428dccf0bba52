/* Studies and their versions: every record that differed from the one before, readable byte for byte.
 *
 * Versions seen by the daemon are numbered from 1 per study. Append-only. */
#pragma once

#include "history/polls.h"
#include "history/store.h"
#include "trial/glance.h"
#include "trial/study.h"

enum version_origin {
    VERSION_SEEN,   /* by a poll of this daemon */
    VERSION_ARCHIVE /* fetched later from the registry's own archive; its number is the archive's */
};

struct version {
    char nct_id[STUDY_NCT_ID_BYTES];
    long number;
    enum version_origin origin;
    int64_t seen_usec;           /* wall; of an archived one its submission date */
    char refresh[REFRESH_BYTES]; /* the refresh it was first seen in */
    int64_t poll;                /* 0 for an archived one */
    uint8_t hash[STUDY_HASH_BYTES];
    size_t canonical_bytes;
    long change_count; /* against the version before; 0 for the first */
};

/* Of those that were seen. -ENOENT when the study was never seen. */
int versions_newest(struct store *store, const char *nct_id, struct version *ret, struct error *e);
int versions_get(struct store *store, const char *nct_id, long number, struct version *ret, struct error *e);

/* The one that was valid at that time: one that was seen if there is, else an archived one. -ENOENT when that was
 * before the first. */
int versions_at(struct store *store, const char *nct_id, int64_t wall_usec, struct version *ret, struct error *e);

/* The canonical bytes; the caller frees. -EUCLEAN when they do not fit the hash. */
int versions_body(struct store *store, const struct version *version, char **ret, size_t *ret_len, struct error *e);

/* The same, decoded. */
int versions_study(struct store *store, const struct version *version, struct study **ret, struct error *e);

/* The same, faster: like is another version of the study, with whose tree it shares what is equal in both. */
int versions_study_like(struct store *store, const struct version *version, const struct study *like,
                        struct study **ret, struct error *e);

/* The next version of a study, with its ledger entry. before is the newest version's study, NULL for the first. Fills
 * ret, whose origin, seen_usec, refresh and poll the caller has set. An archived version comes after the study was
 * seen, with its number, in rising order, without a poll, and before is the newest archived one. -EALREADY when the
 * newest version is this record; -EINVAL when before is not the newest. */
int versions_append(struct store *store, const struct study *study, const struct study *before, long change_count,
                    struct version *ret, struct error *e);

/* The registry gave this study again, unchanged. glance, of the text that came, may be NULL: as it was before. */
int versions_note_seen(struct store *store, const char *nct_id, int64_t poll, const struct glance *glance,
                       struct error *e);

/* The key of this history's glances. */
int versions_glance_key(struct store *store, struct glance_key *ret, struct error *e);

/* What was glanced at when the newest version's text last came. -ENOENT, without a sentence: never seen, or not known.
 */
int versions_glance(struct store *store, const char *nct_id, struct glance *ret, struct error *e);

/* After versions_append(), which forgets it. */
int versions_set_glance(struct store *store, const char *nct_id, const struct glance *glance, struct error *e);

/* Whether the study of this id or alias was seen in that poll or a later one. */
int versions_seen_since(struct store *store, const char *nct_id_or_alias, int64_t poll, bool *ret, struct error *e);

/* The NCT id of the study that answers to this id or alias. -ENOENT. */
int versions_resolve(struct store *store, const char *nct_id_or_alias, char ret[static STUDY_NCT_ID_BYTES],
                     struct error *e);

/* Oldest first, archived ones too. 0, or what visit returned when not 0. */
typedef int version_visitor(const struct version *version, void *userdata);
int versions_each(struct store *store, const char *nct_id, version_visitor *visit, void *userdata, struct error *e);

/* What is known of every study, by id, for lists and status. */
struct study_row {
    char nct_id[STUDY_NCT_ID_BYTES];
    const char *title, *overall_status;     /* valid during the visit */
    long versions, sites, recruiting_sites; /* versions: all, sites: of the newest */
    int64_t first_seen_usec, last_seen_usec, last_changed_usec;
    char refresh[REFRESH_BYTES]; /* of the last poll that saw it */
};
typedef int study_visitor(const struct study_row *row, void *userdata);
int versions_each_study(struct store *store, study_visitor *visit, void *userdata, struct error *e);

/* The same of the study that answers to this id or alias. -ENOENT. */
int versions_visit_study(struct store *store, const char *nct_id_or_alias, study_visitor *visit, void *userdata,
                         struct error *e);

long versions_count_studies(struct store *store);
