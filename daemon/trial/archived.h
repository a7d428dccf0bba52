/* A record of the registry's own archive ──► a study that compares with those of its API.
 *
 * Of an archived record only the protocolSection counts. The rest (results, documents, what the registry derives) is
 * missing or has another shape there, so that a comparison of an archived version with any other leaves it out on both
 * sides. Pure. */
#pragma once

#include "base/err.h"
#include "trial/study.h"

#include <jansson.h>

/* The "study" of an archived version, in the API's form: rich text as Markdown, entities decoded, without the
 * reviewers' notes. A text that seen, a version that the API gave (NULL: none), has in other escapes is taken as it
 * stands there: the API's escapes depend on when a text was written, and a difference in them is no change. -EBADMSG as
 * study_from_json(). */
int archived_study(const json_t *archived, const struct study *seen, struct study **ret, struct error *e);

/* A study with nothing but the protocolSection of this one: what of it compares with archived versions. */
int archived_comparable(const struct study *study, struct study **ret, struct error *e);
