/* What tests/bench/match works on: studies that changed, and watches in any number. The same in every run. */
#pragma once

#include "registry/plan.h"
#include "trial/diff.h"
#include "trial/watch.h"

#include <stddef.h>

#define REGISTRY_STUDIES 600000 /* so many the whole registry has */
#define STUDIES_A_QUERY 20
#define WORLD_CHANNELS 256

struct changed_study {
    struct study *after;
    struct change_list changes;
};

/* The pairs of versions under the registry's folder with what changed between them; then its records, each with such
 * changes, at sites of its own, as one of the registry's own edits made. Each has an id of its own. Returns how many
 * there are, count unless the folder is missing. */
size_t world_load_studies(const char *registry, struct changed_study *ret, size_t count);

void world_free_studies(struct changed_study *studies, size_t count);

struct crowd {
    struct watch *watches;
    const struct watch **pointers;
    char (**members)[STUDY_NCT_ID_BYTES]; /* a watch: the sorted ids that answer its query, or NULL */
    size_t count;
    struct watch_set *set;
    struct plan *plan; /* with the members of the query watches */
    int64_t build_usec;
    int64_t index_bytes; /* of set and plan; the watches themselves are not counted */
};

/* Of 100 watches 15 have a query that 20 studies answer, of_all_percent watch all studies for one or two kinds of
 * change, the others name one to five studies. Of those of all studies 48 in 100 look within 50 to 300 km of a site of
 * the changed studies, 40 in its country, 8 in its city, 4 where no site is; and one in 2,500 anywhere. Each tells one
 * of the channels. */
void world_make_crowd(struct crowd *crowd, size_t count, size_t of_all_percent, const struct changed_study *studies,
                      size_t study_count);
void world_free_crowd(struct crowd *crowd);

/* The number of the watch's channel. */
size_t world_channel(const struct watch *watch);
