#include "client/siterow.h"

#include <string.h>

static json_t *null_or(const json_t *value)
{
    return value ? json_incref((json_t *)value) : json_null();
}

json_t *siterow_to_json(const struct site_row *row)
{
    return json_pack("{s:I, s:o, s:s, s:s, s:s, s:s, s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:o}", "number",
                     (json_int_t)row->number, "index", row->index < 0 ? json_null() : json_integer(row->index),
                     "facility", row->facility, "city", row->city, "state", row->state, "zip", row->zip, "country",
                     row->country, "status", row->status, "since", when_to_json(row->status_usec), "listed",
                     when_to_json(row->listed_usec), "unlisted", when_to_json(row->unlisted_usec), "contacts",
                     null_or(row->contacts), "lat", row->has_geopoint ? json_real(row->lat) : json_null(), "lon",
                     row->has_geopoint ? json_real(row->lon) : json_null());
}

struct addition {
    json_t *row;
    const char *status;
    int64_t seen_usec;
};

static int add_times(const struct site_row *site, void *userdata)
{
    struct addition *addition = userdata;
    bool still = site->status_usec <= addition->seen_usec && strcmp(site->status, addition->status) == 0;
    int r = json_object_set_new(addition->row, "listed", when_to_json(site->listed_usec));

    return r | json_object_set_new(addition->row, "since", when_to_json(still ? site->status_usec : 0));
}

static const char *text_of(const json_t *location, const char *key)
{
    const char *text = json_string_value(json_object_get(location, key));

    return text ? text : "";
}

json_t *siterow_of_version(struct store *store, const struct study *study, const struct version *version, size_t index,
                           long number)
{
    const json_t *location = study_location(study, index), *point = json_object_get(location, "geoPoint");
    const char *status = study_effective_status(study, index);
    json_t *row =
        json_pack("{s:o, s:I, s:s, s:s, s:s, s:s, s:s, s:s, s:n, s:n, s:n, s:o, s:o, s:o}", "number",
                  number > 0 ? json_integer(number) : json_null(), "index", (json_int_t)index, "facility",
                  text_of(location, "facility"), "city", text_of(location, "city"), "state", text_of(location, "state"),
                  "zip", text_of(location, "zip"), "country", text_of(location, "country"), "status", status, "since",
                  "listed", "unlisted", "contacts", null_or(json_object_get(location, "contacts")), "lat",
                  null_or(json_object_get(point, "lat")), "lon", null_or(json_object_get(point, "lon")));
    struct addition addition = {.row = row, .status = status, .seen_usec = version->seen_usec};

    if (row && number > 0)
        history_sites_get(store, version->nct_id, number, add_times, &addition, NULL);
    return row;
}
