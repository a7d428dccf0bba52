#include "registry/page.h"

#include "base/json_skip.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

void page_open(struct page *page, const char *text, size_t len)
{
    *page = (struct page){.text = text, .len = len, .total = -1};
}

static void skip_space(struct page *page)
{
    page->at = json_skip_space(page->text, page->len, page->at);
}

/* The next character that is no space, NUL at the end: a NUL in the text is wrong everywhere, too. */
static char peek(struct page *page)
{
    skip_space(page);
    return page->at < page->len ? page->text[page->at] : '\0';
}

static int wrong(const struct page *page, const char *expected, struct error *e)
{
    if (page->at >= page->len)
        return error_set(e, -EBADMSG, "the registry's listing ends early, after %zu bytes and %zu records", page->len,
                         page->records);
    return error_set(e, -EBADMSG, "the registry's listing is not what was expected: no %s at byte %zu", expected,
                     page->at);
}

static int expect(struct page *page, char character, const char *name, struct error *e)
{
    if (peek(page) != character)
        return wrong(page, name, e);
    page->at++;
    return 0;
}

/* What is between the brackets of a value is for jansson to judge. A value that the text's end cuts is none. */
static int skip_value(struct page *page, struct error *e)
{
    skip_space(page);
    size_t end = page->at < page->len ? json_skip_value(page->text, page->len, page->at) : 0;

    if (end == page->at)
        return wrong(page, "value", e);
    page->at = end != 0 ? end : page->len;
    return end != 0 ? 0 : wrong(page, "value", e);
}

/* A small value of the envelope: the caller drops the reference. NULL and *ret_err when it is none. */
static json_t *read_value(struct page *page, int *ret_err, struct error *e)
{
    skip_space(page);
    size_t start = page->at;
    json_t *value = NULL;

    *ret_err = skip_value(page, e);
    if (*ret_err < 0)
        return NULL;
    value = json_loadb(page->text + start, page->at - start, JSON_DECODE_ANY, NULL);
    if (!value) {
        page->at = start;
        *ret_err = wrong(page, "JSON value", e);
    }
    return value;
}

static int take_token(struct page *page, const json_t *value, struct error *e)
{
    if (json_is_null(value))
        return 0;
    if (!json_is_string(value))
        return error_set(e, -EBADMSG, "the registry's nextPageToken is no string");
    if (json_string_length(value) >= sizeof(page->token))
        return error_set(e, -EBADMSG, "the registry's nextPageToken has more than %zu bytes", sizeof(page->token) - 1);
    snprintf(page->token, sizeof(page->token), "%s", json_string_value(value));
    return 0;
}

static int take_total(struct page *page, const json_t *value, struct error *e)
{
    if (!json_is_integer(value) || json_integer_value(value) < 0)
        return error_set(e, -EBADMSG, "the registry's totalCount is no count");
    page->total = json_integer_value(value);
    return 0;
}

static int read_small_member(struct page *page, bool *saw, int (*take)(struct page *, const json_t *, struct error *),
                             struct error *e)
{
    int r;

    if (*saw)
        return error_set(e, -EBADMSG, "the registry's listing has a key twice");
    *saw = true;
    json_t *value = read_value(page, &r, e);
    if (!value)
        return r;
    r = take(page, value, e);
    json_decref(value);
    return r;
}

static int enter_studies(struct page *page, struct error *e)
{
    if (page->saw_studies)
        return error_set(e, -EBADMSG, "the registry's listing has studies twice");
    page->saw_studies = true;
    int r = expect(page, '[', "array of studies", e);
    if (r < 0)
        return r;
    page->place = PAGE_IN_STUDIES;
    if (peek(page) != ']')
        return 0;
    page->at++;
    page->place = PAGE_IN_ENVELOPE;
    return 0;
}

/* One key and its value, or for studies the way into it. */
static int read_member(struct page *page, struct error *e)
{
    int r;

    if (peek(page) != '"')
        return wrong(page, "key", e);
    json_t *key = read_value(page, &r, e);
    if (!key)
        return r;
    char name[16] = "";
    snprintf(name, sizeof(name), "%s", json_string_value(key));
    json_decref(key);

    r = expect(page, ':', "colon", e);
    if (r < 0)
        return r;
    if (strcmp(name, "studies") == 0)
        return enter_studies(page, e);
    if (strcmp(name, "nextPageToken") == 0)
        return read_small_member(page, &page->saw_token, take_token, e);
    if (strcmp(name, "totalCount") == 0)
        return read_small_member(page, &page->saw_total, take_total, e);
    return skip_value(page, e);
}

static int end_page(struct page *page, struct error *e)
{
    page->at++;
    if (!page->saw_studies)
        return error_set(e, -EBADMSG, "the registry's listing has no studies in it");
    skip_space(page);
    if (page->at < page->len)
        return wrong(page, "end", e);
    page->place = PAGE_ENDED;
    return 0;
}

static int begin_page(struct page *page, struct error *e)
{
    int r = expect(page, '{', "object", e);

    if (r < 0)
        return r;
    page->place = PAGE_IN_ENVELOPE;
    return peek(page) == '}' ? end_page(page, e) : read_member(page, e);
}

static int go_on_in_envelope(struct page *page, struct error *e)
{
    if (peek(page) == '}')
        return end_page(page, e);
    int r = expect(page, ',', "comma", e);
    return r < 0 ? r : read_member(page, e);
}

int page_peek(struct page *page, const char **ret_text, size_t *ret_len, struct error *e)
{
    int r = 0;

    while (r == 0 && page->place != PAGE_IN_STUDIES && page->place != PAGE_ENDED)
        r = page->place == PAGE_BEGINS ? begin_page(page, e) : go_on_in_envelope(page, e);
    if (r < 0 || page->place == PAGE_ENDED)
        return r;
    skip_space(page);
    *ret_text = page->text + page->at;
    *ret_len = page->len - page->at;
    return 1;
}

int page_pass(struct page *page, size_t len, struct error *e)
{
    page->at += len;
    if (peek(page) == ']')
        page->place = PAGE_IN_ENVELOPE;
    else if (peek(page) != ',')
        return wrong(page, "comma", e);
    page->at++;
    if (page->place == PAGE_IN_STUDIES && peek(page) == ']')
        return wrong(page, "record after the comma", e);
    page->records++;
    return 0;
}

int page_next(struct page *page, const char **ret_record, size_t *ret_len, struct error *e)
{
    size_t start;
    int r = page_peek(page, ret_record, ret_len, e);

    if (r <= 0)
        return r;
    start = page->at;
    r = skip_value(page, e);
    if (r < 0)
        return r;
    *ret_len = page->at - start;
    page->at = start;
    r = page_pass(page, *ret_len, e);
    return r < 0 ? r : 1;
}
