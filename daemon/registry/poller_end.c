#include "base/clock.h"
#include "base/events.h"
#include "base/log.h"
#include "base/text.h"
#include "registry/poller_parts.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int write_finish(struct poller *poller, const char *const *missing, size_t missing_count, struct error *e)
{
    int r = store_begin(poller->store, e);

    if (r < 0)
        return r;
    if (poller->poll.outcome == POLL_COMPLETE)
        r = poller_query_set_running(poller, e);
    if (r == 0 && poller->poll.outcome == POLL_COMPLETE)
        r = poller_whole_set_running(poller, clock_wall_usec(), e);
    if (r == 0)
        r = polls_finish(poller->store, &poller->poll, missing, missing_count, e);
    if (r == 0)
        r = store_commit(poller->store, e);
    if (r < 0)
        store_rollback(poller->store);
    return r;
}

/* The sentence may quote strangers: no control characters, and UTF-8. */
static void copy_clean(char *out, size_t size, const char *text)
{
    snprintf(out, size, "%s", text);
    text_drop_half_character(out);
    bool utf8 = text_is_utf8(out, strlen(out));
    for (char *c = out; *c; c++) {
        size_t control_bytes = utf8 ? text_control_bytes(c) : (*c < ' ' || *c > '~');
        for (; control_bytes > 0; control_bytes--)
            c[control_bytes - 1] = ' ';
    }
}

static void tell_finished(struct poller *poller)
{
    if (poller->events.finished)
        poller->events.finished(&poller->poll, poller->events.userdata);
}

static void end_row(struct poller *poller, enum poll_outcome outcome, const char *reason)
{
    struct poll *poll = &poller->poll;

    poll->finished_usec = clock_wall_usec();
    poll->outcome = outcome;
    copy_clean(poll->reason, sizeof(poll->reason), reason);
}

/* A row that cannot be written stays "running": the reason is in status and log. */
static void write_failure(struct poller *poller)
{
    struct error e;

    if (poller->poll.id != 0 && write_finish(poller, NULL, 0, &e) < 0)
        log_debug("the failed look could not be written down: %s", e.text);
}

/* One line a streak, and one more when it fails in another way. */
static void log_failure(const struct poller *poller, int err, int64_t wait_usec)
{
    const struct log_event event = {.message_id = EVENT_REGISTRY_UNREADABLE};
    char wait[64];

    log_write(err == poller->failure ? LOG_DEBUG : LOG_WARNING, &event,
              "a look at the registry failed, the next one is in %s: %s",
              text_format_duration(wait_usec, wait, sizeof(wait)), poller->poll.reason);
}

void poller_end_failed(struct poller *poller, int err, int64_t retry_after_usec, const struct error *why)
{
    int64_t now_usec = clock_monotonic_usec();

    poller_look_drop(poller);
    poller_whole_failed(poller);
    end_row(poller, POLL_FAILED, why->text);
    write_failure(poller);
    memcpy(poller->trouble, poller->poll.reason, sizeof(poller->trouble));
    int64_t retry_usec = pace_note_failure(&poller->pace, now_usec, retry_after_usec);
    log_failure(poller, err, retry_usec - now_usec);
    poller->failure = err;
    poller_schedule(poller, retry_usec);
    tell_finished(poller);
}

void poller_end_abandoned(struct poller *poller, const char *reason)
{
    poller_look_drop(poller);
    end_row(poller, POLL_FAILED, reason);
    write_failure(poller);
    poller_schedule(poller, clock_monotonic_usec());
    tell_finished(poller);
}

static int compare_ids(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static bool was_missing(const struct poller *poller, const char *nct_id)
{
    return poller->missing_count > 0 &&
           bsearch(&nct_id, poller->missing, poller->missing_count, sizeof(*poller->missing), compare_ids);
}

static void warn_of_missing(const struct poller *poller, const char *const *missing, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct log_event event = {
            .message_id = EVENT_STUDY_UNKNOWN,
            .fields = {{"TRIALWATCH_STUDY", missing[i]}},
        };
        if (!was_missing(poller, missing[i]))
            log_write(LOG_WARNING, &event,
                      "the registry does not give %s: is the id right? What is known of it is kept", missing[i]);
    }
}

/* The ids and the pointers to them in one block. NULL: no memory. */
static const char **copy_ids(const char *const *ids, size_t count)
{
    const char **copy = malloc((count + 1) * (sizeof(*copy) + STUDY_NCT_ID_BYTES));

    if (!copy)
        return NULL;
    char *text = (char *)(copy + count + 1);
    for (size_t i = 0; i < count; i++, text += STUDY_NCT_ID_BYTES) {
        snprintf(text, STUDY_NCT_ID_BYTES, "%s", ids[i]);
        copy[i] = text;
    }
    return copy;
}

