/* What the poller's files share: poller (the object and its schedule), poller_look (one look from its first question to
 * last answer), poller_query (what the queries find), poller_whole (the listing of all that the registry has),
 * poller_ask (a request at its time), poller_take (a page into the history, in slices), poller_end (what becomes of a
 * look), poller_line (whose turn it is to ask). */
#pragma once

#include "base/buf.h"
#include "base/timer.h"
#include "registry/ctgov.h"
#include "registry/finding.h"
#include "registry/intake.h"
#include "registry/listing.h"
#include "registry/pace.h"
#include "registry/page.h"
#include "registry/plan.h"
#include "registry/poller.h"

enum poller_question {
    POLLER_ASKS_VERSION,       /* begins a look */
    POLLER_ASKS_FOUND,         /* a page of what a query finds */
    POLLER_ASKS_VERSION_FOUND, /* ends the queries: was it all of one refresh? */
    POLLER_ASKS_PAGE,
    POLLER_ASKS_VERSION_AMID,  /* the pages' ETag changed: has the registry refreshed? */
    POLLER_ASKS_VERSION_AFTER, /* ends a listing: was it all of one refresh? */
    POLLER_QUESTION_COUNT
};

/* A slice's transaction has no more versions. */
#define POLLER_SLICE_VERSIONS 128

/* What somebody is to hear of once it is committed. */
struct poller_written {
    struct version version;
    size_t alert_count;
    bool changed;
};

struct poller {
    struct http *http;
    struct store *store;
    const struct poller_settings *settings;
    const struct watch_set *watches;
    struct poller_events events;
    struct pace pace;
    struct timer *look_timer;  /* the next look */
    struct timer *ask_timer;   /* the next request, a polite distance after the last */
    struct timer *slice_timer; /* more of the page, after a turn of the loop */
    struct timer *end_timer;   /* more of those that are absent */
    struct intake *intake;

    enum poller_state state;
    bool started;
    bool fetch_wanted;                 /* whether or not the registry has refreshed */
    char refresh[REFRESH_BYTES];       /* the newest that the registry told */
    char taken_refresh[REFRESH_BYTES]; /* whose records were taken in in full since the start */
    char doubted_refresh[REFRESH_BYTES];
    bool told_no_refresh;
    int64_t last_good_usec;
    int failure; /* negative errno of the last look, 0 when it went well */
    char trouble[512];
    const char **missing; /* one block with what it points to; sorted */
    size_t missing_count;
    long tracked; /* studies that the last listing asked for */
    int64_t longest_slice_usec;
    bool line_is_lent;   /* a request of somebody else's is in flight */
    bool waits_for_line; /* and the look's next one waits for its end */

    /* the look under way */
    int64_t look_began_usec; /* monotonic */
    struct poll poll;
    struct ctgov_version version;
    struct plan *plan;
    struct finding *finding; /* of the question under way */
    size_t question_at;      /* in the plan */
    long refused_questions;
    struct error refused_why; /* of the first one */
    struct listing *listing;
    int64_t first_poll;                /* in which the listing of the whole registry began */
    char questions[PLAN_DIGEST_BYTES]; /* of the queries beside it */
    bool place_is_doubtful;            /* no page came since it was interrupted, or the last one does not fit */
    int relistings;
    long unreadable;             /* records */
    struct error unreadable_why; /* of the first one */
    struct buf url;
    enum poller_question question;
    struct http_request *request;
    struct buf body;  /* of the page that is being taken in */
    struct buf spare; /* the memory of the one before */
    struct page page;
    struct poller_written written[POLLER_SLICE_VERSIONS]; /* in the slice under way */
    size_t written_count;
    const char **absent; /* what was asked for and not given, once all was; one block, sorted */
    size_t absent_count, absent_at;
};

/* poller_look */

void poller_look_begin(struct poller *poller);

/* Whether a look is under way. */
bool poller_look_runs(const struct poller *poller);

/* The answer to poller->question, which is data, or the refusal of a page (refused, with its sentence). */
void poller_look_answered(struct poller *poller, const struct http_response *response, const struct error *refused);

/* The queries have been asked: fetches the records of the plan. */
void poller_look_list(struct poller *poller);

