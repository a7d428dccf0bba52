/* Every watch there is: those of the settings, as they were last taken in, and those that were added at run time, which
 * stand nowhere else. */
#pragma once

#include "history/store.h"

#include <jansson.h>

enum watch_origin { WATCH_OF_SETTINGS, WATCH_ADDED };

struct watch_row {
    const char *name;
    const char *settings; /* a JSON object, in the words of trialwatch.yaml(5) */
    enum watch_origin origin;
    const char *place;   /* FILE:LINE of one of the settings; who added the other */
    int64_t since_usec;  /* when it was added, or first seen in the settings */
    int64_t paused_usec; /* 0: it is not */
    const char *paused_by;
    const char *trouble; /* why it is not in force, "" when it is */
};

/* Writes all but the pause, which a watch that was there keeps, with its since when the origin is the same. */
int watches_put(struct store *store, const struct watch_row *row, struct error *e);

/* -ENOENT for an unknown name, here and below. */
int watches_remove(struct store *store, const char *name, struct error *e);

/* paused_usec 0: no longer. */
int watches_pause(struct store *store, const char *name, int64_t paused_usec, const char *by, struct error *e);

/* By name; the row is valid during the visit. 0, or what visit returned when not 0. */
typedef int watch_row_visitor(const struct watch_row *row, void *userdata);
int watches_each(struct store *store, watch_row_visitor *visit, void *userdata, struct error *e);

/* Visits the one of this name. */
int watches_get(struct store *store, const char *name, watch_row_visitor *visit, void *userdata, struct error *e);

/* {"name","origin","place","since","paused","paused_by","trouble","settings"}: a new reference, NULL without memory. */
json_t *watches_row_to_json(const struct watch_row *row);
