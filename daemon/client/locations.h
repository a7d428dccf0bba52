/* Where the history file and the daemon's control socket are: an option, else the environment, else where the daemon
 * keeps them when its settings say nothing. */
#pragma once

#include "client/options.h"

/* --history, TRIALWATCH_HISTORY. */
const char *locations_history(const struct options *options);

/* --socket, TRIALWATCH_SOCKET. */
const char *locations_socket(const struct options *options);