/* The registry has refreshed meanwhile: from the beginning. */
void poller_look_anew(struct poller *poller);

/* The page was taken in to its end. */
void poller_look_page_taken(struct poller *poller);

/* Cancels and frees whatever the look works with; its poll stays. */
void poller_look_drop(struct poller *poller);

/* poller_query */

/* Asks what every query finds; goes on in poller_look_list(). */
void poller_query_begin(struct poller *poller);

/* A page of what a query finds came, or was refused. */
void poller_query_answered(struct poller *poller, const struct http_response *response);
void poller_query_refused(struct poller *poller, const struct error *refused);

/* All of it was of one refresh. */
void poller_query_ended(struct poller *poller);

/* A slice of the absent ones: those that were members of a query leave it. 1: there are more. */
int poller_query_lose(struct poller *poller, struct error *e);

/* Inside the transaction: which queries had their first complete listing. */
int poller_query_set_running(struct poller *poller, struct error *e);

/* No plan is left afterwards. */
void poller_query_drop(struct poller *poller);

/* poller_whole */

/* Whether some watch is of the whole registry. */
bool poller_whole_is_wanted(const struct poller *poller);

/* Makes poller->listing, of which these ids are to be, from where it was interrupted or from the first page. */
int poller_whole_begin(struct poller *poller, const char *const *ids, size_t count, struct error *e);

/* A page of it is in the history in full: an interruption goes on from here. */
int poller_whole_note_page(struct poller *poller, struct error *e);

/* The next listing begins with the first page. */
int poller_whole_forget(struct poller *poller, struct error *e);

/* The look fails: a place from which a listing cannot go on is forgotten. */
void poller_whole_failed(struct poller *poller);

/* Leaves those of the ids that it gave in none of the polls since it began. */
int poller_whole_drop_seen(struct poller *poller, const char **ids, size_t *count, struct error *e);

/* Inside the transaction: it ended in full. */
int poller_whole_set_running(struct poller *poller, int64_t now_usec, struct error *e);

/* poller_end: each writes the look's row, plans the next look and tells whoever listens. */

/* err and why say what happened, retry_after_usec what the registry wishes (negative: nothing). */
void poller_end_failed(struct poller *poller, int err, int64_t retry_after_usec, const struct error *why);

/* The look ends because of us: no failure, no backoff. */
void poller_end_abandoned(struct poller *poller, const char *reason);

void poller_end_unchanged(struct poller *poller);

/* In slices of the loop: first those that are absent leave their queries. */
void poller_end_complete(struct poller *poller);

/* The callback of end_timer. */
void poller_end_more(void *userdata);

/* Nothing of the end is left to be done. */
void poller_end_cancel(struct poller *poller);

/* poller_ask */

/* Asks poller->url as soon as the pace allows. */
void poller_ask(struct poller *poller, enum poller_question question);

/* Asks /version. */
void poller_ask_version(struct poller *poller, enum poller_question question);

/* The callback of ask_timer. */
void poller_ask_now(void *userdata);

/* No request is under way or planned afterwards. */
void poller_ask_cancel(struct poller *poller);

/* poller_take */

/* Takes the page in poller->body; goes on in poller_look_page_taken() or poller_end_failed(). */
void poller_take_page(struct poller *poller);

/* The callback of slice_timer. */
void poller_take_more(void *userdata);

/* Keeps what was written, which is first, changed or moved, for the commit. */
void poller_take_written(struct poller *poller, const struct intake_result *result);

/* Whether a slice that began then has done enough. */
bool poller_take_is_full(const struct poller *poller, int64_t began_usec);

/* Ends a slice whose last work came to r, with e when that failed: what was written before is committed, and who
 * listens is told. Returns r, or why it could not be committed: then nothing of it is kept. */
int poller_take_end_slice(struct poller *poller, int64_t began_usec, int r, struct error *e);

/* Drops the page. */
void poller_take_cancel(struct poller *poller);

/* For intake. */
bool poller_take_asked(const char *nct_id, void *userdata);

/* poller */

/* Arms the next look, and says waiting or backing off. */
void poller_schedule(struct poller *poller, int64_t monotonic_usec);
