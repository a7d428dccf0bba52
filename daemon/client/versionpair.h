/* Two versions of a study and what differs between them. */
#pragma once

#include "base/buf.h"
#include "base/macro.h"
#include "history/versions.h"
#include "trial/diff.h"

struct version_side {
    struct version version;
    struct study *study; /* owned */
};

static inline void version_side_clear(struct version_side *side)
{
    study_free(side->study);
}
#define _cleanup_version_side_ _cleanup_(version_side_clear)

/* Sites are told apart by the numbers that the history gave them, where it saw both versions itself; those of the newer
 * version are written into the changes. Otherwise only what archived versions have is compared. 0, -ENOMEM, or what
 * diff_studies() returns. */
int versionpair_compare(struct store *store, const struct version_side *before, const struct version_side *after,
                        struct change_list *ret, struct error *e);

/* A line about a change, with the place of its site from the records themselves: it may have another name by now.
 * Appends. */
void versionpair_describe(struct buf *out, struct store *store, const struct version_side *before,
                          const struct version_side *after, const struct change *change);
