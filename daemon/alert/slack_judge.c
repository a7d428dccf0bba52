#include "alert/slack_judge.h"

#include <stdio.h>
#include <string.h>

/* What the API answers with 200 and "ok": false (https://docs.slack.dev/reference/methods/chat.postMessage#errors). */
static const struct api_error {
    const char *name;
    enum attempt_outcome outcome;
    bool ill, too_large;
} api_errors[] = {
    {"ratelimited", ATTEMPT_RETRY, false, false},         {"rate_limited", ATTEMPT_RETRY, false, false},
    {"internal_error", ATTEMPT_RETRY, false, false},      {"fatal_error", ATTEMPT_RETRY, false, false},
    {"service_unavailable", ATTEMPT_RETRY, false, false}, {"request_timeout", ATTEMPT_RETRY, false, false},
    {"msg_too_long", ATTEMPT_FAILED, false, true},        {"msg_blocks_too_long", ATTEMPT_FAILED, false, true},
    {"invalid_auth", ATTEMPT_FAILED, true, false},        {"not_authed", ATTEMPT_FAILED, true, false},
    {"account_inactive", ATTEMPT_FAILED, true, false},    {"token_revoked", ATTEMPT_FAILED, true, false},
    {"token_expired", ATTEMPT_FAILED, true, false},       {"missing_scope", ATTEMPT_FAILED, true, false},
    {"not_in_channel", ATTEMPT_FAILED, true, false},      {"channel_not_found", ATTEMPT_FAILED, true, false},
    {"is_archived", ATTEMPT_FAILED, true, false},
};

static const struct api_error *api_error_find(const char *name)
{
    for (size_t i = 0; i < ARRAY_SIZE(api_errors); i++)
        if (strcmp(api_errors[i].name, name) == 0)
            return &api_errors[i];
    return NULL;
}

/* The API answers an object, a webhook "ok" or an error's name in plain text. */
void slack_judge(const struct http_response *response, struct verdict *ret)
{
    channel_judge_http(response, ret);
    if (response->error < 0 || !response->body)
        return;
    const struct api_error *error = api_error_find(buf_string(response->body));
    json_t *answer = json_loads(buf_string(response->body), 0, NULL);
    const char *name = json_string_value(json_object_get(answer, "error"));
    const char *thread = json_string_value(json_object_get(answer, "ts"));

    if (json_is_false(json_object_get(answer, "ok"))) {
        ret->outcome = ATTEMPT_FAILED;
        error = name ? api_error_find(name) : NULL;
        snprintf(ret->answer, sizeof(ret->answer), "Slack said: %.100s", name ? name : "no, without a reason");
    } else if (ret->outcome == ATTEMPT_DELIVERED && thread)
        ret->thread = strdup(thread);
    if (error) {
        ret->outcome = error->outcome;
        ret->ill = ret->ill || error->ill;
        ret->too_large = error->too_large;
    }
    json_decref(answer);
}
