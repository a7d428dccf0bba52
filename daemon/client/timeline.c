#include "client/timeline.h"

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

struct event {
    long site;
    int64_t when_usec;
    size_t order; /* as read: breaks ties */
    json_t *row;  /* owned */
};

struct events {
    struct client *client;
    const char *nct_id;
    struct event *items; /* owned */
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

/* Takes the reference to row. */
static int add_event(struct events *events, long site, int64_t when_usec, json_t *row)
{
    if (row && events->count == events->capacity) {
        size_t capacity = size_max(64, events->capacity * 2);
        struct event *items = reallocarray(events->items, capacity, sizeof(*items));
        if (items) {
            events->items = items;
            events->capacity = capacity;
        }
    }
    if (!row || events->count == events->capacity) {
        json_decref(row);
        return error_set(events->e, -ENOMEM, "no memory for the timeline");
    }
    events->items[events->count] =
        (struct event){.site = site, .when_usec = when_usec, .order = events->count, .row = row};
    events->count++;
    return 0;
}

static json_t *text_or_null(const struct buf *text)
{
    return text->len > 0 ? json_string(buf_string(text)) : json_null();
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

static int add_change(const struct change_row *row, void *userdata)
{
    struct events *events = userdata;
    const struct change *change = row->change;
    _cleanup_buf_ struct buf from = {0}, to = {0};
    const char *event = event_names[change->kind];

    if (!event || change->site == 0)
        return 0;
    if (change->kind == KIND_SITE_RENAMED) {
        append_name(&from, change->before, change->after);
        append_name(&to, change->after, change->before);
    } else {
        buf_append_string(&from, change->effective_before ? change->effective_before : "");
        buf_append_string(&to, change->effective_after ? change->effective_after : "");
    }
    bool newly_listed = change->kind == KIND_SITE_OPENED && change->old_index == SITE_NONE;
    if (newly_listed) {
        int r = add_event(events, change->site, row->seen_usec,
                          json_pack("{s:I, s:o, s:s, s:n, s:n, s:I, s:b}", "number", (json_int_t)change->site, "when",
                                    when_to_json(row->seen_usec), "event", "listed", "from", "to", "version",
                                    (json_int_t)row->version, "with_study", false));
        if (r < 0)
            return r;
    }
    return add_event(events, change->site, row->seen_usec,
                     json_pack("{s:I, s:o, s:s, s:o, s:o, s:I, s:b}", "number", (json_int_t)change->site, "when",
                               when_to_json(row->seen_usec), "event", event, "from", text_or_null(&from), "to",
                               text_or_null(&to), "version", (json_int_t)row->version, "with_study",
                               change->with_study));
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
    for (size_t i = 0; r == 0 && i < count && i < study_location_count(study); i++)
        r = add_event(events, numbers[i], version.seen_usec,
                      json_pack("{s:I, s:o, s:s, s:n, s:s, s:i, s:b}", "number", (json_int_t)numbers[i], "when",
                                when_to_json(version.seen_usec), "event", "listed", "from", "to",
                                study_effective_status(study, i), "version", 1, "with_study", false));
    return r;
}

static int in_order(const void *a, const void *b)
{
    const struct event *x = a, *y = b;

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
    } fields[] = {{"facility", site->facility}, {"city", site->city}, {"state", site->state}, {"country", site->country}};

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
