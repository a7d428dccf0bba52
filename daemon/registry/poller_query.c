/* The first part of a look: what the queries find, each question asked once, before the records of all watches are
 * fetched once. */
#include "base/clock.h"
#include "base/log.h"
#include "history/members.h"
#include "registry/finding.h"
#include "registry/plan_recall.h"
#include "registry/poller_parts.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void no_memory(struct poller *poller)
{
    struct error e;

    error_set(&e, -ENOMEM, "there is no memory to ask what the queries find");
    poller_end_failed(poller, -ENOMEM, -1, &e);
}

void poller_query_drop(struct poller *poller)
{
    intake_set_plan(poller->intake, NULL);
    finding_free(TAKE_PTR(poller->finding));
    plan_free(TAKE_PTR(poller->plan));
}

void poller_query_ended(struct poller *poller)
{
    struct error e;

    int r = plan_recall(poller->plan, poller->store, &e);
    if (r < 0) {
        poller_end_failed(poller, r, -1, &e);
    } else if (plan_finish(poller->plan) < 0) {
        no_memory(poller);
    } else {
        intake_set_plan(poller->intake, poller->plan);
        poller_look_list(poller);
    }
}

/* The next page of the question under way, or the first of the next one, or what comes after the last. */
static void query_on(struct poller *poller)
{
    struct error e;
    size_t count;
    const struct plan_question *questions = plan_questions(poller->plan, &count);

    if (poller->question_at == count) {
        if (count > 0 && poller->version.refresh[0] != '\0')
            poller_ask_version(poller, POLLER_ASKS_VERSION_FOUND);
        else
            poller_query_ended(poller);
        return;
    }
    if (!poller->finding &&
        finding_new(poller->settings->base_url, questions[poller->question_at].text, &poller->finding) < 0) {
        no_memory(poller);
        return;
    }
    int r = finding_next(poller->finding, &poller->url, &e);
    if (r < 0)
        poller_end_failed(poller, r, -1, &e);
    else
        poller_ask(poller, POLLER_ASKS_FOUND);
}

void poller_query_begin(struct poller *poller)
{
    poller_query_drop(poller);
    poller->question_at = 0;
    poller->refused_questions = 0;
    if (plan_new(poller->watches, &poller->plan) < 0)
        no_memory(poller);
    else
        query_on(poller);
}

/* What its queries found before stays as it is. */
static void give_up_question(struct poller *poller, const struct error *why)
{
    size_t count;
    const struct plan_question *question = &plan_questions(poller->plan, &count)[poller->question_at];
    char others[64] = "";

    if (question->query_count > 1)
        snprintf(others, sizeof(others), " (and of %zu more)", question->query_count - 1);
    if (poller->refused_questions++ == 0)
        error_set(&poller->refused_why, -EINVAL, "the registry does not take the query of the watch %s%s: %s",
                  question->queries[0]->watch->name, others, why->text);
    finding_free(TAKE_PTR(poller->finding));
    poller->question_at++;
    query_on(poller);
}

void poller_query_refused(struct poller *poller, const struct error *refused)
{
    struct error e;

    int r = finding_take_refusal(poller->finding, refused, &e);
    if (r == -ESTALE)
        poller_look_anew(poller);
    else
        give_up_question(poller, &e);
}

void poller_query_answered(struct poller *poller, const struct http_response *response)
{
    struct error e;
    size_t count;
    struct plan_question *question = &plan_questions(poller->plan, &count)[poller->question_at];

    int r = finding_take_page(poller->finding, buf_string(response->body), response->body->len, &e);
    if (r < 0) {
        poller_end_failed(poller, r, -1, &e);
        return;
    }
    if (finding_next(poller->finding, &poller->url, &e) == 0) {
        question->listed = finding_take_ids(poller->finding, &question->listed_count);
        question->is_listed = true;
        finding_free(TAKE_PTR(poller->finding));
        poller->question_at++;
    }
    query_on(poller);
}

static int lose(struct poller *poller, const char *nct_id, struct error *e)
{
    struct intake_result result;

    if (!plan_lost(poller->plan, nct_id))
        return 0;
    int r = intake_lose(poller->intake, nct_id, &result, e);
    if (r == 0)
        poller_take_written(poller, &result);
    return r;
}

int poller_query_lose(struct poller *poller, struct error *e)
{
    int64_t began_usec = clock_stopwatch_usec();
    int r = 0;

    while (r == 0 && poller->absent_at < poller->absent_count && !poller_take_is_full(poller, began_usec))
        r = lose(poller, poller->absent[poller->absent_at++], e);
    r = poller_take_end_slice(poller, began_usec, r, e);
    return r < 0 ? r : poller->absent_at < poller->absent_count;
}

int poller_query_set_running(struct poller *poller, struct error *e)
{
    size_t count;
    const struct plan_query *queries = plan_queries(poller->plan, &count);

    for (size_t i = 0; i < count; i++) {
        const struct plan_question *question = queries[i].question;
        if (!question->is_listed || queries[i].is_running)
            continue;
        int r = members_set_running(poller->store, queries[i].watch->name, question->text, clock_wall_usec(), e);
        if (r < 0)
            return r;
    }
    return 0;
}
