/* The versions that were fetched from the registry's own archive: what it said before the daemon first saw a study.
 *
 * They are numbered as there, from 0, and stored in that order, so that whoever fetches them goes on behind the newest.
 * They have no changes, no sites and no alerts, and the versions that the daemon saw stay what they are: a question for
 * a time is answered by an archived version only when nothing had been seen until then. */
#pragma once

#include "history/versions.h"

/* -ENOENT: none is stored. */
int versions_archive_newest(struct store *store, const char *nct_id, struct version *ret, struct error *e);
int versions_archive_get(struct store *store, const char *nct_id, long number, struct version *ret, struct error *e);

/* Stores a version with its ledger entry; number and the time of its submission are the archive's. -ENOENT: the study
 * was never seen. -EINVAL: a later one is stored. */
int versions_archive_append(struct store *store, const struct study *study, long number, int64_t submitted_usec,
                            struct version *ret, struct error *e);
