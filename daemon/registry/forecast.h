/* What the next refresh will be asked: the requests of a look, made by the code that makes them, in their order.
 *
 * What a query finds is taken to be what it found before, so that studies it finds anew come on top. */
#pragma once

#include "base/err.h"
#include "history/store.h"
#include "trial/watch.h"

enum forecast_subject { FORECAST_VERSION, FORECAST_QUERY, FORECAST_STUDIES };
const char *forecast_subject_name(enum forecast_subject subject);

struct forecast_request {
    enum forecast_subject subject;
    const char *const *watches; /* the names of those that ask it: of a query, or of the whole registry */
    size_t watch_count;         /* none for what is asked for all together */
    const char *url;            /* of the first page; the others add the token that the page before gives */
    long pages;
    long records; /* to be expected in all pages; -1: nobody knows, it was never asked */
};

/* Calls visit for every request; its texts are borrowed for the call. Nothing is sent or written. 0, or negative with a
 * sentence. */
typedef void forecast_visitor(const struct forecast_request *request, void *userdata);
int forecast_each(struct store *store, const char *base_url, const struct watch_set *watches, forecast_visitor *visit,
                  void *userdata, struct error *e);
