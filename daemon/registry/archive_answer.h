/* The registry's own archive of versions: what to ask, and what it answers.
 *
 * GET …/api/int/studies/ID/history is {"changes":[{"version":0,"date":"2021-10-05",…},…]}, …/history/N is
 * {"studyVersion":N,"study":{"protocolSection":…}}. Nobody promises these: whatever looks different is refused, with a
 * sentence. Pure. */
#pragma once

#include "base/buf.h"
#include "base/err.h"
#include "trial/study.h"

#include <stddef.h>
#include <stdint.h>

/* The longest real archive of a study has some 1,600 versions. */
#define ARCHIVE_MAX_VERSIONS ((size_t)100000)
#define ARCHIVE_MAX_LISTING_BYTES ((size_t)32 * 1024 * 1024)

/* Asks for the list of versions. */
#define ARCHIVE_LISTING -1L

/* Appends the address of a version or of ARCHIVE_LISTING. -EOPNOTSUPP when base_url, the API's, does not end in
 * /api/v2: then nobody knows where an archive would be. */
int archive_append_url(struct buf *out, const char *base_url, const char *nct_id, long number, struct error *e);

struct archive_entry {
    long number;
    int64_t submitted_usec; /* wall: the day begins */
};

/* The versions that were submitted until then, by number; the caller frees *ret. -EBADMSG. */
int archive_read_listing(const char *text, size_t len, int64_t until_usec, struct archive_entry **ret,
                         size_t *ret_count, struct error *e);

/* Version number of the study that seen is a version of, in the API's form. -EBADMSG also when it is another one. */
int archive_read_version(const char *text, size_t len, long number, const struct study *seen, struct study **ret,
                         struct error *e);
