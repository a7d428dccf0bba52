/* The rows of `history`, `changes` and `export`: one change each. */
#pragma once

#include "client/report.h"
#include "history/changes.h"

/* The columns that all three share, ended by a row without a key; and those of them that do not name the study. */
extern const struct report_column changerow_columns[];
extern const struct report_column *const changerow_columns_of_study;

/* {"id","nct_id","title","version","seen","refresh","label","text",…change_to_json}: a new reference, NULL without
 * memory. */
json_t *changerow_to_json(struct store *store, const struct change_row *row);

/* The kinds that --kind names, all of a weight or more for the name of a weight; 0 when it was not given. -EINVAL with
 * a sentence. */
int changerow_option_kinds(const struct options *options, uint64_t *ret, struct error *e);
