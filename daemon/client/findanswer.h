/* What `find` answers about one study. */
#pragma once

#include "client/findmatch.h"
#include "history/versions.h"

#include <jansson.h>

/* {"nct_id","title","status","why_stopped","sponsor","version","version_seen","refresh","last_seen","site_count",
 * "mentions","sites"} of the study's newest version, with the centres that fit, nearest first where a place is given: a
 * new reference in *ret, NULL when the study does not fit. known: its row of studyrow_list(). */
int findanswer_build(struct store *store, const struct findmatch *match, const json_t *known, json_t **ret,
                     struct error *e);
