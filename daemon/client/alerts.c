/* trialwatch alerts */
#include "client/alertrow.h"
#include "client/commands.h"
#include "client/report.h"

#define DEFAULT_LIMIT 200

static const struct report_column alerts_columns[] = {
    {.key = "created", .title = "CREATED", .format = COLUMN_TIME},
    {.key = "channel", .title = "CHANNEL"},
    {.key = "nct_id", .title = "STUDY"},
    {.key = "version", .title = "VERSION", .format = COLUMN_NUMBER},
    {.key = "state", .title = "STATE"},
    {.key = "finished", .title = "TOLD", .format = COLUMN_TIME},
    {.key = "attempt_count", .title = "TRIES", .format = COLUMN_NUMBER},
    {.key = "last_answer", .title = "ANSWER", .cut = true},
    {.key = "reason", .title = "WHY", .cut = true},
    {.key = "acked_by", .title = "SEEN BY"},
    {.key = "id", .title = "ALERT"},
    {.key = "title"},
    {.key = "refresh"},
    {.key = "weight"},
    {.key = "due"},
    {.key = "message"},
    {.key = "watches"},
    {.key = NULL},
};

struct listing {
    struct client *client;
    struct report report;
    struct error *e;
};

static int add_alert(const struct alert_row *row, void *userdata)
{
    struct listing *listing = userdata;

    return report_add(&listing->report, alertrow_to_json(listing->client->history, row), listing->e);
}

static int read_filter(struct client *client, struct alert_filter *filter, char nct_id[static STUDY_NCT_ID_BYTES],
                       struct error *e)
{
    const struct options *options = &client->options;
    const char *study = options_argument(options, 0);
    int r = client_option_time(client, "since", WHEN_DAY_BEGINS, &filter->since_usec, e);

    if (r == 0)
        r = options_number(options, "limit", 0, DEFAULT_LIMIT, &filter->limit, e);
    if (r == 0 && study)
        r = client_resolve_study(client, study, nct_id, e);
    filter->nct_id = study ? nct_id : NULL;
    filter->channel = options_text(options, "channel");
    if (options_has(options, "failed"))
        filter->states |= 1u << ALERT_FAILED;
    if (options_has(options, "open"))
        filter->states |= 1u << ALERT_DUE | 1u << ALERT_HELD | 1u << ALERT_SENDING;
    filter->newest_first = true;
    return r;
}

static int alerts_run(struct client *client, struct error *e)
{
    char nct_id[STUDY_NCT_ID_BYTES];
    struct alert_filter filter = {0};
    struct listing listing = {.client = client, .e = e};
    int r = read_filter(client, &filter, nct_id, e);

    if (r == 0)
        r = client_open_history(client, e);
    if (r == 0)
        r = report_begin(&listing.report, client, alerts_columns, e);
    if (r == 0)
        r = outbox_each(client->history, &filter, add_alert, &listing, e);
    if (r == 0)
        report_end(&listing.report, "No alert.");
    report_clear(&listing.report);
    return r;
}

static const struct option_spec alerts_options[] = {
    {.name = "failed", .help = "Only those that were given up."},
    {.name = "open", .help = "Only those that are not told yet: due, held or sending."},
    {.name = "channel", .value = "CHANNEL", .help = "Only of this channel."},
    {.name = "since", .value = "TIME", .help = "Only those made since then: 7d, 2021-12-01."},
    {.name = "limit", .value = "N", .help = "At most so many, 200 without it; 0: all."},
    {.name = NULL},
};

const struct command alerts_command = {
    .name = "alerts",
    .arguments = "[STUDY]",
    .max_arguments = 1,
    .flags = COMMAND_PAGED | COMMAND_TABLE,
    .summary = "List who was told what and when, newest first",
    .help = "With --json every attempt of an alert: when, what the receiver answered, how long it took.",
    .options = alerts_options,
    .run = alerts_run,
};
