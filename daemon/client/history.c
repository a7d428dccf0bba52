/* trialwatch history */
#include "base/text.h"
#include "client/changerow.h"
#include "client/commands.h"
#include "client/describe.h"
#include "client/versionname.h"
#include "client/versionpair.h"

#include <errno.h>
#include <string.h>

struct listing {
    struct client *client;
    struct report report;
    struct error *e;
    bool all; /* silent changes too */
    const struct version *version;
    struct version_side archived; /* the version before, when that is of the archive; else without a study */
    json_t *changes;              /* owned; JSON: of this version */
    size_t silent;                /* of this version, not shown */
    size_t shown;
    size_t folded[KIND_COUNT]; /* sites of this version that moved with the study */
};

static bool for_people(const struct listing *listing)
{
    return !listing->client->json && !listing->client->csv;
}

/* Its number, or for whoever reads a table its name. */
static json_t *version_cell(const struct listing *listing)
{
    char name[VERSIONNAME_BYTES];

    if (listing->client->json || listing->version->origin == VERSION_SEEN)
        return json_integer(listing->version->number);
    return json_string(versionname_format(listing->version, name));
}

/* A line about the version itself. */
static int add_line(struct listing *listing, const char *kind, const char *text)
{
    char seen[CLOCK_TEXT_BYTES];
    const struct version *version = listing->version;

    listing->shown++;
    return report_add(&listing->report,
                      json_pack("{s:o, s:s, s:s, s:s, s:s}", "version", version_cell(listing), "seen",
                                clock_format_utc(version->seen_usec, seen), "refresh", version->refresh, "kind", kind,
                                "text", text),
                      listing->e);
}

/* Takes the reference to row. */
static int add_change(struct listing *listing, const struct change *change, json_t *row)
{
    bool silent = for_people(listing) && !listing->all && change->weight == WEIGHT_SILENT;
    bool folded = for_people(listing) && change->with_study;

    if (listing->client->json)
        return json_array_append_new(listing->changes, row) < 0 ? -ENOMEM : 0;
    if (silent) {
        listing->silent++;
    } else if (folded) {
        listing->folded[change->kind]++;
    } else {
        listing->shown++;
        return report_add(&listing->report, row, listing->e);
    }
    json_decref(row);
    return 0;
}

static int add_kept_change(const struct change_row *row, void *userdata)
{
    struct listing *listing = userdata;

    return add_change(listing, row->change, changerow_to_json(listing->client->history, row));
}

/* The row of a change that the history does not keep: it has no id. */
static json_t *row_of_archived(const struct listing *listing, const struct version_side *after,
                               const struct change *change)
{
    char seen[CLOCK_TEXT_BYTES];
    _cleanup_buf_ struct buf text = {0};
    json_auto_t *json = change_to_json(change);

    versionpair_describe(&text, listing->client->history, &listing->archived, after, change);
    json_auto_t *row = json_pack("{s:s, s:s, s:o, s:s, s:s, s:s, s:s}", "nct_id", after->version.nct_id, "title",
                                 study_title(after->study), "version", version_cell(listing), "seen",
                                 clock_format_utc(after->version.seen_usec, seen), "refresh", after->version.refresh,
                                 "label", kind_info(change->kind)->label, "text", buf_string(&text));
    return row && json && json_object_update(row, json) == 0 ? json_incref(row) : NULL;
}

/* What changed since the archived version before: found out now. */
static int add_archived_changes(struct listing *listing)
{
    _cleanup_version_side_ struct version_side after = {.version = *listing->version};
    _cleanup_change_list_ struct change_list changes = {0};
    struct store *store = listing->client->history;
    int r = versions_study(store, listing->version, &after.study, listing->e);

    if (r == 0 && listing->archived.study)
        r = versionpair_compare(store, &listing->archived, &after, &changes, listing->e);
    for (size_t i = 0; r == 0 && i < changes.count; i++)
        r = add_change(listing, &changes.items[i], row_of_archived(listing, &after, &changes.items[i]));
    version_side_clear(&listing->archived);
    listing->archived = (struct version_side){0};
    if (listing->version->origin == VERSION_ARCHIVE) {
        listing->archived = after;
        after.study = NULL;
    }
    return r;
}

static const char *sentence_without_changes(const struct version *version)
{
    if (version->origin == VERSION_ARCHIVE)
        return version->number == 0 ? "First in the registry's archive" : "No change in the protocol section";
    return version->number == 1 ? "First seen" : "No change that is kept";
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
        r = add_line(listing, "", sentence_without_changes(listing->version));
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
    if (version->origin == VERSION_ARCHIVE || listing->archived.study)
        r = add_archived_changes(listing);
    else
        r = changes_each(listing->client->history, &filter, add_kept_change, listing, listing->e);
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
        r = report_begin(&listing.report, client, changerow_columns_of_study, e);
    listing.changes = json_array();
    if (r == 0)
        r = versions_each(client->history, nct_id, add_version, &listing, e);
    if (r == 0)
        report_end(&listing.report, "No version.");
    json_decref(listing.changes);
    version_side_clear(&listing.archived);
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
        "with --csv each change is a row. a0, a1, … are versions from the registry's own archive, which trialwatch "
        "backfill fetches; SEEN is then the day of their submission.",
    .options = history_options,
    .run = history_run,
};
