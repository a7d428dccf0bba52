/* A watch as JSON, in the words of trialwatch.yaml(5), whose YAML it is too. */
#pragma once

#include "base/err.h"
#include "trial/watch.h"

#include <jansson.h>

/* {"name", "studies"?, "query"?, "changes"?, …}: what is as by default is left out. A new reference, NULL without
 * memory. */
json_t *watch_to_json(const struct watch *watch);

/* The watch that watch_to_json() wrote, or that was put together from such words. What has another form is refused with
 * -EINVAL and a sentence; whether it makes sense as a whole is for the settings to say. The caller clears ret. */
int watch_from_json(const json_t *settings, struct watch *ret, struct error *e);
