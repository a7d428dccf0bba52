#include "alert/message_parts.h"
#include "base/text.h"

#include <stdbool.h>
#include <string.h>

/* Texts longer than this are not set against each other in one line: the difference shows them. */
#define MAX_BESIDE_BYTES 120

static const char *string_or(const char *text, const char *otherwise)
{
    return text && *text ? text : otherwise;
}

/* "Now recruiting: PLACE — 12 km away (was not yet recruiting)" */
static void append_site_opened(struct buf *out, const struct change *change, const json_t *site)
{
    buf_append_string(out, "Now recruiting: ");
    message_append_place(out, site);
    message_append_distance(out, site);
    if (change->old_index == SITE_NONE)
        buf_append_string(out, " (newly listed)");
    else if (string_or(change->effective_before, NULL)) {
        buf_append_string(out, " (was: ");
        text_append_enum(out, change->effective_before);
        buf_append_string(out, ")");
    }
}

static void append_site_closed(struct buf *out, const struct change *change, const json_t *site)
{
    buf_append_string(out, "No longer recruiting: ");
    message_append_place(out, site);
    message_append_distance(out, site);
    if (string_or(change->effective_after, NULL)) {
        buf_append_string(out, " (now: ");
        text_append_enum(out, change->effective_after);
        buf_append_string(out, ")");
    }
}

static void append_site_status(struct buf *out, const struct change *change, const json_t *site)
{
    message_append_place(out, site);
    message_append_distance(out, site);
    buf_append_string(out, ": ");
    text_append_enum(out, string_or(change->effective_before, "unknown"));
    buf_append_string(out, " → ");
    text_append_enum(out, string_or(change->effective_after, "unknown"));
}

static void append_site_listed(struct buf *out, const struct change *change, const json_t *site)
{
    const char *status = json_string_value(json_object_get(site, "status"));

    buf_append_string(out, change->kind == KIND_SITE_ADDED ? "Site added: " : "Site no longer listed: ");
    message_append_place(out, site);
    message_append_distance(out, site);
    if (change->kind == KIND_SITE_ADDED && status) {
        buf_append_string(out, " (");
        text_append_enum(out, status);
        buf_append_string(out, ")");
    }
}

/* The place as it was: what changed put over what it is now. The caller owns it; NULL without memory. */
static json_t *place_before(const struct change *change, const json_t *site)
{
    static const char *const keys[] = {"facility", "city", "state", "zip", "country"};
    json_t *place = json_copy((json_t *)site);

    for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
        json_t *before = json_object_get(change->before, keys[i]), *after = json_object_get(change->after, keys[i]);
        if (before)
            json_object_set(place, keys[i], before);
        else if (after)
            json_object_del(place, keys[i]);
    }
    return place;
}

/* "Site renamed: Emory University, Atlanta, Georgia → Emory University Hospital, Atlanta, Georgia" */
static void append_site_renamed(struct buf *out, const struct change *change, const json_t *site)
{
    _cleanup_buf_ struct buf before = {0}, after = {0};
    json_t *place = place_before(change, site);

    message_append_place(&before, place);
    message_append_place(&after, site);
    json_decref(place);
    if (strcmp(buf_string(&before), buf_string(&after)) == 0)
        buf_printf(out, "Address corrected: %s", buf_string(&after));
    else
        buf_printf(out, "Site renamed: %s → %s", buf_string(&before), buf_string(&after));
}

static void append_of_site(struct buf *out, const char *what, const json_t *site)
{
    buf_append_string(out, what);
    if (json_is_object(site)) {
        buf_append_string(out, ": ");
        message_append_place(out, site);
    }
}

static void append_results(struct buf *out, const struct change *change)
{
    if (strcmp(change->path, "hasResults") == 0) {
        buf_append_string(out, json_is_true(change->after) ? "Results posted" : "Results no longer posted");
        return;
    }
    if (strstr(change->path, "resultsFirstPostDateStruct") && change->after) {
        buf_append_string(out, "Results first posted: ");
        message_append_value(out, change->path, change->after);
        return;
    }
    if (strcmp(change->path, "resultsSection") == 0) {
        buf_append_string(out, !change->before  ? "Results section added"
                               : !change->after ? "Results section removed"
                                                : "Results section changed");
        return;
    }
    buf_append_string(out, "Results: ");
    message_append_field_label(out, change->path);
    buf_append_string(out, !change->before ? " added" : !change->after ? " removed" : " changed");
}

static bool has_item(const json_t *array, const json_t *wanted)
{
    size_t index;
    json_t *item;

    json_array_foreach (array, index, item) {
        if (json_equal(item, wanted))
            return true;
    }
    return false;
}

