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

/* Where a location is, in degrees; false when it does not say. */
static bool position_of(const json_t *location, double *ret_lat, double *ret_lon)
{
    const json_t *point = json_object_get(location, "geoPoint");
    const json_t *lat = json_object_get(point, "lat"), *lon = json_object_get(point, "lon");

    if (!json_is_number(lat) || !json_is_number(lon))
        return false;
    *ret_lat = json_number_value(lat);
    *ret_lon = json_number_value(lon);
    return true;
}

/* By the haversine formula. */
static double distance_km(const struct watch_near *near, double lat, double lon)
{
    double lat_here = near->lat * RADIANS_PER_DEGREE, lat_there = lat * RADIANS_PER_DEGREE;
    double north = sin((lat_there - lat_here) / 2);
    double east = sin((lon - near->lon) * RADIANS_PER_DEGREE / 2);
    double half_chord = sqrt(north * north + cos(lat_here) * cos(lat_there) * east * east);

    return 2 * EARTH_RADIUS_KM * asin(fmin(1, half_chord));
}

double watch_distance_km(const struct watch_near *near, const json_t *location)
{
    double lat, lon;

    return position_of(location, &lat, &lon) ? distance_km(near, lat, lon) : -1;
}

/* Most places are farther to the north or south alone, which takes no sine to see. */
static bool reaches(const struct watch_near *near, double lat, double lon)
{
    double north_km = fabs(lat - near->lat) * RADIANS_PER_DEGREE * EARTH_RADIUS_KM;

    return (north_km <= near->within_km + 1 || fabs(lat) > 90) && distance_km(near, lat, lon) <= near->within_km;
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

static bool is_plain(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

/* Whether two names that begin alike go on with different plain letters: then folding does not make them the same.
 * Most names are told apart so, for a hundredth of what folding costs. */
static bool differ_plainly(const char *a, const char *b)
{
    while (is_plain(*a) && is_plain(*b) && lower(*a) == lower(*b))
        a++, b++;
    return is_plain(*a) && is_plain(*b);
}

/* Whether the text passes one of the wanted; also when there is no memory to find out: an alert too many is better than
 * one lost. */
static bool passes_one(char *const *wanted, size_t count, const char *text, phrase_test *test)
{
    _cleanup_buf_ struct buf folded = {0};

    for (size_t i = 0; i < count; i++) {
        _cleanup_buf_ struct buf phrase = {0};
        if (strcmp(text, wanted[i]) == 0)
            return true;
        if (test == is_same && differ_plainly(text, wanted[i]))
            continue;
        if ((folded.len == 0 && fold_phrase(text, &folded) < 0) || fold_phrase(wanted[i], &phrase) < 0 ||
            test(buf_string(&folded), buf_string(&phrase)))
            return true;
    }
    return false;
}

/* Nothing wanted, or nothing known, passes. */
static bool passes(char *const *wanted, size_t count, const json_t *location, const char *field, phrase_test *test)
{
    const char *text = count > 0 ? string_of(location, field) : NULL;

    return !text || passes_one(wanted, count, text, test);
}

/* A site whose state is missing is in a state of the study's other sites in its city. */
static bool in_states(const struct watch *watch, const struct study *after, const json_t *location)
{
    bool city_has_state = false;

    if (watch->state_count == 0 || string_of(location, "state"))
        return passes(watch->states, watch->state_count, location, "state", is_same);
    for (size_t i = 0; i < study_location_count(after); i++) {
        const json_t *other = study_location(after, i);
        const char *state = same_city(location, other) ? string_of(other, "state") : NULL;
        if (state && passes_one(watch->states, watch->state_count, state, is_same))
            return true;
        city_has_state = city_has_state || state;
    }
    return !city_has_state;
}

static bool is_near(const struct watch *watch, const struct study *after, const json_t *location)
{
    const struct watch_near *near = &watch->near;
    bool city_is_located = false;
    double lat, lon;

    if (!near->set)
        return true;
    if (position_of(location, &lat, &lon))
        return reaches(near, lat, lon);
    for (size_t i = 0; i < study_location_count(after); i++) {
        const json_t *other = study_location(after, i);
        if (!same_city(location, other) || !position_of(other, &lat, &lon))
            continue;
        if (reaches(near, lat, lon))
            return true;
        city_is_located = true;
    }
    return !city_is_located;
}

bool watch_wants_place(const struct watch *watch, const struct study *after, const json_t *location)
{
    return is_near(watch, after, location) &&
           passes(watch->countries, watch->country_count, location, "country", is_same) &&
           passes(watch->cities, watch->city_count, location, "city", is_same) &&
           passes(watch->facilities, watch->facility_count, location, "facility", mentions) &&
           in_states(watch, after, location);
}
