/* An alert and every attempt to tell it, as JSON. */
#pragma once

#include "history/outbox.h"

#include <jansson.h>

/* {"id","channel","nct_id","title","refresh","version","weight","state","created","due","finished","message","watches",
 * "changes","attempt_count","last_answer","attempts":[{"started","outcome","code","answer","latency_ms","retry_at"}],
 * "recipients":[{"address","outcome","code","answer","asked"}]}: a new reference, NULL without memory. */
json_t *alertrow_to_json(struct store *store, const struct alert_row *row);
