/* trialwatch show */
#include "base/text.h"
#include "client/commands.h"
#include "client/describe.h"
#include "client/record.h"
#include "client/safetext.h"

#include <errno.h>
#include <string.h>

#define LABEL_COLUMNS 20
#define WIDEST_PROSE 100

/* In the order of the page. */
static const struct field {
    const char *label, *path;
} fields[] = {
    {"Status", "protocolSection.statusModule.overallStatus"},
    {"Why stopped", "protocolSection.statusModule.whyStopped"},
    {"Sponsor", "protocolSection.sponsorCollaboratorsModule.leadSponsor"},
    {"Collaborators", "protocolSection.sponsorCollaboratorsModule.collaborators"},
    {"Conditions", "protocolSection.conditionsModule.conditions"},
    {"Interventions", "protocolSection.armsInterventionsModule.interventions"},
    {"Study type", "protocolSection.designModule.studyType"},
    {"Phase", "protocolSection.designModule.phases"},
    {"Enrollment", "protocolSection.designModule.enrollmentInfo"},
    {"Start", "protocolSection.statusModule.startDateStruct"},
    {"Primary completion", "protocolSection.statusModule.primaryCompletionDateStruct"},
    {"Completion", "protocolSection.statusModule.completionDateStruct"},
    {"First posted", "protocolSection.statusModule.studyFirstPostDateStruct"},
    {"Last update posted", "protocolSection.statusModule.lastUpdatePostDateStruct"},
    {"Results posted", "protocolSection.statusModule.resultsFirstPostDateStruct"},
    {"Contacts", "protocolSection.contactsLocationsModule.centralContacts"},
    {"Sex", "protocolSection.eligibilityModule.sex"},
    {"Youngest", "protocolSection.eligibilityModule.minimumAge"},
    {"Oldest", "protocolSection.eligibilityModule.maximumAge"},
};

static const struct field texts[] = {
    {"Summary", "protocolSection.descriptionModule.briefSummary"},
    {"Primary outcomes", "protocolSection.outcomesModule.primaryOutcomes"},
    {"Secondary outcomes", "protocolSection.outcomesModule.secondaryOutcomes"},
    {"Eligibility", "protocolSection.eligibilityModule.eligibilityCriteria"},
};

struct page {
    const struct client *client;
    const struct study *study;
    struct buf *out;
};

static size_t prose_columns(const struct client *client)
{
    return client->terminal.columns > 0 ? size_min(client->terminal.columns, WIDEST_PROSE) : 0;
}

static void append_heading(const struct page *page, const char *heading)
{
    buf_printf(page->out, "%s%s%s\n", terminal_style(&page->client->terminal, STYLE_BOLD), heading,
               terminal_plain(&page->client->terminal));
}

/* The value wrapped behind its label. */
static void append_labelled(const struct page *page, const char *label, const char *text)
{
    _cleanup_buf_ struct buf safe = {0}, wrapped = {0};

    safetext_append(&safe, *text ? text : "-");
    safetext_append_wrapped(&wrapped, buf_string(&safe), prose_columns(page->client), LABEL_COLUMNS);
    const char *value = buf_string(&wrapped);
    buf_printf(page->out, "%-*s%s", LABEL_COLUMNS, label, value + size_min(LABEL_COLUMNS, strlen(value)));
}

static void append_field(const struct page *page, const struct field *field)
{
    _cleanup_buf_ struct buf text = {0};
    const json_t *value = record_at(study_record(page->study), field->path);

    if (!value)
        return;
    describe_value(&text, field->path, value);
    append_labelled(page, field->label, buf_string(&text));
}

static void append_sites(const struct page *page)
{
    _cleanup_buf_ struct buf text = {0};
    size_t count = study_location_count(page->study), recruiting = 0;

    for (size_t i = 0; i < count; i++)
        recruiting += strcmp(study_effective_status(page->study, i), "RECRUITING") == 0;
    if (count == 0)
        buf_append_string(&text, "none listed");
    else
        buf_printf(&text, "%zu, of which %zu recruiting; trialwatch sites %s lists them", count, recruiting,
                   study_nct_id(page->study));
    append_labelled(page, "Sites", buf_string(&text));
}

static void append_wrapped(const struct page *page, const char *text)
{
    _cleanup_buf_ struct buf safe = {0};

    safetext_append_lines(&safe, text);
    safetext_append_wrapped(page->out, buf_string(&safe), prose_columns(page->client), 2);
}

/* A text of the record, or a list of outcomes. */
static void append_text(const struct page *page, const struct field *field)
{
    const json_t *value = record_at(study_record(page->study), field->path);
    size_t i;
    const json_t *item;

    if (!value)
        return;
    buf_append_string(page->out, "\n");
    append_heading(page, field->label);
    if (json_is_string(value))
        append_wrapped(page, json_string_value(value));
    json_array_foreach (value, i, item) {
        _cleanup_buf_ struct buf line = {0};
        const char *frame = json_string_value(json_object_get(item, "timeFrame"));

        describe_value(&line, field->path, item);
        if (frame)
            buf_printf(&line, " [%s]", frame);
        append_wrapped(page, buf_string(&line));
    }
}

static int print_page(const struct client *client, const struct version *version, const struct study *study,
                      struct error *e)
{
    _cleanup_buf_ struct buf out = {0}, title = {0}, provenance = {0};
    const struct page page = {.client = client, .study = study, .out = &out};

    safetext_append(&title, study_title(study));
    append_heading(&page, buf_string(&title));
    record_append_provenance(&provenance, client, version);
    buf_printf(&out, "%s, %s\nhttps://clinicaltrials.gov/study/%s\n\n", version->nct_id, buf_string(&provenance),
               version->nct_id);
    for (size_t i = 0; i < ARRAY_SIZE(fields); i++)
        append_field(&page, &fields[i]);
    append_sites(&page);
    for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
        append_text(&page, &texts[i]);
    if (buf_status(&out) < 0)
        return error_set(e, buf_status(&out), "no memory for the page");
    fputs(buf_string(&out), client->terminal.out);
    return 0;
}

static int show_run(struct client *client, struct error *e)
{
    char nct_id[STUDY_NCT_ID_BYTES];
    struct version version;
    _cleanup_study_ struct study *study = NULL;
    int r = client_resolve_study(client, options_argument(&client->options, 0), nct_id, e);

    if (r == 0)
        r = record_choose_version(client, nct_id, &version, e);
    if (r == 0)
        r = versions_study(client->history, &version, &study, e);
    if (r < 0)
        return r;
    return client->json ? client_print_json(client, study_record(study), e) : print_page(client, &version, study, e);
}

static const struct option_spec show_options[] = {
    {.name = "version",
     .letter = 'n',
     .value = "N",
     .help = "This version instead of the newest; a3 is number 3 of the registry's archive."},
    {.name = "at", .value = "TIME", .help = "As it stood at that time; a date means the end of its day."},
    {.name = NULL},
};

const struct command show_command = {
    .name = "show",
    .arguments = "STUDY",
    .min_arguments = 1,
    .max_arguments = 1,
    .flags = COMMAND_PAGED,
    .summary = "Show what the registry says of a study, now or then",
    .help = "A page to read. With --json the record as the registry gave it, its keys sorted and without the version "
            "holder, which changes at every refresh.",
    .options = show_options,
    .run = show_run,
};
