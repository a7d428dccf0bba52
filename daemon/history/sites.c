#include "history/sites.h"

#include "history/rows.h"
#include "history/site_ranges.h"
#include "history/sql.h"

#include <errno.h>
#include <string.h>

static const char *member(const json_t *location, const char *name)
{
    const char *text = json_string_value(json_object_get(location, name));

    return text ? text : "";
}

/* false, and both untouched, when the location has no place on earth. */
static bool geopoint(const json_t *location, double *ret_lat, double *ret_lon)
{
    const json_t *point = json_object_get(location, "geoPoint");
    const json_t *lat = json_object_get(point, "lat"), *lon = json_object_get(point, "lon");

    if (!json_is_number(lat) || !json_is_number(lon))
        return false;
    *ret_lat = json_number_value(lat);
    *ret_lon = json_number_value(lon);
    return true;
}

static int write_site(struct store *store, int64_t study_row, long number, const struct study *after, size_t index,
                      int64_t seen_usec, struct error *e)
{
    const json_t *location = study_location(after, index);
    const json_t *contacts = json_object_get(location, "contacts");
    _cleanup_free_ char *contacts_text = json_is_array(contacts) ? study_canonical_value(contacts) : NULL;
    double lat = 0, lon = 0;
    bool placed = geopoint(location, &lat, &lon);

    if (json_is_array(contacts) && !contacts_text)
        return error_set(e, -ENOMEM, "out of memory");
    return sql_run(store, SQL_SITE_UPSERT, e, INT(study_row), INT(number), INT(index),
                   TEXT(member(location, "facility")), TEXT(member(location, "city")), TEXT(member(location, "state")),
                   TEXT(member(location, "zip")), TEXT(member(location, "country")),
                   TEXT(study_effective_status(after, index)), placed ? REAL(lat) : NONE(), placed ? REAL(lon) : NONE(),
                   TEXT(contacts_text), INT(seen_usec));
}

/* The numbers of a study's version, -ENOENT when none was written by then. */
static int read_map(struct store *store, int64_t study_row, long version, long **ret, size_t *ret_count,
                    struct error *e)
{
    _cleanup_query_ struct query query = {0};
    _cleanup_keep_ struct keep keep = {0};
    const char *text;
    int r = query_row(&query, store, SQL_SITE_MAP_GET, e, INT(study_row), INT(version));

    if (r >= 0)
        r = query_keep_text(&query, 0, &keep, &text);
    if (r < 0)
        return r;
    r = site_ranges_read(text, STUDY_MAX_LOCATIONS, ret, ret_count);
    if (r == -EBADMSG)
        return error_set(e, -EUCLEAN, "history %s is damaged: a site map cannot be read; restore a backup",
                         store->path);
    return r < 0 ? error_set(e, r, "out of memory") : 0;
}

static int write_map(struct store *store, int64_t study_row, long version, const long *numbers, size_t count,
                     struct error *e)
{
    _cleanup_buf_ struct buf text = {0};

    site_ranges_write(numbers, count, &text);
    if (buf_status(&text) < 0)
        return error_set(e, buf_status(&text), "out of memory");
    return sql_run(store, SQL_SITE_MAP_INSERT, e, INT(study_row), INT(version), TEXT(buf_string(&text)));
}

static int last_number(struct store *store, int64_t study_row, long *ret, struct error *e)
{
    _cleanup_query_ struct query query = {0};
    int r = query_row(&query, store, SQL_SITE_LAST_NUMBER, e, INT(study_row));

    if (r >= 0)
        *ret = query_integer(&query, 0);
    return r;
}

/* The numbers of two versions of a study. */
struct numbering {
    int64_t study_row;
    long *old, *new; /* owned; old is NULL for a first version */
    size_t old_count, new_count;
};

static void numbering_free(struct numbering *numbering)
{
    free(numbering->old);
    free(numbering->new);
}

static int find_old_numbers(struct store *store, const struct version *version, const struct site_map *map,
                            struct numbering *ret, struct error *e)
{
    int r = read_map(store, ret->study_row, version->number - 1, &ret->old, &ret->old_count, e);

    if (r < 0 && r != -ENOENT)
        return r;
    if ((r == -ENOENT) != (map == NULL) || (map && map->old_count != ret->old_count))
        return error_set(e, -EINVAL, "%s version %ld: its sites are not matched with those of the version before",
                         version->nct_id, version->number);
    return 0;
}

