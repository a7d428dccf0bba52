#include "client/watchevents.h"

#include "client/terminal.h"
#include "history/changes.h"
#include "history/members.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* A progress line for every so many studies. */
#define PROGRESS_STUDIES 500

struct search {
    const struct watchreplay *replay;
    struct watchevents *events;
    struct watchreplay_extent *extent;
    struct member_stay stay; /* the time in which the study's changes count */
    bool first;              /* of the study's versions */
    size_t seen_studies;
    struct error *e;
};

void watchevents_clear(struct watchevents *events)
{
    free(events->items);
    *events = (struct watchevents){0};
}

static bool counts(const struct search *search, int64_t seen_usec)
{
    const struct member_stay *stay = &search->stay;

    return seen_usec >= search->replay->since_usec && seen_usec >= stay->joined_usec &&
           (stay->left_usec == 0 || seen_usec <= stay->left_usec);
}

static int add_event(struct search *search, long version, enum version_origin origin, int64_t seen_usec)
{
    struct watchevents *events = search->events;

    if (!counts(search, seen_usec))
        return 0;
    if (events->count == events->capacity) {
        size_t capacity = size_max(64, 2 * events->capacity);
        struct watchevent *items = reallocarray(events->items, capacity, sizeof(*items));
        if (!items)
            return error_set(search->e, -ENOMEM, "no memory to look back");
        events->items = items;
        events->capacity = capacity;
    }
    struct watchevent *event = &events->items[events->count++];
    *event = (struct watchevent){
        .version = version,
        .origin = origin,
        .seen_usec = seen_usec,
        .joins = seen_usec == search->stay.joined_usec,
    };
    memcpy(event->nct_id, search->stay.nct_id, sizeof(event->nct_id));
    return 0;
}

/* Of the first version only what a query listed is news, which is an event of its own. */
static int add_version(const struct version *version, void *userdata)
{
    struct search *search = userdata;
    struct watchreplay_extent *extent = search->extent;
    int64_t joined_usec = search->stay.joined_usec;
    int64_t begin_usec = version->seen_usec > joined_usec ? version->seen_usec : joined_usec;
    bool first = search->first;

    if (first && (extent->begin_usec == 0 || begin_usec < extent->begin_usec))
        extent->begin_usec = begin_usec;
    search->first = false;
    return first ? 0 : add_event(search, version->number, version->origin, version->seen_usec);
}

static int add_listing(const struct change_row *row, void *userdata)
{
    return add_event(userdata, row->version, VERSION_SEEN, row->seen_usec);
}

/* The events of the study of search->stay. */
static int add_study(struct search *search)
{
    struct store *store = search->replay->store;
    const struct change_filter listings = {
        .nct_id = search->stay.nct_id,
        .since_usec = search->replay->since_usec,
        .kinds = UINT64_C(1) << KIND_LISTED | UINT64_C(1) << KIND_UNLISTED,
    };

    search->first = true;
    int r = versions_each(store, search->stay.nct_id, add_version, search, search->e);
    return r < 0 ? r : changes_each(store, &listings, add_listing, search, search->e);
}

static int add_known(struct search *search, const char *nct_id)
{
    search->stay = (struct member_stay){0};
    memcpy(search->stay.nct_id, nct_id, STUDY_NCT_ID_BYTES);
    search->extent->studies++;
    return add_study(search);
}

static int add_named(struct search *search)
{
    const struct watch *watch = search->replay->watch;
    char nct_id[STUDY_NCT_ID_BYTES];
    int r = 0;

    for (size_t i = 0; r >= 0 && i < watch->study_count; i++) {
        r = versions_resolve(search->replay->store, watch->studies[i], nct_id, search->e);
        if (r == -ENOENT) {
            search->extent->unknown++;
            r = 0;
        } else if (r >= 0) {
            r = add_known(search, nct_id);
        }
    }
    return r;
}

static int add_members(struct search *search)
{
    struct store *store = search->replay->store;
    _cleanup_free_ struct member_stay *stays = NULL;
    size_t count = 0;
    int r = members_stays(store, search->replay->watch->name, &stays, &count, search->e);

    for (size_t i = 0; r >= 0 && i < count; i++) {
        search->stay = stays[i];
        search->extent->studies += i == 0 || strcmp(stays[i].nct_id, stays[i - 1].nct_id) != 0;
        r = add_study(search);
    }
    return r;
}

/* As `trialwatch find` does, by what the study says now. */
static int answers(const struct search *search, const char *nct_id, bool *ret)
{
    struct store *store = search->replay->store;
    _cleanup_study_ struct study *study = NULL;
    struct version version;
    int r = versions_newest(store, nct_id, &version, search->e);

    if (r >= 0)
        r = versions_study(store, &version, &study, search->e);
    if (r >= 0)
        *ret = findmatch_study(search->replay->match, study);
    return r;
}

static int add_if_it_answers(const struct study_row *row, void *userdata)
{
    struct search *search = userdata;
    bool asked = true;
    int r = search->replay->match ? answers(search, row->nct_id, &asked) : 0;

    if (++search->seen_studies % PROGRESS_STUDIES == 0)
        terminal_show_progress("Studies looked through", (long long)search->seen_studies,
                               versions_count_studies(search->replay->store));
    return r < 0 || !asked ? r : add_known(search, row->nct_id);
}

static int compare(const void *a, const void *b)
{
    const struct watchevent *x = a, *y = b;
    int order = (x->seen_usec < y->seen_usec) - (x->seen_usec > y->seen_usec);

    if (order == 0)
        order = strcmp(x->nct_id, y->nct_id);
    return order != 0 ? order : (x->version > y->version) - (x->version < y->version);
}

/* A study may be named and answer the query too; one that does not join now is what the watch names. */
static void sort(struct watchevents *events)
{
    size_t kept = 0;

    if (events->count > 0)
        qsort(events->items, events->count, sizeof(*events->items), compare);
    for (size_t i = 0; i < events->count; i++) {
        if (kept > 0 && compare(&events->items[kept - 1], &events->items[i]) == 0)
            events->items[kept - 1].joins &= events->items[i].joins;
        else
            events->items[kept++] = events->items[i];
    }
    events->count = kept;
}

int watchevents_find(const struct watchreplay *replay, struct watchevents *ret, struct watchreplay_extent *ret_extent,
                     struct error *e)
{
    struct search search = {.replay = replay, .events = ret, .extent = ret_extent, .e = e};
    int r = 0;

    *ret = (struct watchevents){0};
    *ret_extent = (struct watchreplay_extent){0};
    if (replay->watch->all_studies || replay->match)
        r = versions_each_study(replay->store, add_if_it_answers, &search, e);
    if (r >= 0)
        r = add_named(&search);
    if (r >= 0 && watch_has_query(replay->watch) && !replay->match)
        r = add_members(&search);
    sort(ret);
    return r;
}
