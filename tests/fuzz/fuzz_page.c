/* Any bytes as a page of the registry: what the reader yields is held against jansson's reading of the whole. */
#include "registry/page.h"

#include <jansson.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition)
{
    if (!condition)
        abort();
}

/* A page by jansson's reading and the limits of the header. */
static bool is_page(const json_t *whole)
{
    const json_t *token = json_object_get(whole, "nextPageToken");
    const json_t *total = json_object_get(whole, "totalCount");

    return json_is_array(json_object_get(whole, "studies")) &&
           (!token || json_is_null(token) ||
            (json_is_string(token) && json_string_length(token) < CTGOV_TOKEN_BYTES)) &&
           (!total || (json_is_integer(total) && json_integer_value(total) >= 0));
}

/* The record is the whole's, and within the text after the one before. */
static const char *check_record(const json_t *whole, const struct page *page, const char *after, const char *record,
                                size_t len)
{
    require(record >= after && record + len <= page->text + page->len);
    if (!is_page(whole))
        return record + len;
    json_t *alone = json_loadb(record, len, JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, NULL);
    require(json_equal(alone, json_array_get(json_object_get(whole, "studies"), page->records - 1)));
    json_decref(alone);
    return record + len;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *)data;
    /* jansson overlooks a NUL byte behind a number */
    json_t *whole = memchr(text, '\0', size) ? NULL : json_loadb(text, size, JSON_REJECT_DUPLICATES, NULL);
    const char *record, *after = text;
    struct page page;
    struct error e;
    size_t len;
    int r;

    page_open(&page, text, size);
    while ((r = page_next(&page, &record, &len, &e)) > 0)
        after = check_record(whole, &page, after, record, len);
    if (is_page(whole)) {
        const char *token = json_string_value(json_object_get(whole, "nextPageToken"));
        require(r == 0);
        require(page.records == json_array_size(json_object_get(whole, "studies")));
        require(strcmp(page.token, token ? token : "") == 0);
    } else if (whole) {
        require(r < 0);
    }
    json_decref(whole);
    return 0;
}
