#include "alert/dispatch.h"

#include "alert/breaker.h"
#include "alert/direct.h"
#include "alert/message.h"
#include "alert/preview.h"
#include "alert/queue.h"
#include "base/text.h"

#include <errno.h>
#include <string.h>

#define DEFAULT_HEALTH_AFTER_USEC USEC_PER_DAY

struct dispatch {
    struct queue_surroundings around;
    struct queue **queues; /* owned */
    size_t queue_count;
    struct direct_list directs;
    struct breaker *breaker; /* owned */
    struct surge_limits surges;
};

static struct queue *find_queue(const struct dispatch *dispatch, const char *name)
{
    for (size_t i = 0; i < dispatch->queue_count; i++)
        if (strcmp(dispatch->queues[i]->name, name) == 0)
            return dispatch->queues[i];
    return NULL;
}

/* The queue of that name, made if there is none yet. NULL without memory. */
static struct queue *have_queue(struct dispatch *dispatch, const char *name)
{
    struct queue *queue = find_queue(dispatch, name);

    if (queue)
        return queue;
    struct queue **queues = reallocarray(dispatch->queues, dispatch->queue_count + 1, sizeof(*queues));
    if (!queues)
        return NULL;
    dispatch->queues = queues;
    if (queue_new(&dispatch->around, name, &queue) < 0)
        return NULL;
    return queues[dispatch->queue_count++] = queue;
}

static const struct channel *find_channel(const struct dispatch_settings *settings, const char *name)
{
    for (size_t i = 0; i < settings->channel_count; i++)
        if (strcmp(settings->channels[i].name, name) == 0)
            return &settings->channels[i];
    return NULL;
}

static int on_open_alert(const struct alert_row *row, void *userdata)
{
    return have_queue(userdata, row->channel) ? 0 : -ENOMEM;
}

/* Alerts may be open for a channel that the settings no longer have: it gets a queue that stands still and shows. */
static int adopt_orphans(struct dispatch *dispatch, struct error *e)
{
    struct alert_filter filter = {.states = 1u << ALERT_DUE | 1u << ALERT_HELD | 1u << ALERT_SENDING};

    return outbox_each(dispatch->around.store, &filter, on_open_alert, dispatch, e);
}

static void warn_of_orphan(const struct dispatch *dispatch, const struct queue *queue)
{
    struct outbox_counts counts;
    char alerts[TEXT_COUNT_BYTES];

    if (outbox_count(dispatch->around.store, queue->name, &counts, NULL) < 0)
        return;
    long open = counts.due + counts.held + counts.sending;
    if (open > 0)
        queue_log(queue, LOG_WARNING, NULL, "The settings do not have the channel %s, for which there is %s",
                  queue->name, text_format_count((size_t)open, "open alert", alerts));
}

static int configure(struct dispatch *dispatch, const struct dispatch_settings *settings, struct error *e)
{
    dispatch->around.watches = settings->watches;
    dispatch->surges = settings->surges;
    dispatch->around.means.ca_file = settings->ca_file;
    dispatch->around.means.terminal = settings->terminal;
    dispatch->around.health_after_usec =
        settings->health_after_usec > 0 ? settings->health_after_usec : DEFAULT_HEALTH_AFTER_USEC;

    int r = adopt_orphans(dispatch, e);
    for (size_t i = 0; i < settings->channel_count; i++)
        if (!have_queue(dispatch, settings->channels[i].name))
            r = error_set(e, -ENOMEM, "Out of memory");
    for (size_t i = 0; i < dispatch->queue_count; i++) {
        struct queue *queue = dispatch->queues[i];
        queue_set_channel(queue, find_channel(settings, queue->name));
        if (!queue->channel)
            warn_of_orphan(dispatch, queue);
    }
    direct_restart(&dispatch->directs);
    return r;
}

static const struct queue *queue_of_channel(const char *channel, void *userdata)
{
    return find_queue(userdata, channel);
}

static void on_judged(void *userdata)
{
    dispatch_wake(userdata);
}

int dispatch_new(struct event_base *base, struct http *http, struct smtp *smtp, struct store *store,
                 const struct dispatch_settings *settings, struct dispatch **ret, struct error *e)
{
    struct dispatch *dispatch = calloc(1, sizeof(*dispatch));

    if (!dispatch)
        return error_set(e, -ENOMEM, "Out of memory");
    dispatch->around = (struct queue_surroundings){
        .means = {.base = base, .http = http, .smtp = smtp}, .store = store, .dispatch = dispatch};
    int r = breaker_new(&dispatch->around, queue_of_channel, on_judged, dispatch, &dispatch->breaker);
    r = r < 0 ? error_set(e, r, "Out of memory") : configure(dispatch, settings, e);
    if (r < 0) {
        dispatch_free(dispatch);
        return r;
    }
    *ret = dispatch;
    return 0;
}

