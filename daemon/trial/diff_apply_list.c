/* Changes of the entries of one list (sites, outcomes) applied to it. */
#include "trial/diff_internal.h"

#include <errno.h>

/* A list being made from an old one. */
struct edit {
    json_t **entries; /* owned references, by old index; NULL: removed */
    size_t old_count;
    json_t **added; /* borrowed, by new index; NULL: not added there */
    size_t new_count;
    const json_t *order; /* borrowed; NULL: kept entries stay in their order */
};

static void edit_free(struct edit *edit)
{
    for (size_t i = 0; edit->entries && i < edit->old_count; i++)
        json_decref(edit->entries[i]);
    free(edit->entries);
    free(edit->added);
}

static bool is_order(const struct change *change)
{
    return change->kind == KIND_SITE_ORDER || change_has_note(change, NOTE_REORDERED);
}

static size_t old_of(const struct change *change)
{
    return change_is_of_site(change) ? change->old_index : change->old_item;
}

static size_t new_of(const struct change *change)
{
    return change_is_of_site(change) ? change->new_index : change->new_item;
}

bool change_is_in_list(const struct change *change)
{
    return (change_is_of_site(change) || change_is_of_outcome(change)) &&
           (is_order(change) || old_of(change) != SITE_NONE || new_of(change) != SITE_NONE);
}

static bool is_addition(const struct change *change)
{
    return !is_order(change) && old_of(change) == SITE_NONE;
}

static bool is_removal(const struct change *change)
{
    return !is_order(change) && new_of(change) == SITE_NONE;
}

/* The length of the new list; SITE_NONE when the changes cannot be of this one. */
static size_t new_length(size_t old_count, const struct change *changes, size_t count)
{
    size_t removed = 0, added = 0;

    for (size_t k = 0; k < count; k++) {
        removed += is_removal(&changes[k]);
        added += is_addition(&changes[k]);
    }
    return removed > old_count ? SITE_NONE : old_count - removed + added;
}

static int edit_init(struct edit *edit, const json_t *list, const struct change *changes, size_t count)
{
    size_t old_count = json_array_size(list);

    edit->new_count = new_length(old_count, changes, count);
    if (edit->new_count == SITE_NONE)
        return -EINVAL;
    edit->entries = calloc(old_count + 1, sizeof(*edit->entries));
    edit->added = calloc(edit->new_count + 1, sizeof(*edit->added));
    if (!edit->entries || !edit->added)
        return -ENOMEM;
    edit->old_count = old_count;
    for (size_t i = 0; i < old_count; i++)
        edit->entries[i] = json_incref(json_array_get(list, i));
    return 0;
}

/* Exchanges the fields that a site change is about, in a copy of the entry. */
static int edit_fields(json_t **entry, const struct change *change)
{
    json_t *copy = json_copy(*entry);
    const char *key;
    json_t *value;

    if (!copy)
        return -ENOMEM;
    json_decref(*entry);
    *entry = copy;
    json_object_foreach (change->before, key, value)
        if (!diff_same(json_object_get(copy, key), value))
            return -EINVAL;
    json_object_foreach (change->before, key, value)
        json_object_del(copy, key);
    json_object_foreach (change->after, key, value) {
        if (json_object_get(copy, key))
            return -EINVAL;
        if (json_object_set(copy, key, value) < 0)
            return -ENOMEM;
    }
    return 0;
}

static int edit_entry(struct edit *edit, const struct change *change)
{
    size_t i = old_of(change);

    if (i >= edit->old_count || !edit->entries[i] || new_of(change) >= edit->new_count || !change->after)
        return -EINVAL;
    if (change_is_of_site(change))
        return json_is_object(change->before) && json_is_object(change->after) ? edit_fields(&edit->entries[i], change)
                                                                               : -EINVAL;
    if (!diff_same(edit->entries[i], change->before))
        return -EINVAL;
    json_decref(edit->entries[i]);
    edit->entries[i] = json_incref(change->after);
    return 0;
}

static int remove_entry(struct edit *edit, const struct change *change)
{
    size_t i = old_of(change);

    if (i >= edit->old_count || !edit->entries[i] || !diff_same(edit->entries[i], change->before))
        return -EINVAL;
    json_decref(edit->entries[i]);
    edit->entries[i] = NULL;
    return 0;
}

static int add_entry(struct edit *edit, const struct change *change)
{
    size_t j = new_of(change);

    if (j >= edit->new_count || edit->added[j] || !change->after)
        return -EINVAL;
    edit->added[j] = change->after;
    return 0;
}

static int edit_list(struct edit *edit, const struct change *change)
{
    if (is_order(change)) {
        if (edit->order || !json_is_array(change->after) || json_array_size(change->after) != edit->new_count)
            return -EINVAL;
        edit->order = change->after;
        return 0;
    }
    if (is_addition(change))
        return add_entry(edit, change);
    return is_removal(change) ? remove_entry(edit, change) : edit_entry(edit, change);
}

/* The old entry for a place in the new list, taken out of the edit; NULL when there is none. In the old order *next
 * goes over the old list. */
static json_t *take_kept(struct edit *edit, size_t place, size_t *next)
{
    if (edit->order) {
        const json_t *index = json_array_get(edit->order, place);
        json_int_t i = json_is_integer(index) ? json_integer_value(index) : -1;
        return i >= 0 && (size_t)i < edit->old_count ? TAKE_PTR(edit->entries[i]) : NULL;
    }
    while (*next < edit->old_count && !edit->entries[*next])
        ++*next;
    return *next < edit->old_count ? TAKE_PTR(edit->entries[*next]) : NULL;
}

/* The new list from the edited entries; empties the edit. */
static int assemble(struct edit *edit, json_t *result)
{
    size_t next = 0;

    for (size_t place = 0; place < edit->new_count; place++) {
        json_t *entry = edit->added[place] ? json_incref(edit->added[place]) : take_kept(edit, place, &next);
        if (!entry)
            return -EINVAL;
        if (json_array_append_new(result, entry) < 0)
            return -ENOMEM;
    }
    return 0;
}

int apply_list(const json_t *list, const struct change *changes, size_t count, json_t **ret)
{
    _cleanup_(edit_free) struct edit edit = {0};
    json_t *result = json_array();

    int r = result ? edit_init(&edit, list, changes, count) : -ENOMEM;
    for (size_t k = 0; r == 0 && k < count; k++)
        r = edit_list(&edit, &changes[k]);
    if (r == 0)
        r = assemble(&edit, result);
    if (r < 0) {
        json_decref(result);
        return r;
    }
    *ret = result;
    return 0;
}
