/* trialwatch export */
#include "client/alertrow.h"
#include "client/changerow.h"
#include "client/commands.h"
#include "client/output.h"
#include "client/pollrow.h"
#include "client/studyrow.h"

#include <errno.h>
#include <string.h>

/* A progress line every so many lines. */
#define PROGRESS_LINES 25

struct exporting {
    struct client *client;
    int64_t since_usec;
    long long lines;
    struct report report; /* of CSV */
    struct error *e;
};

static void count_line(struct exporting *exporting)
{
    if (++exporting->lines % PROGRESS_LINES == 0 && !exporting->client->terminal.is_terminal)
        terminal_show_progress("Lines exported", exporting->lines, 0);
}

/* Prints a line of NDJSON with its type first. Takes the reference to body; NULL: no memory. */
static int write_line(struct exporting *exporting, const char *type, json_t *body)
{
    _cleanup_buf_ struct buf line = {0};
    json_auto_t *object = json_pack("{s:s}", "type", type);
    int r = body && object && json_object_update(object, body) == 0 ? 0 : -ENOMEM;

    json_decref(body);
    if (r == 0)
        r = output_append_json(&line, object, JSON_COMPACT);
    if (r < 0)
        return error_set(exporting->e, r, "no memory for a line of the export");
    if (fprintf(exporting->client->terminal.out, "%s\n", buf_string(&line)) < 0)
        return error_set(exporting->e, -EIO, "the export could not be written: %s", strerror(errno));
    count_line(exporting);
    return 0;
}

static int write_version(const struct version *version, void *userdata)
{
    struct exporting *exporting = userdata;
    _cleanup_study_ struct study *study = NULL;
    char hash[2 * STUDY_HASH_BYTES + 1];

    if (version->seen_usec < exporting->since_usec)
        return 0;
    int r = versions_study(exporting->client->history, version, &study, exporting->e);
    if (r < 0)
        return r;
    for (size_t i = 0; i < STUDY_HASH_BYTES; i++)
        snprintf(hash + 2 * i, 3, "%02x", version->hash[i]);
    return write_line(exporting, "version",
                      json_pack("{s:s, s:I, s:s, s:o, s:s, s:I, s:s, s:O}", "nct_id", version->nct_id, "version",
                                (json_int_t)version->number, "origin",
                                version->origin == VERSION_ARCHIVE ? "archive" : "seen", "seen",
                                when_to_json(version->seen_usec), "refresh", version->refresh, "poll",
                                (json_int_t)version->poll, "sha256", hash, "record", study_record(study)));
}

static int write_change(const struct change_row *row, void *userdata)
{
    struct exporting *exporting = userdata;
    json_t *json = changerow_to_json(exporting->client->history, row);

    if (!exporting->report.columns)
        return write_line(exporting, "change", json);
    count_line(exporting);
    return report_add(&exporting->report, json, exporting->e);
}

static int write_alert(const struct alert_row *row, void *userdata)
{
    struct exporting *exporting = userdata;

    return write_line(exporting, "alert", alertrow_to_json(exporting->client->history, row));
}

static int write_poll(const struct poll *poll, void *userdata)
{
    return write_line(userdata, "poll", pollrow_to_json(poll));
}

static int write_versions(struct exporting *exporting)
{
    struct store *store = exporting->client->history;
    json_auto_t *studies = NULL;
    size_t i;
    const json_t *study;
    int r = studyrow_list(store, &studies, exporting->e);

    json_array_foreach (studies, i, study)
        if (r == 0)
            r = versions_each(store, json_string_value(json_object_get(study, "nct_id")), write_version, exporting,
                              exporting->e);
    return r;
}

static int export_ndjson(struct exporting *exporting)
{
    struct store *store = exporting->client->history;
    const struct change_filter changes = {.since_usec = exporting->since_usec};
    const struct alert_filter alerts = {.since_usec = exporting->since_usec};
    int r = write_versions(exporting);

    if (r == 0)
        r = changes_each(store, &changes, write_change, exporting, exporting->e);
    if (r == 0)
        r = outbox_each(store, &alerts, write_alert, exporting, exporting->e);
    if (r == 0)
        r = polls_each(store, exporting->since_usec, 0, write_poll, exporting, exporting->e);
    return r;
}

static int export_csv(struct exporting *exporting)
{
    const struct change_filter changes = {.since_usec = exporting->since_usec};

    exporting->client->csv = true;
    int r = report_begin(&exporting->report, exporting->client, changerow_columns, exporting->e);
    if (r == 0)
        r = changes_each(exporting->client->history, &changes, write_change, exporting, exporting->e);
    report_clear(&exporting->report);
    return r;
}

static int export_run(struct client *client, struct error *e)
{
    const char *format = options_text(&client->options, "format");
    bool csv = format && strcmp(format, "csv") == 0;
    struct exporting exporting = {.client = client, .e = e};

    if (format && !csv && strcmp(format, "ndjson") != 0)
        return error_set(e, -EINVAL, "--format is ndjson or csv, not '%s'", format);
    int r = client_option_time(client, "since", WHEN_DAY_BEGINS, &exporting.since_usec, e);
    if (r == 0)
        r = client_open_history(client, e);
    if (r < 0)
        return r;
    r = csv || client->csv ? export_csv(&exporting) : export_ndjson(&exporting);
    terminal_clear_progress();
    return r;
}

static const struct option_spec export_options[] = {
    {.name = "since", .value = "TIME", .help = "Only what was seen since then: 7d, 2021-12-01."},
    {.name = "format",
     .value = "ndjson|csv",
     .help = "One JSON object a line, which is the default, or the change log as CSV."},
    {.name = NULL},
};

const struct command export_command = {
    .name = "export",
    .arguments = "",
    .flags = COMMAND_TABLE,
    .summary = "Write the history as a stream that other programs read",
    .help = "With ndjson every line has a \"type\": version (with the whole record), change, alert (with its "
            "attempts), poll. "
            "With csv only the changes; alerts and polls have a --csv of their own.",
    .options = export_options,
    .run = export_run,
};
