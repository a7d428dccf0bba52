/* trialwatch find */
#include "base/text.h"
#include "client/commands.h"
#include "client/findmatch.h"
#include "client/record.h"
#include "client/report.h"
#include "client/safetext.h"
#include "client/siterow.h"
#include "client/studyrow.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* For CSV all of them; people have a table a study, under its name. */
static const struct report_column find_columns[] = {
    {.key = "nct_id"},
    {.key = "title"},
    {.key = "study_status"},
    {.key = "refresh"},
    {.key = "number", .title = "SITE", .format = COLUMN_NUMBER},
    {.key = "status", .title = "STATUS", .format = COLUMN_ENUM},
    {.key = "since", .title = "SINCE", .format = COLUMN_TIME},
    {.key = "distance_km", .title = "AWAY", .format = COLUMN_KM},
    {.key = "facility", .title = "FACILITY", .cut = true},
    {.key = "city", .title = "CITY", .cut = true},
    {.key = "state", .title = "STATE", .cut = true},
    {.key = "country", .title = "COUNTRY", .cut = true},
    {.key = "zip"},
    {.key = "contact", .title = "CONTACT", .cut = true},
    {.key = NULL},
};

struct finding {
    struct client *client;
    struct findmatch match;
    struct report report; /* of JSON and CSV */
    size_t studies, centres;
    struct error *e;
};

/* "Jane Doe, 513-555-0100, jane@example.org" of the first contact. */
static json_t *contact_text(const json_t *contacts)
{
    static const char *const keys[] = {"name", "phone", "email"};
    const json_t *contact = json_array_get(contacts, 0);
    _cleanup_buf_ struct buf text = {0};

    for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
        const char *part = json_string_value(json_object_get(contact, keys[i]));
        if (part)
            buf_printf(&text, "%s%s", text.len > 0 ? ", " : "", part);
    }
    return json_string(buf_string(&text));
}

/* Sites without contacts of their own have the study's. */
static int set_contacts(json_t *site, const struct study *study)
{
    const json_t *own = json_object_get(site, "contacts");
    const json_t *central = record_at(study_record(study), "protocolSection.contactsLocationsModule.centralContacts");
    const json_t *contacts = json_array_size(own) > 0 || !central ? own : central;
    int r = json_object_set_new(site, "contact", contact_text(contacts));

    return r | json_object_set(site, "contacts", (json_t *)contacts);
}

static int append_centre(struct finding *finding, json_t *centres, const struct study *study,
                         const struct version *version, size_t index, long number, double km)
{
    json_auto_t *site = siterow_of_version(finding->client->history, study, version, index, number);
    int r = site ? set_contacts(site, study) : -1;

    r |= json_object_set_new(site, "distance_km", km < 0 ? json_null() : json_real(round(km * 10) / 10));
    r |= json_array_append(centres, site);
    return r < 0 ? error_set(finding->e, -ENOMEM, "no memory for a centre") : 0;
}

/* The centres of a study that fit, as in its record. */
static int find_centres(struct finding *finding, const struct study *study, const struct version *version, json_t *centres)
{
    _cleanup_free_ long *numbers = NULL;
    size_t count = 0;
    int r = history_sites_of_version(finding->client->history, version->nct_id, version->number, &numbers, &count,
                                     finding->e);

    for (size_t i = 0; r == 0 && i < study_location_count(study); i++) {
        double km;
        if (findmatch_site(&finding->match, study, i, &km))
            r = append_centre(finding, centres, study, version, i, i < count ? numbers[i] : 0, km);
    }
    return r;
}

static double distance_of(const json_t *site)
{
    const json_t *km = json_object_get(site, "distance_km");

    return json_is_number(km) ? json_number_value(km) : INFINITY;
}

static int by_distance(const void *a, const void *b)
{
    double x = distance_of(*(json_t *const *)a), y = distance_of(*(json_t *const *)b);

    return x < y ? -1 : x > y;
}

