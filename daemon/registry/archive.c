#include "registry/archive.h"

#include "base/clock.h"
#include "registry/archive_parts.h"
#include "registry/ctgov.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

const char *archive_stage_name(enum archive_stage stage)
{
    static const char *const names[] = {
        [ARCHIVE_WAITING] = "waiting",
        [ARCHIVE_FETCHING] = "fetching",
        [ARCHIVE_COMPLETE] = "complete",
        [ARCHIVE_FAILED] = "failed",
    };

    return names[stage];
}

void archive_tell(const struct archive *archive)
{
    if (archive->callback)
        archive->callback(&archive->job->progress, archive->userdata);
}

/* Those that a person wants go first. */
static struct archive_job *choose(const struct archive *archive)
{
    struct archive_job *chosen = NULL;

    for (size_t i = 0; i < archive->job_count; i++) {
        struct archive_job *job = &archive->jobs[i];
        if (job->progress.stage == ARCHIVE_WAITING && (!chosen || job->wanted > chosen->wanted))
            chosen = job;
    }
    return chosen;
}

/* The next study, the work on the answer that came, or the question that waits for the line. */
static void on_timer(void *userdata)
{
    struct archive *archive = userdata;

    if (archive->fetched) {
        archive_fetch_store(archive);
    } else if (archive->job) {
        archive_line_ask_now(archive);
    } else {
        archive->job = choose(archive);
        if (archive->job)
            archive_fetch_begin(archive);
    }
}

void archive_next(struct archive *archive)
{
    if (!archive->job && choose(archive))
        timer_arm_at(archive->timer, archive->pace.failures > 0 ? archive->pace.retry_usec : clock_monotonic_usec());
}

int archive_new(struct event_base *base, struct http *http, struct store *store, struct poller *poller,
                const struct poller_settings *settings, archive_callback *callback, void *userdata,
                struct archive **ret, struct error *e)
{
    struct archive *archive = calloc(1, sizeof(*archive));

    if (!archive || timer_new(base, on_timer, archive, &archive->timer) < 0) {
        free(archive);
        return error_set(e, -ENOMEM, "there is no memory to ask the registry's archive");
    }
    archive->http = http;
    archive->store = store;
    archive->poller = poller;
    archive->callback = callback;
    archive->userdata = userdata;
    archive->url.max_bytes = CTGOV_URL_BYTES;
    pace_init(&archive->pace, (uint64_t)clock_wall_usec());
    archive_configure(archive, settings);
    *ret = archive;
    return 0;
}

void archive_free(struct archive *archive)
{
    if (!archive)
        return;
    archive_fetch_drop(archive);
    timer_free(archive->timer);
    buf_free(&archive->url);
    free(archive->jobs);
    free(archive);
}

void archive_configure(struct archive *archive, const struct poller_settings *settings)
{
    archive->settings = settings;
    pace_configure(&archive->pace, settings->spacing_usec, settings->every_usec);
}

/* Where the study's job stands, or would. */
static size_t find_place(const struct archive *archive, const char *nct_id)
{
    size_t low = 0, high = archive->job_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (strcmp(archive->jobs[middle].progress.nct_id, nct_id) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static struct archive_job *find_job(const struct archive *archive, const char *nct_id)
{
    size_t place = find_place(archive, nct_id);
    bool found = place < archive->job_count && strcmp(archive->jobs[place].progress.nct_id, nct_id) == 0;

    return found ? &archive->jobs[place] : NULL;
}

static int grow(struct archive *archive)
{
    size_t capacity = archive->job_capacity == 0 ? 16 : 2 * archive->job_capacity;
    size_t current = archive->job ? (size_t)(archive->job - archive->jobs) : 0;
    struct archive_job *jobs = reallocarray(archive->jobs, capacity, sizeof(*jobs));

    if (!jobs)
        return -ENOMEM;
    archive->jobs = jobs;
    archive->job_capacity = capacity;
    if (archive->job)
        archive->job = &jobs[current];
    return 0;
}

static int insert(struct archive *archive, const struct archive_progress *progress, struct archive_job **ret,
                  struct error *e)
{
    if (archive->job_count == ARCHIVE_MAX_STUDIES)
        return error_set(e, -ENOSPC, "more than %zu studies were asked for since the start", ARCHIVE_MAX_STUDIES);
    if (archive->job_count == archive->job_capacity && grow(archive) < 0)
        return error_set(e, -ENOMEM, "there is no memory to ask the registry's archive");
    size_t place = find_place(archive, progress->nct_id);
    struct archive_job *job = &archive->jobs[place];
    memmove(job + 1, job, (archive->job_count - place) * sizeof(*job));
    if (archive->job && archive->job >= job)
        archive->job++;
    archive->job_count++;
    *job = (struct archive_job){.progress = *progress};
    *ret = job;
    return 0;
}

/* 1: a job was made for it. 0: it had one. */
static int find_or_insert(struct archive *archive, const char *nct_id, struct archive_job **ret, struct error *e)
{
    _cleanup_buf_ struct buf url = {.max_bytes = CTGOV_URL_BYTES};
    struct archive_progress progress = {.total = -1};
    struct version newest;

    *ret = find_job(archive, nct_id);
    if (*ret)
        return 0;
    int r = archive_append_url(&url, archive->settings->base_url, nct_id, ARCHIVE_LISTING, e);
    if (r == 0)
        r = versions_newest(archive->store, nct_id, &newest, e);
    if (r < 0)
        return r;
    memcpy(progress.nct_id, newest.nct_id, sizeof(progress.nct_id));
    r = insert(archive, &progress, ret, e);
    return r < 0 ? r : 1;
}

int archive_ask(struct archive *archive, const char *nct_id, struct error *e)
{
    struct archive_job *job;
    int r = find_or_insert(archive, nct_id, &job, e);

    if (r < 0)
        return r;
    job->wanted = true;
    if (r == 0 && (job->progress.stage == ARCHIVE_WAITING || job->progress.stage == ARCHIVE_FETCHING))
        return error_set(e, -EALREADY, "%s is being fetched from the registry's archive already", nct_id);
    job->progress.stage = ARCHIVE_WAITING;
    job->progress.trouble[0] = '\0';
    archive_next(archive);
    return 0;
}

int archive_ask_idly(struct archive *archive, const char *nct_id, struct error *e)
{
    struct archive_job *job;
    int r = find_or_insert(archive, nct_id, &job, e);

    archive_next(archive);
    return r < 0 ? r : 0;
}

int archive_progress(const struct archive *archive, const char *nct_id, struct archive_progress *ret, struct error *e)
{
    const struct archive_job *job = find_job(archive, nct_id);

    if (!job)
        return error_set(e, -ENOENT, "%s was not asked for from the registry's archive since the daemon started",
                         nct_id);
    *ret = job->progress;
    return 0;
}

void archive_status(const struct archive *archive, struct archive_status *ret)
{
    int64_t wait_usec = archive->pace.retry_usec - clock_monotonic_usec();

    *ret = (struct archive_status){.fetching = archive->job ? &archive->job->progress : NULL};
    for (size_t i = 0; i < archive->job_count; i++) {
        enum archive_stage stage = archive->jobs[i].progress.stage;
        ret->waiting += stage == ARCHIVE_WAITING;
        ret->complete += stage == ARCHIVE_COMPLETE;
        ret->failed += stage == ARCHIVE_FAILED;
    }
    if (archive->pace.failures > 0 && wait_usec > 0)
        ret->retry_usec = clock_wall_usec() + wait_usec;
}
