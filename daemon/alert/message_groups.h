/* The alerts of a message, one group a study; only the message files include this. */
#pragma once

#include "alert/message_parts.h"
#include "history/outbox.h"

struct group {
    char nct_id[STUDY_NCT_ID_BYTES];
    char refresh[REFRESH_BYTES];        /* of the newest */
    enum weight weight;                 /* the highest */
    json_t *alerts, *watches, *changes; /* owned; changes: one array of ids a part */
    struct study_part *parts;           /* owned */
    size_t part_count;
    bool narrowed; /* some of the watches declined */
};

struct groups {
    struct group *items;
    size_t count;
    char channel[128];
    const json_t *declined; /* borrowed; names of watches by study, NULL: none */
};

void groups_clear(struct groups *groups);

/* The group of that study, a new one if there is none. NULL without memory. */
struct group *groups_have(struct groups *groups, const char *nct_id);

/* changes is borrowed: the group's own array, or NULL for all of the version. -ENOMEM. */
int group_add_part(struct group *group, long version, const json_t *changes);

/* For outbox_each(): userdata is the groups. */
int groups_add_alert(const struct alert_row *row, void *userdata);
