#include "base/clock.h"
#include "base/log.h"
#include "registry/poller_parts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* The registry refreshes once a day: more often than this within one look is no refresh, but a fault. */
#define MAX_RELISTINGS 3

bool poller_look_runs(const struct poller *poller)
{
    return poller->state == POLLER_ASKING || poller->state == POLLER_TAKING_IN;
}

void poller_look_drop(struct poller *poller)
{
    poller_ask_cancel(poller);
    poller_take_cancel(poller);
    poller_end_cancel(poller);
    buf_free(&poller->spare);
    listing_free(TAKE_PTR(poller->listing));
    poller_query_drop(poller);
}

static int write_begin(struct poller *poller, struct error *e)
{
    int r = store_begin(poller->store, e);

    if (r < 0)
        return r;
    r = polls_begin(poller->store, &poller->poll, e);
    if (r == 0)
        r = store_commit(poller->store, e);
    if (r < 0) {
        store_rollback(poller->store);
        poller->poll.id = 0;
    }
    return r;
}

void poller_look_begin(struct poller *poller)
{
    struct error e;

    poller->poll = (struct poll){.started_usec = clock_wall_usec()};
    poller->version = (struct ctgov_version){0};
    poller->look_began_usec = clock_monotonic_usec();
    poller->relistings = 0;
    int r = write_begin(poller, &e);
    if (r < 0)
        poller_end_failed(poller, r, -1, &e);
    else
        poller_ask_version(poller, POLLER_ASKS_VERSION);
}

/* The next page, or what comes after the last one. */
static void list_on(struct poller *poller)
{
    struct error e;

    int r = listing_next(poller->listing, &poller->url, &e);
    if (r > 0)
        poller_ask(poller, POLLER_ASKS_PAGE);
    else if (r < 0)
        poller_end_failed(poller, r, -1, &e);
    else if (poller->version.refresh[0] != '\0' && poller->poll.requests > 1)
        poller_ask_version(poller, POLLER_ASKS_VERSION_AFTER);
    else
        poller_end_complete(poller);
}

static int begin_listing(struct poller *poller, struct error *e)
{
    size_t count;
    const char *const *ids = plan_studies(poller->plan, &count);

    poller->unreadable = 0;
    poller->tracked = (long)count;
    if (poller_whole_is_wanted(poller))
        return poller_whole_begin(poller, ids, count, e);
    int r = listing_new(poller->settings->base_url, ids, count, &poller->listing);
    return r < 0 ? error_set(e, r, "there is no memory to list studies") : 0;
}

void poller_look_list(struct poller *poller)
{
    struct error e;

    int r = begin_listing(poller, &e);
    if (r < 0)
        poller_end_failed(poller, r, -1, &e);
    else
        list_on(poller);
}

/* Its page token is of no more use. */
static int forget_place(struct poller *poller, struct error *e)
{
    struct listing_place place;

    if (!listing_place(poller->listing, &place))
        return 0;
    log_notice("the registry no longer lists what it listed before: all of it again, after %zu studies", place.records);
    return poller_whole_forget(poller, e);
}

/* The registry has refreshed while it was listed, so that what came is of two refreshes: from the first page again.
 * What was taken in before stays, each record was whole. */
void poller_look_anew(struct poller *poller)
{
    struct error e;

    if (++poller->relistings > MAX_RELISTINGS) {
        error_set(&e, -ESTALE, "the registry changed %d times while it was being listed", poller->relistings);
        poller_end_failed(poller, -ESTALE, -1, &e);
        return;
    }
    log_debug("the registry has refreshed while it was being listed: listing anew");
    int r = poller->listing ? forget_place(poller, &e) : 0;
    if (r < 0) {
        poller_end_failed(poller, r, -1, &e);
        return;
    }
    listing_free(TAKE_PTR(poller->listing));
    poller_query_drop(poller);
    poller->fetch_wanted = true;
    poller_ask_version(poller, POLLER_ASKS_VERSION);
}

/* Behind the registry's address are several machines, and one may lag: an older timestamp is believed when two looks in
 * a row see it. Otherwise each flap would look like changes, there and back. */
