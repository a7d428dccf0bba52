#include "client/timeline.h"

#include "base/text.h"
#include "client/describe.h"
#include "client/report.h"
#include "history/changes.h"
#include "history/sites.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const struct report_column timeline_columns[] = {
    {.key = "number", .title = "SITE", .format = COLUMN_NUMBER, .once = true},
    {.key = "place", .title = "PLACE", .cut = true, .once = true},
    {.key = "when", .title = "WHEN", .format = COLUMN_TIME},
    {.key = "event", .title = "EVENT"},
    {.key = "from", .title = "FROM", .cut = true},
    {.key = "to", .title = "TO", .cut = true},
    {.key = "version", .title = "VERSION", .format = COLUMN_NUMBER},
    {.key = "with_study"},
    {.key = NULL},
};

/* What each kind of change is in a site's life; the others are not. */
static const char *const event_names[KIND_COUNT] = {
    [KIND_SITE_OPENED] = "opened", [KIND_SITE_CLOSED] = "closed",    [KIND_SITE_STATUS] = "status",
    [KIND_SITE_ADDED] = "listed",  [KIND_SITE_REMOVED] = "unlisted", [KIND_SITE_RENAMED] = "renamed",
};

/* from and to may be empty. */
struct event {
    long site, version;
    int64_t when_usec;
    const char *name, *from, *to;
    bool with_study;
};

struct kept_event {
    long site;
    int64_t when_usec;
    size_t order; /* as read: breaks ties */
    json_t *row;  /* owned */
};

struct events {
    struct client *client;
    const char *nct_id;
    struct kept_event *items; /* owned */
    size_t count, capacity;
    struct error *e;
};

static void events_clear(struct events *events)
{
    for (size_t i = 0; i < events->count; i++)
        json_decref(events->items[i].row);
    free(events->items);
}
#define _cleanup_events_ _cleanup_(events_clear)

static json_t *text_or_null(const char *text)
{
    return *text ? json_string(text) : json_null();
}

static int reserve(struct events *events)
{
    if (events->count < events->capacity)
        return 0;
    size_t capacity = size_max(64, events->capacity * 2);
    struct kept_event *items = reallocarray(events->items, capacity, sizeof(*items));
    if (!items)
        return -ENOMEM;
    events->items = items;
    events->capacity = capacity;
    return 0;
}

static int add_event(struct events *events, const struct event *event)
{
    json_t *row =
        json_pack("{s:I, s:o, s:s, s:o, s:o, s:I, s:b}", "number", (json_int_t)event->site, "when",
                  when_to_json(event->when_usec), "event", event->name, "from", text_or_null(event->from), "to",
                  text_or_null(event->to), "version", (json_int_t)event->version, "with_study", event->with_study);

    if (!row || reserve(events) < 0) {
        json_decref(row);
        return error_set(events->e, -ENOMEM, "no memory for the timeline");
    }
    events->items[events->count] =
        (struct kept_event){.site = event->site, .when_usec = event->when_usec, .order = events->count, .row = row};
    events->count++;
    return 0;
}

/* The fields of a renamed site that differ, one after the other. */
static void append_name(struct buf *out, const json_t *here, const json_t *there)
{
    static const char *const keys[] = {"facility", "city", "state", "zip", "country"};

    for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
        const json_t *value = json_object_get(here, keys[i]), *other = json_object_get(there, keys[i]);
        if ((!value && !other) || (value && other && json_equal(value, other)))
            continue;
        buf_printf(out, "%s%s", out->len > 0 ? ", " : "", value ? json_string_value(value) : "no name");
    }
}

/* The registry's own words for programs. */
static void append_status(const struct events *events, struct buf *out, const char *status)
{
    if (!status)
        return;
    if (events->client->json || events->client->csv)
        buf_append_string(out, status);
    else
        text_append_enum(out, status);
}

