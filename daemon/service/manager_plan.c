#include "service/manager_internal.h"

#include "base/clock.h"
#include "registry/forecast.h"

#include <errno.h>
#include <string.h>

struct planning {
    json_t *requests;
    long count, records;
    bool all_known; /* no query that was never asked */
};

static void append_request(const struct forecast_request *request, void *userdata)
{
    struct planning *planning = userdata;
    bool known = request->records >= 0;

    planning->count += request->pages;
    planning->all_known = planning->all_known && known;
    if (request->subject == FORECAST_STUDIES && known)
        planning->records += request->records;
    json_array_append_new(
        planning->requests,
        json_pack("{s:s, s:s, s:s, s:I, s:I, s:o}", "subject", forecast_subject_name(request->subject), "watch",
                  request->watch, "url", request->url, "url_bytes", (json_int_t)strlen(request->url), "pages",
                  (json_int_t)request->pages, "records", known ? json_integer(request->records) : json_null()));
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
