#include "trial/watch_keys.h"

#include "base/buf.h"
#include "trial/fold.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define FIELD_SHIFT 60 /* a key's field is above it */

/* Cells of 278 km from south to north: most watches look within 50 to 300 km, and are filed in one to sixteen. */
#define CELL_DEGREES 2.5
#define CELL_ROWS 72
#define CELL_COLUMNS 144
#define NEAR_MAX_CELLS ((size_t)64) /* who looks farther is filed by something else */

#define KM_PER_DEGREE 111.19508 /* of a great circle, by the mean radius of WGS 84 */
#define DEGREES_PER_RADIAN (180 / 3.14159265358979323846)
#define ROUNDING_DEGREES 1e-6

uint64_t place_any(enum place_field field)
{
    return (uint64_t)field << FIELD_SHIFT;
}

enum place_field place_field_of(uint64_t key)
{
    return (enum place_field)(key >> FIELD_SHIFT);
}

void place_keys_free(struct place_keys *keys)
{
    free(keys->items);
    *keys = (struct place_keys){0};
}

int place_keys_add(struct place_keys *keys, uint64_t key)
{
    if (keys->count == keys->capacity) {
        size_t capacity = size_max(16, 2 * keys->capacity);
        uint64_t *items = reallocarray(keys->items, capacity, sizeof(*items));
        if (!items)
            return -ENOMEM;
        keys->items = items;
        keys->capacity = capacity;
    }
    keys->items[keys->count++] = key;
    return 0;
}

static int compare_keys(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return (x > y) - (x < y);
}

void place_keys_sort(struct place_keys *keys)
{
    size_t kept = 0;

    if (keys->count > 0)
        qsort(keys->items, keys->count, sizeof(*keys->items), compare_keys);
    for (size_t i = 0; i < keys->count; i++)
        if (kept == 0 || keys->items[kept - 1] != keys->items[i])
            keys->items[kept++] = keys->items[i];
    keys->count = kept;
}

static int key_of_name(enum place_field field, const char *name, uint64_t *ret)
{
    _cleanup_buf_ struct buf folded = {0};
    int r = fold_phrase(name, &folded);

    if (r < 0)
        return r;
    uint64_t hash = fold_hash(folded.data, folded.len) & (place_any((enum place_field)1) - 1);
    *ret = place_any(field) | (hash > 0 ? hash : 1);
    return 0;
}

static uint64_t key_of_cell(int row, int column)
{
    return place_any(PLACE_CELL) | (uint64_t)(row * CELL_COLUMNS + column + 1);
}

static int row_of(double lat)
{
    int row = (int)floor((lat + 90) / CELL_DEGREES);

    return row < CELL_ROWS ? row : CELL_ROWS - 1;
}

/* May lie outside of the grid, to be wrapped around it. */
static int column_of(double lon)
{
    return (int)floor((lon + 180) / CELL_DEGREES);
}

/* The rectangle of cells that holds the circle. False when it is too big, or holds a pole. */
static bool cells_near(const struct watch_near *near, int rows[static 2], int columns[static 2])
{
    double lat_reach = near->within_km / KM_PER_DEGREE + ROUNDING_DEGREES;

    if (near->lat + lat_reach >= 90 || near->lat - lat_reach <= -90)
        return false;
    double sine = sin(lat_reach / DEGREES_PER_RADIAN) / cos(near->lat / DEGREES_PER_RADIAN);
    double lon_reach = asin(fmin(1, sine)) * DEGREES_PER_RADIAN + ROUNDING_DEGREES;
    rows[0] = row_of(near->lat - lat_reach);
    rows[1] = row_of(near->lat + lat_reach);
    columns[0] = column_of(near->lon - lon_reach);
    columns[1] = column_of(near->lon + lon_reach);
    return (size_t)(rows[1] - rows[0] + 1) * (size_t)(columns[1] - columns[0] + 1) <= NEAR_MAX_CELLS;
}

static int add_cells(struct place_keys *keys, const int rows[static 2], const int columns[static 2])
{
    int r = 0;

    for (int row = rows[0]; row <= rows[1]; row++)
        for (int column = columns[0]; r == 0 && column <= columns[1]; column++)
            r = place_keys_add(keys, key_of_cell(row, (column + CELL_COLUMNS) % CELL_COLUMNS));
    return r;
}

static int add_names(struct place_keys *keys, enum place_field field, char *const *names, size_t count)
{
    int r = 0;

    for (size_t i = 0; r == 0 && i < count; i++) {
        uint64_t key;
        r = key_of_name(field, names[i], &key);
        if (r == 0)
            r = place_keys_add(keys, key);
    }
    return r;
}

int place_keys_of_watch(struct place_keys *keys, const struct watch *watch)
{
    int rows[2], columns[2];

    if (watch->near.set && cells_near(&watch->near, rows, columns))
        return add_cells(keys, rows, columns);
    if (watch->city_count > 0)
        return add_names(keys, PLACE_CITY, watch->cities, watch->city_count);
    if (watch->state_count > 0)
        return add_names(keys, PLACE_STATE, watch->states, watch->state_count);
    if (watch->country_count > 0)
        return add_names(keys, PLACE_COUNTRY, watch->countries, watch->country_count);
    return place_keys_add(keys, place_any(PLACE_ANYWHERE));
}

