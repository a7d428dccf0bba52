#include "registry/plan_parts.h"

#include "registry/question.h"

#include <errno.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void plan_free(struct plan *plan)
{
    if (!plan)
        return;
    for (size_t i = 0; i < plan->query_count; i++)
        free(plan->queries[i].before);
    for (size_t i = 0; i < plan->question_count; i++) {
        free(plan->questions[i].text);
        free(plan->questions[i].listed);
    }
    free(plan->queries);
    free(plan->questions);
    free(plan->askers);
    free(plan->wholes);
    free(plan->memberships);
    free(plan->studies);
    free(plan);
}

/* What one query asks, before it is known who else asks it. */
struct asking {
    char *text;
    struct plan_query *query;
};

struct askings {
    struct asking *items; /* owned, and their texts */
    size_t count;
};

static void askings_clear(struct askings *askings)
{
    for (size_t i = 0; i < askings->count; i++)
        free(askings->items[i].text);
    free(askings->items);
}

/* By text, and the same by the names of the watches. */
static int compare_askings(const void *a, const void *b)
{
    const struct asking *x = a, *y = b;
    int order = strcmp(x->text, y->text);

    return order != 0 ? order : (x->query > y->query) - (x->query < y->query);
}

static int compare_questions(const void *a, const void *b)
{
    const struct plan_query *x = ((const struct plan_question *)a)->queries[0];
    const struct plan_query *y = ((const struct plan_question *)b)->queries[0];

    return (x > y) - (x < y);
}

static int list_askings(struct plan *plan, struct askings *ret)
{
    ret->items = calloc(plan->query_count + 1, sizeof(*ret->items));
    if (!ret->items)
        return -ENOMEM;
    for (; ret->count < plan->query_count; ret->count++) {
        _cleanup_buf_ struct buf text = {0};
        struct asking *asking = &ret->items[ret->count];
        int r = question_append(&text, plan->queries[ret->count].watch);
        *asking = (struct asking){r < 0 ? NULL : buf_take(&text), &plan->queries[ret->count]};
        if (!asking->text)
            return -ENOMEM;
    }
    if (ret->count > 0)
        qsort(ret->items, ret->count, sizeof(*ret->items), compare_askings);
    return 0;
}

/* The askings are sorted; the first of each question gives it its text. */
static void add_askings(struct plan *plan, struct askings *askings)
{
    struct plan_question *question = NULL;

    for (size_t i = 0; i < askings->count; i++) {
        struct asking *asking = &askings->items[i];
        if (!question || strcmp(question->text, asking->text) != 0) {
            question = &plan->questions[plan->question_count++];
            *question = (struct plan_question){.text = TAKE_PTR(asking->text), .queries = &plan->askers[i]};
        }
        plan->askers[i] = asking->query;
        question->query_count++;
    }
}

static int add_questions(struct plan *plan)
{
    _cleanup_(askings_clear) struct askings askings = {0};
    int r = list_askings(plan, &askings);

    plan->questions = calloc(plan->query_count + 1, sizeof(*plan->questions));
    plan->askers = calloc(plan->query_count + 1, sizeof(*plan->askers));
    if (r < 0 || !plan->questions || !plan->askers)
        return -ENOMEM;
    add_askings(plan, &askings);
    if (plan->question_count > 0)
        qsort(plan->questions, plan->question_count, sizeof(*plan->questions), compare_questions);
    for (size_t i = 0; i < plan->question_count; i++)
        for (size_t n = 0; n < plan->questions[i].query_count; n++)
            plan->questions[i].queries[n]->question = &plan->questions[i];
    return 0;
}

static int add_wholes(struct plan *plan)
{
    const struct watch *const *of_all = watch_set_of_all(plan->watches, &plan->whole_count);

    plan->wholes = calloc(plan->whole_count + 1, sizeof(*plan->wholes));
    if (!plan->wholes)
        return -ENOMEM;
    for (size_t i = 0; i < plan->whole_count; i++)
        plan->wholes[i].watch = of_all[i];
    return 0;
}

int plan_new(const struct watch_set *watches, struct plan **ret)
{
    _cleanup_(plan_free_cleanup) struct plan *plan = calloc(1, sizeof(*plan));
    size_t count;
    const struct watch *const *with_query = watch_set_queries(watches, &count);

    if (!plan)
        return -ENOMEM;
    plan->watches = watches;
    plan->queries = calloc(count + 1, sizeof(*plan->queries));
    if (!plan->queries)
        return -ENOMEM;
    for (; plan->query_count < count; plan->query_count++)
        plan->queries[plan->query_count].watch = with_query[plan->query_count];
    int r = add_questions(plan);
    if (r == 0)
        r = add_wholes(plan);
    if (r < 0)
        return r;
    *ret = TAKE_PTR(plan);
    return 0;
}

struct plan_query *plan_queries(struct plan *plan, size_t *ret_count)
{
    *ret_count = plan->query_count;
    return plan->queries;
}

struct plan_question *plan_questions(struct plan *plan, size_t *ret_count)
{
    *ret_count = plan->question_count;
    return plan->questions;
}

struct plan_whole *plan_wholes(struct plan *plan, size_t *ret_count)
{
    *ret_count = plan->whole_count;
    return plan->wholes;
}

int plan_digest(const struct plan *plan, char ret[static PLAN_DIGEST_BYTES])
{
    _cleanup_buf_ struct buf text = {0};
    unsigned char hash[EVP_MAX_MD_SIZE];
    unsigned len;

    for (size_t i = 0; i < plan->query_count; i++)
        buf_printf(&text, "%s\n%s\n", plan->queries[i].watch->name, plan->queries[i].question->text);
    if (buf_status(&text) < 0 || !EVP_Digest(buf_string(&text), text.len, hash, &len, EVP_sha256(), NULL))
        return -ENOMEM;
    for (unsigned i = 0; i < len && 2 * i + 2 < PLAN_DIGEST_BYTES; i++)
        snprintf(ret + (size_t)2 * i, 3, "%02x", hash[i]);
    return 0;
}
