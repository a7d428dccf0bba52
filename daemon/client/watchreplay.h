/* Which alerts a watch would have made of what the history holds.
 *
 * What the registry changed is asked again, one study and refresh at a time: the stored changes of versions that were
 * seen, and what differs between versions of the registry's archive. Mutes, pauses and surges are left out of account.
 */
#pragma once

#include "base/err.h"
#include "client/findmatch.h"
#include "history/versions.h"
#include "trial/watch.h"

#include <jansson.h>

/* What was looked at. */
struct watchreplay_extent {
    size_t studies, unknown; /* unknown: named by the watch, and not in the history */
    int64_t begin_usec;      /* of the oldest version that counts, of any of these studies; 0: there is none */
};

struct watchreplay_alert {
    const struct version *version;
    int64_t seen_usec;
    const json_t *study; /* its entry in the document of a message; borrowed, as all here */
    const json_t *ids;   /* of its changes; none of the archive's */
};

typedef int watchreplay_beginner(const struct watchreplay_extent *extent, void *userdata);
typedef int watchreplay_visitor(const struct watchreplay_alert *alert, void *userdata);

struct watchreplay {
    struct store *store;
    const struct watch *watch;
    const struct findmatch *match; /* which studies answer a query that never ran; NULL: those that answered it */
    int64_t since_usec;
    watchreplay_beginner *begin; /* called once, before the first visit */
    watchreplay_visitor *visit;
    void *userdata;
};

/* Newest first. 0, or what a callback returned when not 0. */
int watchreplay_run(const struct watchreplay *replay, struct error *e);
