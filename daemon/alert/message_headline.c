#include "alert/message_parts.h"
#include "base/text.h"

#include <stdbool.h>
#include <string.h>

/* A headline of many sites names this many and counts the others. */
#define MAX_NAMED_SITES 3

static bool is_kind(const json_t *change, enum kind kind)
{
    const char *name = json_string_value(json_object_get(change, "kind"));

    return name && strcmp(name, kind_info(kind)->name) == 0;
}

static const json_t *find_kind(const json_t *changes, enum kind kind)
{
    size_t index;
    json_t *change;

    json_array_foreach (changes, index, change) {
        if (is_kind(change, kind))
            return change;
    }
    return NULL;
}

/* The newest change of the overall status: a digest may tell of several. */
static const json_t *find_status(const json_t *changes)
{
    const json_t *last = NULL;
    size_t index;
    json_t *change;

    json_array_foreach (changes, index, change) {
        if (is_kind(change, KIND_STATUS))
            last = change;
    }
    return last;
}

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));

    return text ? text : "";
}

/* Statuses that end the hope of taking part: worth more than any site. */
static bool is_stop(const char *status)
{
    static const char *const stops[] = {"TERMINATED", "SUSPENDED", "WITHDRAWN", "NO_LONGER_AVAILABLE"};

    for (size_t i = 0; i < ARRAY_SIZE(stops); i++)
        if (strcmp(status, stops[i]) == 0)
            return true;
    return false;
}

/* "Terminated: the sponsor's decision (was: Active, not recruiting)" */
static bool append_stop(struct buf *out, const json_t *study)
{
    const json_t *status = find_status(json_object_get(study, "changes"));
    const char *after = text_of(status, "after"), *before = text_of(status, "before");
    const char *why = text_of(study, "why_stopped");

    if (!is_stop(after))
        return false;
    text_append_enum(out, after);
    if (*why) {
        buf_append_string(out, ": ");
        message_append_shortened(out, why, MESSAGE_MAX_QUOTE_BYTES);
    }
    if (*before) {
        buf_append_string(out, " (was: ");
        text_append_enum(out, before);
        buf_append_string(out, ")");
    }
    return true;
}

static const json_t *nearest_of(const json_t *changes, enum kind kind)
{
    const json_t *best = NULL;
    double best_km = 0;
    size_t index;
    json_t *change;

    json_array_foreach (changes, index, change) {
        const json_t *site = json_object_get(change, "site");
        const json_t *distance = json_object_get(site, "distance_km");
        double km = distance ? json_number_value(distance) : 1e9;
        if (!site || !is_kind(change, kind) || json_object_get(change, "count"))
            continue;
        if (!best || km < best_km) {
            best = change;
            best_km = km;
        }
    }
    return best;
}

static void append_site_names(struct buf *out, const json_t *changes, enum kind kind, const json_t *first)
{
    const json_t *site = json_object_get(first, "site");
    size_t index, named = 1, count = 0;
    json_t *change;

    buf_append_string(out, ": ");
    message_append_place(out, site);
    message_append_distance(out, site);
    json_array_foreach (changes, index, change) {
        if (!is_kind(change, kind) || json_object_get(change, "count"))
            continue;
        count++;
        if (change == first || named == MAX_NAMED_SITES)
            continue;
        buf_append_string(out, "; ");
        message_append_place(out, json_object_get(change, "site"));
        named++;
    }
    if (count > named)
        buf_printf(out, "; and %zu more", count - named);
}

/* "Now recruiting: PLACE — 12 km away", "Now recruiting at 3 sites: …" of the sites that did so on their own. */
static bool append_sites(struct buf *out, const json_t *changes, enum kind kind, const char *what)
{
    size_t index, count = 0;
    json_t *change;

    json_array_foreach (changes, index, change) {
        count += is_kind(change, kind) && !json_object_get(change, "count");
    }
    const json_t *first = nearest_of(changes, kind);
    if (count == 0 || !first)
        return false;
    buf_append_string(out, what);
    if (count > 1)
        buf_printf(out, " at %zu sites", count);
    append_site_names(out, changes, kind, first);
    return true;
}

static bool append_text_of(struct buf *out, const json_t *change)
{
    const char *text = text_of(change, "text");

    buf_append_string(out, text);
    return *text != '\0';
}

/* The study entered a query's answers, or was among them when the watch began. NULL: neither. */
static const json_t *find_listed(const json_t *study)
{
    return find_kind(json_object_get(study, "changes"), KIND_LISTED);
}

static bool was_there(const json_t *listed)
{
    return json_is_true(json_object_get(json_object_get(listed, "after"), "existing"));
}

/* "New study: TITLE (Recruiting)" */
static bool append_listed(struct buf *out, const json_t *study)
{
    const json_t *listed = find_listed(study);

    if (!listed)
        return false;
    buf_append_string(out, was_there(listed) ? "Answers the watch already: " : "New study: ");
    message_append_shortened(out, text_of(study, "title"), MESSAGE_MAX_QUOTE_BYTES);
    if (*text_of(study, "status")) {
        buf_append_string(out, " (");
        text_append_enum(out, text_of(study, "status"));
        buf_append_string(out, ")");
    }
    return true;
}

static const json_t *find_folded_opening(const json_t *changes)
{
    const json_t *opened = find_kind(changes, KIND_SITE_OPENED);

    return json_object_get(opened, "count") ? opened : NULL;
}

void message_append_study_headline(struct buf *out, const json_t *study)
{
    const json_t *changes = json_object_get(study, "changes");

    if (append_stop(out, study) || append_listed(out, study))
        return;
    if (append_sites(out, changes, KIND_SITE_OPENED, "Now recruiting"))
        return;
    if (append_text_of(out, find_folded_opening(changes)) || append_text_of(out, find_status(changes)))
        return;
    if (append_text_of(out, find_kind(changes, KIND_RESULTS)))
        return;
    if (append_sites(out, changes, KIND_SITE_CLOSED, "No longer recruiting"))
        return;
    if (append_text_of(out, json_array_get(changes, 0)))
        return;
    buf_append_string(out, "As it is now: ");
    text_append_enum(out, *text_of(study, "status") ? text_of(study, "status") : "unknown");
}

/* How many of the studies entered a query's answers; *ret_there: and were there when the watch began. */
static size_t count_listed(const json_t *studies, size_t *ret_there)
{
    size_t index, count = 0;
    json_t *study;

    *ret_there = 0;
    json_array_foreach (studies, index, study) {
        const json_t *listed = find_listed(study);
        count += listed ? 1 : 0;
        *ret_there += was_there(listed) ? 1 : 0;
    }
    return count;
}

void message_append_headline(struct buf *out, const json_t *studies)
{
    size_t count = json_array_size(studies), there;
    const json_t *first = json_array_get(studies, 0);

    if (count == 1) {
        buf_append_string(out, text_of(first, "headline"));
        return;
    }
    if (count_listed(studies, &there) == count) {
        buf_printf(out, there == count ? "%zu studies answer the watch already" : "%zu new studies", count);
        return;
    }
    buf_printf(out, "Changes in %zu studies: ", count);
    message_append_shortened(out, text_of(first, "headline"), 160);
    buf_printf(out, " (%s)", text_of(first, "nct_id"));
}
