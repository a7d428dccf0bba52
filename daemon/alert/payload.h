/* A channel's own body: a jq program that turns the alert's document into what to send.
 *
 * Without libjq (configure --without-jq) both answer -EOPNOTSUPP. The program is the operator's own and is not limited
 * in time. */
#pragma once

#include "base/buf.h"
#include "base/err.h"

#include <jansson.h>

/* Whether the program can be compiled; -EINVAL with jq's own words. For the check of the settings. */
int payload_check(const char *program, struct error *e);

/* Appends the program's first result: a string as it is, anything else as JSON. -EBADMSG when it fails or has none. */
int payload_make(const char *program, const json_t *message, struct buf *out, struct error *e);
