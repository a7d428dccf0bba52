/* Fetching from the registry's own archive: for whoever asks, and for the watched studies where the settings want it.
 */
#include "service/manager_internal.h"

#include "base/clock.h"
#include "base/log.h"
#include "history/versions.h"
#include "trial/watch.h"

#include <errno.h>

static void on_progress(const struct archive_progress *progress, void *userdata)
{
    struct manager *manager = userdata;

    (void)progress;
    manager->progress_usec = clock_stopwatch_usec();
}

int manager_backfill_begin(struct manager *manager, struct error *e)
{
    return archive_new(manager->base, manager->http, manager->store, manager->poller,
                       &manager->settings.config->registry, on_progress, manager, &manager->archive, e);
}

/* A new reference, or NULL without memory. */
static json_t *progress_to_json(const struct archive_progress *progress)
{
    json_t *total = progress->total < 0 ? json_null() : json_integer(progress->total);
    json_t *trouble = json_string(progress->trouble);

    return json_pack("{s:s, s:s, s:I, s:o, s:o}", "study", progress->nct_id, "state",
                     archive_stage_name(progress->stage), "stored", (json_int_t)progress->stored, "total", total,
                     "trouble", trouble ? trouble : json_string("(unreadable text)"));
}

static int tell_progress(const struct manager *manager, const char *nct_id, json_t **ret, struct error *e)
{
    struct archive_progress progress;
    int r = archive_progress(manager->archive, nct_id, &progress, e);

    if (r < 0)
        return r;
    *ret = progress_to_json(&progress);
    return *ret ? 0 : error_set(e, -ENOMEM, "out of memory");
}

int manager_backfill(struct manager *manager, const char *study, json_t **ret_progress, struct error *e)
{
    char nct_id[STUDY_NCT_ID_BYTES];
    int r = versions_resolve(manager->store, study, nct_id, e);

    if (r == 0)
        r = archive_ask(manager->archive, nct_id, e);
    return r == 0 || r == -EALREADY ? tell_progress(manager, nct_id, ret_progress, e) : r;
}

int manager_backfill_progress(struct manager *manager, const char *study, json_t **ret_progress, struct error *e)
{
    char nct_id[STUDY_NCT_ID_BYTES];
    int r = versions_resolve(manager->store, study, nct_id, e);

    return r == 0 ? tell_progress(manager, nct_id, ret_progress, e) : r;
}

void manager_backfill_watched(struct manager *manager)
{
    size_t count;
    const char *const *studies = watch_set_studies(manager->settings.watches, &count);
    int r = 0;

    for (size_t i = 0; manager->settings.config->backfill && r >= 0 && i < count; i++) {
        char nct_id[STUDY_NCT_ID_BYTES];
        struct error e = {0};
        if (versions_resolve(manager->store, studies[i], nct_id, NULL) < 0)
            continue;
        r = archive_ask_idly(manager->archive, nct_id, &e);
        if (r < 0)
            log_warning("Earlier versions are not fetched: %s", e.text);
    }
}

json_t *manager_backfill_status(const struct manager *manager)
{
    struct archive_status status;
    char retry[CLOCK_TEXT_BYTES];

    archive_status(manager->archive, &status);
    json_t *fetching = status.fetching ? progress_to_json(status.fetching) : json_null();
    return json_pack("{s:o, s:I, s:I, s:I, s:o}", "fetching", fetching, "waiting", (json_int_t)status.waiting,
                     "complete", (json_int_t)status.complete, "failed", (json_int_t)status.failed, "retry",
                     status.retry_usec > 0 ? json_string(clock_format_utc(status.retry_usec, retry)) : json_null());
}
