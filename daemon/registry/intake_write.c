/* What a record brings, written: its version, sites, changes and alerts due. */
#include "base/clock.h"
#include "history/changes.h"
#include "history/sites.h"
#include "registry/intake_parts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int append_version(struct intake *intake, struct version *version, struct error *e)
{
    const struct site_map *map = intake->before ? &intake->map : NULL;
    int r = versions_append(intake->store, intake->study, intake->before, (long)intake->changes.count, version, e);

    if (r >= 0)
        r = history_sites_update(intake->store, version, intake->before, intake->study, map, &intake->changes, e);
    return r;
}

/* A version that is there already came again, unless it is of a study that no longer comes. */
static int write_version(struct intake *intake, struct version *version, struct error *e)
{
    const struct glance *glance = intake->has_glance ? &intake->glance : NULL;

    if (intake->absent)
        return 0;
    if (intake->same)
        return versions_note_seen(intake->store, version->nct_id, intake->poll, glance, e);
    int r = append_version(intake, version, e);
    return r == 0 && glance ? versions_set_glance(intake->store, version->nct_id, glance, e) : r;
}

/* Inside the transaction: all of it or, when it fails, what is to be undone. */
static int write_record(struct intake *intake, struct error *e)
{
    struct version *version = &intake->result.version;
    _cleanup_free_ int64_t *ids = calloc(intake->changes.count + 1, sizeof(*ids));

    if (!ids)
        return error_set(e, -ENOMEM, "there is no memory to take in a record");
    int r = write_version(intake, version, e);
    if (r == 0)
        r = changes_append(intake->store, version, &intake->changes, ids, e);
    if (r == 0)
        r = intake_add_alerts(intake, ids, e);
    return r < 0 ? r : intake_write_moves(intake, version->seen_usec, e);
}

/* What the record's version is: the next one, or the newest again with the time of now, when its changes were seen. */
static struct version next_version(const struct intake *intake)
{
    struct version version = intake->same ? intake->newest : (struct version){.poll = intake->poll};

    version.seen_usec = clock_wall_usec();
    if (!intake->same)
        memcpy(version.refresh, intake->refresh, sizeof(version.refresh));
    return version;
}

static enum intake_verdict verdict_of(const struct intake *intake)
{
    if (intake->same)
        return INTAKE_MOVED;
    return intake->before ? INTAKE_CHANGED : INTAKE_FIRST;
}

int intake_write(struct intake *intake, struct error *e)
{
    int r = intake_need_transaction(intake, e);

    if (r == 0)
        r = store_begin_part(intake->store, e);
    if (r < 0)
        return r;
    intake->result.version = next_version(intake);
    r = write_record(intake, e);
    if (r == 0)
        r = store_end_part(intake->store, e);
    if (r < 0) {
        store_undo_part(intake->store);
        return r;
    }
    intake->result.alert_count = intake->notices.count;
    intake->result.verdict = verdict_of(intake);
    return 0;
}
