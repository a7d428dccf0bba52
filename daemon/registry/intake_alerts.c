/* What the channels are to be told of a record: its notices as alerts due, but for what people have muted. */
#include "base/clock.h"
#include "history/mutes.h"
#include "history/outbox.h"
#include "history/surges.h"
#include "registry/intake_parts.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One notice on its way to an alert. */
struct draft {
    const struct watch **watches; /* owned; those that are told */
    size_t watch_count;
    const char **names; /* owned */
    int64_t *changes;   /* owned; ids */
    size_t change_count;
    enum weight weight;
    char reason[256]; /* of a mute, "" */
    bool muted;       /* nobody is left to be told */
};

static void draft_clear(struct draft *draft)
{
    free(draft->watches);
    free(draft->names);
    free(draft->changes);
}

/* Leaves the muted watches out; all of them stay named when nobody is left. */
static int ask_mutes(struct intake *intake, const struct notice *notice, struct draft *draft, struct error *e)
{
    int64_t now_usec = intake->result.version.seen_usec;
    const char *nct_id = study_nct_id(intake->study);
    int r = mutes_find(intake->store, MUTE_STUDY, nct_id, now_usec, draft->reason, sizeof(draft->reason), e);

    draft->muted = r > 0;
    for (size_t i = 0; r >= 0 && i < notice->watch_count; i++) {
        const struct watch *watch = notice->watches[i];
        r = draft->muted
                ? 0
                : mutes_find(intake->store, MUTE_WATCH, watch->name, now_usec, draft->reason, sizeof(draft->reason), e);
        if (r == 0)
            draft->watches[draft->watch_count++] = watch;
    }
    if (r >= 0 && draft->watch_count == 0) {
        draft->muted = true;
        draft->watch_count = notice->watch_count;
        memcpy(draft->watches, notice->watches, notice->watch_count * sizeof(*draft->watches));
    }
    return r;
}

static bool is_wanted(const struct draft *draft, const struct study *study, const struct change *change)
{
    for (size_t i = 0; i < draft->watch_count; i++)
        if (watch_wants(draft->watches[i], study, change))
            return true;
    return false;
}

/* All changes of the notice, or where some of its watches are muted those that the others want. */
static void choose_changes(const struct intake *intake, const struct notice *notice, const int64_t *ids,
                           struct draft *draft)
{
    bool all = draft->watch_count == notice->watch_count;

    for (size_t i = 0; i < notice->change_count; i++) {
        const struct change *change = &intake->changes.items[notice->changes[i]];
        if (!all && !is_wanted(draft, intake->study, change))
            continue;
        draft->changes[draft->change_count++] = ids[notice->changes[i]];
        draft->weight = change->weight > draft->weight ? change->weight : draft->weight;
    }
}

static int prepare(struct intake *intake, const struct notice *notice, const int64_t *ids, struct draft *draft,
                   struct error *e)
{
    draft->watches = calloc(notice->watch_count + 1, sizeof(*draft->watches));
    draft->names = calloc(notice->watch_count + 1, sizeof(*draft->names));
    draft->changes = calloc(notice->change_count + 1, sizeof(*draft->changes));
    if (!draft->watches || !draft->names || !draft->changes)
        return error_set(e, -ENOMEM, "there is no memory to take in a record");
    int r = ask_mutes(intake, notice, draft, e);
    if (r < 0)
        return r;
    for (size_t i = 0; i < draft->watch_count; i++)
        draft->names[i] = draft->watches[i]->name;
    choose_changes(intake, notice, ids, draft);
    return 0;
}

static int add_alert(struct intake *intake, const struct notice *notice, const int64_t *ids, struct error *e)
{
    _cleanup_(draft_clear) struct draft draft = {.weight = WEIGHT_SILENT};
    char id[ALERT_ID_BYTES];
    int r = prepare(intake, notice, ids, &draft, e);

    if (r < 0)
        return r;
    const struct alert_new alert = {
        .channel = notice->channel,
        .nct_id = study_nct_id(intake->study),
        .refresh = intake->refresh,
        .version = intake->result.version.number,
        .watches = draft.names,
        .watch_count = draft.watch_count,
        .changes = draft.changes,
        .change_count = draft.change_count,
        .weight = draft.weight,
        .created_usec = intake->result.version.seen_usec,
        .gather_usec = draft.weight <= WEIGHT_ROUTINE ? SURGE_PATIENCE_USEC : 0,
        .dropped = draft.muted,
        .reason = draft.reason[0] ? draft.reason : NULL,
    };
    return outbox_add(intake->store, &alert, id, e);
}

int intake_add_alerts(struct intake *intake, const int64_t *change_ids, struct error *e)
{
    int r = surges_note(intake->store, intake->refresh, &intake->changes, e);

    for (size_t i = 0; r >= 0 && i < intake->notices.count; i++)
        r = add_alert(intake, &intake->notices.items[i], change_ids, e);
    return r;
}
