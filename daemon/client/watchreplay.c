#include "client/watchreplay.h"

#include "alert/clause.h"
#include "alert/message.h"
#include "alert/message_parts.h"
#include "client/terminal.h"
#include "client/versionpair.h"
#include "client/watchevents.h"
#include "history/changes.h"
#include "history/versions_archive.h"

#include <errno.h>
#include <stdio.h>

/* A progress line for every so many events. */
#define PROGRESS_EVENTS 200

/* An event under way. */
struct asking {
    const struct watchreplay *replay;
    const struct watchevent *event;
    struct version_side after; /* its study only once a change needs it */
    json_t *changes, *ids;     /* owned; what the watch wants */
    bool listed;
    struct error *e;
};

static void asking_clear(struct asking *asking)
{
    version_side_clear(&asking->after);
    json_decref(asking->changes);
    json_decref(asking->ids);
}

static int refuse_memory(struct error *e)
{
    return error_set(e, -ENOMEM, "no memory to look back");
}

/* Most changes concern nobody, and need no study to say so. */
static bool may_want(const struct watch *watch, const struct change *change)
{
    return change->kind == KIND_LISTED || watch_kinds_pass(watch->kinds, watch->weights, change);
}

static int have_study(struct asking *asking)
{
    if (asking->after.study)
        return 0;
    return versions_study(asking->replay->store, &asking->after.version, &asking->after.study, asking->e);
}

static int add_change(const struct change_row *row, void *userdata)
{
    struct asking *asking = userdata;
    const struct watch *watch = asking->replay->watch;
    const struct watch_names names = {.items = &watch, .count = 1};
    json_t *entry = NULL;

    if (!may_want(watch, row->change))
        return 0;
    int r = have_study(asking);
    if (r < 0 || !watch_wants(watch, asking->after.study, row->change))
        return r;
    const struct change_context context = {
        .store = asking->replay->store, .study = asking->after.study, .watches = &names};
    r = message_change_build(&context, row, &entry, asking->e);
    if (r < 0)
        return r;
    asking->listed |= row->change->kind == KIND_LISTED;
    if (json_array_append_new(asking->changes, entry) < 0 ||
        (row->id > 0 && json_array_append_new(asking->ids, json_integer(row->id)) < 0))
        return refuse_memory(asking->e);
    return 0;
}

static int add_stored_changes(struct asking *asking)
{
    const struct change_filter filter = {
        .nct_id = asking->event->nct_id,
        .version = asking->event->version,
        .since_usec = asking->event->seen_usec,
        .until_usec = asking->event->seen_usec + 1,
    };

    return changes_each(asking->replay->store, &filter, add_change, asking, asking->e);
}

/* The archived version before one of the archive, or before the first that was seen. -ENOENT: there is none. */
static int find_archived_before(const struct asking *asking, struct version *ret)
{
    struct store *store = asking->replay->store;
    const struct watchevent *event = asking->event;
    long number = event->version;
    int r = -ENOENT;

    if (event->origin == VERSION_SEEN)
        return versions_archive_newest(store, event->nct_id, ret, asking->e);
    while (r == -ENOENT && --number >= 0)
        r = versions_archive_get(store, event->nct_id, number, ret, asking->e);
    return r;
}

/* The history keeps no changes of the archive's versions: they are found out now. */
static int add_archived_changes(struct asking *asking)
{
    _cleanup_version_side_ struct version_side before = {0};
    _cleanup_change_list_ struct change_list changes = {0};
    struct store *store = asking->replay->store;
    int r = find_archived_before(asking, &before.version);

    if (r < 0)
        return r == -ENOENT ? 0 : r;
    r = versions_study(store, &before.version, &before.study, asking->e);
    if (r >= 0)
        r = have_study(asking);
    if (r >= 0)
        r = versionpair_compare(store, &before, &asking->after, &changes, asking->e);
    for (size_t i = 0; r >= 0 && i < changes.count; i++) {
        const struct change_row row = {.change = &changes.items[i]};
        r = add_change(&row, asking);
    }
    return r;
}

static int add_changes(struct asking *asking)
{
    const struct watchevent *event = asking->event;
    struct version *version = &asking->after.version;
    bool archived = event->origin == VERSION_ARCHIVE;
    int r = archived ? versions_archive_get(asking->replay->store, event->nct_id, event->version, version, asking->e)
                     : versions_get(asking->replay->store, event->nct_id, event->version, version, asking->e);

    if (r >= 0 && (archived || (event->version == 1 && event->seen_usec == version->seen_usec)))
        r = add_archived_changes(asking);
    return r < 0 || archived ? r : add_stored_changes(asking);
}

/* What the watch's own condition says of the alert. One that fails counts as yes, as in the daemon. */
static int ask_condition(const struct watchreplay *replay, const json_t *study, bool *ret, struct error *e)
{
    struct error why = {0};

    *ret = true;
    if (!replay->watch->when)
        return 0;
    json_auto_t *message = message_document_new("preview", "preview", weight_name(WEIGHT_NOTABLE), "");
    json_auto_t *document = message ? clause_document(message, study) : NULL;
    if (!document)
        return refuse_memory(e);
    if (clause_holds(replay->watch->when, document, ret, &why) < 0)
        fprintf(stderr, "trialwatch: the condition (when:) counts as true: %s\n", why.text);
    return 0;
}

static int tell(struct asking *asking)
{
    const struct watchreplay *replay = asking->replay;
    json_t *study = NULL;
    bool wanted = false;

    /* Of a study that a query's first look found, nothing is told but that. */
    if (json_array_size(asking->changes) == 0 || (asking->event->joins && !asking->listed))
        return 0;
    int r = message_study_of(replay->watch, &asking->after.version, asking->after.study, asking->changes, &study,
                             asking->e);
    if (r == 0)
        r = ask_condition(replay, study, &wanted, asking->e);
    const struct watchreplay_alert alert = {
        .version = &asking->after.version,
        .seen_usec = asking->event->seen_usec,
        .study = study,
        .ids = asking->ids,
    };
    if (r == 0 && wanted)
        r = replay->visit(&alert, replay->userdata);
    json_decref(study);
    return r;
}

static int ask(const struct watchreplay *replay, const struct watchevent *event, struct error *e)
{
    _cleanup_(asking_clear) struct asking asking = {
        .replay = replay, .event = event, .changes = json_array(), .ids = json_array(), .e = e};
    int r = asking.changes && asking.ids ? add_changes(&asking) : refuse_memory(e);

    return r < 0 ? r : tell(&asking);
}

int watchreplay_run(const struct watchreplay *replay, struct error *e)
{
    _cleanup_watchevents_ struct watchevents events = {0};
    struct watchreplay_extent extent;
    int r = watchevents_find(replay, &events, &extent, e);

    if (r == 0)
        r = replay->begin(&extent, replay->userdata);
    for (size_t i = 0; r == 0 && i < events.count; i++) {
        if (i % PROGRESS_EVENTS == PROGRESS_EVENTS - 1)
            terminal_show_progress("Versions asked", (long long)i, (long long)events.count);
        r = ask(replay, &events.items[i], e);
    }
    terminal_clear_progress();
    return r;
}
