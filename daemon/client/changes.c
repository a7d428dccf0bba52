/* trialwatch changes */
#include "client/changerow.h"
#include "client/commands.h"
#include "client/describe.h"

#include <string.h>

#define DEFAULT_LIMIT 1000

/* What ends the visits early without being an error. */
#define ENOUGH 1

struct listing {
    struct client *client;
    struct report report;
    struct error *e;
    bool folds;   /* for people, sites that moved with their study are one line */
    size_t limit; /* of lines; 0: none */
    struct {
        char nct_id[STUDY_NCT_ID_BYTES];
        long version;
        enum kind kind;
        size_t count;
        json_t *row; /* owned; the first of them */
    } fold;
};

/* Adds the line for the sites that were counted. */
static int end_fold(struct listing *listing)
{
    _cleanup_buf_ struct buf text = {0};
    json_t *row = TAKE_PTR(listing->fold.row);

    if (!row)
        return 0;
    if (listing->fold.count > 1) {
        describe_fold(&text, listing->fold.kind, listing->fold.count);
        json_object_set_new(row, "text", json_string(buf_string(&text)));
    }
    return report_add(&listing->report, row, listing->e);
}

static bool belongs_to_fold(const struct listing *listing, const struct change_row *row)
{
    return listing->fold.row && listing->fold.kind == row->change->kind && listing->fold.version == row->version &&
           strcmp(listing->fold.nct_id, row->nct_id) == 0;
}

static int add_change(const struct change_row *row, void *userdata)
{
    struct listing *listing = userdata;
    bool folds = listing->folds && row->change->with_study;

    if (folds && belongs_to_fold(listing, row)) {
        listing->fold.count++;
        return 0;
    }
    int r = end_fold(listing);
    if (r < 0)
        return r;
    if (listing->limit > 0 && listing->report.count >= listing->limit)
        return ENOUGH;
    json_t *json = changerow_to_json(listing->client->history, row);
    if (!folds || !json)
        return report_add(&listing->report, json, listing->e);
    memcpy(listing->fold.nct_id, row->nct_id, sizeof(listing->fold.nct_id));
    listing->fold.version = row->version;
    listing->fold.kind = row->change->kind;
    listing->fold.count = 1;
    listing->fold.row = json;
    return 0;
}

static int read_filter(struct client *client, struct change_filter *filter, char nct_id[static STUDY_NCT_ID_BYTES],
                       struct error *e)
{
    const struct options *options = &client->options;
    const char *study = options_text(options, "study");
    bool for_people = !client->json && !client->csv;
    int r = client_option_time(client, "since", WHEN_DAY_BEGINS, &filter->since_usec, e);

    if (r == 0)
        r = client_option_time(client, "until", WHEN_DAY_ENDS, &filter->until_usec, e);
    if (r == 0)
        r = changerow_option_kinds(options, &filter->kinds, e);
    if (r == 0)
        r = options_number(options, "limit", 0, DEFAULT_LIMIT, &filter->limit, e);
    if (r == 0 && study)
        r = client_resolve_study(client, study, nct_id, e);
    if (r < 0)
        return r;
    filter->nct_id = study ? nct_id : NULL;
    filter->country = options_text(options, "country");
    filter->min_weight =
        for_people && filter->kinds == 0 && !options_has(options, "all") ? WEIGHT_ROUTINE : WEIGHT_SILENT;
    filter->newest_first = true;
    return 0;
}

static int changes_run(struct client *client, struct error *e)
{
    char nct_id[STUDY_NCT_ID_BYTES];
    struct change_filter filter = {0};
    struct listing listing = {.client = client, .e = e, .folds = !client->json && !client->csv};
    int r = read_filter(client, &filter, nct_id, e);

    /* The limit counts what is printed: a fold must see all of its sites. */
    listing.limit = (size_t)filter.limit;
    filter.limit = 0;
    if (r == 0)
        r = client_open_history(client, e);
    if (r == 0)
        r = report_begin(&listing.report, client, changerow_columns, e);
    if (r == 0)
        r = changes_each(client->history, &filter, add_change, &listing, e);
    if (r == 0)
        r = end_fold(&listing);
    if (r == ENOUGH)
        r = CLIENT_OK;
    if (r == 0)
        report_end(&listing.report, "Nothing changed.");
    json_decref(listing.fold.row);
    report_clear(&listing.report);
    return r;
}

static const struct option_spec changes_options[] = {
    {.name = "since", .value = "TIME", .help = "Only what was seen since then: 7d, 2021-12-01, 2021-12-01T09:00."},
    {.name = "until", .value = "TIME", .help = "Only what was seen until then; a date includes its day."},
    {.name = "study", .value = "STUDY", .help = "Only of this study."},
    {.name = "kind",
     .value = "KIND",
     .repeats = true,
     .help = "Only this kind, such as site-opened or status, or the kinds of a weight or more, such as urgent. May be "
             "given several times."},
    {.name = "country", .value = "COUNTRY", .help = "Only sites there, by name or ISO 3166 code: US."},
    {.name = "limit", .value = "N", .help = "At most so many, 1000 without it; 0: all."},
    {.name = "all", .help = "People see silent changes too, such as submission dates. JSON and CSV always have them."},
    {.name = NULL},
};

const struct command changes_command = {
    .name = "changes",
    .arguments = "",
    .flags = COMMAND_PAGED | COMMAND_TABLE,
    .summary = "List what changed, newest first",
    .help = "Every typed difference between two versions of a study. Sites that opened or closed because their whole "
            "study did are one line for people, and one row each with --json and --csv.",
    .options = changes_options,
    .run = changes_run,
};