void dispatch_free(struct dispatch *dispatch)
{
    if (!dispatch)
        return;
    breaker_free(dispatch->breaker);
    direct_clear(&dispatch->directs);
    for (size_t i = 0; i < dispatch->queue_count; i++)
        queue_free(dispatch->queues[i]);
    free(dispatch->queues);
    free(dispatch);
}

void dispatch_wake(struct dispatch *dispatch)
{
    for (size_t i = 0; i < dispatch->queue_count; i++)
        queue_wake(dispatch->queues[i]);
}

void dispatch_judge(struct dispatch *dispatch, long studies)
{
    breaker_judge(dispatch->breaker, studies, &dispatch->surges);
}

bool dispatch_is_judging(const struct dispatch *dispatch)
{
    return breaker_is_busy(dispatch->breaker);
}

void dispatch_configure(struct dispatch *dispatch, const struct dispatch_settings *settings)
{
    struct error error = {0};

    if (configure(dispatch, settings, &error) < 0)
        log_error("Not every channel took its new settings: %s", error.text);
}

void dispatch_set_watches(struct dispatch *dispatch, const struct watch_set *watches)
{
    dispatch->around.watches = watches;
}

int dispatch_test(struct dispatch *dispatch, const char *channel, dispatch_test_callback *callback, void *userdata,
                  struct error *e)
{
    const struct queue *queue = find_queue(dispatch, channel);

    if (!queue || !queue->channel)
        return error_set(e, -ENOENT, "The settings have no channel %s", channel);
    int r = direct_test(&dispatch->directs, queue, callback, userdata);
    return r < 0 ? error_set(e, r, "Out of memory") : 0;
}

int dispatch_preview(const struct dispatch *dispatch, const char *channel, const char *nct_id, long version,
                     json_t **ret, struct error *e)
{
    const struct queue *queue = find_queue(dispatch, channel);

    if (!queue || !queue->channel)
        return error_set(e, -ENOENT, "The settings have no channel %s", channel);
    return preview_make(dispatch->around.store, dispatch->around.watches, queue->channel, nct_id, version, ret, e);
}

static bool is_told(const struct queue *queue, const char *except_channel)
{
    return queue->channel && !(except_channel && strcmp(queue->name, except_channel) == 0);
}

bool dispatch_has_another(const struct dispatch *dispatch, const char *channel)
{
    for (size_t i = 0; i < dispatch->queue_count; i++)
        if (is_told(dispatch->queues[i], channel))
            return true;
    return false;
}

static int add_bulletins(struct dispatch *dispatch, const char *except_channel, const struct bulletin *bulletin)
{
    struct store *store = dispatch->around.store;
    int64_t now_usec = clock_wall_usec();
    struct store_health health;

    store_health(store, &health);
    if (health.error < 0) /* so small a text may find room where no record does, and would look as if all were well */
        return health.error;
    int r = store_begin(store, NULL);
    for (size_t i = 0; r >= 0 && i < dispatch->queue_count; i++)
        if (is_told(dispatch->queues[i], except_channel))
            r = outbox_add_bulletin(store, dispatch->queues[i]->name, bulletin, now_usec, NULL);
    if (r >= 0)
        r = store_commit(store, NULL);
    if (r < 0)
        store_rollback(store);
    return r;
}

void dispatch_announce(struct dispatch *dispatch, const char *except_channel, const char *id, const char *headline,
                       const char *text)
{
    const struct bulletin bulletin = {.name = id, .headline = headline, .text = text};

    if (add_bulletins(dispatch, except_channel, &bulletin) >= 0) {
        dispatch_wake(dispatch);
        return;
    }
    for (size_t i = 0; i < dispatch->queue_count; i++) {
        const struct queue *queue = dispatch->queues[i];
        if (is_told(queue, except_channel))
            direct_announce(&dispatch->directs, queue, message_health(queue->name, id, headline, text));
    }
}

void dispatch_check_health(struct dispatch *dispatch)
{
    int64_t now_usec = clock_wall_usec();

    for (size_t i = 0; i < dispatch->queue_count; i++)
        queue_check_health(dispatch->queues[i], now_usec);
}

void dispatch_each_status(const struct dispatch *dispatch, channel_status_visitor *visit, void *userdata)
{
    for (size_t i = 0; i < dispatch->queue_count; i++) {
        const struct queue *queue = dispatch->queues[i];
        struct channel_status status = {
            .name = queue->name,
            .type = queue->channel ? queue->channel->type->name : "",
            .ill = queue->trouble.row.needs_person,
            .failures = queue->failures,
            .last_answer = queue->last_answer,
            .refused = queue->recipients.row.words,
            .last_good_usec = queue->last_good_usec,
            .next_attempt_usec = queue->next_attempt_usec,
        };
        if (outbox_count(dispatch->around.store, queue->name, &status.counts, NULL) >= 0)
            visit(&status, userdata);
    }
}
