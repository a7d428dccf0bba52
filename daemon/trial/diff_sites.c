/* The locations of two records, told apart by identity: which changes happened to which site. */
#include "trial/diff_internal.h"

#include <errno.h>
#include <string.h>

#define RECRUITING "RECRUITING"

/* What the fields of a location are about; a site that changed in several ways has a change for each. */
enum aspect { ASPECT_STATUS, ASPECT_NAME, ASPECT_CONTACT, ASPECT_GEOPOINT, ASPECT_OTHER, ASPECT_COUNT };

static const struct {
    const char *field;
    enum aspect aspect;
} fields[] = {
    {"status", ASPECT_STATUS}, {"facility", ASPECT_NAME}, {"city", ASPECT_NAME},        {"state", ASPECT_NAME},
    {"zip", ASPECT_NAME},      {"country", ASPECT_NAME},  {"contacts", ASPECT_CONTACT}, {"geoPoint", ASPECT_GEOPOINT},
};

static const enum kind aspect_kinds[ASPECT_COUNT] = {
    [ASPECT_STATUS] = KIND_SITE_STATUS,     [ASPECT_NAME] = KIND_SITE_RENAMED, [ASPECT_CONTACT] = KIND_SITE_CONTACT,
    [ASPECT_GEOPOINT] = KIND_SITE_GEOPOINT, [ASPECT_OTHER] = KIND_SITE_OTHER,
};

/* One site that is in both records. */
struct pair {
    size_t old_index, new_index;
    const json_t *before, *after;
};

static enum aspect aspect_of(const char *field)
{
    for (size_t i = 0; i < ARRAY_SIZE(fields); i++)
        if (strcmp(fields[i].field, field) == 0)
            return fields[i].aspect;
    return ASPECT_OTHER;
}

static bool recruits(const char *effective_status)
{
    return strcmp(effective_status, RECRUITING) == 0;
}

static bool study_opened(const struct differ *differ)
{
    return !recruits(study_overall_status(differ->before)) && recruits(study_overall_status(differ->after));
}

static bool study_closed(const struct differ *differ)
{
    return recruits(study_overall_status(differ->before)) && !recruits(study_overall_status(differ->after));
}

/* Copies a status into *ret; NULL stays NULL. */
static int set_effective(char **ret, const char *status)
{
    if (!status)
        return 0;
    *ret = strdup(status);
    return *ret ? 0 : -ENOMEM;
}

/* Adds the fields of one aspect that from has and with does not have equally. */
static int collect_fields(const json_t *from, const json_t *with, enum aspect aspect, json_t *ret)
{
    const char *key;
    json_t *value;

    json_object_foreach ((json_t *)from, key, value)
        if (aspect_of(key) == aspect && !diff_same(value, json_object_get(with, key)))
            if (json_object_set(ret, key, value) < 0)
                return -ENOMEM;
    return 0;
}

/* Appends a change of the pair; takes over both objects. NULL without memory. */
static struct change *add_pair_change(struct differ *differ, enum kind kind, const struct pair *pair, json_t *before,
                                      json_t *after)
{
    struct change *change = NULL;

    if (before && after)
        change = change_list_add(&differ->changes, kind, buf_string(&differ->path), before, after);
    json_decref(before);
    json_decref(after);
    if (change) {
        change->old_index = pair->old_index;
        change->new_index = pair->new_index;
    }
    return change;
}

/* What a step of the effective status is called; KIND_COUNT when nothing is to be said. */
static enum kind status_kind(const char *before, const char *after, bool field_changed)
{
    if (recruits(after) && !recruits(before))
        return KIND_SITE_OPENED;
    if (recruits(before) && !recruits(after))
        return KIND_SITE_CLOSED;
    return field_changed ? KIND_SITE_STATUS : KIND_COUNT;
}

