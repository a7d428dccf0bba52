#include "alert/message_parts.h"
#include "base/clock.h"
#include "history/sites.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

/* Texts shorter than this stand whole in the one line about the change. */
#define MIN_DIFFERENCE_BYTES 60

static int put_text(json_t *object, const char *key, const char *text)
{
    if (!text || !*text)
        return 0;
    return json_object_set_new(object, key, json_string(text));
}

static int put_texts_of(json_t *site, const json_t *location)
{
    static const char *const keys[] = {"facility", "city", "state", "zip", "country"};

    for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
        if (put_text(site, keys[i], json_string_value(json_object_get(location, keys[i]))) < 0)
            return -1;
    return 0;
}

/* The distance to the nearest of the watches' places. */
static int put_distance(json_t *site, const json_t *location, const struct watch_names *watches)
{
    double nearest = -1;

    for (size_t i = 0; i < watches->count; i++) {
        const struct watch_near *near = &watches->items[i]->near;
        double km = near->set ? watch_distance_km(near, location) : -1;
        if (km >= 0 && (nearest < 0 || km < nearest))
            nearest = km;
    }
    if (nearest < 0)
        return 0;
    return json_object_set_new(site, "distance_km", json_real(round(nearest * 10) / 10));
}

struct site_visit {
    json_t *site;
    int error;
};

/* What was known of a site that no longer stands in the record. */
static int on_site(const struct site_row *row, void *userdata)
{
    struct site_visit *visit = userdata;
    json_t *site = visit->site;
    int r = put_text(site, "facility", row->facility);

    r |= put_text(site, "city", row->city);
    r |= put_text(site, "state", row->state);
    r |= put_text(site, "zip", row->zip);
    r |= put_text(site, "country", row->country);
    visit->error = r < 0 ? -ENOMEM : 0;
    return 0;
}

static int put_since(const struct change_context *context, const struct change *change, json_t *site, struct error *e)
{
    const char *status = json_string_value(json_object_get(site, "status"));
    char since[CLOCK_TEXT_BYTES];
    int64_t usec = 0;
    int r = status ? history_sites_status_since(context->store, study_nct_id(context->study), change->site, status,
                                                &usec, e)
                   : 0;

    if (r < 0 || usec <= 0)
        return r == -ENOENT ? 0 : r;
    return put_text(site, "since", clock_format_utc(usec, since)) < 0 ? -ENOMEM : 0;
}

/* What the history knows of the site. */
static int put_known(const struct change_context *context, const struct change *change, json_t *site, struct error *e)
{
    struct site_visit visit = {.site = site};
    int r = 0;

    if (change->site <= 0)
        return 0;
    if (!json_object_get(site, "country")) /* which every location has */
        r = history_sites_get(context->store, study_nct_id(context->study), change->site, on_site, &visit, e);
    if (r >= 0 || r == -ENOENT)
        r = visit.error;
    return r < 0 ? r : put_since(context, change, site, e);
}

/* Contacts say whom to call: only for a site that opened. */
static int put_contacts(json_t *site, const struct change_context *context, const json_t *location)
{
    json_t *contacts = json_object_get(location, "contacts");

    if (json_array_size(contacts) == 0)
        contacts = json_object_get(json_object_get(json_object_get(study_record(context->study), "protocolSection"),
                                                   "contactsLocationsModule"),
                                   "centralContacts");
    return json_array_size(contacts) > 0 ? json_object_set(site, "contacts", contacts) : 0;
}

static int build_site(const struct change_context *context, const struct change *change, json_t **ret, struct error *e)
{
    bool listed = context->study && change->new_index < study_location_count(context->study);
    const json_t *location = listed ? study_location(context->study, change->new_index) : change->before;
    json_t *site = json_object();
    int r = site ? 0 : -1;

    if (change->site > 0)
        r |= json_object_set_new(site, "number", json_integer(change->site));
    r |= put_texts_of(site, location);
    r |= put_text(site, "status", listed ? study_effective_status(context->study, change->new_index) : NULL);
    r |= put_distance(site, location, context->watches);
    if (change->kind == KIND_SITE_OPENED && listed)
        r |= put_contacts(site, context, location);
    r = r < 0 ? -ENOMEM : put_known(context, change, site, e);
    if (r < 0) {
        json_decref(site);
        return r;
    }
    *ret = site;
    return 0;
}

static bool is_of_site(const struct change *change)
{
    return change->kind >= KIND_SITE_OPENED && change->kind <= KIND_SITE_OTHER && change->kind != KIND_SITE_ORDER &&
           (change->site > 0 || change->new_index != SITE_NONE || change->old_index != SITE_NONE);
}

/* Whether the canonical form is longer than what a document takes. Most values are short texts, whose form is not
 * written out only to be measured. */
static bool is_long(const json_t *value)
{
    if (!value || (json_is_string(value) && json_string_length(value) < MESSAGE_MAX_VALUE_BYTES / 8))
        return false;
    return json_dumpb(value, NULL, 0, JSON_COMPACT | JSON_ENCODE_ANY) > MESSAGE_MAX_VALUE_BYTES;
}

/* The registry's values as they are, unless they are so long that nobody wants them in a message. */
static int put_values(json_t *entry, const struct change *change)
{
    int r = 0;

    if (is_long(change->before) || is_long(change->after))
        return json_object_set_new(entry, "values_omitted", json_true());
    if (change->before)
        r |= json_object_set(entry, "before", change->before);
    if (change->after)
        r |= json_object_set(entry, "after", change->after);
    return r;
}

static int put_difference(json_t *entry, const struct change *change)
{
    const char *before = json_string_value(change->before), *after = json_string_value(change->after);

    if (!before || !after || (change->note && strcmp(change->note, "reworded") != 0))
        return 0;
    if (strlen(before) < MIN_DIFFERENCE_BYTES && strlen(after) < MIN_DIFFERENCE_BYTES)
        return 0;
    return json_object_set_new(entry, "difference", message_difference(before, after));
}

static int put_line(json_t *entry, const struct change *change, const json_t *site)
{
    _cleanup_buf_ struct buf text = {0};

    message_append_change_text(&text, change, site);
    return buf_status(&text) < 0 ? -1 : put_text(entry, "text", buf_string(&text));
}

int message_change_build(const struct change_context *context, const struct change_row *row, json_t **ret,
                         struct error *e)
{
    const struct change *change = row->change;
    const struct kind_info *kind = kind_info(change->kind);
    json_t *site = NULL;

    if (is_of_site(change)) {
        int r = build_site(context, change, &site, e);
        if (r < 0)
            return r;
    }
    json_t *entry = json_pack("{sI ss ss ss ss}", "id", (json_int_t)row->id, "kind", kind->name, "label", kind->label,
                              "weight", weight_name(change->weight), "path", change->path);
    int r = put_values(entry, change);
    r |= put_text(entry, "note", change->note);
    if (change->with_study)
        r |= json_object_set_new(entry, "with_study", json_true());
    r |= put_line(entry, change, site);
    r |= put_difference(entry, change);
    if (site)
        r |= json_object_set_new(entry, "site", site);
    if (r < 0 || !entry) {
        json_decref(entry);
        return error_set(e, -ENOMEM, "Out of memory");
    }
    *ret = entry;
    return 0;
}
