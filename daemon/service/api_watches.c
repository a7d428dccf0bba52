/* The routes of the watches. */
#include "service/api_call.h"

#include <errno.h>

static int status_of(int r)
{
    switch (r) {
    case 0:
        return 200;
    case -ENOENT:
        return 404;
    case -EEXIST:
    case -EALREADY:
    case -EPERM:
        return 409;
    case -EINVAL:
        return 422;
    default:
        return 500;
    }
}

static void answer(struct api_call *call, int r, json_t *document, const struct error *e)
{
    if (r == 0)
        api_answer_json(call, 200, document);
    else
        api_answer_error(call, status_of(r), "%s", e->text);
}

void api_handle_watches(struct api_call *call)
{
    json_t *watches = NULL;
    struct error e = {0};
    int r = manager_watches(call->manager, &watches, &e);

    answer(call, r, watches, &e);
}

void api_handle_watch(struct api_call *call)
{
    json_t *watch = NULL;
    struct error e = {0};
    int r = manager_watch(call->manager, call->name, &watch, &e);

    answer(call, r, watch, &e);
}

void api_handle_add_watch(struct api_call *call)
{
    json_t *settings = api_read_body(call), *mistakes = json_array(), *watch = NULL;
    char who[MANAGER_NAME_BYTES];
    struct error e = {0};

    if (!settings) {
        json_decref(mistakes);
        return;
    }
    int r =
        manager_add_watch(call->manager, settings, api_peer_name(call, who), api_append_mistake, mistakes, &watch, &e);
    if (json_array_size(mistakes) > 0)
        api_answer_mistakes(call, "the watch is not added", mistakes, &e);
    else
        answer(call, r, watch, &e);
    json_decref(settings);
    json_decref(mistakes);
}

static void answer_changed(struct api_call *call, int r, const char *what, const struct error *e)
{
    answer(call, r, r == 0 ? json_pack("{s:s, s:s}", "name", call->name, "state", what) : NULL, e);
}

void api_handle_remove_watch(struct api_call *call)
{
    char who[MANAGER_NAME_BYTES];
    struct error e = {0};
    int r = manager_remove_watch(call->manager, call->name, api_peer_name(call, who), &e);

    answer_changed(call, r, "removed", &e);
}

void api_handle_pause_watch(struct api_call *call)
{
    char who[MANAGER_NAME_BYTES];
    struct error e = {0};
    int r = manager_pause_watch(call->manager, call->name, true, api_peer_name(call, who), &e);

    answer_changed(call, r, "paused", &e);
}

void api_handle_resume_watch(struct api_call *call)
{
    char who[MANAGER_NAME_BYTES];
    struct error e = {0};
    int r = manager_pause_watch(call->manager, call->name, false, api_peer_name(call, who), &e);

    answer_changed(call, r, "active", &e);
}
