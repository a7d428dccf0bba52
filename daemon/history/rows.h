/* Rows of versions and polls as the other files of this room need them. */
#pragma once

#include "base/buf.h"
#include "history/polls.h"
#include "history/sql.h"
#include "history/versions.h"

/* From a query with the columns of statements.c. */
struct version_row {
    int64_t id;
    struct version version;
};
int version_from_query(const struct query *query, struct version_row *ret);

/* -ENOENT, without a sentence. */
int version_load(struct store *store, int64_t id, struct version_row *ret, struct error *e);

/* The row of a version that the caller names by study, origin and number. -ENOENT with a sentence. */
int version_find(struct store *store, const struct version *version, struct version_row *ret, struct error *e);

/* missing_ids gets the JSON array of the ids that the registry did not give. -ENOENT, without a sentence. */
int poll_load(struct store *store, int64_t id, struct poll *ret, struct buf *missing_ids, struct error *e);

/* The id of a study's row; -ENOENT without a sentence. */
int study_row_id(struct store *store, const char *nct_id, int64_t *ret, struct error *e);
