/* The typed changes of every version, append-only, each with an id that alerts refer to. */
#pragma once

#include "history/store.h"
#include "history/versions.h"
#include "trial/diff.h"

/* Writes the changes of a version in order, after history_sites_update() has given them their sites; ret_ids has room
 * for all. */
int changes_append(struct store *store, const struct version *version, const struct change_list *changes,
                   int64_t *ret_ids, struct error *e);

struct change_row {
    int64_t id;
    char nct_id[STUDY_NCT_ID_BYTES];
    long version;
    int64_t seen_usec;
    const char *refresh;         /* valid during the visit, as all pointers here */
    const char *title;           /* the study's */
    const struct change *change; /* with its site's number */
};

struct change_filter {
    const char *nct_id;             /* NULL: any */
    long version;                   /* 0: any */
    int64_t since_usec, until_usec; /* 0: no bound; until is exclusive */
    uint64_t kinds;                 /* bit 1 << kind; 0: any */
    enum weight min_weight;
    const char *country; /* of the site, as the registry spells it or its ISO 3166 alpha-2 code; NULL: any */
    long limit;          /* 0: all */
    bool newest_first;
};

/* By the time they were seen. 0, or what visit returned when not 0. -EINVAL: a version without its study. */
typedef int change_visitor(const struct change_row *row, void *userdata);
int changes_each(struct store *store, const struct change_filter *filter, change_visitor *visit, void *userdata,
                 struct error *e);

/* How many of each kind a version has, of those seen since then. */
int changes_count(struct store *store, const char *nct_id, long version, int64_t since_usec,
                  long ret[static KIND_COUNT], struct error *e);
