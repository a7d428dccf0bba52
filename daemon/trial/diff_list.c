/* What comparing lists entry by entry needs, whatever the entries are. */
#include "trial/diff_internal.h"

#include <errno.h>

bool diff_same(const json_t *before, const json_t *after)
{
    return before == after || (before && after && json_equal(before, after));
}

bool diff_is_list(const json_t *value)
{
    return !value || json_is_array(value);
}

static bool is_empty_container(const json_t *value)
{
    return (json_is_object(value) && json_object_size(value) == 0) ||
           (json_is_array(value) && json_array_size(value) == 0);
}

int diff_container(struct differ *differ, enum kind kind, const json_t *before, const json_t *after)
{
    bool stands = is_empty_container(after) && !is_empty_container(before);
    bool goes = !after && is_empty_container(before);

    if (!stands && !goes)
        return 0;
    struct change *change =
        change_list_add(&differ->changes, kind, buf_string(&differ->path), goes ? before : NULL, after);
    if (!change)
        return -ENOMEM;
    change->weight = WEIGHT_SILENT;
    return 0;
}

bool diff_order_kept(const size_t *old_of_new, size_t count)
{
    size_t next = 0;

    for (size_t j = 0; j < count; j++) {
        if (old_of_new[j] == SITE_NONE)
            continue;
        if (old_of_new[j] < next)
            return false;
        next = old_of_new[j] + 1;
    }
    return true;
}

json_t *diff_order(const size_t *old_of_new, size_t count)
{
    json_t *order = json_array();

    for (size_t j = 0; order && j < count; j++) {
        json_t *index = old_of_new[j] == SITE_NONE ? json_null() : json_integer((json_int_t)old_of_new[j]);
        if (json_array_append_new(order, index) < 0) {
            json_decref(order);
            return NULL;
        }
    }
    return order;
}
