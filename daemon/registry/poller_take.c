#include "base/clock.h"
#include "base/log.h"
#include "registry/poller_parts.h"

#include <errno.h>
#include <stdlib.h>

/* Work between two turns of the loop; the step that is begun before it is over is still done, and then what was done is
 * committed. */
#define SLICE_USEC (12 * USEC_PER_MSEC)

bool poller_take_asked(const char *nct_id, void *userdata)
{
    struct poller *poller = userdata;

    return listing_take_id(poller->listing, nct_id);
}

void poller_take_written(struct poller *poller, const struct intake_result *result)
{
    poller->written[poller->written_count++] = (struct poller_written){
        .version = result->version,
        .alert_count = result->alert_count,
        .changed = result->verdict == INTAKE_CHANGED,
    };
}

static void tell_committed(struct poller *poller, const struct poller_written *written)
{
    poller->poll.changed += written->changed;
    if (poller->events.committed)
        poller->events.committed(&written->version, written->alert_count, poller->events.userdata);
}

static int commit(struct poller *poller, struct error *e)
{
    int r = intake_commit(poller->intake, e);

    for (size_t i = 0; r == 0 && i < poller->written_count; i++)
        tell_committed(poller, &poller->written[i]);
    poller->written_count = 0;
    return r;
}

static void note_unreadable(struct poller *poller, const struct intake_result *result)
{
    const char *nct_id = result->nct_id[0] != '\0' ? result->nct_id : NULL;

    listing_take_unreadable(poller->listing, nct_id);
    if (poller->unreadable++ > 0)
        return;
    error_set(&poller->unreadable_why, -EBADMSG, "%s: %s", nct_id ? nct_id : "one without an id", result->why.text);
}

static void note_result(struct poller *poller, const struct intake_result *result)
{
    poller->poll.records++;
    switch (result->verdict) {
    case INTAKE_UNCHANGED:
        break;
    case INTAKE_FIRST:
    case INTAKE_CHANGED:
    case INTAKE_MOVED:
        poller_take_written(poller, result);
        break;
    case INTAKE_UNASKED:
        log_debug("the registry gave %s, for which we did not ask: ignored", result->nct_id);
        break;
    case INTAKE_UNREADABLE:
        note_unreadable(poller, result);
        break;
    }
}

/* 1: there was a record. 0: the page has ended. */
static int begin_record(struct poller *poller, struct error *e)
{
    struct intake_result result;
    const char *text;
    size_t len;
    int r = page_peek(&poller->page, &text, &len, e);

    if (r <= 0)
        return r;
    r = intake_recognise(poller->intake, text, len, &len, &result, e);
    if (r < 0)
        return r;
    if (r > 0) {
        note_result(poller, &result);
        r = page_pass(&poller->page, len, e);
        return r < 0 ? r : 1;
    }
    r = page_next(&poller->page, &text, &len, e);
    if (r > 0)
        intake_begin(poller->intake, text, len);
    return r;
}

/* 1: there is more of the page. 0: it has ended. */
static int take_step(struct poller *poller, struct error *e)
{
    struct intake_result result;
    int r;

    if (!intake_is_busy(poller->intake))
        return begin_record(poller, e);
    r = intake_step(poller->intake, &result, e);
    if (r == 0)
        note_result(poller, &result);
    return r < 0 ? r : 1;
}

bool poller_take_is_full(const struct poller *poller, int64_t began_usec)
{
    return intake_is_big(poller->intake) || poller->written_count == POLLER_SLICE_VERSIONS ||
           clock_stopwatch_usec() - began_usec >= SLICE_USEC;
}

int poller_take_end_slice(struct poller *poller, int64_t began_usec, int r, struct error *e)
{
    struct error commit_error;
    int committed = commit(poller, &commit_error);

    if (r >= 0 && committed < 0) {
        *e = commit_error;
        r = committed;
    }
    int64_t took_usec = clock_stopwatch_usec() - began_usec;
    if (took_usec > poller->longest_slice_usec)
        poller->longest_slice_usec = took_usec;
    return r;
}

static int take_slice(struct poller *poller, struct error *e)
{
    int64_t began_usec = clock_stopwatch_usec();
    int r;

    do
        r = take_step(poller, e);
    while (r > 0 && !poller_take_is_full(poller, began_usec));
    return poller_take_end_slice(poller, began_usec, r, e);
}

void poller_take_more(void *userdata)
{
    struct poller *poller = userdata;
    struct error e;

    int r = take_slice(poller, &e);
    if (r > 0) {
        timer_arm_in(poller->slice_timer, 0);
    } else if (r == 0) {
        poller->spare = buf_move(&poller->body);
        poller_look_page_taken(poller);
    } else {
        poller_end_failed(poller, r, -1, &e);
    }
}

void poller_take_page(struct poller *poller)
{
    poller->state = POLLER_TAKING_IN;
    intake_set_poll(poller->intake, poller->poll.id, poller->version.refresh);
    timer_arm_in(poller->slice_timer, 0);
}

void poller_take_cancel(struct poller *poller)
{
    timer_disarm(poller->slice_timer);
    intake_cancel(poller->intake);
    buf_free(&poller->body);
}
