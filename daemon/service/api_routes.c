#include "service/api_call.h"

#include "base/events.h"
#include "base/log.h"
#include "base/text.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static void handle_status(struct api_call *call)
{
    api_answer_json(call, 200, manager_status(call->manager));
}

static void handle_health(struct api_call *call)
{
    bool healthy = manager_is_healthy(call->manager);

    api_answer_text(call, healthy ? 200 : 503, "text/plain; charset=utf-8",
                    healthy ? "ok\n" : "not healthy; GET /v1/status says why\n");
}

static void handle_metrics(struct api_call *call)
{
    struct buf out = {0};

    manager_print_metrics(call->manager, &out);
    if (buf_status(&out) < 0)
        api_answer_error(call, 500, "out of memory");
    else
        api_answer_text(call, 200, "application/openmetrics-text; version=1.0.0; charset=utf-8", buf_string(&out));
    buf_free(&out);
}

static void handle_poll(struct api_call *call)
{
    struct error e = {0};
    int r = manager_poll(call->manager, &e);

    if (r == 0)
        api_answer_json(call, 202, json_pack("{s:s}", "message", "The daemon looks at the registry now."));
    else if (r == -EALREADY)
        api_answer_json(call, 202, json_pack("{s:s}", "message", "A look at the registry is already under way."));
    else
        api_answer_error(call, r == -EAGAIN ? 503 : 500, "%s", e.text);
}

static void handle_plan(struct api_call *call)
{
    json_t *plan = NULL;
    struct error e = {0};

    if (manager_plan(call->manager, &plan, &e) < 0)
        api_answer_error(call, 500, "%s", e.text);
    else
        api_answer_json(call, 200, plan);
}

void api_append_mistake(const char *line, void *userdata)
{
    json_array_append_new(userdata, json_string(line));
}

/* The first mistake stands in the sentence too, which is all that some callers show. */
void api_answer_mistakes(struct api_call *call, const char *outcome, json_t *mistakes, const struct error *e)
{
    size_t count = json_array_size(mistakes);
    const char *first = json_string_value(json_array_get(mistakes, 0));
    char sentence[2 * ERROR_TEXT_BYTES];

    if (count > 1)
        snprintf(sentence, sizeof(sentence), "%s: %s (and %zu more)", outcome, first ? first : e->text, count - 1);
    else
        snprintf(sentence, sizeof(sentence), "%s: %s", outcome, first ? first : e->text);
    json_t *text = json_string(sentence);
    api_answer_json(call, 422,
                    json_pack("{s:o, s:O}", "error", text ? text : json_string("unreadable"), "mistakes", mistakes));
}

static void handle_reload(struct api_call *call)
{
    json_t *mistakes = json_array();
    struct error e = {0};

    if (manager_reload(call->manager, api_append_mistake, mistakes, &e) == 0)
        api_answer_json(call, 200, json_pack("{s:s}", "message", "The settings were taken in."));
    else
        api_answer_mistakes(call, "the settings from before stay in force", mistakes, &e);
    json_decref(mistakes);
}

static void on_tested(const struct verdict *verdict, void *userdata)
{
    struct api_call *call = userdata;
    json_t *answer = json_string(verdict->answer);

    if (!answer)
        answer = json_string("(unreadable answer)");
    if (verdict->outcome == ATTEMPT_DELIVERED)
        api_answer_json(call, 200, json_pack("{s:o}", "answer", answer));
    else
        api_answer_json(call, 502,
                        json_pack("{s:s+++, s:b, s:o}", "error", "the channel ", call->name,
                                  " did not accept the test: ", json_string_value(answer), "ill", verdict->ill,
                                  "answer", answer));
}

static void handle_test(struct api_call *call)
{
    struct error e = {0};

    api_expect_slow(call);
    int r = manager_test(call->manager, call->name, on_tested, call, &e);
    if (r < 0)
        api_answer_error(call, r == -ENOENT ? 404 : 500, "%s", e.text);
}

static void handle_preview(struct api_call *call)
{
    json_t *body = api_read_body(call), *preview = NULL;
    const char *study;
    json_int_t version = 0;
    struct error e = {0};

    if (!body)
        return;
    if (json_unpack(body, "{s:s, s?I}", "study", &study, "version", &version) < 0 || version < 0) {
        api_answer_error(call, 400, "the body should be {\"study\": \"NCT…\", \"version\"?: number}");
    } else {
        int r = manager_preview(call->manager, call->name, study, (long)version, &preview, &e);
        if (r < 0)
            api_answer_error(call, r == -ENOENT ? 404 : 500, "%s", e.text);
        else
            api_answer_json(call, 200, preview);
    }
    json_decref(body);
}

