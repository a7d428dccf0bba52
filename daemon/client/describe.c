#include "client/describe.h"

#include "alert/message_parts.h"
#include "base/text.h"

void describe_change(struct buf *out, struct store *store, const char *nct_id, const struct change *change)
{
    message_append_stored_change(out, store, nct_id, change);
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
