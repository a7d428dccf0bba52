#include "alert/message_groups.h"

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

static int add_names(json_t *names, const json_t *more)
{
    size_t index, other_index;
    json_t *name, *other;

    json_array_foreach (more, index, name) {
        bool known = false;
        json_array_foreach (names, other_index, other) {
            known = known || json_equal(other, name);
        }
        if (!known && json_array_append(names, name) < 0)
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
    if (json_array_append_new(group->alerts, json_string(row->id)) < 0 || add_names(group->watches, row->watches) < 0)
        return -ENOMEM;
    if (row->weight > group->weight)
        group->weight = row->weight;
    int r = group_add_part(group, row->version, changes);
    if (r >= 0 && group->parts[group->part_count - 1].version == row->version)
        snprintf(group->refresh, sizeof(group->refresh), "%s", row->refresh);
    return r;
}
