/* Outcomes of two records: which was added, which dropped, and which only says it in other words. */
#include "trial/diff_internal.h"

#include "trial/items.h"

#include <errno.h>
#include <string.h>

bool diff_items_fit(const json_t *before, const json_t *after)
{
    return diff_is_list(before) && diff_is_list(after) && json_array_size(before) <= ITEMS_MAX &&
           json_array_size(after) <= ITEMS_MAX;
}

/* How the texts of an outcome were edited: the gravest edit of any member. */
static const char *edit_note(const json_t *before, const json_t *after)
{
    const char *note = NULL;
    const char *key;
    json_t *value;

    if (json_object_size(before) != json_object_size(after))
        return NOTE_REWORDED;
    json_object_foreach ((json_t *)after, key, value) {
        const json_t *old = json_object_get(before, key);
        if (diff_same(old, value))
            continue;
        if (!json_is_string(old) || !json_is_string(value))
            return NOTE_REWORDED;
        const char *edit = diff_text_note(json_string_value(old), json_string_value(value));
        if (!edit || strcmp(edit, NOTE_REWORDED) == 0)
            return NOTE_REWORDED;
        if (!note || strcmp(edit, NOTE_RENUMBERED) == 0)
            note = edit;
    }
    return note ? note : NOTE_REWORDED;
}

/* One outcome, before or after of which may be absent. */
static int add_item_change(struct differ *differ, enum kind kind, const json_t *before, const json_t *after, size_t i,
                           size_t j)
{
    if (diff_same(before, after))
        return 0;
    struct change *change = change_list_add(&differ->changes, kind, buf_string(&differ->path), before, after);
    if (!change)
        return -ENOMEM;
    change->old_item = i;
    change->new_item = j;
    change->note = !before ? NOTE_ADDED : !after ? NOTE_DROPPED : edit_note(before, after);
    if (before && after && !change_has_note(change, NOTE_REWORDED))
        change->weight = WEIGHT_ROUTINE;
    return 0;
}

static int add_order_change(struct differ *differ, enum kind kind, const struct item_map *map)
{
    if (diff_order_kept(map->old_of_new, map->new_count))
        return 0;
    json_t *order = diff_order(map->old_of_new, map->new_count);
    if (!order)
        return -ENOMEM;
    struct change *change = change_list_add(&differ->changes, kind, buf_string(&differ->path), NULL, order);
    json_decref(order);
    if (!change)
        return -ENOMEM;
    change->weight = WEIGHT_SILENT;
    change->note = NOTE_REORDERED;
    return 0;
}

int diff_items(struct differ *differ, enum kind kind, const json_t *before, const json_t *after)
{
    _cleanup_item_map_ struct item_map map = {0};

    int r = items_match(before, after, &map);
    for (size_t j = 0; r == 0 && j < map.new_count; j++) {
        size_t i = map.old_of_new[j];
        const json_t *old = i == ITEM_NONE ? NULL : json_array_get(before, i);
        r = add_item_change(differ, kind, old, json_array_get(after, j), i, j);
    }
    for (size_t i = 0; r == 0 && i < map.old_count; i++)
        if (map.new_of_old[i] == ITEM_NONE)
            r = add_item_change(differ, kind, json_array_get(before, i), NULL, i, ITEM_NONE);
    if (r == 0)
        r = add_order_change(differ, kind, &map);
    return r < 0 ? r : diff_container(differ, kind, before, after);
}
