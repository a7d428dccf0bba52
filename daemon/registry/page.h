/* Reads one page of a listing, {"studies":[…],"nextPageToken":"…","totalCount":…}, a record at a time.
 *
 * Only the envelope is read here; a record is passed on as the text between its braces, so that one which does not
 * decode costs itself and not its page. The keys may come in any order, unknown ones are skipped. A page that ends
 * early is an error, but only once the reader gets there: records before it were whole. Pure. */
#pragma once

#include "base/err.h"
#include "registry/ctgov.h"

#include <stdbool.h>
#include <stddef.h>

struct page {
    const char *text; /* borrowed */
    size_t len;
    size_t at;
    enum { PAGE_BEGINS, PAGE_IN_ENVELOPE, PAGE_IN_STUDIES, PAGE_ENDED } place;
    bool saw_studies, saw_token, saw_total;
    size_t records;                /* yielded so far */
    char token[CTGOV_TOKEN_BYTES]; /* of the next page, "" on the last one. Certain once the page has ended */
    long long total;               /* totalCount, negative when missing. As above */
};

/* text must outlive the reading. */
void page_open(struct page *page, const char *text, size_t len);

/* 1: the next record's text begins at ret_text, which points into the page and has at most the ret_len bytes that are
 * left of it. 0: the page has ended, in full. -EBADMSG when it is no such page, which must then not be read further. */
int page_peek(struct page *page, const char **ret_text, size_t *ret_len, struct error *e);

/* The record that page_peek() gave has len bytes: past it. -EBADMSG as above. */
int page_pass(struct page *page, size_t len, struct error *e);

/* Both, with the record's end looked for. */
int page_next(struct page *page, const char **ret_record, size_t *ret_len, struct error *e);
