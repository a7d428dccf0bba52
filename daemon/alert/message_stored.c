/* The line about a change as the history has it, without the document of a message around it. */
#include "alert/message_parts.h"
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

void message_append_stored_change(struct buf *out, struct store *store, const char *nct_id, const struct change *change)
{
    json_auto_t *place = change->site > 0 ? json_object() : NULL;

    /* Without its place the line still says what happened. */
    if (place)
        history_sites_get(store, nct_id, change->site, fill_place, place, NULL);
    message_append_change_text(out, change, place);
}
