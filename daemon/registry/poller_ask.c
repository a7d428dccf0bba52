#include "base/clock.h"
#include "registry/answer.h"
#include "registry/poller_parts.h"

#include <errno.h>
#include <string.h>

static const size_t max_answer_bytes[POLLER_QUESTION_COUNT] = {
    [POLLER_ASKS_VERSION] = CTGOV_MAX_VERSION_BYTES,       [POLLER_ASKS_FOUND] = CTGOV_MAX_FOUND_BYTES,
    [POLLER_ASKS_VERSION_FOUND] = CTGOV_MAX_VERSION_BYTES, [POLLER_ASKS_PAGE] = CTGOV_MAX_PAGE_BYTES,
    [POLLER_ASKS_VERSION_AMID] = CTGOV_MAX_VERSION_BYTES,  [POLLER_ASKS_VERSION_AFTER] = CTGOV_MAX_VERSION_BYTES,
};

static void on_answer(const struct http_response *response, void *userdata)
{
    struct poller *poller = userdata;
    struct error why;

    poller->request = NULL;
    pace_note_request(&poller->pace, clock_monotonic_usec());
    if (response->body)
        poller->poll.bytes += (int64_t)response->body->len;

    int r = answer_check(response, &why);
    bool refused = r == -EINVAL && (poller->question == POLLER_ASKS_PAGE || poller->question == POLLER_ASKS_FOUND);
    if (r < 0 && !refused)
        poller_end_failed(poller, r, response->retry_after_usec, &why);
    else
        poller_look_answered(poller, response, refused ? &why : NULL);
}

static int start(struct poller *poller, struct error *e)
{
    _cleanup_buf_ struct buf user_agent = {0};

    if (ctgov_append_user_agent(&user_agent, poller->settings->contact) < 0)
        return error_set(e, -ENOMEM, "there is no memory to ask the registry");
    const struct http_call call = {
        .method = "GET",
        .url = buf_string(&poller->url),
        .headers = {{"Accept", "application/json"}},
        .max_response_bytes = max_answer_bytes[poller->question],
        .spare = poller->question == POLLER_ASKS_PAGE ? &poller->spare : NULL,
        .timeout_usec = poller->settings->timeout_usec,
        .allow_http = ctgov_url_is_loopback(poller->settings->base_url),
        .follow_redirects = true,
        .want_gzip = true,
        .ca_file = poller->settings->ca_file,
        .user_agent = buf_string(&user_agent),
    };
    return http_start(poller->http, &call, on_answer, poller, &poller->request, e);
}

void poller_ask_now(void *userdata)
{
    struct poller *poller = userdata;
    struct error e;

    if (poller->line_is_lent) {
        poller->waits_for_line = true;
        return;
    }
    pace_note_request(&poller->pace, clock_monotonic_usec());
    poller->poll.requests++;
    int r = start(poller, &e);
    if (r < 0)
        poller_end_failed(poller, r, -1, &e);
}

void poller_ask(struct poller *poller, enum poller_question question)
{
    poller->question = question;
    poller->state = POLLER_ASKING;
    timer_arm_at(poller->ask_timer, pace_clear_usec(&poller->pace, clock_monotonic_usec()));
}

void poller_ask_version(struct poller *poller, enum poller_question question)
{
    buf_reset(&poller->url);
    ctgov_append_version_url(&poller->url, poller->settings->base_url);
    poller_ask(poller, question);
}

void poller_ask_cancel(struct poller *poller)
{
    timer_disarm(poller->ask_timer);
    poller->waits_for_line = false;
    http_cancel(TAKE_PTR(poller->request));
}
