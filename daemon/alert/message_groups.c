#include "alert/message_groups.h"

#include "alert/message.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

void groups_clear(struct groups *groups)
{
    for (size_t i = 0; i < groups->count; i++) {
        json_decref(groups->items[i].alerts);
        json_decref(groups->items[i].watches);
        json_decref(groups->items[i].changes);
        free(groups->items[i].parts);
    }
    free(groups->items);
}

struct group *groups_have(struct groups *groups, const char *nct_id)
{
    for (size_t i = 0; i < groups->count; i++)
        if (strcmp(groups->items[i].nct_id, nct_id) == 0)
            return &groups->items[i];

    struct group *items = realloc(groups->items, (groups->count + 1) * sizeof(*items));
    if (!items)
        return NULL;
    groups->items = items;
    struct group *group = &items[groups->count++];
    *group = (struct group){.alerts = json_array(), .watches = json_array(), .changes = json_array()};
    snprintf(group->nct_id, sizeof(group->nct_id), "%s", nct_id);
    return group;
}

/* The watches of an alert, but for those that declined. */
static int add_watches(struct group *group, const json_t *watches, const json_t *declined)
{
    size_t index;
    json_t *name;

    json_array_foreach (watches, index, name) {
        if (message_has_name(declined, json_string_value(name)))
            group->narrowed = true;
        else if (!message_has_name(group->watches, json_string_value(name)) &&
                 json_array_append(group->watches, name) < 0)
            return -ENOMEM;
    }
    return 0;
}

int group_add_part(struct group *group, long version, const json_t *changes)
{
    struct study_part *parts = realloc(group->parts, (group->part_count + 1) * sizeof(*parts));

    if (!parts)
        return -ENOMEM;
    group->parts = parts;
    size_t at = group->part_count++;
    while (at > 0 && parts[at - 1].version > version) {
        parts[at] = parts[at - 1];
        at--;
    }
    parts[at] = (struct study_part){.version = version, .changes = changes};
    return 0;
}

int groups_add_alert(const struct alert_row *row, void *userdata)
{
    struct groups *groups = userdata;
    struct group *group = groups_have(groups, row->nct_id);
    json_t *changes = json_deep_copy(row->changes);

    snprintf(groups->channel, sizeof(groups->channel), "%s", row->channel);
    if (!group || json_array_append_new(group->changes, changes) < 0)
        return -ENOMEM;
    if (json_array_append_new(group->alerts, json_string(row->id)) < 0 ||
        add_watches(group, row->watches, json_object_get(groups->declined, row->nct_id)) < 0)
        return -ENOMEM;
    if (row->weight > group->weight)
        group->weight = row->weight;
    int r = group_add_part(group, row->version, changes);
    if (r >= 0 && group->parts[group->part_count - 1].version == row->version)
        snprintf(group->refresh, sizeof(group->refresh), "%s", row->refresh);
    return r;
}
