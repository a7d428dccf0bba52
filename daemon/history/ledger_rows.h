/* The texts of ledger entries that are made from whole rows, as trialwatch-history(5) defines them. For this room only.
 */
#pragma once

#include "base/buf.h"
#include "history/store.h"

#include <stdint.h>

/* The changes from that id to that, both counted: their number and the SHA-256 of their texts. */
int ledger_rows_changes(struct store *store, int64_t first, int64_t last, struct buf *out, struct error *e);

/* An attempt without what was in its message. -ENOENT, without a sentence. */
int ledger_rows_attempt(struct store *store, int64_t id, struct buf *out, struct error *e);

/* The JSON object of the alerts that are in the message of an attempt now; none when it is to be tried again. */
int ledger_rows_alerts(struct store *store, int64_t attempt, struct buf *out, struct error *e);

/* Append the entries of rows that were just written in the same transaction. */
int ledger_rows_append_changes(struct store *store, int64_t first, int64_t last, struct error *e);
int ledger_rows_append_attempt(struct store *store, int64_t id, struct error *e);
