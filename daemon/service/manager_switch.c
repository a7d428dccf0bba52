#include "service/manager_internal.h"

#include "base/clock.h"
#include "base/log.h"

#define TIMEOUT_USEC (10 * USEC_PER_SEC)
#define MAX_ANSWER_BYTES ((size_t)64 * 1024)

static void on_answer(const struct http_response *response, void *userdata)
{
    struct manager *manager = userdata;

    manager->switch_request = NULL;
    if (response->error < 0)
        log_warning("The heartbeat URL could not be asked: %s", response->error_text);
    else if (response->status / 100 != 2)
        log_warning("The heartbeat URL answered %d", response->status);
}

void manager_ask_switch(struct manager *manager)
{
    struct http_call call = {
        .method = "GET",
        .url = manager->settings.config->heartbeat_url,
        .max_response_bytes = MAX_ANSWER_BYTES,
        .timeout_usec = TIMEOUT_USEC,
        .ca_file = manager->settings.config->ca_file,
        .user_agent = "trialwatch",
    };
    struct error e = {0};

    if (!call.url || manager->switch_request || !channel_url_ok(call.url, &call.allow_http))
        return;
    if (http_start(manager->http, &call, on_answer, manager, &manager->switch_request, &e) < 0)
        log_warning("The heartbeat URL could not be asked: %s", e.text);
}
