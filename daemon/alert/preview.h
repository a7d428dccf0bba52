/* What a channel would be sent of a version of a study, in its exact form, but for its secrets. */
#pragma once

#include "alert/channel.h"
#include "base/err.h"
#include "history/store.h"
#include "trial/watch.h"

#include <jansson.h>

/* {"channel", "type", "headers": [{"name", "value"}], "body"}: of mail the body is the whole mail. version 0: the
 * newest. Where a secret of the channel would stand there is ***; the URL is left out. -ENOENT for an unknown study or
 * version. The caller owns *ret. */
int preview_make(struct store *store, const struct watch_set *watches, const struct channel *channel,
                 const char *nct_id, long version, json_t **ret, struct error *e);
