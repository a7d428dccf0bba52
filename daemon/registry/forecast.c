#include "registry/forecast.h"

#include "history/versions.h"
#include "registry/finding.h"
#include "registry/listing.h"
#include "registry/plan.h"
#include "registry/plan_recall.h"

#include <errno.h>
#include <stdlib.h>

struct forecast {
    struct store *store;
    const char *base_url;
    struct plan *plan;
    struct buf url;
    const char **watches; /* owned; room for the names of all */
    forecast_visitor *visit;
    void *userdata;
};

static void forecast_clear(struct forecast *forecast)
{
    plan_free(forecast->plan);
    buf_free(&forecast->url);
    free(forecast->watches);
}

const char *forecast_subject_name(enum forecast_subject subject)
{
    static const char *const names[] = {
        [FORECAST_VERSION] = "version",
        [FORECAST_QUERY] = "query",
        [FORECAST_STUDIES] = "studies",
    };

    return names[subject];
}

static void tell(struct forecast *forecast, enum forecast_subject subject, size_t watch_count, long records)
{
    long pages = (records + CTGOV_PAGE_SIZE - 1) / CTGOV_PAGE_SIZE;
    const struct forecast_request request = {
        .subject = subject,
        .watches = forecast->watches,
        .watch_count = watch_count,
        .url = buf_string(&forecast->url),
        .pages = pages > 1 ? pages : 1,
        .records = records,
    };

    forecast->visit(&request, forecast->userdata);
}

static int tell_version(struct forecast *forecast, struct error *e)
{
    buf_reset(&forecast->url);
    if (ctgov_append_version_url(&forecast->url, forecast->base_url) < 0)
        return error_set(e, -ENOMEM, "there is no memory to plan a look at the registry");
    tell(forecast, FORECAST_VERSION, 0, 0);
    return 0;
}

static int tell_question(struct forecast *forecast, const struct plan_question *question, struct error *e)
{
    _cleanup_(finding_free_cleanup) struct finding *finding = NULL;
    long records = -1;

    for (size_t i = 0; i < question->query_count; i++) {
        const struct plan_query *query = question->queries[i];
        forecast->watches[i] = query->watch->name;
        if (query->is_running && (long)query->before_count > records)
            records = (long)query->before_count;
    }
    if (finding_new(forecast->base_url, question->text, &finding) < 0)
        return error_set(e, -ENOMEM, "there is no memory to plan a look at the registry");
    int r = finding_next(finding, &forecast->url, e);
    if (r < 0)
        return r;
    tell(forecast, FORECAST_QUERY, question->query_count, records);
    return 0;
}

/* As many as are known; more is told by the registry's first page. */
static int tell_whole(struct forecast *forecast, struct error *e)
{
    _cleanup_(listing_free_cleanup) struct listing *listing = NULL;
    size_t count;
    const struct plan_whole *wholes = plan_wholes(forecast->plan, &count);
    bool is_running = false;

    for (size_t i = 0; i < count; i++) {
        forecast->watches[i] = wholes[i].watch->name;
        is_running = is_running || wholes[i].is_running;
    }
    if (listing_new_whole(forecast->base_url, NULL, 0, NULL, &listing) < 0)
        return error_set(e, -ENOMEM, "there is no memory to plan a look at the registry");
    int r = listing_next(listing, &forecast->url, e);
    if (r < 0)
        return r;
    tell(forecast, FORECAST_STUDIES, count, is_running ? versions_count_studies(forecast->store) : -1);
    return 0;
}

/* As if the registry gave every record of a request on one page. */
static int tell_named(struct forecast *forecast, struct error *e)
{
    _cleanup_(listing_free_cleanup) struct listing *listing = NULL;
    size_t count;
    const char *const *ids = plan_studies(forecast->plan, &count);
    int r = listing_new(forecast->base_url, ids, count, &listing);

    if (r < 0)
        return error_set(e, r, "there is no memory to plan a look at the registry");
    while ((r = listing_next(listing, &forecast->url, e)) > 0) {
        const struct page page = {.records = listing_request_size(listing), .total = -1};
        tell(forecast, FORECAST_STUDIES, 0, (long)page.records);
        r = listing_take_page(listing, &page, e);
        if (r < 0)
            return r;
    }
    return r;
}

/* What is asked for all queries; plan_finish() forgets what they found before. */
static int tell_questions(struct forecast *forecast, size_t *ret_count, struct error *e)
{
    const struct plan_question *questions = plan_questions(forecast->plan, ret_count);
    int r = tell_version(forecast, e);

    for (size_t i = 0; r == 0 && i < *ret_count; i++)
        r = tell_question(forecast, &questions[i], e);
    return r == 0 && *ret_count > 0 ? tell_version(forecast, e) : r;
}

static int tell_all(struct forecast *forecast, struct error *e)
{
    size_t question_count, study_count, whole_count;
    int r = tell_questions(forecast, &question_count, e);

    if (r < 0)
        return r;
    if (plan_finish(forecast->plan) < 0)
        return error_set(e, -ENOMEM, "there is no memory to plan a look at the registry");
    plan_studies(forecast->plan, &study_count);
    plan_wholes(forecast->plan, &whole_count);
    r = whole_count > 0 ? tell_whole(forecast, e) : tell_named(forecast, e);
    return r == 0 && question_count + study_count + whole_count > 0 ? tell_version(forecast, e) : r;
}

static int make_room(struct forecast *forecast)
{
    size_t query_count, whole_count;

    plan_queries(forecast->plan, &query_count);
    plan_wholes(forecast->plan, &whole_count);
    forecast->watches = calloc(size_max(query_count, whole_count) + 1, sizeof(*forecast->watches));
    return forecast->watches ? 0 : -ENOMEM;
}

int forecast_each(struct store *store, const char *base_url, const struct watch_set *watches, forecast_visitor *visit,
                  void *userdata, struct error *e)
{
    _cleanup_(forecast_clear) struct forecast forecast = {
        .store = store, .base_url = base_url, .visit = visit, .userdata = userdata};
    int r = ctgov_check_base_url(base_url, e);

    if (r < 0)
        return r;
    if (plan_new(watches, &forecast.plan) < 0 || make_room(&forecast) < 0)
        return error_set(e, -ENOMEM, "there is no memory to plan a look at the registry");
    r = plan_recall(forecast.plan, store, e);
    return r < 0 ? r : tell_all(&forecast, e);
}
