#include "registry/finding.h"

#include "base/text.h"
#include "net/http.h"
#include "registry/ctgov.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct finding {
    const char *base_url;
    char *question;
    char (*ids)[STUDY_NCT_ID_BYTES]; /* sorted and each once when complete */
    size_t count, capacity;
    char **tokens; /* so far; the last one is the page that is being asked */
    size_t token_count;
    long long total; /* negative when the registry did not say */
    bool complete;
};

int finding_new(const char *base_url, const char *question, struct finding **ret)
{
    struct finding *finding = calloc(1, sizeof(*finding));

    if (!finding)
        return -ENOMEM;
    *finding = (struct finding){.base_url = base_url, .question = strdup(question), .total = -1};
    if (!finding->question) {
        finding_free(finding);
        return -ENOMEM;
    }
    *ret = finding;
    return 0;
}

void finding_free(struct finding *finding)
{
    if (!finding)
        return;
    for (size_t i = 0; i < finding->token_count; i++)
        free(finding->tokens[i]);
    free(finding->tokens);
    free(finding->ids);
    free(finding->question);
    free(finding);
}

int finding_next(const struct finding *finding, struct buf *ret, struct error *e)
{
    if (finding->complete)
        return 0;
    buf_reset(ret);
    const char *token = finding->token_count > 0 ? finding->tokens[finding->token_count - 1] : NULL;
    int r = ctgov_append_query_url(ret, finding->base_url, finding->question, token, e);
    return r < 0 ? r : 1;
}

static int add_id(struct finding *finding, const char *nct_id, struct error *e)
{
    if (finding->count == finding->capacity) {
        size_t capacity = size_max(1024, 2 * finding->capacity);
        void *ids = reallocarray(finding->ids, capacity, sizeof(*finding->ids));
        if (!ids)
            return error_set(e, -ENOMEM, "there is no memory to list what a query finds");
        finding->ids = ids;
        finding->capacity = capacity;
    }
    memcpy(finding->ids[finding->count++], nct_id, STUDY_NCT_ID_BYTES);
    return 0;
}

static int take_record(struct finding *finding, const char *text, size_t len, struct error *e)
{
    json_t *record = json_loadb(text, len, 0, NULL);
    const json_t *protocol = json_object_get(record, "protocolSection");
    const char *nct_id = json_string_value(json_object_get(json_object_get(protocol, "identificationModule"), "nctId"));
    int r = nct_id && text_is_nct_id(nct_id)
                ? add_id(finding, nct_id, e)
                : error_set(e, -EBADMSG, "the registry lists a study without saying its NCT id");

    json_decref(record);
    return r;
}

static int add_token(struct finding *finding, const char *token, struct error *e)
{
    for (size_t i = 0; i < finding->token_count; i++)
        if (strcmp(finding->tokens[i], token) == 0)
            return error_set(e, -EBADMSG, "the registry gave the same page token twice, so its listing has no end");
    if (finding->token_count + 1 >= FINDING_MAX_PAGES)
        return error_set(e, -EBADMSG, "the registry's listing of a query has more than %zu pages", FINDING_MAX_PAGES);
    char **tokens = reallocarray(finding->tokens, finding->token_count + 1, sizeof(*tokens));
    if (tokens)
        finding->tokens = tokens;
    char *copy = tokens ? strdup(token) : NULL;
    if (!copy)
        return error_set(e, -ENOMEM, "there is no memory to go on listing");
    tokens[finding->token_count++] = copy;
    return 0;
}

static int compare_ids(const void *a, const void *b)
{
    return memcmp(a, b, STUDY_NCT_ID_BYTES);
}

static void drop_repetitions(struct finding *finding)
{
    size_t kept = 0;

    if (finding->count > 0)
        qsort(finding->ids, finding->count, sizeof(*finding->ids), compare_ids);
    for (size_t i = 0; i < finding->count; i++)
        if (kept == 0 || compare_ids(finding->ids[kept - 1], finding->ids[i]) != 0)
            memmove(finding->ids[kept++], finding->ids[i], STUDY_NCT_ID_BYTES);
    finding->count = kept;
}

/* One study twice and another not at all is what pages of an unsteady order look like: the promise shows it. */
static int end_listing(struct finding *finding, struct error *e)
{
    drop_repetitions(finding);
    if (finding->total >= 0 && (long long)finding->count < finding->total)
        return error_set(e, -EBADMSG, "the registry promised %lld studies for a query and listed %zu", finding->total,
                         finding->count);
    finding->complete = true;
    return 0;
}

int finding_take_page(struct finding *finding, const char *text, size_t len, struct error *e)
{
    struct page page;
    const char *record;
    size_t record_len;
    int r;

    page_open(&page, text, len);
    while ((r = page_next(&page, &record, &record_len, e)) > 0) {
        r = take_record(finding, record, record_len, e);
        if (r < 0)
            return r;
    }
    if (r < 0)
        return r;
    if (finding->token_count == 0)
        finding->total = page.total;
    return page.token[0] != '\0' ? add_token(finding, page.token, e) : end_listing(finding, e);
}

int finding_take_refusal(const struct finding *finding, const struct error *why, struct error *e)
{
    if (finding->token_count > 0)
        return error_set(e, -ESTALE, "the registry no longer knows its own page token: %s", why->text);
    return error_set(e, -EINVAL, "%s", why->text);
}

char (*finding_take_ids(struct finding *finding, size_t *ret_count))[STUDY_NCT_ID_BYTES]
{
    *ret_count = finding->count;
    finding->count = finding->capacity = 0;
    return TAKE_PTR(finding->ids);
}
