/* Changes applied to an old record. */
#include "trial/diff_internal.h"

#include <errno.h>
#include <string.h>

/* The deepest path that diff makes stays far below. */
#define MAX_PATH_KEYS 600

/* A change's path, taken apart. */
struct keys {
    char *text; /* owned; the keys, unescaped, each with its NUL */
    char *keys[MAX_PATH_KEYS];
    size_t count;
};

static void keys_free(struct keys *keys)
{
    free(keys->text);
}

static int split_path(const char *path, struct keys *ret, struct error *e)
{
    char *to = ret->text = malloc(strlen(path) + 1);

    if (!to)
        return error_set(e, -ENOMEM, "no memory to apply a change");
    ret->keys[ret->count++] = to;
    for (; *path; path++) {
        if (*path != '.') {
            if (*path == '\\' && path[1] != '\0')
                path++;
            *to++ = *path;
            continue;
        }
        if (ret->count == MAX_PATH_KEYS)
            return error_set(e, -EINVAL, "the path of a change has more than %d keys", MAX_PATH_KEYS);
        *to++ = '\0';
        ret->keys[ret->count++] = to;
    }
    *to = '\0';
    return 0;
}

static int misfit(const struct change *change, struct error *e)
{
    return error_set(e, -EINVAL, "the change of %s at \"%s\" does not fit the record", kind_info(change->kind)->name,
                     change->path);
}

/* Sets the value, making the objects above it that are missing. Takes over the value; NULL: no memory. */
static int set_value(json_t *record, const struct keys *keys, json_t *value)
{
    json_t *object = record;

    for (size_t i = 0; i + 1 < keys->count; i++) {
        json_t *child = json_object_get(object, keys->keys[i]);
        if (!child) {
            child = json_object();
            if (json_object_set_new(object, keys->keys[i], child) < 0) {
                json_decref(value);
                return -ENOMEM;
            }
        }
        if (!json_is_object(child)) {
            json_decref(value);
            return -EINVAL;
        }
        object = child;
    }
    return json_object_set_new(object, keys->keys[keys->count - 1], value) < 0 ? -ENOMEM : 0;
}

/* Removes the value and the objects above it that this empties, but never the record. */
static int remove_value(json_t *record, const struct keys *keys)
{
    json_t *parents[MAX_PATH_KEYS] = {record};

    for (size_t i = 0; i + 1 < keys->count; i++) {
        parents[i + 1] = json_object_get(parents[i], keys->keys[i]);
        if (!json_is_object(parents[i + 1]))
            return -EINVAL;
    }
    for (size_t i = keys->count; i-- > 0;) {
        if (json_object_del(parents[i], keys->keys[i]) < 0)
            return -EINVAL;
        if (json_object_size(parents[i]) > 0)
            break;
    }
    return 0;
}

static json_t *get_value(json_t *record, const struct keys *keys)
{
    json_t *value = record;

    for (size_t i = 0; i < keys->count; i++)
        value = json_object_get(value, keys->keys[i]);
    return value;
}

static int apply_value(json_t *record, const struct keys *keys, const struct change *change)
{
    if (!diff_same(get_value(record, keys), change->before))
        return -EINVAL;
    if (!change->after)
        return remove_value(record, keys);
    return set_value(record, keys, json_deep_copy(change->after));
}

/* Changes of entries of one list. */
static int apply_entries(json_t *record, const struct keys *keys, const struct change *changes, size_t count)
{
    json_t *list = get_value(record, keys);
    json_t *result = NULL;

    if (!diff_is_list(list))
        return -EINVAL;
    int r = apply_list(list, changes, count, &result);
    if (r < 0)
        return r;
    if (json_array_size(result) > 0)
        return set_value(record, keys, result);
    json_decref(result);
    return json_array_size(list) > 0 ? remove_value(record, keys) : 0;
}

/* How many changes from the first on are of entries of one list. */
static size_t count_entries(const struct change *changes, size_t count)
{
    size_t n = 0;

    while (n < count && change_is_in_list(&changes[n]) && strcmp(changes[n].path, changes[0].path) == 0)
        n++;
    return n;
}

static int apply_changes(json_t *record, const struct change_list *changes, struct error *e)
{
    for (size_t i = 0; i < changes->count;) {
        _cleanup_(keys_free) struct keys keys = {0};
        const struct change *change = &changes->items[i];
        size_t entries = count_entries(change, changes->count - i);

        int r = split_path(change->path, &keys, e);
        if (r < 0)
            return r;
        r = entries > 0 ? apply_entries(record, &keys, change, entries) : apply_value(record, &keys, change);
        if (r == -ENOMEM)
            return error_set(e, r, "no memory to apply a change");
        if (r < 0)
            return misfit(change, e);
        i += size_max(entries, 1);
    }
    return 0;
}

int diff_apply(const json_t *before, const struct change_list *changes, json_t **ret, struct error *e)
{
    json_t *record = json_deep_copy(before);

    if (!record)
        return error_set(e, -ENOMEM, "no memory for a study record");
    int r = apply_changes(record, changes, e);
    if (r < 0) {
        json_decref(record);
        return r;
    }
    *ret = record;
    return 0;
}