static int give_new_numbers(struct store *store, const struct site_map *map, struct numbering *ret, struct error *e)
{
    long next;
    int r = last_number(store, ret->study_row, &next, e);

    if (r < 0)
        return r;
    ret->new = calloc(size_max(ret->new_count, 1), sizeof(*ret->new));
    if (!ret->new)
        return error_set(e, -ENOMEM, "out of memory");
    for (size_t i = 0; i < ret->new_count; i++) {
        size_t old = map ? map->old_of_new[i] : SITE_NONE;
        ret->new[i] = old != SITE_NONE ? ret->old[old] : ++next;
    }
    return 0;
}

/* Whether the site's row says already what is to be said of it. */
static bool is_as_before(const struct study *before, const struct study *after, const struct site_map *map,
                         size_t index)
{
    return map && map->old_of_new[index] == index &&
           json_equal(study_location(before, index), study_location(after, index)) &&
           strcmp(study_effective_status(before, index), study_effective_status(after, index)) == 0;
}

static int write_sites(struct store *store, const struct numbering *numbering, const struct study *before,
                       const struct study *after, const struct site_map *map, int64_t seen_usec, struct error *e)
{
    int r = 0;

    for (size_t i = 0; r >= 0 && i < numbering->old_count; i++)
        if (map->new_of_old[i] == SITE_NONE)
            r = sql_run(store, SQL_SITE_UNLIST, e, INT(numbering->study_row), INT(numbering->old[i]), INT(seen_usec));
    for (size_t i = 0; r >= 0 && i < numbering->new_count; i++)
        if (!is_as_before(before, after, map, i))
            r = write_site(store, numbering->study_row, numbering->new[i], after, i, seen_usec, e);
    return r;
}

static bool same_numbers(const struct numbering *numbering)
{
    return numbering->old_count == numbering->new_count &&
           (numbering->new_count == 0 ||
            memcmp(numbering->old, numbering->new, numbering->new_count * sizeof(*numbering->new)) == 0);
}

static int number_changes(const struct numbering *numbering, struct change_list *changes, struct error *e)
{
    for (size_t i = 0; i < changes->count; i++) {
        struct change *change = &changes->items[i];
        if ((change->new_index != SITE_NONE && change->new_index >= numbering->new_count) ||
            (change->old_index != SITE_NONE && change->old_index >= numbering->old_count))
            return error_set(e, -EINVAL, "a change is of a site that is not in the record");
        if (change->new_index != SITE_NONE)
            change->site = numbering->new[change->new_index];
        else if (change->old_index != SITE_NONE)
            change->site = numbering->old[change->old_index];
    }
    return 0;
}

int history_sites_update(struct store *store, const struct version *version, const struct study *before,
                         const struct study *after, const struct site_map *map, struct change_list *changes,
                         struct error *e)
{
    _cleanup_(numbering_free) struct numbering numbering = {.new_count = study_location_count(after)};
    int r;

    if (version->origin != VERSION_SEEN)
        return error_set(e, -EINVAL, "%s: archived versions give no sites a number", version->nct_id);
    r = study_row_id(store, version->nct_id, &numbering.study_row, e);
    if (r == -ENOENT)
        return error_set(e, r, "%s was never seen", version->nct_id);
    if (r >= 0 && map && map->new_count != numbering.new_count)
        return error_set(e, -EINVAL, "%s: the site map is of another record", version->nct_id);
    if (r >= 0)
        r = find_old_numbers(store, version, map, &numbering, e);
    if (r >= 0)
        r = give_new_numbers(store, map, &numbering, e);
    if (r >= 0)
        r = number_changes(&numbering, changes, e);
    if (r >= 0)
        r = write_sites(store, &numbering, before, after, map, version->seen_usec, e);
    if (r >= 0 && (!map || !same_numbers(&numbering)))
        r = write_map(store, numbering.study_row, version->number, numbering.new, numbering.new_count, e);
    return r;
}

int history_sites_of_version(struct store *store, const char *nct_id, long version, long **ret, size_t *ret_count,
                             struct error *e)
{
    struct version found;
    int64_t study_row;
    int r = versions_get(store, nct_id, version, &found, e);

    if (r >= 0)
        r = study_row_id(store, nct_id, &study_row, e);
    if (r < 0)
        return r;
    r = read_map(store, study_row, version, ret, ret_count, e);
    return r == -ENOENT ? error_set(e, r, "%s version %ld has no site numbers", nct_id, version) : r;
}
