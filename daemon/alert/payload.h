/* A channel's own body: a jq program that turns the alert's document into what to send. */
#pragma once

#include "alert/filter.h"
#include "base/buf.h"

/* Appends what the program made of the one document. -EBADMSG when it failed or made nothing, and the errors of a
 * result. */
int payload_take(const struct filter_result *result, struct buf *out, struct error *e);

/* The same for whoever may wait, no longer than a filter's limits. */
int payload_make(const char *program, const json_t *message, struct buf *out, struct error *e);