/* "; added: A, B" of the items of one list that the other lacks. */
static size_t append_items_only_in(struct buf *out, const char *verb, const json_t *here, const json_t *there,
                                   size_t shown_before)
{
    size_t index, shown = 0, start = out->len;
    json_t *item;

    json_array_foreach (here, index, item) {
        const char *name = message_item_name(item);
        if (!name || has_item(there, item))
            continue;
        if (out->len - start > MESSAGE_MAX_QUOTE_BYTES) {
            buf_append_string(out, ", …");
            break;
        }
        if (shown == 0)
            buf_printf(out, "%s%s: ", shown_before > 0 ? "; " : ": ", verb);
        else
            buf_append_string(out, ", ");
        message_append_shortened(out, name, MAX_BESIDE_BYTES);
        shown++;
    }
    return shown;
}

static void append_list_change(struct buf *out, const struct change *change)
{
    message_append_field_label(out, change->path);
    size_t shown = append_items_only_in(out, "added", change->after, change->before, 0);
    shown += append_items_only_in(out, "removed", change->before, change->after, shown);
    if (shown == 0)
        buf_append_string(out, " changed");
}

/* Whether a value is so long that a line could only show its beginning. */
static size_t shown_bytes(const char *path, const json_t *value)
{
    _cleanup_buf_ struct buf text = {0};

    message_append_value(&text, path, value);
    return text.len;
}

static void append_field_change(struct buf *out, const struct change *change)
{
    if (json_is_array(change->before) && json_is_array(change->after)) {
        append_list_change(out, change);
        return;
    }
    message_append_field_label(out, change->path);
    if (!change->before || !change->after) {
        const char *verb = !change->before ? " added: " : " removed: ";
        buf_append_string(out, change->kind == KIND_WHY_STOPPED && change->after ? ": " : verb);
        message_append_value(out, change->path, change->before ? change->before : change->after);
        return;
    }
    if (change->note && strcmp(change->note, "reworded") != 0) {
        buf_printf(out, " %s", change->note);
        return;
    }
    if (shown_bytes(change->path, change->before) > MAX_BESIDE_BYTES ||
        shown_bytes(change->path, change->after) > MAX_BESIDE_BYTES) {
        buf_append_string(out, json_is_string(change->after) ? " reworded" : " changed");
        return;
    }
    _cleanup_buf_ struct buf before = {0}, after = {0};
    message_append_value(&before, change->path, change->before);
    message_append_value(&after, change->path, change->after);
    if (strcmp(buf_string(&before), buf_string(&after)) == 0)
        buf_printf(out, " changed: %s", buf_string(&after));
    else
        buf_printf(out, ": %s → %s", buf_string(&before), buf_string(&after));
}

/* With the reason, where the record shows one. */
static void append_unlisted(struct buf *out, const struct change *change)
{
    const char *status = json_string_value(json_object_get(change->after, "status"));

    buf_append_string(out, "No longer answers the watch");
    if (json_is_true(json_object_get(change->after, "absent")))
        buf_append_string(out, ": the registry no longer gives it");
    if (status) {
        buf_append_string(out, ": now ");
        text_append_enum(out, status);
    }
}

void message_append_change_text(struct buf *out, const struct change *change, const json_t *site)
{
    switch (change->kind) {
    case KIND_LISTED:
        buf_append_string(out, json_is_true(json_object_get(change->after, "existing"))
                                   ? "Answered the watch when it began"
                                   : "New study that answers the watch");
        break;
    case KIND_UNLISTED:
        append_unlisted(out, change);
        break;
    case KIND_SITE_OPENED:
        append_site_opened(out, change, site);
        break;
    case KIND_SITE_CLOSED:
        append_site_closed(out, change, site);
        break;
    case KIND_SITE_STATUS:
        append_site_status(out, change, site);
        break;
    case KIND_SITE_ADDED:
    case KIND_SITE_REMOVED:
        append_site_listed(out, change, site);
        break;
    case KIND_SITE_RENAMED:
        append_site_renamed(out, change, site);
        break;
    case KIND_SITE_CONTACT:
        append_of_site(out, "Contact changed", site);
        break;
    case KIND_SITE_GEOPOINT:
        append_of_site(out, "Position on the map changed", site);
        break;
    case KIND_SITE_ORDER:
        buf_append_string(out, "The sites stand in another order");
        break;
    case KIND_SITE_OTHER:
        append_of_site(out, "Entry changed", site);
        break;
    case KIND_RESULTS:
        append_results(out, change);
        break;
    default:
        append_field_change(out, change);
        break;
    }
}
