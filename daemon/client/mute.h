/* What mute, unmute and ack ask of the daemon. */
#pragma once

#include "client/client.h"

#include <jansson.h>

/* {"name", "for"?, "note"?, "user"?} of the options, and of who stands behind sudo. A new reference; NULL when it is no
 * UTF-8. */
json_t *mute_wish(const struct client *client, const char *name);
