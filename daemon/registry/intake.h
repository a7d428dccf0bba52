/* The way of one record into the history.
 *
 * A text that is the newest version's but for the day is recognised and only noted as seen again; else it is decoded,
 * and noted so when its hash is that version's; otherwise its sites are matched, its changes found, the watches asked,
 * and version, changes, sites and alerts due are written together or not at all. All this in steps, between which the
 * loop may turn: a big record takes longer than one slice.
 *
 * What is written is one transaction, from the first that writes to intake_commit(), which is due before the loop
 * turns: others write through the same store. */
#pragma once

#include "base/err.h"
#include "base/macro.h"
#include "history/store.h"
#include "history/versions.h"
#include "trial/watch.h"

#include <stdbool.h>
#include <stddef.h>

struct intake;
struct plan;

enum intake_verdict {
    INTAKE_UNCHANGED,
    INTAKE_FIRST,     /* never seen before: version 1 is written */
    INTAKE_CHANGED,   /* a further version is written */
    INTAKE_MOVED,     /* unchanged, but it enters or leaves a query */
    INTAKE_UNASKED,   /* not one of ours: ignored */
    INTAKE_UNREADABLE /* no record: ignored */
};

/* From this size on each step of a record deserves a slice of its own: decoding 2.4 MB takes some 45 ms. */
#define INTAKE_BIG_RECORD_BYTES ((size_t)256 * 1024)

struct intake_result {
    enum intake_verdict verdict;
    char nct_id[STUDY_NCT_ID_BYTES]; /* "" of an unreadable record that does not say */
    struct version version;          /* when first, changed or moved */
    size_t alert_count;
    struct error why; /* of an unreadable one */
};

/* Whether the study of this id or alias was asked for. Called once for every id of every readable record. */
typedef bool intake_asked(const char *nct_id, void *userdata);

/* store and watches are borrowed. 0 or -ENOMEM. */
int intake_new(struct store *store, const struct watch_set *watches, intake_asked *asked, void *userdata,
               struct intake **ret);

/* Drops the record under way and what was not committed. Takes NULL. */
void intake_free(struct intake *intake);

/* Other watches; only when not busy. */
void intake_set_watches(struct intake *intake, const struct watch_set *watches);

/* The queries of the look under way and what they found; borrowed until it is set to another one or NULL. */
void intake_set_plan(struct intake *intake, struct plan *plan);

/* What comes next belongs to this poll and refresh. */
void intake_set_poll(struct intake *intake, int64_t poll, const char *refresh);

/* 1: text, of which a record has some of the len bytes, begins with the newest version's, but for the day: it is noted
 * as seen again, and ret_len is how long it is. 0: that is not known. Only when not busy. */
int intake_recognise(struct intake *intake, const char *text, size_t len, size_t *ret_len, struct intake_result *ret,
                     struct error *e);

/* Begins with a record's text, which must stay until the last step. Only when not busy. */
void intake_begin(struct intake *intake, const char *text, size_t len);
bool intake_is_busy(const struct intake *intake);

/* Whether the record under way is a big one. */
bool intake_is_big(const struct intake *intake);

/* Drops the record under way: nothing of it is kept. What was done before it is not committed by this. */
void intake_cancel(struct intake *intake);

/* 1: there are more steps. 0: the record is done, and ret says how; it holds once intake_commit() was well. Negative:
 * the history failed; nothing of the record is kept, and the next time that it comes it is taken in whole. The records
 * before it are as they were, and still to be committed. */
int intake_step(struct intake *intake, struct intake_result *ret, struct error *e);

/* A known study that the registry no longer gives leaves the queries that no longer list it, by its newest version.
 * Only when not busy, in one step, which intake_commit() commits too. */
int intake_lose(struct intake *intake, const char *nct_id, struct intake_result *ret, struct error *e);

/* Commits what was done since the last commit. When it fails, nothing of that is kept: neither the versions nor which
 * studies were seen again. */
int intake_commit(struct intake *intake, struct error *e);
