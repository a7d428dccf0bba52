/* A watch's when: a jq condition on the document of an alert that decides whether the watch wants it told.
 *
 * The document is the one that every channel gives its form, of one study. No result, null and false are no. A
 * condition that fails, or that a limit stops (alert/filter.h), counts as yes and is warned of: no alert is lost. */
#pragma once

#include "base/err.h"
#include "trial/watch.h"

#include <event2/event.h>
#include <jansson.h>
#include <stdbool.h>

/* The document of one study of a message (an entry of its "studies"). A new reference; NULL without memory. */
json_t *clause_document(const json_t *message, const json_t *study);

/* For whoever may wait. On failure *ret is true, and the sentence says why. */
int clause_holds(const char *when, const json_t *document, bool *ret, struct error *e);

/* Whether some watch that a message names has a condition. */
bool clauses_concern(const struct watch_set *watches, const json_t *message);

struct clauses;

/* Asks the conditions of all watches that the message names, one after the other. declined is borrowed: an object with
 * an array of names of watches that said no by the ids of studies of which they said it. The callback is called from
 * the loop. watches are borrowed until then. -ENOMEM. */
typedef void clauses_callback(const json_t *declined, void *userdata);
int clauses_start(struct event_base *base, const struct watch_set *watches, const json_t *message,
                  clauses_callback *callback, void *userdata, struct clauses **ret);

/* The callback is not called. Takes NULL. */
void clauses_cancel(struct clauses *clauses);
