/* What the archive's files share: archive (the object and its studies), archive_line (a request at its time),
 * archive_fetch (one study from its list of versions to the last one). */
#pragma once

#include "base/buf.h"
#include "base/timer.h"
#include "registry/archive.h"
#include "registry/archive_answer.h"
#include "registry/pace.h"

struct archive_job {
    struct archive_progress progress;
    bool wanted; /* by a person */
    int tries;   /* that failed, in a row */
};

struct archive {
    struct http *http;
    struct store *store;
    struct poller *poller;
    const struct poller_settings *settings;
    archive_callback *callback;
    void *userdata;
    struct pace pace; /* its failures only: when to ask is the poller's line's business */

    struct archive_job *jobs; /* by id */
    size_t job_count, job_capacity;
    struct timer *timer; /* the next question, or the rest of the work on an answer */

    /* the study being fetched */
    struct archive_job *job;       /* NULL: none */
    struct study *seen;            /* its first version that the daemon saw */
    int64_t until_usec;            /* wall: when that was submitted */
    struct archive_entry *entries; /* NULL: not listed yet */
    size_t entry_count, entry_index;
    struct study *fetched; /* the version that came, to be stored after a turn of the loop */
    struct buf url;
    struct http_request *request;
    bool has_line;
};

/* archive */

/* Soon goes on with the next study that waits, when none is being fetched. */
void archive_next(struct archive *archive);

void archive_tell(const struct archive *archive);

/* archive_fetch */

/* Begins with archive->job. */
void archive_fetch_begin(struct archive *archive);

/* The answer to the question for archive->url, which is data. */
void archive_fetch_answered(struct archive *archive, const struct buf *body);

/* Stores archive->fetched. */
void archive_fetch_store(struct archive *archive);

/* Drops all that belongs to the study under way. */
void archive_fetch_drop(struct archive *archive);

/* The study under way is over for now: it failed, or waits for its next try. retry_after_usec negative: no wish. */
void archive_fetch_failed(struct archive *archive, int err, int64_t retry_after_usec, const struct error *why);

/* archive_line */

/* Asks archive->url as soon as the line is free. */
void archive_line_ask(struct archive *archive);

/* The callback of the timer while a question waits. */
void archive_line_ask_now(struct archive *archive);

void archive_line_cancel(struct archive *archive);