static void tell_well(struct poller *poller)
{
    const struct log_event event = {.message_id = EVENT_REGISTRY_WELL};
    _cleanup_buf_ struct buf looks = {0};

    text_append_count(&looks, (size_t)poller->pace.failures, "failed look");
    if (poller->failure < 0)
        log_write(LOG_NOTICE, &event, "the registry answers again, after %s", buf_string(&looks));
    poller->failure = 0;
    pace_note_success(&poller->pace);
}

/* Queries that were refused and records that could not be read when the studies were last fetched do not make a look
 * fail, but are said. */
static void set_trouble(struct poller *poller)
{
    char trouble[sizeof(poller->trouble)] = "";
    struct error e;

    if (poller->refused_questions > 0) {
        copy_clean(trouble, sizeof(trouble), poller->refused_why.text);
        log_write(strcmp(trouble, poller->trouble) == 0 ? LOG_DEBUG : LOG_WARNING, NULL, "%s", trouble);
    } else if (poller->unreadable > 0) {
        error_set(&e, -EBADMSG, "%ld of the registry's records could not be read, the first is %s", poller->unreadable,
                  poller->unreadable_why.text);
        copy_clean(trouble, sizeof(trouble), e.text);
        log_write(strcmp(trouble, poller->trouble) == 0 ? LOG_DEBUG : LOG_WARNING, NULL, "%s", trouble);
    }
    memcpy(poller->trouble, trouble, sizeof(poller->trouble));
}

static void end_well(struct poller *poller)
{
    poller_look_drop(poller);
    poller->last_good_usec = poller->poll.finished_usec;
    tell_well(poller);
    set_trouble(poller);
    poller_schedule(poller, poller->look_began_usec + poller->settings->every_usec);
    tell_finished(poller);
}

void poller_end_unchanged(struct poller *poller)
{
    struct error e;

    end_row(poller, POLL_UNCHANGED, "");
    int r = write_finish(poller, NULL, 0, &e);
    if (r < 0)
        poller_end_failed(poller, r, -1, &e);
    else
        end_well(poller);
}

/* A listing that went on after an interruption does not know who had been answered before; the history does. */
static int find_absent(struct poller *poller, struct error *e)
{
    _cleanup_free_ const char **found = NULL;
    size_t count;
    int r = listing_missing(poller->listing, &found, &count);

    if (r == 0 && poller_whole_is_wanted(poller))
        r = poller_whole_drop_seen(poller, found, &count, e);
    if (r == 0 && (poller->absent = copy_ids(found, count))) {
        poller->absent_count = count;
        return 0;
    }
    return r < 0 && r != -ENOMEM ? r : error_set(e, -ENOMEM, "there is no memory to end a look");
}

/* The row is the last thing that may fail: what the poller believes changes only after it. */
static int write_complete(struct poller *poller, struct error *e)
{
    poller->poll.missing = (long)poller->absent_count;
    end_row(poller, POLL_COMPLETE, "");
    int r = write_finish(poller, poller->absent, poller->absent_count, e);
    if (r < 0)
        return r;
    warn_of_missing(poller, poller->absent, poller->absent_count);
    free(poller->missing);
    poller->missing = TAKE_PTR(poller->absent);
    poller->missing_count = poller->absent_count;
    return 0;
}

void poller_end_cancel(struct poller *poller)
{
    timer_disarm(poller->end_timer);
    free(TAKE_PTR(poller->absent));
    poller->absent_count = poller->absent_at = 0;
}

void poller_end_more(void *userdata)
{
    struct poller *poller = userdata;
    struct error e;

    int r = poller_query_lose(poller, &e);
    if (r > 0) {
        timer_arm_in(poller->end_timer, 0);
        return;
    }
    if (r == 0)
        r = write_complete(poller, &e);
    if (r < 0) {
        poller_end_failed(poller, r, -1, &e);
        return;
    }
    poller->fetch_wanted = false;
    memcpy(poller->taken_refresh, poller->version.refresh, sizeof(poller->taken_refresh));
    end_well(poller);
}

void poller_end_complete(struct poller *poller)
{
    struct error e;

    poller->state = POLLER_TAKING_IN;
    int r = find_absent(poller, &e);
    if (r < 0)
        poller_end_failed(poller, r, -1, &e);
    else
        poller_end_more(poller);
}
