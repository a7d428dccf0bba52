/* ClinicalTrials.gov's API, version 2: what to ask, and what /version answers. registry/page reads the listings.
 *
 * Pure: no I/O, no clock. */
#pragma once

#include "base/buf.h"
#include "base/err.h"
#include "history/polls.h"

#include <stdbool.h>
#include <stddef.h>

/* Servers and proxies commonly take 8 KB of request line: every URL has fewer bytes than this. */
#define CTGOV_URL_BYTES ((size_t)8000)

/* More is taken as 1,000 by the registry (its OpenAPI text). */
#define CTGOV_PAGE_SIZE 1000

/* Of a page token, percent-encoded. Seen ones have about 20; each URL is made so that this much still fits. */
#define CTGOV_TOKEN_BYTES ((size_t)512)

/* A page of 1,000 records has 29 MB on average; decoded, so that a compressed bomb stops here too. */
#define CTGOV_MAX_PAGE_BYTES ((size_t)256 * 1024 * 1024)
/* A page of 1,000 ids has some 90 KB. */
#define CTGOV_MAX_FOUND_BYTES ((size_t)4 * 1024 * 1024)
#define CTGOV_MAX_VERSION_BYTES ((size_t)64 * 1024)

/* An honest agent string with a contact is let in by the registry's edge; a faked browser is not. Appends
 * "trialwatch/0.1 (+contact)". */
int ctgov_append_user_agent(struct buf *out, const char *contact);

/* Whether the URL is plain http to this very machine (127.0.0.0/8, ::1, localhost): the only plain http that is used.
 */
bool ctgov_url_is_loopback(const char *url);

/* 0, or -EINVAL for a base URL that is neither https nor loopback http, or too long for any question. */
int ctgov_check_base_url(const char *base_url, struct error *e);

/* BASE/version; appends. */
int ctgov_append_version_url(struct buf *out, const char *base_url);

/* How many ids fit into one request, at least 1. */
size_t ctgov_ids_per_request(const char *base_url);

/* BASE/studies for these ids, and with token (NULL: the first page) for a later page of them, which repeats every
 * parameter. Appends. -EINVAL for no ids or for one that is no NCT id, -E2BIG when it reaches CTGOV_URL_BYTES. */
int ctgov_append_studies_url(struct buf *out, const char *base_url, const char *const *ids, size_t count,
                             const char *token, struct error *e);

/* BASE/studies for the ids of what answers a question (see registry/question), with token as above. */
int ctgov_append_query_url(struct buf *out, const char *base_url, const char *question, const char *token,
                           struct error *e);

/* BASE/studies for everything that the registry has. */
int ctgov_append_whole_url(struct buf *out, const char *base_url, const char *token, struct error *e);

struct ctgov_version {
    char api_version[16];        /* "2.0.5" */
    char refresh[REFRESH_BYTES]; /* dataTimestamp, "" when the answer has none */
};

/* -EBADMSG when the text is no answer of /version, which is sure to have an apiVersion; ret is then untouched. */
int ctgov_read_version(const char *text, size_t len, struct ctgov_version *ret, struct error *e);
