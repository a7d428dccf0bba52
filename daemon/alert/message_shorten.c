#include "alert/message.h"

static void shorten_array(json_t *owner, const char *key, const char *count_key, size_t max)
{
    json_t *array = json_object_get(owner, key);
    size_t count = json_array_size(array);

    if (count <= max)
        return;
    while (json_array_size(array) > max)
        json_array_remove(array, json_array_size(array) - 1);
    json_object_set_new(owner, count_key, json_integer((json_int_t)(count - max)));
}

json_t *message_shorten(const json_t *message, size_t max_studies, size_t max_changes)
{
    json_t *shorter = json_deep_copy(message), *study, *change;
    size_t index, change_index;

    shorten_array(shorter, "studies", "studies_omitted", max_studies);
    json_array_foreach (json_object_get(shorter, "studies"), index, study) {
        shorten_array(study, "changes", "changes_omitted", max_changes);
        json_array_foreach (json_object_get(study, "changes"), change_index, change) {
            json_object_del(change, "difference");
            if (json_object_del(change, "before") + json_object_del(change, "after") > -2)
                json_object_set_new(change, "values_omitted", json_true());
        }
    }
    return shorter;
}
