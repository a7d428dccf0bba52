/* What the files of `trialwatch watch` share. */
#pragma once

#include "base/buf.h"
#include "client/client.h"

#include <jansson.h>

/* Asks the daemon to add a watch; its mistakes are printed. The caller owns *ret, the row that it answers with. */
int watch_add(const struct client *client, const json_t *settings, json_t **ret, struct error *e);

/* "coronary microvascular disease, CD34" or "NCT04614467, NCT03508609": what settings ask for. Appends. */
void watch_describe(struct buf *out, const json_t *settings);

/* The subcommands that have a file of their own. */
int watch_list_run(struct client *client, struct error *e);
int watch_show_run(struct client *client, struct error *e);
int watch_import_run(struct client *client, struct error *e);
int watch_preview_run(struct client *client, struct error *e);
