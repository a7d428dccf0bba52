/* trialwatch polls */
#include "client/commands.h"
#include "client/pollrow.h"
#include "client/report.h"

#define DEFAULT_LIMIT 50

static const struct report_column polls_columns[] = {
    {.key = "id", .title = "POLL", .format = COLUMN_NUMBER},
    {.key = "started", .title = "STARTED", .format = COLUMN_TIME},
    {.key = "finished"},
    {.key = "outcome", .title = "OUTCOME"},
    {.key = "refresh", .title = "REFRESH"},
    {.key = "requests", .title = "REQUESTS", .format = COLUMN_NUMBER},
    {.key = "records", .title = "RECORDS", .format = COLUMN_NUMBER},
    {.key = "changed", .title = "CHANGED", .format = COLUMN_NUMBER},
    {.key = "missing", .title = "MISSING", .format = COLUMN_NUMBER},
    {.key = "bytes"},
    {.key = "api_version"},
    {.key = "reason", .title = "REASON", .cut = true},
    {.key = NULL},
};

struct listing {
    struct report report;
    struct error *e;
};

static int add_poll(const struct poll *poll, void *userdata)
{
    struct listing *listing = userdata;

    return report_add(&listing->report, pollrow_to_json(poll), listing->e);
}

static int polls_run(struct client *client, struct error *e)
{
    struct listing listing = {.e = e};
    int64_t since_usec;
    long limit;
    int r = client_option_time(client, "since", WHEN_DAY_BEGINS, &since_usec, e);

    if (r == 0)
        r = options_number(&client->options, "limit", 0, since_usec ? 0 : DEFAULT_LIMIT, &limit, e);
    if (r == 0)
        r = client_open_history(client, e);
    if (r == 0)
        r = report_begin(&listing.report, client, polls_columns, e);
    if (r == 0)
        r = polls_each(client->history, since_usec, limit, add_poll, &listing, e);
    if (r == 0)
        report_end(&listing.report, "No look at the registry is recorded.");
    report_clear(&listing.report);
    return r;
}

static const struct option_spec polls_options[] = {
    {.name = "since", .value = "TIME", .help = "Only those since then: 7d, 2021-12-01."},
    {.name = "limit", .value = "N", .help = "At most so many: 50 without it and --since; 0: all."},
    {.name = NULL},
};

const struct command polls_command = {
    .name = "polls",
    .arguments = "",
    .flags = COMMAND_PAGED | COMMAND_TABLE,
    .summary = "List the looks at the registry, newest first",
    .help =
        "Each with its outcome: unchanged (the registry had not refreshed), complete, failed with the reason, running. "
        "One that stays running was interrupted.",
    .options = polls_options,
    .run = polls_run,
};
