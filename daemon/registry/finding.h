/* The asking of one query, page by page, for the ids alone.
 *
 * It is complete only when the last page came and as many studies were told as the registry had promised. Pure: the
 * poller does the requests. */
#pragma once

#include "base/buf.h"
#include "base/err.h"
#include "base/macro.h"
#include "registry/page.h"
#include "trial/study.h"

#include <stdbool.h>
#include <stddef.h>

/* The whole registry has some 600. */
#define FINDING_MAX_PAGES ((size_t)2000)

struct finding;

/* base_url is borrowed; question is that of question_append(). 0 or -ENOMEM. */
int finding_new(const char *base_url, const char *question, struct finding **ret);
void finding_free(struct finding *finding);
DEFINE_CLEANUP(struct finding *, finding_free)

/* 1: the URL of the next page is in ret (replaced). 0: it is complete. Negative: it cannot be asked. */
int finding_next(const struct finding *finding, struct buf *ret, struct error *e);

/* Reads a page to its end. -EBADMSG: it is no such page, it names a study without an id, gives a token for the second
 * time, has no end, or the listing has fewer studies in all than were promised. */
int finding_take_page(struct finding *finding, const char *text, size_t len, struct error *e);

/* The registry answered 400, with why as a sentence. -EINVAL: it does not take the question. -ESTALE: it was a later
 * page, whose token does not outlive a refresh. */
int finding_take_refusal(const struct finding *finding, const struct error *why, struct error *e);

/* What was found, sorted, each once; the caller frees it and the finding forgets it. Once it is complete. */
char (*finding_take_ids(struct finding *finding, size_t *ret_count))[STUDY_NCT_ID_BYTES];
