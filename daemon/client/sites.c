/* trialwatch sites */
#include "client/commands.h"
#include "client/record.h"
#include "client/report.h"
#include "client/siterow.h"
#include "client/timeline.h"

#include <errno.h>

static const struct report_column sites_columns[] = {
    {.key = "number", .title = "SITE", .format = COLUMN_NUMBER},
    {.key = "status", .title = "STATUS", .format = COLUMN_ENUM},
    {.key = "since", .title = "SINCE", .format = COLUMN_TIME},
    {.key = "facility", .title = "FACILITY", .cut = true},
    {.key = "city", .title = "CITY", .cut = true},
    {.key = "state", .title = "STATE", .cut = true},
    {.key = "country", .title = "COUNTRY", .cut = true},
    {.key = "zip"},
    {.key = "index"},
    {.key = "listed"},
    {.key = "unlisted", .title = "UNLISTED", .format = COLUMN_TIME},
    {.key = "lat"},
    {.key = "lon"},
    {.key = "contacts"},
    {.key = NULL},
};

struct listing {
    struct report report;
    struct error *e;
    bool all; /* those no longer listed too */
};

static int add_site(const struct site_row *row, void *userdata)
{
    struct listing *listing = userdata;

    if (row->unlisted_usec != 0 && !listing->all)
        return 0;
    return report_add(&listing->report, siterow_to_json(row), listing->e);
}

static int add_sites_of_version(struct client *client, struct listing *listing, const struct version *version)
{
    _cleanup_study_ struct study *study = NULL;
    _cleanup_free_ long *numbers = NULL;
    size_t count = 0;
    int r = versions_study(client->history, version, &study, listing->e);

    if (r == 0 && version->origin == VERSION_SEEN)
        r = history_sites_of_version(client->history, version->nct_id, version->number, &numbers, &count, listing->e);
    for (size_t i = 0; r == 0 && i < study_location_count(study); i++)
        r = report_add(&listing->report,
                       siterow_of_version(client->history, study, version, i, i < count ? numbers[i] : 0), listing->e);
    return r;
}

static int list_sites(struct client *client, const char *nct_id, struct error *e)
{
    struct listing listing = {.e = e, .all = client->json || client->csv || options_has(&client->options, "all")};
    _cleanup_buf_ struct buf provenance = {0};
    struct version version;
    bool then = options_has(&client->options, "at") || options_has(&client->options, "version");
    int r = record_choose_version(client, nct_id, &version, e);

    if (r < 0)
        return r;
    record_append_provenance(&provenance, client, &version);
    client_say(client, "%s, %s", nct_id, buf_string(&provenance));
    r = report_begin(&listing.report, client, sites_columns, e);
    if (r == 0 && then)
        r = add_sites_of_version(client, &listing, &version);
    else if (r == 0)
        r = history_sites_each(client->history, nct_id, add_site, &listing, e);
    if (r == 0)
        report_end(&listing.report, "No site is listed.");
    report_clear(&listing.report);
    return r;
}

static int sites_run(struct client *client, struct error *e)
{
    const struct options *options = &client->options;
    char nct_id[STUDY_NCT_ID_BYTES];
    bool timeline = options_has(options, "timeline");

    if (timeline && (options_has(options, "at") || options_has(options, "version")))
        return error_set(e, -EINVAL, "--timeline is of all times: it excludes --at and --version");
    int r = client_resolve_study(client, options_argument(options, 0), nct_id, e);
    if (r < 0)
        return r;
    return timeline ? timeline_print(client, nct_id, e) : list_sites(client, nct_id, e);
}

static const struct option_spec sites_options[] = {
    {.name = "at", .value = "TIME", .help = "As they stood at that time; a date means the end of its day."},
    {.name = "version", .letter = 'n', .value = "N", .help = "As they stood in this version."},
    {.name = "timeline",
     .help = "What became of each: listed, opened, renamed, closed, no longer listed, with the dates."},
    {.name = "all", .help = "People see sites too that are no longer listed. JSON and CSV always have them."},
    {.name = NULL},
};

const struct command sites_command = {
    .name = "sites",
    .arguments = "STUDY",
    .min_arguments = 1,
    .max_arguments = 1,
    .flags = COMMAND_PAGED | COMMAND_TABLE,
    .summary = "List the sites of a study, now, then, or through time",
    .help = "The status is a site's own where the registry gives one, else what the status of the study means for it. "
            "SINCE is when this program first saw it so. A site keeps its number when it is renamed.",
    .options = sites_options,
    .run = sites_run,
};
