#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"
#include "history/versions.h"
#include "history/versions_archive.h"
#include "registry/archive_parts.h"
#include "trial/archived.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* These will not go away by asking again soon. */
static bool is_final(int err)
{
    return err == -ENOENT || err == -EBADMSG || err == -EINVAL || err == -EOPNOTSUPP || err == -EFBIG;
}

void archive_fetch_drop(struct archive *archive)
{
    archive_line_cancel(archive);
    study_free(TAKE_PTR(archive->seen));
    study_free(TAKE_PTR(archive->fetched));
    free(TAKE_PTR(archive->entries));
    archive->entry_count = archive->entry_index = 0;
    archive->job = NULL;
}

static void end(struct archive *archive, enum archive_stage stage)
{
    archive->job->progress.stage = stage;
    archive->job->wanted = false;
    archive_tell(archive);
    archive_fetch_drop(archive);
    archive_next(archive);
}

static void complete(struct archive *archive)
{
    struct archive_progress *progress = &archive->job->progress;

    progress->total = progress->stored;
    progress->trouble[0] = '\0';
    archive->job->tries = 0;
    end(archive, ARCHIVE_COMPLETE);
}

void archive_fetch_failed(struct archive *archive, int err, int64_t retry_after_usec, const struct error *why)
{
    struct archive_job *job = archive->job;
    char wait[64];
    int64_t now_usec = clock_monotonic_usec();

    snprintf(job->progress.trouble, sizeof(job->progress.trouble), "%s", why->text);
    text_clean(job->progress.trouble);
    int64_t retry_usec = pace_note_failure(&archive->pace, now_usec, retry_after_usec);
    bool failed = is_final(err) || ++job->tries >= ARCHIVE_MAX_TRIES;
    log_about(failed ? LOG_WARNING : LOG_INFO, "TRIALWATCH_STUDY", job->progress.nct_id,
              "%s cannot be fetched from the registry's archive%s, which is left alone for %s: %s",
              job->progress.nct_id, failed ? "" : " for now",
              text_format_duration(retry_usec - now_usec, wait, sizeof(wait)), job->progress.trouble);
    if (failed) {
        job->tries = 0;
        end(archive, ARCHIVE_FAILED);
        return;
    }
    job->progress.stage = ARCHIVE_WAITING;
    archive_tell(archive);
    archive_fetch_drop(archive);
    archive_next(archive);
}

/* The first version that the daemon saw, and the day on which it was submitted: what the archive has from after it, the
 * daemon saw itself, or will. */
static int recall_seen(struct archive *archive, const char *nct_id, struct study **ret, int64_t *ret_until_usec,
                       struct error *e)
{
    struct version first;
    int r = versions_get(archive->store, nct_id, 1, &first, e);

    if (r == -ENOENT)
        return error_set(e, r, "%s was never seen: its archive is of use once it was", nct_id);
    if (r == 0)
        r = versions_study(archive->store, &first, ret, e);
    if (r < 0)
        return r;
    const char *submitted = study_string_at(*ret, "protocolSection.statusModule.lastUpdateSubmitDate");
    if (!submitted || clock_parse_utc(submitted, ret_until_usec) < 0)
        *ret_until_usec = first.seen_usec;
    return 0;
}

static int count_archived(const struct version *version, void *userdata)
{
    *(long *)userdata += version->origin == VERSION_ARCHIVE;
    return 0;
}

/* Whether the archive's newest version that is stored is the one that was seen first. */
static int reaches_seen(struct archive *archive, struct error *e)
{
    _cleanup_study_ struct study *seen = NULL;
    struct version newest;
    int r = versions_archive_newest(archive->store, archive->job->progress.nct_id, &newest, e);

    if (r < 0)
        return r == -ENOENT ? 0 : r;
    r = archived_comparable(archive->seen, &seen, e);
    return r < 0 ? r : memcmp(study_hash(seen), newest.hash, sizeof(newest.hash)) == 0;
}