static bool lags(struct poller *poller)
{
    const char *refresh = poller->version.refresh;

    if (strlen(refresh) != strlen(poller->taken_refresh) || strcmp(refresh, poller->taken_refresh) >= 0 ||
        strcmp(refresh, poller->doubted_refresh) == 0) {
        poller->doubted_refresh[0] = '\0';
        return false;
    }
    memcpy(poller->doubted_refresh, refresh, sizeof(poller->doubted_refresh));
    return true;
}

static bool is_news(struct poller *poller)
{
    const char *refresh = poller->version.refresh;

    if (refresh[0] == '\0') {
        if (!poller->told_no_refresh)
            log_notice("the registry does not say when its data was refreshed: every look fetches all studies");
        poller->told_no_refresh = true;
        return true;
    }
    return strcmp(refresh, poller->taken_refresh) != 0 && !lags(poller);
}

static void on_version(struct poller *poller)
{
    memcpy(poller->poll.refresh, poller->version.refresh, sizeof(poller->poll.refresh));
    memcpy(poller->poll.api_version, poller->version.api_version, sizeof(poller->poll.api_version));

    bool news = is_news(poller);
    if (!news && !poller->fetch_wanted) {
        poller_end_unchanged(poller);
        return;
    }
    if (poller->version.refresh[0] != '\0')
        memcpy(poller->refresh, poller->version.refresh, sizeof(poller->refresh));
    poller_query_begin(poller);
}

static void on_page(struct poller *poller, const struct http_response *response)
{
    poller->body = buf_move(response->body);
    page_open(&poller->page, buf_string(&poller->body), poller->body.len);
    if (poller->version.refresh[0] != '\0' && listing_etag_moved(poller->listing, response->etag))
        poller_ask_version(poller, POLLER_ASKS_VERSION_AMID);
    else
        poller_take_page(poller);
}

static void on_refusal(struct poller *poller, const struct error *refused)
{
    struct error e;

    int r = listing_take_refusal(poller->listing, refused, &e);
    if (r == -ESTALE)
        poller_look_anew(poller);
    else if (r < 0)
        poller_end_failed(poller, r, -1, &e);
    else
        list_on(poller);
}

/* While listing: the same refresh as at its start? */
static void on_version_again(struct poller *poller, const struct ctgov_version *version)
{
    if (strcmp(version->refresh, poller->version.refresh) != 0) {
        poller_take_cancel(poller);
        poller_look_anew(poller);
    } else if (poller->question == POLLER_ASKS_VERSION_AMID) {
        listing_distrust_etags(poller->listing);
        poller_take_page(poller);
    } else if (poller->question == POLLER_ASKS_VERSION_FOUND) {
        poller_query_ended(poller);
    } else {
        poller_end_complete(poller);
    }
}

void poller_look_answered(struct poller *poller, const struct http_response *response, const struct error *refused)
{
    struct ctgov_version version;
    struct error e;

    if (poller->question == POLLER_ASKS_PAGE) {
        if (refused)
            on_refusal(poller, refused);
        else
            on_page(poller, response);
        return;
    }
    if (poller->question == POLLER_ASKS_FOUND) {
        if (refused)
            poller_query_refused(poller, refused);
        else
            poller_query_answered(poller, response);
        return;
    }
    int r = ctgov_read_version(buf_string(response->body), response->body->len, &version, &e);
    if (r < 0) {
        poller_end_failed(poller, r, -1, &e);
    } else if (poller->question == POLLER_ASKS_VERSION) {
        poller->version = version;
        on_version(poller);
    } else {
        on_version_again(poller, &version);
    }
}

void poller_look_page_taken(struct poller *poller)
{
    struct error e;

    int r = listing_take_page(poller->listing, &poller->page, &e);
    if (r < 0)
        poller->place_is_doubtful = true;
    else
        r = poller_whole_note_page(poller, &e);
    if (r < 0)
        poller_end_failed(poller, r, -1, &e);
    else
        list_on(poller);
}