/* The status of a site, which can change without its field: takes over both objects. */
static int diff_status(struct differ *differ, const struct pair *pair, json_t *before, json_t *after)
{
    const char *old_status = study_effective_status(differ->before, pair->old_index);
    const char *new_status = study_effective_status(differ->after, pair->new_index);
    enum kind kind = status_kind(old_status, new_status, json_object_size(before) + json_object_size(after) > 0);

    if (kind == KIND_COUNT) {
        json_decref(before);
        json_decref(after);
        return 0;
    }
    struct change *change = add_pair_change(differ, kind, pair, before, after);
    if (!change)
        return -ENOMEM;
    change->with_study =
        (kind == KIND_SITE_OPENED && study_opened(differ)) || (kind == KIND_SITE_CLOSED && study_closed(differ));
    if (strcmp(old_status, new_status) == 0)
        change->weight = WEIGHT_SILENT;
    int r = set_effective(&change->effective_before, old_status);
    return r < 0 ? r : set_effective(&change->effective_after, new_status);
}

static int diff_aspect(struct differ *differ, const struct pair *pair, enum aspect aspect)
{
    json_t *before = json_object();
    json_t *after = json_object();

    if (!before || !after || collect_fields(pair->before, pair->after, aspect, before) < 0 ||
        collect_fields(pair->after, pair->before, aspect, after) < 0) {
        json_decref(before);
        json_decref(after);
        return -ENOMEM;
    }
    if (aspect == ASPECT_STATUS)
        return diff_status(differ, pair, before, after);
    if (json_object_size(before) + json_object_size(after) == 0) {
        json_decref(before);
        json_decref(after);
        return 0;
    }
    return add_pair_change(differ, aspect_kinds[aspect], pair, before, after) ? 0 : -ENOMEM;
}

static int diff_pair(struct differ *differ, const struct pair *pair)
{
    if (json_equal(pair->before, pair->after))
        return diff_aspect(differ, pair, ASPECT_STATUS);
    for (enum aspect aspect = 0; aspect < ASPECT_COUNT; aspect++) {
        int r = diff_aspect(differ, pair, aspect);
        if (r < 0)
            return r;
    }
    return 0;
}

static int diff_added(struct differ *differ, size_t index, const json_t *location)
{
    const char *status = study_effective_status(differ->after, index);
    struct change *change = change_list_add(&differ->changes, recruits(status) ? KIND_SITE_OPENED : KIND_SITE_ADDED,
                                            buf_string(&differ->path), NULL, location);

    if (!change)
        return -ENOMEM;
    change->new_index = index;
    change->with_study = recruits(status) && study_opened(differ);
    return set_effective(&change->effective_after, status);
}

static int diff_removed(struct differ *differ, size_t index, const json_t *location)
{
    const char *status = study_effective_status(differ->before, index);
    struct change *change =
        change_list_add(&differ->changes, KIND_SITE_REMOVED, buf_string(&differ->path), location, NULL);

    if (!change)
        return -ENOMEM;
    change->old_index = index;
    if (!recruits(status))
        change->weight = WEIGHT_ROUTINE;
    return set_effective(&change->effective_before, status);
}

static int diff_order_of_sites(struct differ *differ)
{
    const struct site_map *map = differ->map;

    if (diff_order_kept(map->old_of_new, map->new_count))
        return 0;
    json_t *order = diff_order(map->old_of_new, map->new_count);
    if (!order)
        return -ENOMEM;
    struct change *change = change_list_add(&differ->changes, KIND_SITE_ORDER, buf_string(&differ->path), NULL, order);
    json_decref(order);
    return change ? 0 : -ENOMEM;
}

int diff_sites(struct differ *differ, const json_t *before, const json_t *after)
{
    const struct site_map *map = differ->map;
    int r = 0;

    for (size_t j = 0; r == 0 && j < map->new_count; j++) {
        struct pair pair = {.old_index = map->old_of_new[j], .new_index = j, .after = json_array_get(after, j)};
        if (pair.old_index == SITE_NONE) {
            r = diff_added(differ, j, pair.after);
            continue;
        }
        pair.before = json_array_get(before, pair.old_index);
        r = diff_pair(differ, &pair);
    }
    for (size_t i = 0; r == 0 && i < map->old_count; i++)
        if (map->new_of_old[i] == SITE_NONE)
            r = diff_removed(differ, i, json_array_get(before, i));
    if (r == 0)
        r = diff_order_of_sites(differ);
    return r < 0 ? r : diff_container(differ, KIND_SITE_OTHER, before, after);
}
