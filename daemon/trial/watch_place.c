/* Whether a site is where a watch looks. */
#include "trial/watch.h"

#include "base/buf.h"
#include "trial/fold.h"

#include <math.h>
#include <string.h>

#define EARTH_RADIUS_KM 6371.0088 /* mean radius of WGS 84 */
#define RADIANS_PER_DEGREE (3.14159265358979323846 / 180)

bool watch_has_place(const struct watch *watch)
{
    return watch->country_count + watch->state_count + watch->city_count + watch->facility_count > 0 || watch->near.set;
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

static const char *string_of(const json_t *location, const char *field)
{
    return json_string_value(json_object_get(location, field));
}

static bool same_string(const json_t *a, const json_t *b, const char *field)
{
    const char *text_a = string_of(a, field), *text_b = string_of(b, field);

    return text_a && text_b && strcmp(text_a, text_b) == 0;
}

static bool same_city(const json_t *a, const json_t *b)
{
    return same_string(a, b, "city") && same_string(a, b, "country");
}

/* Words with a space before and behind, as fold_phrase() makes them. */
typedef bool phrase_test(const char *text, const char *wanted);

static bool is_same(const char *text, const char *wanted)
{
    return strcmp(text, wanted) == 0;
}

static bool mentions(const char *text, const char *wanted)
{
    return strstr(text, wanted) != NULL;
}

/* The registry's own spelling needs no folding. */
static bool is_spelt(char *const *wanted, size_t count, const char *text)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(wanted[i], text) == 0)
            return true;
    return false;
}

/* Whether the text passes one of the wanted; also when there is no memory to find out: an alert too many is better than
 * one lost. */
static bool passes_one(char *const *wanted, size_t count, const char *text, phrase_test *test)
{
    _cleanup_buf_ struct buf folded = {0};

    if (is_spelt(wanted, count, text) || fold_phrase(text, &folded) < 0)
        return true;
    for (size_t i = 0; i < count; i++) {
        _cleanup_buf_ struct buf phrase = {0};
        if (fold_phrase(wanted[i], &phrase) < 0 || test(buf_string(&folded), buf_string(&phrase)))
            return true;
    }
    return false;
}

/* Nothing wanted, or nothing known, passes. */
static bool passes(char *const *wanted, size_t count, const char *text, phrase_test *test)
{
    return count == 0 || !text || passes_one(wanted, count, text, test);
}

/* A site whose state is missing is in a state of the study's other sites in its city. */
static bool in_states(const struct watch *watch, const struct study *after, const json_t *location)
{
    const char *state = string_of(location, "state");
    bool city_has_state = false;

    if (watch->state_count == 0 || state)
        return passes(watch->states, watch->state_count, state, is_same);
    for (size_t i = 0; i < study_location_count(after); i++) {
        const json_t *other = study_location(after, i);
        state = same_city(location, other) ? string_of(other, "state") : NULL;
        if (state && passes_one(watch->states, watch->state_count, state, is_same))
            return true;
        city_has_state = city_has_state || state;
    }
    return !city_has_state;
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
        if (!same_city(location, other))
            continue;
        km = watch_distance_km(near, other);
        if (km >= 0 && km <= near->within_km)
            return true;
        city_is_located = city_is_located || km >= 0;
    }
    return !city_is_located;
}

bool watch_wants_place(const struct watch *watch, const struct study *after, const json_t *location)
{
    return passes(watch->countries, watch->country_count, string_of(location, "country"), is_same) &&
           passes(watch->cities, watch->city_count, string_of(location, "city"), is_same) &&
           passes(watch->facilities, watch->facility_count, string_of(location, "facility"), mentions) &&
           in_states(watch, after, location) && is_near(watch, after, location);
}
