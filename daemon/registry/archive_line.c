#include "base/clock.h"
#include "registry/answer.h"
#include "registry/archive_parts.h"
#include "registry/ctgov.h"

#include <errno.h>

static void give_back(struct archive *archive)
{
    if (archive->has_line)
        poller_line_give_back(archive->poller);
    archive->has_line = false;
}

static void on_answer(const struct http_response *response, void *userdata)
{
    struct archive *archive = userdata;
    struct error why;

    archive->request = NULL;
    give_back(archive);
    int r = answer_check(response, &why);
    if (r < 0)
        archive_fetch_failed(archive, r, response->retry_after_usec, &why);
    else
        archive_fetch_answered(archive, response->body);
}

static int start(struct archive *archive, struct error *e)
{
    _cleanup_buf_ struct buf user_agent = {0};

    if (ctgov_append_user_agent(&user_agent, archive->settings->contact) < 0)
        return error_set(e, -ENOMEM, "there is no memory to ask the registry");
    const struct http_call call = {
        .method = "GET",
        .url = buf_string(&archive->url),
        .headers = {{"Accept", "application/json"}},
        .max_response_bytes = archive->entries ? STUDY_MAX_RECORD_BYTES : ARCHIVE_MAX_LISTING_BYTES,
        .timeout_usec = archive->settings->timeout_usec,
        .allow_http = ctgov_url_is_loopback(archive->settings->base_url),
        .follow_redirects = true,
        .want_gzip = true,
        .ca_file = archive->settings->ca_file,
        .user_agent = buf_string(&user_agent),
    };
    return http_start(archive->http, &call, on_answer, archive, &archive->request, e);
}

void archive_line_ask_now(struct archive *archive)
{
    int64_t again_usec;
    struct error e;

    if (poller_line_take(archive->poller, &again_usec) < 0) {
        timer_arm_at(archive->timer, again_usec);
        return;
    }
    archive->has_line = true;
    int r = start(archive, &e);
    if (r < 0) {
        give_back(archive);
        archive_fetch_failed(archive, r, -1, &e);
    }
}

void archive_line_ask(struct archive *archive)
{
    timer_arm_in(archive->timer, 0);
}

void archive_line_cancel(struct archive *archive)
{
    timer_disarm(archive->timer);
    http_cancel(TAKE_PTR(archive->request));
    give_back(archive);
}
