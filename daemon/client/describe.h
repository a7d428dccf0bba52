/* A change, a place, a value of the record: in the words that alerts use too. Texts are strangers' and not yet safe for
 * a terminal. All append. */
#pragma once

#include "base/buf.h"
#include "history/store.h"
#include "trial/diff.h"

#include <jansson.h>

/* "Status: Recruiting → Completed", with the place that a site's change is about. */
void describe_change(struct buf *out, struct store *store, const char *nct_id, const struct change *change);

/* The same for a change of a site whose place, a location of the record, and effective status (NULL: none) are known.
 */
void describe_change_at(struct buf *out, const struct change *change, const json_t *location, const char *status);

/* "Memorial Regional Hospital, Hollywood, Florida" of an object with the fields of a location. */
void describe_place(struct buf *out, const json_t *place);

/* "2022-12 (actual)", "Lisata Therapeutics"; the path says what it is a value of. */
void describe_value(struct buf *out, const char *path, const json_t *value);

/* "Now recruiting at 221 sites": all the sites that opened or closed with their study. */
void describe_fold(struct buf *out, enum kind kind, size_t count);
