#include "alert/breaker.h"

#include "alert/pace.h"
#include "base/events.h"
#include "base/log.h"

#include <errno.h>
#include <stdlib.h>

/* After a failure of the history. */
#define HISTORY_RETRY_USEC (10 * USEC_PER_SEC)

struct breaker {
    const struct queue_surroundings *around;
    breaker_find_queue *find_queue;
    breaker_done *done;
    void *userdata;
    struct timer *timer; /* owned; the next slice */
    long studies;
    struct surge_limits limits;
};

/* When the channel may be told: as of any other message, by its digest, quiet hours and rate. */
static int64_t first_attempt(const struct queue *queue, enum weight weight, int64_t now_usec)
{
    if (!queue || !queue->channel)
        return now_usec;
    int64_t free_usec = queue_rate_free_usec(queue, now_usec);
    int64_t due_usec = pace_due_usec(&queue->channel->pace, queue->zone, weight, false, now_usec);
    return due_usec > free_usec ? due_usec : free_usec;
}

static void say(const struct surge_due *due)
{
    const struct log_event event = {.message_id = EVENT_SURGE, .fields = {{"TRIALWATCH_CHANNEL", due->channel}}};

    log_write(LOG_NOTICE, &event, "Channel %s is told of %ld alerts at once: %s", due->channel, due->alerts,
              due->sentence);
}

/* 1: there is more. 0: all is judged and composed. */
static int work(struct breaker *breaker, struct error *e)
{
    struct store *store = breaker->around->store;
    int64_t now_usec = clock_wall_usec();
    struct surge_due due;
    int r = surges_judge(store, breaker->studies, &breaker->limits, now_usec, e);

    if (r != 0)
        return r;
    r = surges_next_due(store, &due, e);
    if (r < 0)
        return r == -ENOENT ? 0 : r;
    const struct queue *queue = breaker->find_queue(due.channel, breaker->userdata);
    r = surges_compose(store, &due, now_usec, first_attempt(queue, due.weight, now_usec), e);
    if (r < 0)
        return r;
    say(&due);
    return 1;
}

static int work_in_transaction(struct breaker *breaker, struct error *e)
{
    struct store *store = breaker->around->store;
    int more = store_begin(store, e);

    if (more < 0)
        return more;
    more = work(breaker, e);
    int r = more < 0 ? more : store_commit(store, e);
    if (r < 0)
        store_rollback(store);
    return r < 0 ? r : more;
}

static void step(void *userdata)
{
    struct breaker *breaker = userdata;
    struct error error = {0};
    int r = work_in_transaction(breaker, &error);

    if (r < 0) {
        log_error("Routine alerts wait, since the history failed: %s", error.text);
        timer_arm_in(breaker->timer, HISTORY_RETRY_USEC);
    } else if (r > 0) {
        timer_arm_in(breaker->timer, 0);
    } else {
        breaker->done(breaker->userdata);
    }
}

int breaker_new(const struct queue_surroundings *around, breaker_find_queue *find_queue, breaker_done *done,
                void *userdata, struct breaker **ret)
{
    struct breaker *breaker = calloc(1, sizeof(*breaker));

    if (!breaker)
        return -ENOMEM;
    *breaker = (struct breaker){.around = around, .find_queue = find_queue, .done = done, .userdata = userdata};
    if (timer_new(around->means.base, step, breaker, &breaker->timer) < 0) {
        free(breaker);
        return -ENOMEM;
    }
    *ret = breaker;
    return 0;
}

void breaker_free(struct breaker *breaker)
{
    if (!breaker)
        return;
    timer_free(breaker->timer);
    free(breaker);
}

void breaker_judge(struct breaker *breaker, long studies, const struct surge_limits *limits)
{
    breaker->studies = studies;
    breaker->limits = *limits;
    /* The first slice, which is most often the only one, at once: what it releases is due before the look has ended. */
    step(breaker);
}

bool breaker_is_busy(const struct breaker *breaker)
{
    return timer_is_armed(breaker->timer);
}
