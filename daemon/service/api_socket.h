/* The listening socket of the control API. */
#pragma once

#include "base/err.h"

#include <stdbool.h>

/* The one that systemd passed, or a new one at path with mode 0660; *ret_own says whether it is to be unlinked. What an
 * ended daemon left there is removed; -EADDRINUSE when somebody listens, -ENOTSOCK when it is something else. Returns
 * the descriptor, non-blocking. */
int api_socket_open(const char *path, bool *ret_own, struct error *e);
