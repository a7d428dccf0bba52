/* trialwatch plan */
#include "base/text.h"
#include "client/commands.h"
#include "client/daemon.h"
#include "client/report.h"

#include <stdio.h>

static const struct report_column request_columns[] = {
    {.key = "subject", .title = "ASKS FOR"},
    {.key = "watch", .title = "WATCH"},
    {.key = "pages", .title = "REQUESTS", .format = COLUMN_NUMBER},
    {.key = "records", .title = "RECORDS", .format = COLUMN_NUMBER},
    {.key = "url_bytes", .title = "URL BYTES", .format = COLUMN_NUMBER},
    {.key = "url", .title = "URL", .cut = true},
    {.key = NULL},
};

static void format_seconds(const json_t *document, const char *key, char *text, size_t size)
{
    double seconds = json_number_value(json_object_get(document, key));

    if (seconds < 60)
        snprintf(text, size, "%.*f s", seconds < 10 ? 1 : 0, seconds);
    else
        text_format_duration((int64_t)(seconds * (double)USEC_PER_SEC), text, size);
}

static json_int_t number_at(const json_t *document, const char *key)
{
    return json_integer_value(json_object_get(document, key));
}

static void say_summary(const struct client *client, const json_t *plan)
{
    const json_t *last = json_object_get(plan, "last_look");
    char at_least[64], spacing[64], every[64], took[64], requests[TEXT_COUNT_BYTES], records[TEXT_COUNT_BYTES];

    format_seconds(plan, "at_least_sec", at_least, sizeof(at_least));
    format_seconds(plan, "spacing_sec", spacing, sizeof(spacing));
    format_seconds(plan, "every_sec", every, sizeof(every));
    client_say(client,
               "The next refresh is asked for %s with %s, one after the other and %s apart: that "
               "takes %s and what the registry itself needs. Until then it is one request every %s.",
               text_format_count((size_t)number_at(plan, "records"), "record", records),
               text_format_count((size_t)number_at(plan, "request_count"), "request", requests), spacing, at_least,
               every);
    if (!json_is_true(json_object_get(plan, "all_known")))
        client_say(client, "A query that was never asked may find more than this plan knows.");
    if (!json_is_object(last))
        return;
    format_seconds(last, "seconds", took, sizeof(took));
    client_say(client, "The last one, %s, took %s: %s, %s, %.1f MB.",
               json_string_value(json_object_get(last, "refresh")), took,
               text_format_count((size_t)number_at(last, "requests"), "request", requests),
               text_format_count((size_t)number_at(last, "records"), "record", records),
               (double)number_at(last, "bytes") / 1e6);
}

static int print_requests(const struct client *client, const json_t *requests, struct error *e)
{
    _cleanup_report_ struct report report;
    size_t i;
    json_t *request;
    int r = report_begin(&report, client, request_columns, e);

    json_array_foreach (requests, i, request)
        if (r == 0)
            r = report_add(&report, json_incref(request), e);
    if (r == 0)
        report_end(&report, "Nothing is asked.");
    return r;
}

static int plan_run(struct client *client, struct error *e)
{
    json_auto_t *plan = NULL;
    int r = daemon_ask(client, "GET", "/v1/plan", NULL, &plan, e);

    if (r < 0)
        return r;
    if (client->json)
        return client_print_json(client, plan, e);
    say_summary(client, plan);
    return print_requests(client, json_object_get(plan, "requests"), e);
}

const struct command plan_command = {
    .name = "plan",
    .arguments = "",
    .flags = COMMAND_PAGED | COMMAND_TABLE,
    .summary = "Show what the next refresh of the registry will be asked",
    .help = "Every request of all watches together in its order, with the records that it should bring, and how long "
            "that takes at the spacing of the settings. Only the first page of a question has its URL here: the "
            "registry gives the token of each later one with the page before. Watches with the same question ask it "
            "once. What a query finds is taken to be what it found before.",
    .run = plan_run,
};
