/* The moments at which something changed in the studies of a watch, for client/watchreplay. */
#pragma once

#include "base/macro.h"
#include "client/watchreplay.h"

#include <stdbool.h>

struct watchevent {
    char nct_id[STUDY_NCT_ID_BYTES];
    long version;
    enum version_origin origin;
    int64_t seen_usec; /* when; of a version that a query listed later, later than the version's own */
    bool joins;        /* the study began to answer the query */
};

struct watchevents {
    struct watchevent *items; /* owned; newest first */
    size_t count, capacity;
};

void watchevents_clear(struct watchevents *events);
#define _cleanup_watchevents_ _cleanup_(watchevents_clear)

int watchevents_find(const struct watchreplay *replay, struct watchevents *ret, struct watchreplay_extent *ret_extent,
                     struct error *e);
