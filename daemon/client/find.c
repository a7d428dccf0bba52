/* trialwatch find */
#include "base/text.h"
#include "client/commands.h"
#include "client/findanswer.h"
#include "client/report.h"
#include "client/safetext.h"
#include "client/studyrow.h"

#include <errno.h>

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

/* People's, of studies without a centre that fits. */
static const struct report_column other_columns[] = {
    {.key = "nct_id", .title = "STUDY"},
    {.key = "status", .title = "STATUS", .format = COLUMN_ENUM},
    {.key = "site_count", .title = "CENTRES", .format = COLUMN_NUMBER},
    {.key = "refresh", .title = "AS OF REFRESH"},
    {.key = "title", .title = "TITLE", .cut = true},
    {.key = "why_stopped", .title = "WHY STOPPED", .cut = true},
    {.key = NULL},
};

struct finding {
    struct client *client;
    struct findmatch match;
    struct report report; /* of JSON and CSV */
    size_t studies, centres;
    json_t *others; /* owned; for people: answers without a centre */
    struct error *e;
};

static const char *text_at(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));

    return text ? text : "";
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

static void say_mentions(const struct finding *finding, const json_t *answer)
{
    const json_t *mentions = json_object_get(answer, "mentions"), *mention;
    size_t i;

    if (finding->match.word_count > 0 && json_array_size(mentions) == 0)
        client_say(finding->client, "  No line of its eligibility mentions these words.");
    json_array_foreach (mentions, i, mention)
        client_say(finding->client, "  %s: %s", text_at(mention, "word"), text_at(mention, "line"));
}

static int print_centres(const struct finding *finding, const json_t *answer)
{
    _cleanup_report_ struct report report;
    size_t i;
    json_t *site;
    int r = report_begin(&report, finding->client, find_columns, finding->e);

    if (r < 0)
        return r;
    say_study(finding->client, answer);
    json_array_foreach (json_object_get(answer, "sites"), i, site)
        if (r == 0)
            r = report_add(&report, json_incref(site), finding->e);
    if (r == 0)
        report_end(&report, "");
    say_mentions(finding, answer);
    return r;
}

/* Studies that fit although no centre of theirs does: nobody should take them for unknown. */
static int print_others(const struct finding *finding)
{
    _cleanup_report_ struct report report = {0};
    size_t i;
    json_t *answer;
    int r = 0;

    if (json_array_size(finding->others) == 0)
        return 0;
    fputs("\nStudies that fit, but none of whose centres does:\n", finding->client->terminal.out);
    r = report_begin(&report, finding->client, other_columns, finding->e);
    json_array_foreach (finding->others, i, answer)
        if (r == 0)
            r = report_add(&report, json_incref(answer), finding->e);
    if (r == 0)
        report_end(&report, "");
    json_array_foreach (finding->others, i, answer)
        if (finding->match.word_count > 0) {
            client_say(finding->client, "%s", text_at(answer, "nct_id"));
            say_mentions(finding, answer);
        }
    return r;
}

/* A row for each centre; a study without one has a row of its own, so that it is not taken for one that does not fit.
 */
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
    json_auto_t *answer = NULL;
    int r = findanswer_build(finding->client->history, &finding->match, known, &answer, finding->e);

    if (r < 0 || !answer)
        return r;
    finding->studies++;
    finding->centres += json_array_size(json_object_get(answer, "sites"));
    if (finding->client->json)
        return report_add(&finding->report, json_incref(answer), finding->e);
    if (finding->client->csv)
        return add_csv(finding, answer);
    if (json_array_size(json_object_get(answer, "sites")) > 0)
        return print_centres(finding, answer);
    return json_array_append(finding->others, answer) < 0 ? error_set(finding->e, -ENOMEM, "no memory for an answer")
                                                          : 0;
}

static int find_everywhere(struct finding *finding)
{
    struct client *client = finding->client;
    char all[TEXT_COUNT_BYTES], centres[TEXT_COUNT_BYTES];
    json_auto_t *studies = NULL;
    size_t i;
    const json_t *known;
    int r = studyrow_list(client->history, &studies, finding->e);

    if (r == 0)
        r = report_begin(&finding->report, client, find_columns, finding->e);
    json_array_foreach (studies, i, known)
        if (r == 0)
            r = find_in_study(finding, known);
    if (r == 0)
        r = print_others(finding);
    if (r < 0)
        return r;
    if (client->json || client->csv)
        report_end(&finding->report, "");
    else if (finding->studies == 0)
        client_say(client, "No study of this history fits; it knows %zu.", json_array_size(studies));
    else
        fprintf(client->terminal.out, "\n%zu of %s fit%s, with %s.\n", finding->studies,
                text_format_count(json_array_size(studies), "study", all), finding->studies == 1 ? "s" : "",
                text_format_count(finding->centres, "centre", centres));
    return r;
}

static int find_run(struct client *client, struct error *e)
{
    struct finding finding = {.client = client, .others = json_array(), .e = e};
    int r = findmatch_read(&client->options, &finding.match, e);

    if (r == 0)
        r = client_open_history(client, e);
    if (r == 0)
        r = find_everywhere(&finding);
    json_decref(finding.others);
    report_clear(&finding.report);
    findmatch_clear(&finding.match);
    return r;
}

static const struct option_spec find_options[] = {
    {.name = "condition",
     .value = "WORDS",
     .help = "Studies with all these words among their conditions, keywords and titles; a word may go on: diabet."},
    {.name = "intervention", .value = "WORDS", .help = "Likewise among their interventions, arms and titles."},
    {.name = "recruiting", .help = "Only centres that recruit now."},
    {.name = "near", .value = "LAT,LON", .help = "Say how far each centre is from here, nearest first: 39.14,-84.52."},
    {.name = "within", .value = "DISTANCE", .help = "Only centres so near: 300km, 50mi."},
    {.name = "country", .value = "COUNTRY", .help = "Only centres there, by name or ISO 3166 code: US."},
    {.name = "mentions", .value = "WORD,WORD", .help = "Quote the eligibility lines that mention one of these words."},
    {.name = NULL},
};

const struct command find_command = {
    .name = "find",
    .arguments = "",
    .flags = COMMAND_PAGED | COMMAND_TABLE,
    .summary = "Say which centres conduct which of the watched studies, now",
    .help = "Over the newest version of every study in the history: the centres that fit, their status and since when, "
            "their distance and contact. A study that fits is named also when none of its centres does. Every answer "
            "says as "
            "of which refresh of the registry it is.",
    .options = find_options,
    .run = find_run,
};
