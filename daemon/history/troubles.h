/* What is wrong for a while and whether people were told, so that a restart neither forgets nor repeats it. */
#pragma once

#include "history/store.h"

#include <stdbool.h>

#define TROUBLE_NAME_BYTES 160

struct trouble_row {
    int64_t since_usec;
    int64_t told_usec; /* 0: not yet */
    bool needs_person; /* time alone will not mend it */
    char words[256];   /* what was seen or answered when this was written */
};

/* name is the writer's: "registry", "channel cardiology". -ENOENT, without a sentence, when all is well. */
int troubles_get(struct store *store, const char *name, struct trouble_row *ret, struct error *e);
int troubles_set(struct store *store, const char *name, const struct trouble_row *row, struct error *e);

/* All is well again; nothing happens when it was. */
int troubles_clear(struct store *store, const char *name, struct error *e);
