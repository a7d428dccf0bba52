/* What intake's files share: intake (a record's steps), intake_seen (those that are as they were), intake_member (a
 * record's standing to the queries), intake_write (what of it goes into the history), intake_alerts (who is told of it)
 * and intake_commit (the transaction of all that were taken in since the last one). */
#pragma once

#include "registry/intake.h"
#include "registry/plan.h"
#include "trial/diff.h"
#include "trial/glance.h"
#include "trial/sites.h"

#include <jansson.h>

typedef int intake_step_function(struct intake *intake, struct error *e);

struct intake {
    struct store *store;
    const struct watch_set *watches;
    struct plan *plan; /* borrowed; NULL: no queries */
    intake_asked *asked;
    void *userdata;
    int64_t poll;
    char refresh[REFRESH_BYTES];

    /* the record under way */
    intake_step_function *next; /* NULL: none */
    const char *text;           /* borrowed */
    size_t len;
    struct glance_key key;
    bool has_key;
    struct glance glance;
    bool has_glance;
    json_t *tree;
    struct study *study;
    struct version newest;
    struct study *before;
    struct site_map map;
    struct change_list changes;
    struct notice_list notices;
    bool same;                   /* as the newest version: only its standing to a query is news */
    bool absent;                 /* it is the newest version, of a study that the registry no longer gives */
    struct plan_answer *answers; /* owned; the queries that it answers or leaves */
    size_t answer_count;
    const struct watch **members; /* owned; the watches of those that are to hear of it */
    size_t member_count;
    struct intake_result result;

    bool writes; /* a transaction is open, with what was taken in since the last commit */
};

/* Finds the queries that the record answers or leaves. 0 or -ENOMEM. */
int intake_find_answers(struct intake *intake);

/* Whether it enters or leaves one, which has to be kept although it is otherwise unchanged. */
bool intake_moves(const struct intake *intake);

/* Reads intake->key once. */
int intake_need_key(struct intake *intake, struct error *e);

/* The record is the newest version again. glance is that of its text, NULL: as it was. */
int intake_note_seen(struct intake *intake, const char *nct_id, const struct glance *glance, struct error *e);

/* Begins the transaction, if it is not open. */
int intake_need_transaction(struct intake *intake, struct error *e);

/* Adds to the changes what of that is news. 0 or -ENOMEM. */
int intake_find_members(struct intake *intake);

/* The last step: version, sites, changes and alerts due become one part of the transaction, in it together or not at
 * all. */
int intake_write(struct intake *intake, struct error *e);

/* Inside the transaction: the notices as alerts. change_ids are those of the changes. */
int intake_add_alerts(struct intake *intake, const int64_t *change_ids, struct error *e);

/* Inside the transaction: who enters and leaves, after the version. */
int intake_write_moves(struct intake *intake, int64_t now_usec, struct error *e);

/* Forgets the record's answers. */
void intake_drop_answers(struct intake *intake);
