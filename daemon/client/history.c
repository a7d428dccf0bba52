/* trialwatch history */
#include "base/text.h"
#include "client/changerow.h"
#include "client/commands.h"
#include "client/describe.h"

#include <errno.h>
#include <string.h>

static const struct report_column history_columns[] = {
    {.key = "version", .title = "VERSION", .format = COLUMN_NUMBER, .once = true},
    {.key = "seen", .title = "SEEN", .format = COLUMN_TIME, .once = true},
    {.key = "refresh"},
    {.key = "kind", .title = "KIND"},
    {.key = "text", .title = "CHANGE", .cut = true},
    {.key = "id"},
    {.key = "weight"},
    {.key = "path"},
    {.key = "site"},
    {.key = "before"},
    {.key = "after"},
    {.key = "note"},
    {.key = NULL},
};

struct listing {
    struct client *client;
    struct report report;
    struct error *e;
    bool all; /* silent changes too */
    const struct version *version;
    json_t *changes; /* owned; JSON: of this version */
    size_t silent;   /* of this version, not shown */
    size_t shown;
    size_t folded[KIND_COUNT]; /* sites of this version that moved with the study */
};

static bool for_people(const struct listing *listing)
{
    return !listing->client->json && !listing->client->csv;
}

/* A line about the version itself. */
static int add_line(struct listing *listing, const char *kind, const char *text)
{
    char seen[CLOCK_TEXT_BYTES];
    const struct version *version = listing->version;

    listing->shown++;
    return report_add(&listing->report,
                      json_pack("{s:i, s:s, s:s, s:s, s:s}", "version", (int)version->number, "seen",
                                clock_format_utc(version->seen_usec, seen), "refresh", version->refresh, "kind", kind,
                                "text", text),
                      listing->e);
}

static int add_change(const struct change_row *row, void *userdata)
{
    struct listing *listing = userdata;

    if (listing->client->json)
        return json_array_append_new(listing->changes, changerow_to_json(listing->client->history, row)) < 0 ? -ENOMEM
                                                                                                             : 0;
    if (for_people(listing) && !listing->all && row->change->weight == WEIGHT_SILENT) {
        listing->silent++;
        return 0;
    }
    if (for_people(listing) && row->change->with_study) {
        listing->folded[row->change->kind]++;
        return 0;
    }
    listing->shown++;
    return report_add(&listing->report, changerow_to_json(listing->client->history, row), listing->e);
}

/* What people read beside the changes that have a line of their own. */
static int add_summary_lines(struct listing *listing)
{
    int r = 0;

    for (enum kind kind = 0; kind < KIND_COUNT && r == 0; kind++) {
        _cleanup_buf_ struct buf text = {0};
        if (listing->folded[kind] == 0)
            continue;
        describe_fold(&text, kind, listing->folded[kind]);
        r = add_line(listing, kind_info(kind)->name, buf_string(&text));
    }
    if (r == 0 && listing->shown == 0 && listing->silent > 0) {
        _cleanup_buf_ struct buf text = {0};
        buf_append_string(&text, "Bookkeeping only: ");
        text_append_count(&text, listing->silent, "silent change");
        buf_append_string(&text, " (--all shows them)");
        r = add_line(listing, "", buf_string(&text));
    }
    if (r == 0 && listing->shown == 0)
        r = add_line(listing, "", listing->version->number == 1 ? "First seen" : "No change that is kept");
    return r;
}

static int add_json(struct listing *listing)
{
    char seen[CLOCK_TEXT_BYTES];
    const struct version *version = listing->version;

    return report_add(&listing->report,
                      json_pack("{s:i, s:s, s:s, s:s, s:O}", "version", (int)version->number, "origin",
                                version->origin == VERSION_ARCHIVE ? "archive" : "seen", "seen",
                                clock_format_utc(version->seen_usec, seen), "refresh", version->refresh, "changes",
                                listing->changes),
                      listing->e);
}

static int add_version(const struct version *version, void *userdata)
{
    struct listing *listing = userdata;
    struct change_filter filter = {.nct_id = version->nct_id, .version = version->number};
    int r = 0;

    listing->version = version;
    listing->silent = listing->shown = 0;
    memset(listing->folded, 0, sizeof(listing->folded));
    json_array_clear(listing->changes);
    if (version->origin == VERSION_SEEN)
        r = changes_each(listing->client->history, &filter, add_change, listing, listing->e);
    if (r < 0)
        return r;
    if (listing->client->json)
        return add_json(listing);
    return for_people(listing) ? add_summary_lines(listing) : 0;
}

static int history_run(struct client *client, struct error *e)
{
    char nct_id[STUDY_NCT_ID_BYTES];
    struct listing listing = {.client = client, .e = e, .all = options_has(&client->options, "all")};
    int r = client_resolve_study(client, options_argument(&client->options, 0), nct_id, e);

    if (r == 0)
        r = report_begin(&listing.report, client, history_columns, e);
    listing.changes = json_array();
    if (r == 0)
        r = versions_each(client->history, nct_id, add_version, &listing, e);
    if (r == 0)
        report_end(&listing.report, "No version.");
    json_decref(listing.changes);
    report_clear(&listing.report);
    return r;
}

static const struct option_spec history_options[] = {
    {.name = "all", .help = "People see silent changes too, such as submission dates. JSON and CSV always have them."},
    {.name = NULL},
};

const struct command history_command = {
    .name = "history",
    .arguments = "STUDY",
    .min_arguments = 1,
    .max_arguments = 1,
    .flags = COMMAND_PAGED | COMMAND_TABLE,
    .summary = "List the versions of a study and what changed in each",
    .help =
        "Oldest first. With --json each version is an object whose \"changes\" are objects as in trialwatch changes; "
        "with --csv each change is a row.",
    .options = history_options,
    .run = history_run,
};
