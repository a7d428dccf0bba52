#include "registry/poller.h"

#include "base/clock.h"
#include "base/log.h"
#include "registry/poller_parts.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

void poller_schedule(struct poller *poller, int64_t monotonic_usec)
{
    poller->state = poller->pace.failures > 0 ? POLLER_BACKING_OFF : POLLER_WAITING;
    timer_arm_at(poller->look_timer, monotonic_usec);
}

static void on_look(void *userdata)
{
    poller_look_begin(userdata);
}

/* Spreads the retries of many daemons; none of it is secret. */
static uint64_t random_seed(void)
{
    uint64_t seed;

    if (getrandom(&seed, sizeof(seed), GRND_NONBLOCK) != (ssize_t)sizeof(seed))
        seed = (uint64_t)clock_wall_usec();
    return seed;
}

/* What the history knows of earlier runs, for status. */
static int recall(struct poller *poller, struct error *e)
{
    static const enum poll_outcome good[] = {POLL_COMPLETE, POLL_UNCHANGED};

    for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
        struct poll poll;
        int r = polls_newest(poller->store, good[i], &poll, e);
        if (r == -ENOENT)
            continue;
        if (r < 0)
            return r;
        if (poll.finished_usec > poller->last_good_usec)
            poller->last_good_usec = poll.finished_usec;
        if (good[i] == POLL_COMPLETE)
            memcpy(poller->refresh, poll.refresh, sizeof(poller->refresh));
    }
    return 0;
}

static int prepare(struct poller *poller, struct event_base *base, struct error *e)
{
    if (timer_new(base, on_look, poller, &poller->look_timer) < 0 ||
        timer_new(base, poller_ask_now, poller, &poller->ask_timer) < 0 ||
        timer_new(base, poller_take_more, poller, &poller->slice_timer) < 0 ||
        timer_new(base, poller_end_more, poller, &poller->end_timer) < 0 ||
        intake_new(poller->store, poller->watches, poller_take_asked, poller, &poller->intake) < 0)
        return error_set(e, -ENOMEM, "there is no memory to look at the registry");
    return recall(poller, e);
}

int poller_new(struct event_base *base, struct http *http, struct store *store, const struct poller_settings *settings,
               const struct watch_set *watches, const struct poller_events *events, struct poller **ret,
               struct error *e)
{
    int r = ctgov_check_base_url(settings->base_url, e);

    if (r < 0)
        return r;
    struct poller *poller = calloc(1, sizeof(*poller));
    if (!poller)
        return error_set(e, -ENOMEM, "there is no memory to look at the registry");
    poller->http = http;
    poller->store = store;
    poller->settings = settings;
    poller->watches = watches;
    poller->events = *events;
    poller->fetch_wanted = true;
    poller->url.max_bytes = CTGOV_URL_BYTES;
    pace_init(&poller->pace, random_seed());
    pace_configure(&poller->pace, settings->spacing_usec, settings->every_usec);
    r = prepare(poller, base, e);
    if (r < 0) {
        poller_free(poller);
        return r;
    }
    *ret = poller;
    return 0;
}

void poller_free(struct poller *poller)
{
    if (!poller)
        return;
    http_cancel(poller->request);
    timer_free(poller->look_timer);
    timer_free(poller->ask_timer);
    timer_free(poller->slice_timer);
    timer_free(poller->end_timer);
    intake_free(poller->intake);
    listing_free(poller->listing);
    finding_free(poller->finding);
    plan_free(poller->plan);
    buf_free(&poller->url);
    buf_free(&poller->body);
    buf_free(&poller->spare);
    free(poller->absent);
    free(poller->missing);
    free(poller);
}

void poller_start(struct poller *poller)
{
    poller->started = true;
    poller_schedule(poller, clock_monotonic_usec());
}

/* Monotonic to wall, as far as both go alike. */
static int64_t wall_usec_at(int64_t monotonic_usec)
{
    return clock_wall_usec() + (monotonic_usec - clock_monotonic_usec());
}

int poller_look_now(struct poller *poller, struct error *e)
{
    char until[CLOCK_TEXT_BYTES];

    if (poller_look_runs(poller)) {
        if (!poller->listing && !poller->plan)
            poller->fetch_wanted = true;
        return error_set(e, -EALREADY, "a look at the registry is under way");
    }
    if (pace_must_wait(&poller->pace, clock_monotonic_usec()))
        return error_set(e, -EAGAIN, "the registry asked us to wait until %s",
                         clock_format_local(wall_usec_at(poller->pace.asked_until_usec), until));
    poller->fetch_wanted = true;
    poller_start(poller);
    return 0;
}

void poller_configure(struct poller *poller, const struct poller_settings *settings, const struct watch_set *watches)
{
    bool runs = poller_look_runs(poller);

    poller_look_drop(poller);
    poller->settings = settings;
    poller->watches = watches;
    intake_set_watches(poller->intake, watches);
    pace_configure(&poller->pace, settings->spacing_usec, settings->every_usec);
    poller->fetch_wanted = true;
    if (runs)
        poller_end_abandoned(poller, "the settings were changed: the look begins anew");
    else if (poller->started)
        poller_schedule(poller, pace_clear_usec(&poller->pace, clock_monotonic_usec()));
}

int poller_set_watches(struct poller *poller, const struct watch_set *watches, bool fetch)
{
    if (poller_look_runs(poller))
        return -EBUSY;
    poller->watches = watches;
    intake_set_watches(poller->intake, watches);
    if (fetch) {
        poller->fetch_wanted = true;
        if (poller->started && poller->pace.failures == 0)
            poller_schedule(poller, pace_clear_usec(&poller->pace, clock_monotonic_usec()));
    }
    return 0;
}

void poller_status(const struct poller *poller, struct poller_status *ret)
{
    size_t studies;

    watch_set_studies(poller->watches, &studies);
    *ret = (struct poller_status){
        .state = poller->state,
        .last_good_usec = poller->last_good_usec,
        .failures = poller->pace.failures,
        .studies = poller->tracked > (long)studies ? poller->tracked : (long)studies,
        .missing = poller->missing,
        .missing_count = poller->missing_count,
        .longest_slice_usec = poller->longest_slice_usec,
    };
    if (timer_is_armed(poller->look_timer))
        ret->next_look_usec = wall_usec_at(timer_deadline_usec(poller->look_timer));
    memcpy(ret->refresh, poller->refresh, sizeof(ret->refresh));
    memcpy(ret->trouble, poller->trouble, sizeof(ret->trouble));
}
