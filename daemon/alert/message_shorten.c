#include "alert/message.h"

#include "base/macro.h"

#include <stdbool.h>

/* What the first shortening leaves. */
#define SHORTER_STUDIES ((size_t)50)
#define SHORTER_CHANGES ((size_t)20)

typedef json_t *shortener(const json_t *item, size_t max_changes);

static json_t *shorten_change(const json_t *change, size_t max_changes)
{
    json_t *shorter = json_copy((json_t *)change);
    bool had_before = json_object_del(shorter, "before") == 0, had_after = json_object_del(shorter, "after") == 0;

    (void)max_changes;
    json_object_del(shorter, "difference");
    if (had_before || had_after)
        json_object_set_new(shorter, "values_omitted", json_true());
    return shorter;
}

/* Gives a shallow copy an array of its own with the first items only, each shortened, and counts the others. */
static int shorten_array(json_t *shorter, const char *key, const char *count_key, size_t max, shortener *shorten,
                         size_t max_changes)
{
    const json_t *all = json_object_get(shorter, key);
    size_t count = json_array_size(all);
    json_int_t omitted = json_integer_value(json_object_get(shorter, count_key));
    json_t *first = json_array();
    int r = first ? 0 : -1;

    for (size_t i = 0; r >= 0 && i < count && i < max; i++)
        r = json_array_append_new(first, shorten(json_array_get(all, i), max_changes));
    if (count > max)
        r |= json_object_set_new(shorter, count_key, json_integer(omitted + (json_int_t)count - (json_int_t)max));
    return json_object_set_new(shorter, key, first) | r;
}

static json_t *shorten_study(const json_t *study, size_t max_changes)
{
    json_t *shorter = json_copy((json_t *)study);

    if (shorten_array(shorter, "changes", "changes_omitted", max_changes, shorten_change, 0) < 0) {
        json_decref(shorter);
        return NULL;
    }
    return shorter;
}

json_t *message_shorten(const json_t *message, size_t max_studies, size_t max_changes)
{
    json_t *shorter = json_copy((json_t *)message);

    if (shorten_array(shorter, "studies", "studies_omitted", max_studies, shorten_study, max_changes) < 0) {
        json_decref(shorter);
        return NULL;
    }
    return shorter;
}

json_t *message_shorter(const json_t *message, unsigned times)
{
    unsigned halvings = times > 0 ? times - 1 : 0;

    return message_shorten(message, size_max(SHORTER_STUDIES >> halvings, 1), size_max(SHORTER_CHANGES >> halvings, 1));
}
