#include "alert/clause.h"

#include "alert/filter.h"
#include "alert/message.h"
#include "base/log.h"

#include <errno.h>
#include <string.h>

struct clauses {
    struct event_base *base;
    const struct watch_set *watches;
    json_t *message;        /* owned */
    json_t *names;          /* owned; of the watches that are still to be asked */
    json_t *asked;          /* owned; the studies that the watch under way is asked about */
    json_t *declined;       /* owned */
    struct filter *filter;  /* under way, or NULL */
    struct event *deferred; /* owned; the next watch, from the loop */
    clauses_callback *callback;
    void *userdata;
};

/* The names of the message's watches that have a condition, each once. NULL without memory. */
static json_t *watches_with_condition(const struct watch_set *watches, const json_t *message)
{
    size_t index, name_index;
    json_t *study, *name, *names = json_array();

    json_array_foreach (json_object_get(message, "studies"), index, study)
        json_array_foreach (json_object_get(study, "watches"), name_index, name) {
            const struct watch *watch = watch_set_find(watches, json_string_value(name));
            if (watch && watch->when && !message_has_name(names, watch->name))
                json_array_append(names, name);
        }
    return names;
}

bool clauses_concern(const struct watch_set *watches, const json_t *message)
{
    json_auto_t *names = watches_with_condition(watches, message);

    return !names || json_array_size(names) > 0;
}

json_t *clause_document(const json_t *message, const json_t *study)
{
    json_t *document = json_copy((json_t *)message);
    const json_t *weight = json_object_get(json_array_get(json_object_get(study, "changes"), 0), "weight");

    int r = json_object_set_new(document, "studies", json_pack("[O]", study));
    r |= json_object_set(document, "headline", json_object_get(study, "headline"));
    r |=
        json_object_set_new(document, "history_command",
                            json_sprintf("trialwatch history %s", json_string_value(json_object_get(study, "nct_id"))));
    if (weight) /* of the first change, which is the weightiest */
        r |= json_object_set(document, "weight", (json_t *)weight);
    if (r < 0) {
        json_decref(document);
        return NULL;
    }
    return document;
}

/* Whether the answer to a document is yes; why says what failed. */
static bool says_yes(const struct filter_result *result, size_t index, struct error *why)
{
    const struct filter_answer *answer = index < result->count ? &result->answers[index] : NULL;

    if (answer && answer->outcome == FILTER_VALUE)
        return answer->truth;
    if (answer && answer->outcome == FILTER_NOTHING)
        return false;
    if (answer && answer->outcome == FILTER_FAILED)
        error_set(why, -EBADMSG, "%s", answer->text ? answer->text : "it failed");
    else
        *why = result->why;
    return true;
}

int clause_holds(const char *when, const json_t *document, bool *ret, struct error *e)
{
    _cleanup_filter_result_ struct filter_result result = {0};
    json_auto_t *documents = json_pack("[O]", document);
    struct error why = {0};

    *ret = true;
    if (!documents)
        return error_set(e, -ENOMEM, "Out of memory");
    filter_run(when, documents, &result);
    *ret = says_yes(&result, 0, &why);
    return why.text[0] ? error_set(e, result.error < 0 ? result.error : -EBADMSG, "%s", why.text) : 0;
}

static int decline(struct clauses *clauses, const char *nct_id, const char *watch)
{
    json_t *names = json_object_get(clauses->declined, nct_id);

    if (names)
        return json_array_append_new(names, json_string(watch));
    return json_object_set_new(clauses->declined, nct_id, json_pack("[s]", watch));
}

static void on_answers(const struct filter_result *result, void *userdata)
{
    struct clauses *clauses = userdata;
    const char *watch = json_string_value(json_array_get(clauses->names, 0));
    struct error why = {0};
    size_t index;
    json_t *study;

    clauses->filter = NULL;
    json_array_foreach (clauses->asked, index, study)
        if (!says_yes(result, index, &why))
            decline(clauses, json_string_value(study), watch);
    if (why.text[0])
        log_about(LOG_WARNING, "TRIALWATCH_WATCH", watch, "The condition of watch %s (when:) counts as true: %s", watch,
                  why.text);
    json_array_remove(clauses->names, 0);
    event_active(clauses->deferred, EV_TIMEOUT, 1);
}

/* The documents of the studies that the watch asked for; their ids go to asked. NULL without memory. */
static json_t *documents_for(struct clauses *clauses, const char *watch)
{
    json_t *documents = json_array(), *study;
    size_t index;
    int r = documents ? json_array_clear(clauses->asked) : -1;

    json_array_foreach (json_object_get(clauses->message, "studies"), index, study) {
        if (r < 0 || !message_has_name(json_object_get(study, "watches"), watch))
            continue;
        r = json_array_append(clauses->asked, json_object_get(study, "nct_id"));
        r |= json_array_append_new(documents, clause_document(clauses->message, study));
    }
    if (r < 0) {
        json_decref(documents);
        return NULL;
    }
    return documents;
}

/* A watch that cannot be asked wants it. */
static int ask(struct clauses *clauses, const char *name, struct error *e)
{
    const struct watch *watch = watch_set_find(clauses->watches, name);
    json_auto_t *documents = documents_for(clauses, name);

    if (!documents)
        return error_set(e, -ENOMEM, "Out of memory");
    return filter_start(clauses->base, watch->when, documents, on_answers, clauses, &clauses->filter, e);
}

static void finish(struct clauses *clauses)
{
    clauses->callback(clauses->declined, clauses->userdata);
    clauses_cancel(clauses);
}

static void ask_next(evutil_socket_t fd, short what, void *userdata)
{
    struct clauses *clauses = userdata;
    struct error error = {0};
    const char *name;

    (void)fd;
    (void)what;
    while ((name = json_string_value(json_array_get(clauses->names, 0)))) {
        if (ask(clauses, name, &error) >= 0)
            return;
        log_about(LOG_WARNING, "TRIALWATCH_WATCH", name, "The condition of watch %s (when:) counts as true: %s", name,
                  error.text);
        json_array_remove(clauses->names, 0);
    }
    finish(clauses);
}

int clauses_start(struct event_base *base, const struct watch_set *watches, const json_t *message,
                  clauses_callback *callback, void *userdata, struct clauses **ret)
{
    struct clauses *clauses = calloc(1, sizeof(*clauses));

    if (!clauses)
        return -ENOMEM;
    *clauses = (struct clauses){
        .base = base,
        .watches = watches,
        .message = json_incref((json_t *)message),
        .names = watches_with_condition(watches, message),
        .asked = json_array(),
        .declined = json_object(),
        .deferred = evtimer_new(base, ask_next, clauses),
        .callback = callback,
        .userdata = userdata,
    };
    if (!clauses->names || !clauses->asked || !clauses->declined || !clauses->deferred) {
        clauses_cancel(clauses);
        return -ENOMEM;
    }
    event_active(clauses->deferred, EV_TIMEOUT, 1);
    *ret = clauses;
    return 0;
}

void clauses_cancel(struct clauses *clauses)
{
    if (!clauses)
        return;
    filter_cancel(clauses->filter);
    if (clauses->deferred)
        event_free(clauses->deferred);
    json_decref(clauses->message);
    json_decref(clauses->names);
    json_decref(clauses->asked);
    json_decref(clauses->declined);
    free(clauses);
}
