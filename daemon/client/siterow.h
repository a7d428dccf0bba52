/* The rows of `sites` and `find`: one site each. */
#pragma once

#include "client/report.h"
#include "history/sites.h"
#include "trial/study.h"

/* {"number","index","facility","city","state","zip","country","status","since","listed","unlisted","contacts","lat",
 * "lon"} as the history keeps it now: a new reference, NULL without memory. Missing texts are "", other values
 * null. */
json_t *siterow_to_json(const struct site_row *row);

/* The same of a location of a version, with what the history knows of the site by its number: when it was listed, and,
 * when its status is still the same, since when. */
json_t *siterow_of_version(struct store *store, const struct study *study, const struct version *version, size_t index,
                           long number);
