/* One mail by libcurl's SMTP, blocking: for the threads of net/smtp. Thread-safe. */
#pragma once

#include "net/smtp.h"

#include <stdatomic.h>

/* Fills ret. Ends within about a second after *abandoned became true. */
void smtp_send(const struct smtp_server *server, const struct smtp_mail *mail, const atomic_bool *abandoned,
               struct smtp_result *ret);
