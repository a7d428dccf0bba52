/* Every look at the registry, also those in which nothing changed or that failed: the proof that we looked. */
#pragma once

#include "history/store.h"

#define REFRESH_BYTES 40 /* a dataTimestamp as the registry wrote it, "2026-02-11T09:00:05", with its NUL */

enum poll_outcome {
    POLL_RUNNING,   /* a row that stays so was interrupted */
    POLL_UNCHANGED, /* the registry has not refreshed: nothing was fetched */
    POLL_COMPLETE,  /* every tracked study was asked for and the answers taken in */
    POLL_FAILED     /* with the reason; what was taken in before is kept */
};
const char *poll_outcome_name(enum poll_outcome outcome);

struct poll {
    int64_t id;
    int64_t started_usec, finished_usec; /* wall */
    enum poll_outcome outcome;
    char refresh[REFRESH_BYTES]; /* "" while unknown */
    char api_version[16];
    long requests, records, changed, missing;
    int64_t bytes;
    char reason[512]; /* of a failure, "" otherwise */
};

/* Adds the row with outcome POLL_RUNNING, and with refresh and api_version where they are known; sets id. */
int polls_begin(struct store *store, struct poll *poll, struct error *e);

/* Writes all of it but id and started_usec, and its ledger entry. -EALREADY when it is finished. missing: ids asked for
 * that the registry did not give; kept with the poll. */
int polls_finish(struct store *store, const struct poll *poll, const char *const *missing, size_t missing_count,
                 struct error *e);

/* Newest first, at most limit (0: all); finished since that time (0: also those that are not). 0, or what visit
 * returned when not 0. */
typedef int poll_visitor(const struct poll *poll, void *userdata);
int polls_each(struct store *store, int64_t since_usec, long limit, poll_visitor *visit, void *userdata,
               struct error *e);

/* The newest with this outcome. -ENOENT. */
int polls_newest(struct store *store, enum poll_outcome outcome, struct poll *ret, struct error *e);

/* Deletes unchanged polls finished before that time, but for the last of each day; the ledger keeps their entries. */
int polls_prune(struct store *store, int64_t before_usec, struct error *e);
