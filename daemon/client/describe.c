#include "client/describe.h"

#include "alert/message_parts.h"
#include "base/text.h"
#include "history/sites.h"

static int set_text(json_t *place, const char *key, const char *text)
{
    return *text ? json_object_set_new(place, key, json_string(text)) : 0;
}

static int fill_place(const struct site_row *row, void *userdata)
{
    json_t *place = userdata;
    int r = set_text(place, "facility", row->facility);

    r |= set_text(place, "city", row->city);
    r |= set_text(place, "state", row->state);
    r |= set_text(place, "country", row->country);
    return r;
}

void describe_change(struct buf *out, struct store *store, const char *nct_id, const struct change *change)
{
    json_auto_t *place = change->site > 0 ? json_object() : NULL;

    /* Without its place the line still says what happened. */
    if (place)
        history_sites_get(store, nct_id, change->site, fill_place, place, NULL);
    message_append_change_text(out, change, place);
}

void describe_change_at(struct buf *out, const struct change *change, const json_t *location, const char *status)
{
    json_auto_t *place = json_copy((json_t *)location);

    if (status && *status)
        json_object_set_new(place, "status", json_string(status));
    message_append_change_text(out, change, place);
}

void describe_place(struct buf *out, const json_t *place)
{
    message_append_place(out, place);
}

void describe_value(struct buf *out, const char *path, const json_t *value)
{
    message_append_value(out, path, value);
}

void describe_fold(struct buf *out, enum kind kind, size_t count)
{
    buf_append_string(out, kind == KIND_SITE_OPENED ? "Now recruiting at " : "No longer recruiting at ");
    text_append_count(out, count, "site");
    buf_append_string(out, ", with the whole study");
}
