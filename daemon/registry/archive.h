/* Fetches what the registry's own archive has of studies from before the daemon first saw them.
 *
 * One study after the other, one version a request, on the poller's line, which a look takes first. Versions that are
 * stored are not asked for again, so that it can end at any time and go on later. The archive is undocumented: when it
 * is gone or answers otherwise, that study fails with a sentence, the next one is tried after a wait that grows, and
 * nothing else suffers. */
#pragma once

#include "base/err.h"
#include "history/store.h"
#include "net/http.h"
#include "registry/poller.h"
#include "trial/study.h"

#include <event2/event.h>
#include <stdbool.h>
#include <stddef.h>

/* As many studies as may be asked for between two starts of the daemon. */
#define ARCHIVE_MAX_STUDIES ((size_t)100000)

/* So often in a row a study is tried before it has failed, when the archive might answer the next time. */
#define ARCHIVE_MAX_TRIES 5

struct archive;

enum archive_stage { ARCHIVE_WAITING, ARCHIVE_FETCHING, ARCHIVE_COMPLETE, ARCHIVE_FAILED };
const char *archive_stage_name(enum archive_stage stage);

struct archive_progress {
    char nct_id[STUDY_NCT_ID_BYTES];
    enum archive_stage stage;
    long stored;                    /* versions by now, with those of earlier times; 0 before the fetching begins */
    long total;                     /* that there are from before the study was first seen; -1: not known yet */
    char trouble[ERROR_TEXT_BYTES]; /* of the last try, "" when it went well */
};

struct archive_status {
    const struct archive_progress *fetching; /* NULL: none; valid until the loop turns */
    long waiting, complete, failed;          /* studies */
    int64_t retry_usec;                      /* wall: nothing is asked before; 0: no wait */
};

/* A version was stored, or the stage is another. May not call archive_free(). */
typedef void archive_callback(const struct archive_progress *progress, void *userdata);

/* All are borrowed, settings until archive_configure(). callback may be NULL. */
int archive_new(struct event_base *base, struct http *http, struct store *store, struct poller *poller,
                const struct poller_settings *settings, archive_callback *callback, void *userdata,
                struct archive **ret, struct error *e);

/* Before its poller. */
void archive_free(struct archive *archive);

void archive_configure(struct archive *archive, const struct poller_settings *settings);

/* A person wants this study: it comes before those that nobody waits for, also one that had failed. -ENOENT: the study
 * was never seen. -EALREADY: it waits or is being fetched. -EOPNOTSUPP: registry.url has no archive. -ENOSPC: too many.
 */
int archive_ask(struct archive *archive, const char *nct_id, struct error *e);

/* The same when nobody waits for it: a study that was asked for since the start is not asked for again, which is no
 * error, and the registry is not asked about one whose newest archived version is the one that was first seen. */
int archive_ask_idly(struct archive *archive, const char *nct_id, struct error *e);

/* -ENOENT: not asked for since the start. */
int archive_progress(const struct archive *archive, const char *nct_id, struct archive_progress *ret, struct error *e);

void archive_status(const struct archive *archive, struct archive_status *ret);