/* Retrying and dropping answer alike. */
static void answer_alert(struct api_call *call, int r, const char *state, const struct error *e)
{
    if (r == 0)
        api_answer_json(call, 200, json_pack("{s:s, s:s}", "id", call->name, "state", state));
    else
        api_answer_error(call, r == -ENOENT ? 404 : r == -EALREADY ? 409 : 500, "%s", e->text);
}

static void handle_retry(struct api_call *call)
{
    struct error e = {0};

    answer_alert(call, manager_retry(call->manager, call->name, &e), "due", &e);
}

static void handle_drop(struct api_call *call)
{
    char who[MANAGER_NAME_BYTES];
    struct error e = {0};

    answer_alert(call, manager_drop(call->manager, call->name, api_peer_name(call, who), &e), "dropped", &e);
}

/* Who wants it: root may say for whom. */
static const char *name_person(const struct api_call *call, const json_t *body, char who[static MANAGER_NAME_BYTES])
{
    const char *user = json_string_value(json_object_get(body, "user"));

    api_peer_name(call, who);
    if (call->peer == 0 && user && strcmp(user, who) != 0)
        snprintf(who, MANAGER_NAME_BYTES, "%.100s (as root)", user);
    return who;
}

/* The wish of a body; false after the call was answered with what is wrong. */
static bool read_wish(struct api_call *call, const json_t *body, char who[static MANAGER_NAME_BYTES], bool has_time,
                      struct person_wish *ret)
{
    const char *during = NULL;

    *ret = (struct person_wish){.who = name_person(call, body, who)};
    if (json_unpack((json_t *)body, "{s:s, s?s, s?s}", "name", &ret->name, "note", &ret->note, "for", &during) == 0 &&
        (!has_time || (during && text_parse_duration(during, &ret->for_usec) == 0)))
        return true;
    api_answer_error(call, 400,
                     has_time ? "the body should be {\"name\": study or watch, \"for\": \"7d\", \"note\"?: text}"
                              : "the body should be {\"name\": …, \"note\"?: text}");
    return false;
}

static void answer_wish(struct api_call *call, int r, json_t *answer, const struct error *e)
{
    if (r == 0)
        api_answer_json(call, 200, answer);
    else
        api_answer_error(call, r == -ENOENT ? 404 : r == -EINVAL ? 400 : 500, "%s", e->text);
}

static void handle_mute(struct api_call *call)
{
    json_auto_t *body = api_read_body(call);
    char who[MANAGER_NAME_BYTES];
    struct person_wish wish;
    json_t *answer = NULL;
    struct error e = {0};

    if (!body || !read_wish(call, body, who, true, &wish))
        return;
    int r = manager_mute(call->manager, &wish, &answer, &e);
    answer_wish(call, r, answer, &e);
}

typedef int fulfil_wish(struct manager *manager, const struct person_wish *wish, struct error *e);

/* One without a time. person: the key under which the answer says who wished it. */
static void handle_wish(struct api_call *call, fulfil_wish *fulfil, const char *person)
{
    json_auto_t *body = api_read_body(call);
    char who[MANAGER_NAME_BYTES];
    struct person_wish wish;
    struct error e = {0};

    if (!body || !read_wish(call, body, who, false, &wish))
        return;
    int r = fulfil(call->manager, &wish, &e);
    answer_wish(call, r, r == 0 ? json_pack("{ss ss}", "name", wish.name, person, who) : NULL, &e);
}

static void handle_unmute(struct api_call *call)
{
    handle_wish(call, manager_unmute, "ended_by");
}

static void handle_ack(struct api_call *call)
{
    handle_wish(call, manager_ack, "acked_by");
}

static void answer_progress(struct api_call *call, int status, int r, json_t *progress, const struct error *e)
{
    if (r == 0)
        api_answer_json(call, status, progress);
    else
        api_answer_error(call, r == -ENOENT ? 404 : r == -EOPNOTSUPP ? 409 : 500, "%s", e->text);
}

