#include "base/log_fields.h"

#include <stdbool.h>
#include <string.h>

void log_fields_clear(struct log_fields *fields)
{
    for (size_t i = 0; i < fields->count; i++)
        free((char *)fields->items[i].value);
    free(fields->items);
    *fields = (struct log_fields){0};
}

static bool is_there(const struct log_fields *fields, const char *name, const char *value)
{
    for (size_t i = 0; i < fields->count; i++)
        if (strcmp(fields->items[i].name, name) == 0 && strcmp(fields->items[i].value, value) == 0)
            return true;
    return false;
}

static bool has_room(struct log_fields *fields)
{
    if (fields->count < fields->capacity)
        return true;
    size_t capacity = size_min(LOG_FIELDS_MAX, size_max(16, 2 * fields->capacity));
    struct log_field *items = capacity > fields->count ? reallocarray(fields->items, capacity, sizeof(*items)) : NULL;
    if (!items)
        return false;
    fields->items = items;
    fields->capacity = capacity;
    return true;
}

void log_fields_add(struct log_fields *fields, const char *name, const char *value)
{
    if (is_there(fields, name, value) || !has_room(fields))
        return;
    char *copy = strdup(value);
    if (copy)
        fields->items[fields->count++] = (struct log_field){name, copy};
}