/* A new array, nearest first; NULL without memory. */
static json_t *sorted_by_distance(const json_t *centres)
{
    size_t count = json_array_size(centres);
    _cleanup_free_ json_t **items = calloc(count + 1, sizeof(json_t *));
    json_t *sorted = json_array();

    for (size_t i = 0; items && i < count; i++)
        items[i] = json_array_get(centres, i);
    if (!items || !sorted) {
        json_decref(sorted);
        return NULL;
    }
    qsort(items, count, sizeof(json_t *), by_distance);
    for (size_t i = 0; i < count; i++)
        json_array_append(sorted, items[i]);
    return sorted;
}

static const char *text_or(const char *text, const char *otherwise)
{
    return text ? text : otherwise;
}

/* The whole answer about a study: *ret is a new reference. */
static int build_answer(struct finding *finding, const json_t *known, const struct study *study,
                        const struct version *version, json_t **ret)
{
    char seen[CLOCK_TEXT_BYTES];
    json_auto_t *centres = json_array();
    int r = centres ? find_centres(finding, study, version, centres)
                    : error_set(finding->e, -ENOMEM, "no memory for an answer");

    if (r < 0)
        return r;
    json_auto_t *sorted = finding->match.near.set ? sorted_by_distance(centres) : json_incref(centres);
    json_auto_t *mentions = watch_highlights(finding->match.words, finding->match.word_count, study);
    *ret = json_pack("{s:s, s:s, s:s, s:s, s:s, s:i, s:s, s:O, s:O, s:i, s:O?, s:O?}", "nct_id", study_nct_id(study),
                     "title", study_title(study), "status", study_overall_status(study), "why_stopped",
                     text_or(study_string_at(study, "protocolSection.statusModule.whyStopped"), ""), "sponsor",
                     study_sponsor(study), "version", (int)version->number, "version_seen",
                     clock_format_utc(version->seen_usec, seen), "refresh", json_object_get(known, "refresh"),
                     "last_seen", json_object_get(known, "last_seen"), "site_count", (int)study_location_count(study),
                     "mentions", mentions, "sites", sorted);
    return *ret ? 0 : error_set(finding->e, -ENOMEM, "no memory for an answer");
}

static const char *text_at(const json_t *object, const char *key)
{
    return text_or(json_string_value(json_object_get(object, key)), "");
}

static void say_study(const struct client *client, const json_t *answer)
{
    const struct terminal *terminal = &client->terminal;
    _cleanup_buf_ struct buf title = {0}, status = {0};
    char time[CLOCK_TEXT_BYTES] = "";
    int64_t usec;

    safetext_append(&title, text_at(answer, "title"));
    fprintf(terminal->out, "\n%s%s  %s%s\n", terminal_style(terminal, STYLE_BOLD), text_at(answer, "nct_id"),
            buf_string(&title), terminal_plain(terminal));
    text_append_enum(&status, text_at(answer, "status"));
    if (*text_at(answer, "why_stopped"))
        buf_printf(&status, " (%s)", text_at(answer, "why_stopped"));
    client_say(client, "%s; %s", buf_string(&status), text_at(answer, "sponsor"));
    if (clock_parse_utc(text_at(answer, "last_seen"), &usec) == 0)
        when_format(usec, client->utc, time);
    client_say(client, "As of the registry's refresh %s, last seen %s.", text_at(answer, "refresh"), time);
}

static void say_mentions(const struct client *client, const json_t *answer)
{
    size_t i;
    const json_t *mention;

    json_array_foreach(json_object_get(answer, "mentions"), i, mention)
        client_say(client, "  %s: %s", text_at(mention, "word"), text_at(mention, "line"));
}

static int print_for_people(const struct finding *finding, const json_t *answer)
{
    const struct client *client = finding->client;
    const json_t *sites = json_object_get(answer, "sites");
    _cleanup_report_ struct report report;
    _cleanup_buf_ struct buf nothing = {0};
    size_t i;
    json_t *site;
    long long listed = json_integer_value(json_object_get(answer, "site_count"));
    int r = report_begin(&report, client, find_columns, finding->e);

    if (r < 0)
        return r;
    say_study(client, answer);
    json_array_foreach(sites, i, site)
        if (r == 0)
            r = report_add(&report, json_incref(site), finding->e);
    if (listed == 0)
        buf_append_string(&nothing, "No centre is listed.");
    else
        buf_printf(&nothing, "None of its %lld centres fits%s.", listed,
                   finding->match.recruiting ? " and recruits" : "");
    if (r == 0)
        report_end(&report, buf_string(&nothing));
    say_mentions(client, answer);
    return r;
}

