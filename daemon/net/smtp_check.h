/* Whether a mail can be sent at all: what a server would stumble over, or be led astray by, is refused before. */
#pragma once

#include "net/smtp.h"

/* 0, or -EINVAL with what is wrong. */
int smtp_check(const struct smtp_server *server, const struct smtp_mail *mail, struct error *e);
