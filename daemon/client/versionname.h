/* How people name a version: "3" one that the daemon saw, "a3" number 3 of the registry's own archive. */
#pragma once

#include "client/client.h"
#include "history/versions.h"

#define VERSIONNAME_BYTES 24

/* Returns text. */
const char *versionname_format(const struct version *version, char text[static VERSIONNAME_BYTES]);

/* The version of a study that the name says; what calls it in a sentence ("--version"). -EINVAL for no name, -ENOENT.
 */
int versionname_find(struct client *client, const char *nct_id, const char *name, const char *what, struct version *ret,
                     struct error *e);

/* The version that stands before it in the history; that of the first one seen is the newest of the archive. -ENOENT.
 */
int versionname_before(struct client *client, const struct version *version, struct version *ret, struct error *e);
