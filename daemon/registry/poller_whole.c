/* The listing of the whole registry: some 600 pages, so one that was interrupted goes on after its last whole page. */
#include "base/log.h"
#include "history/members.h"
#include "history/progress.h"
#include "registry/poller_parts.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

_Static_assert(PROGRESS_TOKEN_BYTES == CTGOV_TOKEN_BYTES &&
                   sizeof(((struct progress *)0)->questions) == PLAN_DIGEST_BYTES,
               "history/progress knows nothing of registry/");

bool poller_whole_is_wanted(const struct poller *poller)
{
    size_t count;

    plan_wholes(poller->plan, &count);
    return count > 0;
}

static int no_memory(struct error *e)
{
    return error_set(e, -ENOMEM, "there is no memory to list the whole registry");
}

/* 1: the listing that was interrupted is of this refresh, and who answers which query was asked in the same words, so
 * that it can go on. 0: it begins anew. */
static int find_place(struct poller *poller, struct listing_place *ret, struct error *e)
{
    struct progress progress;
    int r = progress_load(poller->store, &progress, e);

    if (r == -ENOENT)
        return 0;
    if (r < 0)
        return r;
    if (poller->version.refresh[0] == '\0' || strcmp(progress.refresh, poller->version.refresh) != 0 ||
        strcmp(progress.questions, poller->questions) != 0)
        return 0;
    *ret = (struct listing_place){.records = (size_t)progress.records, .total = progress.total};
    memcpy(ret->token, progress.token, sizeof(ret->token));
    poller->first_poll = progress.first_poll;
    poller->place_is_doubtful = true;
    log_notice("the listing of the whole registry goes on after %ld studies", progress.records);
    return 1;
}

int poller_whole_begin(struct poller *poller, const char *const *ids, size_t count, struct error *e)
{
    struct listing_place place;

    poller->first_poll = poller->poll.id;
    poller->place_is_doubtful = false;
    if (plan_digest(poller->plan, poller->questions) < 0)
        return no_memory(e);
    int found = find_place(poller, &place, e);
    if (found < 0)
        return found;
    int r = listing_new_whole(poller->settings->base_url, ids, count, found ? &place : NULL, &poller->listing);
    return r < 0 ? no_memory(e) : 0;
}

static int write_progress(struct poller *poller, const struct listing_place *place, struct error *e)
{
    struct progress progress = {
        .records = (long)place->records,
        .total = place->total,
        .first_poll = poller->first_poll,
    };

    memcpy(progress.refresh, poller->version.refresh, sizeof(progress.refresh));
    memcpy(progress.token, place->token, sizeof(progress.token));
    memcpy(progress.questions, poller->questions, sizeof(progress.questions));
    int r = store_begin(poller->store, e);
    if (r < 0)
        return r;
    r = progress_save(poller->store, &progress, e);
    if (r == 0)
        r = store_commit(poller->store, e);
    if (r < 0)
        store_rollback(poller->store);
    return r;
}

int poller_whole_note_page(struct poller *poller, struct error *e)
{
    struct listing_place place;

    if (listing_total(poller->listing) > poller->tracked)
        poller->tracked = (long)listing_total(poller->listing);
    poller->place_is_doubtful = false;
    return listing_place(poller->listing, &place) ? write_progress(poller, &place, e) : 0;
}

int poller_whole_forget(struct poller *poller, struct error *e)
{
    int r = store_begin(poller->store, e);

    if (r < 0)
        return r;
    r = progress_clear(poller->store, e);
    if (r == 0)
        r = store_commit(poller->store, e);
    if (r < 0)
        store_rollback(poller->store);
    return r;
}

void poller_whole_failed(struct poller *poller)
{
    struct error e;

    if (!poller->place_is_doubtful)
        return;
    poller->place_is_doubtful = false;
    if (poller_whole_forget(poller, &e) < 0)
        log_debug("where the listing of the whole registry stood could not be forgotten: %s", e.text);
}

int poller_whole_drop_seen(struct poller *poller, const char **ids, size_t *count, struct error *e)
{
    size_t kept = 0;

    for (size_t i = 0; i < *count; i++) {
        bool seen;
        int r = versions_seen_since(poller->store, ids[i], poller->first_poll, &seen, e);
        if (r < 0)
            return r;
        if (!seen)
            ids[kept++] = ids[i];
    }
    *count = kept;
    return 0;
}

int poller_whole_set_running(struct poller *poller, int64_t now_usec, struct error *e)
{
    size_t count;
    const struct plan_whole *wholes = plan_wholes(poller->plan, &count);
    int r = count > 0 ? progress_clear(poller->store, e) : 0;

    for (size_t i = 0; r == 0 && i < count; i++)
        if (!wholes[i].is_running)
            r = members_set_running(poller->store, wholes[i].watch->name, PLAN_WHOLE_QUESTION, now_usec, e);
    return r;
}
