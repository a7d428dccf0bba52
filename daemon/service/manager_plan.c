#include "service/manager_internal.h"

#include "base/clock.h"
#include "registry/forecast.h"

#include <errno.h>
#include <string.h>

/* People see so many names of the watches that ask the same. */
#define NAMED_WATCHES ((size_t)3)

struct planning {
    json_t *requests;
    long count, records;
    bool all_known; /* no query that was never asked */
};

/* "cd34, near, other and 2 more" */
static void name_watches(const struct forecast_request *request, struct buf *out)
{
    for (size_t i = 0; i < request->watch_count && i < NAMED_WATCHES; i++)
        buf_printf(out, "%s%s", i > 0 ? ", " : "", request->watches[i]);
    if (request->watch_count > NAMED_WATCHES)
        buf_printf(out, " and %zu more", request->watch_count - NAMED_WATCHES);
}

static json_t *list_watches(const struct forecast_request *request)
{
    json_t *watches = json_array();

    for (size_t i = 0; i < request->watch_count; i++)
        json_array_append_new(watches, json_string(request->watches[i]));
    return watches;
}

static void append_request(const struct forecast_request *request, void *userdata)
{
    struct planning *planning = userdata;
    bool known = request->records >= 0;
    _cleanup_buf_ struct buf names = {0};

    name_watches(request, &names);
    planning->count += request->pages;
    planning->all_known = planning->all_known && known;
    if (request->subject == FORECAST_STUDIES && known)
        planning->records += request->records;
    json_array_append_new(planning->requests,
                          json_pack("{s:s, s:s, s:o, s:s, s:I, s:I, s:o}", "subject",
                                    forecast_subject_name(request->subject), "watch", buf_string(&names), "watches",
                                    list_watches(request), "url", request->url, "url_bytes",
                                    (json_int_t)strlen(request->url), "pages", (json_int_t)request->pages, "records",
                                    known ? json_integer(request->records) : json_null()));
}

static double seconds(int64_t usec)
{
    return (double)usec / (double)USEC_PER_SEC;
}

/* The last look that fetched everything, null before the first. */
static json_t *last_look(struct manager *manager)
{
    struct poll poll;

    if (polls_newest(manager->store, POLL_COMPLETE, &poll, NULL) < 0)
        return json_null();
    return json_pack("{s:s, s:I, s:I, s:I, s:f}", "refresh", poll.refresh, "requests", (json_int_t)poll.requests,
                     "records", (json_int_t)poll.records, "bytes", (json_int_t)poll.bytes, "seconds",
                     seconds(poll.finished_usec - poll.started_usec));
}

int manager_plan(struct manager *manager, json_t **ret, struct error *e)
{
    const struct poller_settings *registry = &manager->settings.config->registry;
    struct planning planning = {.requests = json_array(), .all_known = true};
    int r = forecast_each(manager->store, registry->base_url, manager->settings.watches, append_request, &planning, e);

    if (r < 0) {
        json_decref(planning.requests);
        return r;
    }
    *ret = json_pack("{s:o, s:I, s:I, s:b, s:f, s:f, s:f, s:o}", "requests", planning.requests, "request_count",
                     (json_int_t)planning.count, "records", (json_int_t)planning.records, "all_known",
                     planning.all_known, "spacing_sec", seconds(registry->spacing_usec), "at_least_sec",
                     seconds((planning.count - 1) * registry->spacing_usec), "every_sec", seconds(registry->every_usec),
                     "last_look", last_look(manager));
    return *ret ? 0 : error_set(e, -ENOMEM, "out of memory");
}