static void handle_backfill(struct api_call *call)
{
    json_t *body = api_read_body(call), *progress = NULL;
    const char *study;
    struct error e = {0};

    if (!body)
        return;
    if (json_unpack(body, "{s:s}", "study", &study) < 0) {
        api_answer_error(call, 400, "the body should be {\"study\": \"NCT…\"}");
    } else {
        int r = manager_backfill(call->manager, study, &progress, &e);
        answer_progress(call, 202, r, progress, &e);
    }
    json_decref(body);
}

static void handle_backfill_progress(struct api_call *call)
{
    json_t *progress = NULL;
    struct error e = {0};
    int r = manager_backfill_progress(call->manager, call->name, &progress, &e);

    answer_progress(call, 200, r, progress, &e);
}

static void on_backed_up(int error, const char *text, void *userdata)
{
    struct api_call *call = userdata;

    if (error == 0) {
        log_write(LOG_NOTICE, &(struct log_event){.message_id = EVENT_BACKUP_DONE}, "A copy of the history is written");
        api_answer_json(call, 200, json_pack("{s:s}", "message", "The copy is written."));
    } else {
        api_answer_error(call, error == -EEXIST ? 409 : 500, "%s", text);
    }
}

static void handle_backup(struct api_call *call)
{
    json_t *body = api_read_body(call);
    const char *path;
    struct error e = {0};

    if (!body)
        return;
    if (json_unpack(body, "{s:s}", "path", &path) < 0 || *path != '/') {
        api_answer_error(call, 400, "the body should be {\"path\": \"/where/to/copy.db\"}, a whole path");
    } else {
        api_expect_slow(call);
        int r = manager_backup(call->manager, path, on_backed_up, call, &e);
        if (r < 0)
            api_answer_error(call, r == -EBUSY ? 409 : 500, "%s", e.text);
    }
    json_decref(body);
}

static const struct api_route routes[] = {
    {"GET", "/v1/status", API_READ, handle_status, "How the daemon is, with every trouble in a sentence."},
    {"GET", "/healthz", API_READ, handle_health, "200 while status names no trouble, else 503."},
    {"GET", "/metrics", API_READ, handle_metrics, "Numbers for monitoring, in OpenMetrics form."},
    {"GET", "/v1/plan", API_READ, handle_plan, "What the next refresh will be asked, and how long that takes."},
    {"POST", "/v1/poll", API_ACT, handle_poll, "Looks at the registry now."},
    {"POST", "/v1/reload", API_ACT, handle_reload, "Takes in the settings files, or answers with their mistakes."},
    {"GET", "/v1/watches", API_READ, api_handle_watches, "All watches, with where each comes from."},
    {"GET", "/v1/watches/{name}", API_READ, api_handle_watch, "One of them."},
    {"POST", "/v1/watches", API_ACT, api_handle_add_watch, "Adds a watch, or answers with its mistakes."},
    {"POST", "/v1/watches/{name}/pause", API_ACT, api_handle_pause_watch, "Silences a watch."},
    {"POST", "/v1/watches/{name}/resume", API_ACT, api_handle_resume_watch, "Lets it tell again."},
    {"POST", "/v1/watches/{name}/remove", API_ACT, api_handle_remove_watch, "Removes a watch that was added."},
    {"POST", "/v1/channels/{name}/test", API_ACT, handle_test,
     "Sends a marked test and answers when it went out, or why not."},
    {"POST", "/v1/channels/{name}/preview", API_ACT, handle_preview,
     "Answers what the channel would be sent of a version of a study, without its secrets."},
    {"POST", "/v1/alerts/{id}/retry", API_ACT, handle_retry, "Makes a failed or held alert due again."},
    {"POST", "/v1/alerts/{id}/drop", API_ACT, handle_drop, "Drops an open alert."},
    {"POST", "/v1/mute", API_ACT, handle_mute, "Tells nothing of a study or a watch for a while."},
    {"POST", "/v1/unmute", API_ACT, handle_unmute, "Ends that before its time."},
    {"POST", "/v1/ack", API_ACT, handle_ack, "Keeps that somebody has seen an alert, or a channel's trouble."},
    {"POST", "/v1/backfill", API_ACT, handle_backfill,
     "Fetches what the registry's own archive has of a study from before it was first seen."},
    {"GET", "/v1/backfill/{study}", API_READ, handle_backfill_progress, "How far that is."},
    {"POST", "/v1/backup", API_ACT, handle_backup, "Writes a consistent copy of the history."},
};

const struct api_route *api_routes(size_t *ret_count)
{
    *ret_count = ARRAY_SIZE(routes);
    return routes;
}