/* 1: everything that there is is stored. */
static int recall(struct archive *archive, struct error *e)
{
    struct archive_progress *progress = &archive->job->progress;
    int r = recall_seen(archive, progress->nct_id, &archive->seen, &archive->until_usec, e);

    progress->stored = 0;
    if (r == 0)
        r = versions_each(archive->store, progress->nct_id, count_archived, &progress->stored, e);
    return r < 0 ? r : reaches_seen(archive, e);
}

/* Asks for the next version that is not stored, or is done. */
static void fetch_on(struct archive *archive)
{
    const char *nct_id = archive->job->progress.nct_id;
    char versions[TEXT_COUNT_BYTES];
    struct error e;
    int r;

    if (archive->entry_index == archive->entry_count) {
        log_about(LOG_INFO, "TRIALWATCH_STUDY", nct_id,
                  "%s: the history has all of the registry's archive from before it was first seen: %s", nct_id,
                  text_format_count((size_t)archive->job->progress.stored, "version", versions));
        complete(archive);
        return;
    }
    buf_reset(&archive->url);
    r = archive_append_url(&archive->url, archive->settings->base_url, nct_id,
                           archive->entries[archive->entry_index].number, &e);
    if (r < 0)
        archive_fetch_failed(archive, r, -1, &e);
    else
        archive_line_ask(archive);
}

static int take_listing(struct archive *archive, const struct buf *body, struct error *e)
{
    struct archive_progress *progress = &archive->job->progress;
    struct version newest;
    int r = archive_read_listing(buf_string(body), body->len, archive->until_usec, &archive->entries,
                                 &archive->entry_count, e);

    if (r < 0)
        return r;
    r = versions_archive_newest(archive->store, progress->nct_id, &newest, e);
    if (r < 0 && r != -ENOENT)
        return r;
    while (r == 0 && archive->entry_index < archive->entry_count &&
           archive->entries[archive->entry_index].number <= newest.number)
        archive->entry_index++;
    progress->total = progress->stored + (long)(archive->entry_count - archive->entry_index);
    return 0;
}

void archive_fetch_answered(struct archive *archive, const struct buf *body)
{
    struct error e;
    int r;

    if (!archive->entries) {
        r = take_listing(archive, body, &e);
        if (r == 0) {
            pace_note_success(&archive->pace);
            fetch_on(archive);
        }
    } else {
        r = archive_read_version(buf_string(body), body->len, archive->entries[archive->entry_index].number,
                                 archive->seen, &archive->fetched, &e);
        if (r == 0)
            timer_arm_in(archive->timer, 0);
    }
    if (r < 0)
        archive_fetch_failed(archive, r, -1, &e);
}

static int write_version(struct archive *archive, const struct archive_entry *entry, struct error *e)
{
    struct version version;
    int r = store_begin(archive->store, e);

    if (r < 0)
        return r;
    r = versions_archive_append(archive->store, archive->fetched, entry->number, entry->submitted_usec, &version, e);
    if (r == 0)
        r = store_commit(archive->store, e);
    if (r < 0)
        store_rollback(archive->store);
    return r;
}

void archive_fetch_store(struct archive *archive)
{
    struct archive_progress *progress = &archive->job->progress;
    struct error e;
    int r = write_version(archive, &archive->entries[archive->entry_index], &e);

    study_free(TAKE_PTR(archive->fetched));
    if (r < 0) {
        archive_fetch_failed(archive, r, -1, &e);
        return;
    }
    archive->entry_index++;
    archive->job->tries = 0;
    progress->stored++;
    progress->trouble[0] = '\0';
    pace_note_success(&archive->pace);
    archive_tell(archive);
    fetch_on(archive);
}

void archive_fetch_begin(struct archive *archive)
{
    struct archive_progress *progress = &archive->job->progress;
    struct error e;

    progress->stage = ARCHIVE_FETCHING;
    archive_tell(archive);
    int r = recall(archive, &e);
    if (r == 1 && !archive->job->wanted) {
        complete(archive);
        return;
    }
    buf_reset(&archive->url);
    if (r >= 0)
        r = archive_append_url(&archive->url, archive->settings->base_url, progress->nct_id, ARCHIVE_LISTING, &e);
    if (r < 0)
        archive_fetch_failed(archive, r, -1, &e);
    else
        archive_line_ask(archive);
}
