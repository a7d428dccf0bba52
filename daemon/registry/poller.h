/* Looks at the registry on a schedule and takes in what it says.
 *
 * A look asks /version; when dataTimestamp has moved (and at the start) every tracked study is fetched. One request in
 * flight, a polite distance apart. Answers are taken in one record at a time, in slices of the loop. Whatever goes
 * wrong is a failed poll: what is known is kept, the next look comes later, and status says so. */
#pragma once

#include "base/err.h"
#include "history/polls.h"
#include "history/store.h"
#include "history/versions.h"
#include "net/http.h"
#include "trial/watch.h"

#include <event2/event.h>

struct poller;

struct poller_settings {
    char *base_url;       /* owned; "https://clinicaltrials.gov/api/v2" */
    char *contact;        /* owned; mail address or URL for the User-Agent */
    char *ca_file;        /* owned; NULL: the system's */
    int64_t every_usec;   /* between two looks */
    int64_t spacing_usec; /* between two requests */
    int64_t timeout_usec; /* of one request */
};

/* Neither may call poller_configure(), poller_set_watches() or poller_free(). */
struct poller_events {
    /* A version was committed whose alerts may be due. */
    void (*committed)(const struct version *version, size_t alert_count, void *userdata);
    /* A poll ended, well or not. */
    void (*finished)(const struct poll *poll, void *userdata);
    void *userdata;
};

enum poller_state { POLLER_WAITING, POLLER_ASKING, POLLER_TAKING_IN, POLLER_BACKING_OFF };

struct poller_status {
    enum poller_state state;
    int64_t next_look_usec;      /* wall; 0 while asking */
    int64_t last_good_usec;      /* wall: when the registry last answered a look in full; 0 never */
    char refresh[REFRESH_BYTES]; /* the newest known dataTimestamp, "" before the first */
    long failures;               /* in a row */
    char trouble[512];           /* why the last look failed, "" when it went well */
    long studies;                /* tracked */
    const char *const
        *missing; /* tracked ids that the registry does not know; owned by the poller, until the next poll ends */
    size_t missing_count;
    int64_t longest_slice_usec; /* of work on the loop, since the start */
};

/* http and store are borrowed. settings and watches too, until poller_configure() or poller_free(). */
int poller_new(struct event_base *base, struct http *http, struct store *store, const struct poller_settings *settings,
               const struct watch_set *watches, const struct poller_events *events, struct poller **ret,
               struct error *e);
void poller_free(struct poller *poller);

/* The first look comes at once. */
void poller_start(struct poller *poller);

/* A look now, which fetches the studies whether or not the registry has refreshed. -EALREADY when one is under way
 * (which then counts), -EAGAIN while the registry asked us to wait (sentence says until when). */
int poller_look_now(struct poller *poller, struct error *e);

/* New settings and watches; a poll under way ends and begins anew with them. */
void poller_configure(struct poller *poller, const struct poller_settings *settings, const struct watch_set *watches);

/* Other watches between two looks; fetch: some of their studies were not looked at yet, so that a look comes at once.
 * -EBUSY while a look is under way. */
int poller_set_watches(struct poller *poller, const struct watch_set *watches, bool fetch);

void poller_status(const struct poller *poller, struct poller_status *ret);

/* The line to the registry, on which one request at a time goes, a polite distance from the one before, for one request
 * of somebody else's. 0: it is lent until poller_line_give_back(), and a look that begins meanwhile waits. -EAGAIN: a
 * look is under way or due, or it is too soon; ask again at *ret_again_usec (monotonic). */
int poller_line_take(struct poller *poller, int64_t *ret_again_usec);
void poller_line_give_back(struct poller *poller);
