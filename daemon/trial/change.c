/* A change as a value: its life, and its JSON. */
#include "trial/diff_internal.h"

#include <errno.h>
#include <string.h>

void change_clear(struct change *change)
{
    free(change->path);
    json_decref(change->before);
    json_decref(change->after);
    free(change->effective_before);
    free(change->effective_after);
    *change =
        (struct change){.old_index = SITE_NONE, .new_index = SITE_NONE, .old_item = SITE_NONE, .new_item = SITE_NONE};
}

void change_list_free(struct change_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        change_clear(&list->items[i]);
    free(list->items);
    *list = (struct change_list){0};
}

struct change *change_list_add(struct change_list *list, enum kind kind, const char *path, const json_t *before,
                               const json_t *after)
{
    if (list->count == list->capacity) {
        size_t capacity = size_max(list->capacity * 2, 16);
        struct change *items = reallocarray(list->items, capacity, sizeof(*items));
        if (!items)
            return NULL;
        list->items = items;
        list->capacity = capacity;
    }

    char *own_path = strdup(path);
    if (!own_path)
        return NULL;
    struct change *change = &list->items[list->count++];
    *change = (struct change){
        .kind = kind,
        .weight = kind_info(kind)->weight,
        .path = own_path,
        .before = json_incref((json_t *)before),
        .after = json_incref((json_t *)after),
        .old_index = SITE_NONE,
        .new_index = SITE_NONE,
        .old_item = SITE_NONE,
        .new_item = SITE_NONE,
    };
    return change;
}

/* Every note there is, so that one read back from JSON is static text again. */
static const char *const notes[] = {NOTE_REWRAPPED, NOTE_RENUMBERED, NOTE_REWORDED,
                                    NOTE_ADDED,     NOTE_DROPPED,    NOTE_REORDERED};

bool change_has_note(const struct change *change, const char *note)
{
    return change->note && strcmp(change->note, note) == 0;
}

bool change_is_of_site(const struct change *change)
{
    return change->kind >= KIND_SITE_OPENED && change->kind <= KIND_SITE_OTHER;
}

bool change_is_of_outcome(const struct change *change)
{
    return change->kind == KIND_PRIMARY_OUTCOME || change->kind == KIND_OUTCOME;
}

static json_t *index_to_json(size_t index)
{
    return index == SITE_NONE ? json_null() : json_integer((json_int_t)index);
}

/* Sets what only some changes have. */
static int set_optional(json_t *json, const struct change *change)
{
    int r = 0;

    if (change->before)
        r |= json_object_set(json, "before", change->before);
    if (change->after)
        r |= json_object_set(json, "after", change->after);
    if (change_is_of_site(change)) {
        r |= json_object_set_new(json, "old_index", index_to_json(change->old_index));
        r |= json_object_set_new(json, "new_index", index_to_json(change->new_index));
    }
    if (change_is_of_outcome(change)) {
        r |= json_object_set_new(json, "old_item", index_to_json(change->old_item));
        r |= json_object_set_new(json, "new_item", index_to_json(change->new_item));
    }
    if (change->with_study)
        r |= json_object_set_new(json, "with_study", json_true());
    if (change->effective_before)
        r |= json_object_set_new(json, "effective_before", json_string(change->effective_before));
    if (change->effective_after)
        r |= json_object_set_new(json, "effective_after", json_string(change->effective_after));
    if (change->note)
        r |= json_object_set_new(json, "note", json_string(change->note));
    if (change->site != 0)
        r |= json_object_set_new(json, "site", json_integer(change->site));
    return r;
}

json_t *change_to_json(const struct change *change)
{
    json_t *json = json_pack("{s:s, s:s, s:s}", "kind", kind_info(change->kind)->name, "weight",
                             weight_name(change->weight), "path", change->path);

    if (json && set_optional(json, change) != 0) {
        json_decref(json);
        return NULL;
    }
    return json;
}

static int read_kind_and_weight(const json_t *json, struct change *change, struct error *e)
{
    const char *kind = json_string_value(json_object_get(json, "kind"));
    const char *weight = json_string_value(json_object_get(json, "weight"));

    change->kind = kind ? kind_from_name(kind) : KIND_COUNT;
    if (change->kind == KIND_COUNT)
        return error_set(e, -EINVAL, "a change of unknown kind \"%s\"", kind ? kind : "");
    if (!weight || weight_from_name(weight, &change->weight) < 0)
        return error_set(e, -EINVAL, "a change of unknown weight \"%s\"", weight ? weight : "");
    return 0;
}

/* Absent and null are SITE_NONE. */
static int read_index(const json_t *json, const char *key, size_t *ret, struct error *e)
{
    const json_t *value = json_object_get(json, key);

    *ret = SITE_NONE;
    if (!value || json_is_null(value))
        return 0;
    if (!json_is_integer(value) || json_integer_value(value) < 0)
        return error_set(e, -EINVAL, "\"%s\" of a change must be null or an index", key);
    *ret = (size_t)json_integer_value(value);
    return 0;
}

/* Absent is NULL. */
static int read_string(const json_t *json, const char *key, char **ret, struct error *e)
{
    const json_t *value = json_object_get(json, key);

    if (!value)
        return 0;
    if (!json_is_string(value))
        return error_set(e, -EINVAL, "\"%s\" of a change must be a string", key);
    *ret = strdup(json_string_value(value));
    return *ret ? 0 : error_set(e, -ENOMEM, "no memory for a change");
}

static int read_note(const json_t *json, struct change *change, struct error *e)
{
    const json_t *value = json_object_get(json, "note");

    if (!value)
        return 0;
    for (size_t i = 0; i < ARRAY_SIZE(notes); i++)
        if (json_is_string(value) && strcmp(notes[i], json_string_value(value)) == 0)
            change->note = notes[i];
    return change->note ? 0 : error_set(e, -EINVAL, "a change with an unknown note");
}

static int read_change(const json_t *json, struct change *change, struct error *e)
{
    int r = read_kind_and_weight(json, change, e);

    if (r == 0)
        r = read_string(json, "path", &change->path, e);
    if (r == 0 && !change->path)
        r = error_set(e, -EINVAL, "a change without a path");
    if (r == 0)
        r = read_index(json, "old_index", &change->old_index, e);
    if (r == 0)
        r = read_index(json, "new_index", &change->new_index, e);
    if (r == 0)
        r = read_index(json, "old_item", &change->old_item, e);
    if (r == 0)
        r = read_index(json, "new_item", &change->new_item, e);
    if (r == 0)
        r = read_string(json, "effective_before", &change->effective_before, e);
    if (r == 0)
        r = read_string(json, "effective_after", &change->effective_after, e);
    if (r == 0)
        r = read_note(json, change, e);
    return r;
}

int change_from_json(const json_t *json, struct change *ret, struct error *e)
{
    struct change change = {0};

    if (!json_is_object(json))
        return error_set(e, -EINVAL, "a change must be a JSON object");
    int r = read_change(json, &change, e);
    if (r < 0) {
        change_clear(&change);
        return r;
    }
    change.before = json_incref(json_object_get(json, "before"));
    change.after = json_incref(json_object_get(json, "after"));
    change.with_study = json_is_true(json_object_get(json, "with_study"));
    change.site = (long)json_integer_value(json_object_get(json, "site"));
    *ret = change;
    return 0;
}