/* A row for each centre; a study without one has a row of its own, so that it is not taken for one that does not fit. */
static int add_csv(struct finding *finding, const json_t *answer)
{
    const json_t *sites = json_object_get(answer, "sites");
    size_t count = size_max(1, json_array_size(sites));
    int r = 0;

    for (size_t i = 0; r == 0 && i < count; i++) {
        json_t *site = json_array_get(sites, i);
        json_t *row = json_pack("{s:O, s:O, s:O, s:O}", "nct_id", json_object_get(answer, "nct_id"), "title",
                                json_object_get(answer, "title"), "study_status", json_object_get(answer, "status"),
                                "refresh", json_object_get(answer, "refresh"));
        if (row && site)
            json_object_update(row, site);
        r = report_add(&finding->report, row, finding->e);
    }
    return r;
}

static int find_in_study(struct finding *finding, const json_t *known)
{
    const char *nct_id = text_at(known, "nct_id");
    struct store *store = finding->client->history;
    _cleanup_study_ struct study *study = NULL;
    json_auto_t *answer = NULL;
    struct version version;
    int r = versions_newest(store, nct_id, &version, finding->e);

    if (r == 0)
        r = versions_study(store, &version, &study, finding->e);
    if (r < 0 || !findmatch_study(&finding->match, study))
        return r;
    r = build_answer(finding, known, study, &version, &answer);
    if (r < 0)
        return r;
    finding->studies++;
    finding->centres += json_array_size(json_object_get(answer, "sites"));
    if (finding->client->json)
        return report_add(&finding->report, json_incref(answer), finding->e);
    return finding->client->csv ? add_csv(finding, answer) : print_for_people(finding, answer);
}

static int find_everywhere(struct finding *finding)
{
    struct client *client = finding->client;
    json_auto_t *studies = NULL;
    size_t i;
    const json_t *known;
    int r = studyrow_list(client->history, &studies, finding->e);

    if (r == 0)
        r = report_begin(&finding->report, client, find_columns, finding->e);
    json_array_foreach(studies, i, known)
        if (r == 0)
            r = find_in_study(finding, known);
    if (r < 0)
        return r;
    if (client->json || client->csv)
        report_end(&finding->report, "");
    else if (finding->studies == 0)
        client_say(client, "No study of this history fits; it knows %zu.", json_array_size(studies));
    else
        fprintf(client->terminal.out, "\n%zu of %zu studies fit, with %zu centres.\n", finding->studies,
                json_array_size(studies), finding->centres);
    return r;
}

static int find_run(struct client *client, struct error *e)
{
    struct finding finding = {.client = client, .e = e};
    int r = findmatch_read(&client->options, &finding.match, e);

    if (r == 0)
        r = client_open_history(client, e);
    if (r == 0)
        r = find_everywhere(&finding);
    report_clear(&finding.report);
    findmatch_clear(&finding.match);
    return r;
}

static const struct option_spec find_options[] = {
    {.name = "condition", .value = "WORDS",
     .help = "Studies with all these words among their conditions, keywords and titles; a word may go on: diabet."},
    {.name = "intervention", .value = "WORDS", .help = "Likewise among their interventions, arms and titles."},
    {.name = "recruiting", .help = "Only centres that recruit now."},
    {.name = "near", .value = "LAT,LON", .help = "Say how far each centre is from here, nearest first: 39.14,-84.52."},
    {.name = "within", .value = "DISTANCE", .help = "Only centres so near: 300km, 50mi."},
    {.name = "country", .value = "COUNTRY", .help = "Only centres there, as the registry spells it."},
    {.name = "mentions", .value = "WORD,WORD", .help = "Quote the eligibility lines that mention one of these words."},
    {.name = NULL},
};

const struct command find_command = {
    .name = "find",
    .arguments = "",
    .flags = COMMAND_PAGED | COMMAND_TABLE,
    .summary = "Say which centres conduct which of the watched studies, now",
    .help = "Over the newest version of every study in the history: the centres that fit, their status and since when, "
            "their distance and contact. A study that fits is named also when none of its centres does. Every answer says as "
            "of which refresh of the registry it is.",
    .options = find_options,
    .run = find_run,
};
