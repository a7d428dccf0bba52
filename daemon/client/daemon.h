/* Asks the running daemon to act, over HTTP on its control socket. */
#pragma once

#include "client/client.h"

#include <jansson.h>

/* Waits for the answer. body NULL: none. The caller owns *ret, the answer's document, also when the daemon refused
 * (it may say more than the sentence); NULL when there was none. -EHOSTDOWN: the daemon cannot be reached (the sentence
 * says what was tried); -EREMOTEIO: it refused, with its own sentence; -ENOENT: it does not know what was asked for. */
int daemon_ask(const struct client *client, const char *method, const char *path, const json_t *body, json_t **ret,
               struct error *e);

/* The same with path = before ‖ name ‖ after, the name percent-encoded. */
int daemon_ask_about(const struct client *client, const char *method, const char *before, const char *name,
                     const char *after, json_t **ret, struct error *e);

/* Prints the mistakes that a refusal lists, a line each. Returns whether there are any. */
bool daemon_print_mistakes(const json_t *answer);
