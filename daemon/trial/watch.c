#include "trial/watch.h"

#include "base/buf.h"
#include "trial/fold.h"

#include <math.h>
#include <string.h>

#define EARTH_RADIUS_KM 6371.0088 /* mean radius of WGS 84 */
#define RADIANS_PER_DEGREE (3.14159265358979323846 / 180)

static void free_strings(char **strings, size_t count)
{
    for (size_t i = 0; i < count; i++)
        free(strings[i]);
    free(strings);
}

void watch_clear(struct watch *watch)
{
    char *texts[] = {watch->name,        watch->query.condition, watch->query.intervention, watch->query.term,
                     watch->query.title, watch->query.sponsor,   watch->query.location,     watch->query.patient,
                     watch->query.id,    watch->query.status,    watch->query.phase,        watch->query.advanced};

    for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
        free(texts[i]);
    free_strings(watch->studies, watch->study_count);
    free_strings(watch->countries, watch->country_count);
    free_strings(watch->highlight, watch->highlight_count);
    free_strings(watch->channels, watch->channel_count);
    *watch = (struct watch){0};
}

static uint64_t kind_bit(enum kind kind)
{
    return UINT64_C(1) << kind;
}

uint64_t watch_default_kinds(void)
{
    return kind_bit(KIND_LISTED) | kind_bit(KIND_UNLISTED);
}

unsigned watch_weights_from(enum weight weight)
{
    unsigned weights = 0;

    for (; weight <= WEIGHT_URGENT; weight++)
        weights |= 1u << weight;
    return weights;
}

unsigned watch_default_weights(void)
{
    return watch_weights_from(WEIGHT_NOTABLE);
}

bool watch_has_query(const struct watch *watch)
{
    return watch->query.condition || watch->query.intervention || watch->query.term || watch->query.title ||
           watch->query.sponsor || watch->query.location || watch->query.patient || watch->query.id ||
           watch->query.status || watch->query.phase || watch->query.advanced;
}

/* By the haversine formula. */
double watch_distance_km(const struct watch_near *near, const json_t *location)
{
    const json_t *point = json_object_get(location, "geoPoint");
    const json_t *lat = json_object_get(point, "lat"), *lon = json_object_get(point, "lon");

    if (!json_is_number(lat) || !json_is_number(lon))
        return -1;
    double lat_here = near->lat * RADIANS_PER_DEGREE, lat_there = json_number_value(lat) * RADIANS_PER_DEGREE;
    double north = sin((lat_there - lat_here) / 2);
    double east = sin((json_number_value(lon) - near->lon) * RADIANS_PER_DEGREE / 2);
    double half_chord = sqrt(north * north + cos(lat_here) * cos(lat_there) * east * east);
    return 2 * EARTH_RADIUS_KM * asin(fmin(1, half_chord));
}

/* Also when there is no memory to find out: an alert too many is better than one lost. */
static bool same_folded(const char *a, const char *b)
{
    _cleanup_buf_ struct buf folded_a = {0}, folded_b = {0};

    if (strcmp(a, b) == 0)
        return true;
    if (fold_text(a, &folded_a) < 0 || fold_text(b, &folded_b) < 0)
        return true;
    return strcmp(buf_string(&folded_a), buf_string(&folded_b)) == 0;
}

static const char *string_of(const json_t *location, const char *field)
{
    return json_string_value(json_object_get(location, field));
}

static bool same_string(const json_t *a, const json_t *b, const char *field)
{
    const char *text_a = string_of(a, field), *text_b = string_of(b, field);

    return text_a && text_b && strcmp(text_a, text_b) == 0;
}

static bool in_countries(const struct watch *watch, const json_t *location)
{
    const char *country = string_of(location, "country");
    bool found = watch->country_count == 0 || !country;

    for (size_t i = 0; i < watch->country_count && !found; i++)
        found = same_folded(watch->countries[i], country);
    return found;
}

static bool is_near(const struct watch *watch, const struct study *after, const json_t *location)
{
    const struct watch_near *near = &watch->near;
    double km = near->set ? watch_distance_km(near, location) : 0;
    bool city_is_located = false;

    if (km >= 0)
        return !near->set || km <= near->within_km;
    for (size_t i = 0; i < study_location_count(after); i++) {
        const json_t *other = study_location(after, i);
        if (!same_string(location, other, "city") || !same_string(location, other, "country"))
            continue;
        km = watch_distance_km(near, other);
        if (km >= 0 && km <= near->within_km)
            return true;
        city_is_located = city_is_located || km >= 0;
    }
    return !city_is_located;
}

/* A study enters or leaves one watch's query, which the change names. */
static bool is_of_other_query(const struct watch *watch, const struct change *change)
{
    const json_t *side = change->kind == KIND_UNLISTED ? change->before : change->after;
    const char *name = json_string_value(json_object_get(side, "watch"));

    if (change->kind != KIND_LISTED && change->kind != KIND_UNLISTED)
        return false;
    return name && strcmp(name, watch->name) != 0;
}

static bool wants_kind(const struct watch *watch, const struct change *change)
{
    if (is_of_other_query(watch, change))
        return false;
    if (change->kind == KIND_LISTED && watch_has_query(watch))
        return true;
    if (!(watch->kinds & kind_bit(change->kind)) && !(watch->weights & 1u << change->weight))
        return false;
    return change->weight > WEIGHT_SILENT || kind_info(change->kind)->weight == WEIGHT_SILENT;
}

/* Where the site of the change is, NULL when it is not about one site. */
static const json_t *site_of_change(const struct study *after, const struct change *change)
{
    if (change->new_index != SITE_NONE)
        return study_location(after, change->new_index);
    return change->old_index != SITE_NONE ? change->before : NULL;
}

bool watch_wants(const struct watch *watch, const struct study *after, const struct change *change)
{
    if (!wants_kind(watch, change))
        return false;
    if (watch->country_count == 0 && !watch->near.set)
        return true;
    const json_t *location = site_of_change(after, change);
    return !location || (in_countries(watch, location) && is_near(watch, after, location));
}
