/* A look at the registry, as JSON. */
#pragma once

#include "history/polls.h"

#include <jansson.h>

/* {"id","started","finished","outcome","refresh","api_version","requests","records","changed","missing","bytes",
 * "reason"}: a new reference, NULL without memory. */
json_t *pollrow_to_json(const struct poll *poll);
