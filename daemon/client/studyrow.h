/* What is known of every study, as JSON. */
#pragma once

#include "base/err.h"
#include "history/store.h"

#include <jansson.h>

/* An array of {"nct_id","title","status","versions","sites","recruiting_sites","first_seen","last_seen","last_changed",
 * "refresh"}, by id: a new reference in *ret. */
int studyrow_list(struct store *store, json_t **ret, struct error *e);
