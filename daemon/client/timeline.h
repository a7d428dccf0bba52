/* What became of each site of a study: listed, opened, renamed, closed, no longer listed, each with its date. */
#pragma once

#include "client/client.h"

int timeline_print(struct client *client, const char *nct_id, struct error *e);
