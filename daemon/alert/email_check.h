/* Whether a mail channel's settings make sense together: the check() of its row. */
#pragma once

#include "alert/channel.h"

int email_check(const struct channel *channel, size_t *ret_option, struct error *e);