static int add_change(const struct change_row *row, void *userdata)
{
    struct events *events = userdata;
    const struct change *change = row->change;
    _cleanup_buf_ struct buf from = {0}, to = {0};
    const char *name = event_names[change->kind];
    struct event event = {
        .site = change->site, .version = row->version, .when_usec = row->seen_usec, .from = "", .to = ""};

    if (!name || change->site == 0)
        return 0;
    if (change->kind == KIND_SITE_OPENED && change->old_index == SITE_NONE) {
        event.name = event_names[KIND_SITE_ADDED];
        int r = add_event(events, &event);
        if (r < 0)
            return r;
    }
    if (change->kind == KIND_SITE_RENAMED) {
        append_name(&from, change->before, change->after);
        append_name(&to, change->after, change->before);
    } else {
        append_status(events, &from, change->effective_before);
        append_status(events, &to, change->effective_after);
    }
    event.name = name;
    event.from = buf_string(&from);
    event.to = buf_string(&to);
    event.with_study = change->with_study;
    return add_event(events, &event);
}

/* The sites of the first version: no change tells of them. */
static int add_first_version(struct events *events)
{
    struct version version;
    _cleanup_study_ struct study *study = NULL;
    _cleanup_free_ long *numbers = NULL;
    size_t count;
    struct store *store = events->client->history;
    int r = versions_get(store, events->nct_id, 1, &version, events->e);

    if (r == 0)
        r = versions_study(store, &version, &study, events->e);
    if (r == 0)
        r = history_sites_of_version(store, events->nct_id, 1, &numbers, &count, events->e);
    for (size_t i = 0; r == 0 && i < count && i < study_location_count(study); i++) {
        _cleanup_buf_ struct buf status = {0};
        append_status(events, &status, study_effective_status(study, i));
        const struct event event = {.site = numbers[i],
                                    .version = 1,
                                    .when_usec = version.seen_usec,
                                    .name = event_names[KIND_SITE_ADDED],
                                    .from = "",
                                    .to = buf_string(&status)};
        r = add_event(events, &event);
    }
    return r;
}

static int in_order(const void *a, const void *b)
{
    const struct kept_event *x = a, *y = b;

    if (x->site != y->site)
        return x->site < y->site ? -1 : 1;
    if (x->when_usec != y->when_usec)
        return x->when_usec < y->when_usec ? -1 : 1;
    return x->order < y->order ? -1 : x->order > y->order;
}

static int set_place(const struct site_row *site, void *userdata)
{
    json_auto_t *place = json_object();
    _cleanup_buf_ struct buf text = {0};
    const struct {
        const char *key, *value;
    } fields[] = {
        {"facility", site->facility}, {"city", site->city}, {"state", site->state}, {"country", site->country}};

    for (size_t i = 0; i < ARRAY_SIZE(fields); i++)
        if (*fields[i].value)
            json_object_set_new(place, fields[i].key, json_string(fields[i].value));
    describe_place(&text, place);
    return json_object_set_new(userdata, "place", json_string(buf_string(&text)));
}

int timeline_print(struct client *client, const char *nct_id, struct error *e)
{
    _cleanup_events_ struct events events = {.client = client, .nct_id = nct_id, .e = e};
    const struct change_filter filter = {.nct_id = nct_id};
    _cleanup_report_ struct report report;
    int r = report_begin(&report, client, timeline_columns, e);

    if (r == 0)
        r = add_first_version(&events);
    if (r == 0)
        r = changes_each(client->history, &filter, add_change, &events, e);
    if (r < 0)
        return r;
    if (events.count > 0)
        qsort(events.items, events.count, sizeof(*events.items), in_order);
    for (size_t i = 0; r == 0 && i < events.count; i++) {
        r = history_sites_get(client->history, nct_id, events.items[i].site, set_place, events.items[i].row, e);
        if (r == 0)
            r = report_add(&report, TAKE_PTR(events.items[i].row), e);
    }
    if (r == 0)
        report_end(&report, "No site was ever listed.");
    return r;
}
