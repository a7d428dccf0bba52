/* Reading a record of the registry, and choosing which version of it. */
#pragma once

#include "base/buf.h"
#include "client/client.h"
#include "trial/study.h"

/* The value at a dotted path of objects, NULL when it is not there. Borrowed. */
const json_t *record_at(const json_t *record, const char *path);

/* The version that --version or --at asks for, else the newest. -ENOENT with a sentence. */
int record_choose_version(struct client *client, const char *nct_id, struct version *ret, struct error *e);

/* The version that was valid at the end of a day, or at a time. -ENOENT with a sentence. */
int record_version_at(struct client *client, const char *nct_id, const char *when, struct version *ret,
                      struct error *e);

/* "version 3, seen 2026-02-11 10:00 CET, as of the registry's refresh 2026-02-11T09:00:05". Appends. */
void record_append_provenance(struct buf *out, const struct client *client, const struct version *version);