/* What a site says; a key is 0 where it says nothing. */
struct site_place {
    uint64_t city_here; /* its city and country as they are written; 0 unless it says both */
    uint64_t keys[PLACE_FIELD_COUNT];
};

struct study_places {
    struct site_place *sites; /* by city_here */
    size_t count;
};

/* Out of range is any cell: whoever wrote that meant something. */
static uint64_t cell_of_site(const json_t *location)
{
    const json_t *point = json_object_get(location, "geoPoint");
    const json_t *lat = json_object_get(point, "lat"), *lon = json_object_get(point, "lon");

    if (!json_is_number(lat) || !json_is_number(lon))
        return 0;
    double north = json_number_value(lat), east = json_number_value(lon);
    if (!(north >= -90 && north <= 90 && east >= -180 && east <= 180))
        return place_any(PLACE_CELL);
    return key_of_cell(row_of(north), column_of(east) % CELL_COLUMNS);
}

static int understand_site(const json_t *location, struct site_place *ret)
{
    static const char *const names[PLACE_FIELD_COUNT] = {
        [PLACE_COUNTRY] = "country",
        [PLACE_STATE] = "state",
        [PLACE_CITY] = "city",
    };
    const char *city = json_string_value(json_object_get(location, "city"));
    const char *country = json_string_value(json_object_get(location, "country"));
    int r = 0;

    *ret = (struct site_place){.keys = {[PLACE_CELL] = cell_of_site(location)}};
    for (size_t field = 0; r == 0 && field < ARRAY_SIZE(names); field++) {
        const char *name = names[field] ? json_string_value(json_object_get(location, names[field])) : NULL;
        if (name)
            r = key_of_name((enum place_field)field, name, &ret->keys[field]);
    }
    if (city && country)
        ret->city_here = fold_hash(city, strlen(city)) * 31 + fold_hash(country, strlen(country));
    return r;
}

static int compare_sites(const void *a, const void *b)
{
    const struct site_place *x = a, *y = b;

    return (x->city_here > y->city_here) - (x->city_here < y->city_here);
}

int study_places_new(const struct study *study, struct study_places **ret)
{
    _cleanup_(study_places_free_cleanup) struct study_places *places = calloc(1, sizeof(*places));

    if (!places)
        return -ENOMEM;
    places->sites = calloc(study_location_count(study) + 1, sizeof(*places->sites));
    if (!places->sites)
        return -ENOMEM;
    for (; places->count < study_location_count(study); places->count++) {
        int r = understand_site(study_location(study, places->count), &places->sites[places->count]);
        if (r < 0)
            return r;
    }
    qsort(places->sites, places->count, sizeof(*places->sites), compare_sites);
    *ret = TAKE_PTR(places);
    return 0;
}

void study_places_free(struct study_places *places)
{
    if (!places)
        return;
    free(places->sites);
    free(places);
}

/* The number of the city's first site, or where it would be. */
static size_t find_city(const struct study_places *places, uint64_t city_here)
{
    size_t low = 0, high = places->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (places->sites[middle].city_here < city_here)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* The keys that the site's neighbours in its city have, or any when none has one. */
static int add_of_city(struct place_keys *keys, const struct study_places *places, const struct site_place *site,
                       enum place_field field)
{
    uint64_t last = 0;
    int r = 0;

    for (size_t i = find_city(places, site->city_here);
         r == 0 && site->city_here > 0 && i < places->count && places->sites[i].city_here == site->city_here; i++) {
        uint64_t key = places->sites[i].keys[field];
        if (key == 0 || key == last)
            continue;
        r = place_keys_add(keys, key);
        last = key;
    }
    return r < 0 || last > 0 ? r : place_keys_add(keys, place_any(field));
}

static int add_site(struct place_keys *keys, const struct study_places *places, const struct site_place *site)
{
    int r = 0;

    for (enum place_field field = PLACE_COUNTRY; r == 0 && field < PLACE_FIELD_COUNT; field++) {
        if (site->keys[field] > 0)
            r = place_keys_add(keys, site->keys[field]);
        else if (field == PLACE_STATE || field == PLACE_CELL)
            r = add_of_city(keys, places, site, field);
        else
            r = place_keys_add(keys, place_any(field));
    }
    return r;
}

int place_keys_of_site(struct place_keys *keys, const struct study_places *places, const json_t *location)
{
    struct site_place site;
    int r = understand_site(location, &site);

    return r < 0 ? r : add_site(keys, places, &site);
}

int place_keys_of_study(struct place_keys *keys, const struct study_places *places)
{
    int r = 0;

    for (size_t i = 0; r == 0 && i < places->count; i++)
        r = add_site(keys, places, &places->sites[i]);
    return r;
}
