/* What a message says, before any channel gives it a form: one JSON document, described by config/alert.schema.json.
 *
 * {
 *   "schema": "trialwatch.alert/1", "id": "msg_…", "channel": "cardiology", "created": "…Z", "test": false,
 *   "headline": "Now recruiting: Memorial Regional Hospital, Hollywood, Florida — 12 km away",
 *   "weight": "urgent", "ledger_head"?: "1234:8f3a…",
 *   "studies": [ {
 *     "nct_id", "url", "title", "status"?, "sponsor"?, "alerts": ["al_…"], "watches": ["freedom"],
 *     "refresh", "version", "seen": "…Z", "headline", "why_stopped"?,
 *     "changes_omitted"?,                      how many message_shorten() left out
 *     "changes": [ {
 *       "id"?, "kind", "label", "weight", "path", "before"?, "after"?, "note"?, "with_study"?,
 *       "values_omitted"?,                     true: before and after are too long to send; the history has them
 *       "text": one line for people,
 *       "difference": [["same"|"struck"|"added", text], …]?       of long texts
 *       "site": {"number","facility","city","state","zip","country","status","since"?,"distance_km"?,"contacts"?}?
 *     } ],                                     ordered by weight, then as in the record; sites that went with_study are
 *                                              one entry with "count" and the nearest "site"
 *     "highlights": [{"word","line"}] }, … ],
 *   "studies_omitted"?, "text"?,               the latter of tests, of messages of the daemon about itself, of surges
 *   "surge"?: {"refresh","studies","alerts","watches","kinds":[{"kind","label","studies"}]},
 *                                              one message for very many studies that changed alike
 *   "history_command"?: "trialwatch history NCT…"
 * }
 * Channels read this document and nothing else. Absent: no value. All texts are strangers' and unescaped. */
#pragma once

#include "base/err.h"
#include "history/outbox.h"
#include "trial/watch.h"

#include <jansson.h>

/* How the document is written where it leaves the program: real numbers in as many digits as every double keeps. */
#define MESSAGE_DUMP_FLAGS (JSON_COMPACT | JSON_REAL_PRECISION(15))

/* Whether an array of names, such as the watches of an alert, has this one. */
bool message_has_name(const json_t *names, const char *name);

/* The document of a message that outbox_compose() or outbox_add_bulletin() made. watches may lack one that an alert
 * names. The caller owns *ret. */
int message_build(struct store *store, const struct watch_set *watches, const char *message_id, json_t **ret,
                  struct error *e);

/* The same without the watches that declined: {"NCT…": ["watch", …]}, and without the changes that only those want.
 * -ENOENT when nothing is left. */
int message_build_without(struct store *store, const struct watch_set *watches, const char *message_id,
                          const json_t *declined, json_t **ret, struct error *e);

/* What a channel would be told of a study's version (0: the newest) if all watches that lead to it asked for all kinds;
 * for `trialwatch preview`. */
int message_preview(struct store *store, const struct watch_set *watches, const char *channel, const char *nct_id,
                    long version, json_t **ret, struct error *e);

/* A marked test message that no study stands behind. NULL without memory. */
json_t *message_test(const char *channel);

/* "registry unread for a day", "channel X is ill", "well again": a message of the daemon about itself. */
json_t *message_health(const char *channel, const char *id, const char *headline, const char *text);

/* A copy that has at most so many studies and changes of each, no values and no differences, and says how many it left
 * out; the caller owns it. NULL without memory. */
json_t *message_shorten(const json_t *message, size_t max_studies, size_t max_changes);

/* The same for a receiver that found the message too large so many times: half as much each time. */
json_t *message_shorter(const json_t *message, unsigned times);
