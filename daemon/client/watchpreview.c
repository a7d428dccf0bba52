/* trialwatch watch preview */
#include "base/suggest.h"
#include "base/text.h"
#include "client/findmatch.h"
#include "client/report.h"
#include "client/watch.h"
#include "client/watchform.h"
#include "client/watchreplay.h"
#include "client/watchweeks.h"
#include "history/watches.h"
#include "trial/watch_json.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define DEFAULT_SINCE_USEC (365 * USEC_PER_DAY)

/* People see so many of the newest; programs see all. */
#define MAX_LINES ((size_t)1000)

static const struct report_column alert_columns[] = {
    {.key = "seen", .title = "SEEN", .format = COLUMN_TIME, .once = true},
    {.key = "week"},
    {.key = "nct_id", .title = "STUDY"},
    {.key = "title"},
    {.key = "version"},
    {.key = "origin"},
    {.key = "refresh"},
    {.key = "weight"},
    {.key = "headline", .title = "ALERT", .cut = true},
    {.key = NULL},
};

struct previewing {
    struct client *client;
    json_t *settings; /* owned */
    struct watch watch;
    bool asked_before; /* the history knows which studies answered its query */
    int64_t since_usec, until_usec;
    struct watchreplay_extent extent;
    struct watchweeks weeks;
    struct report report;
    size_t alerts;
    struct error *e;
};

static int refuse_memory(struct error *e)
{
    return error_set(e, -ENOMEM, "no memory for a preview");
}

static bool is_study(const char *typed)
{
    char nct_id[TEXT_NCT_ID_BYTES];

    return text_read_nct_id(typed, nct_id);
}

static int copy_settings(const struct watch_row *row, void *userdata)
{
    json_t **ret = userdata;

    *ret = json_loads(row->settings, 0, NULL);
    return *ret ? 0 : -ENOMEM;
}

static int add_name(const struct watch_row *row, void *userdata)
{
    return json_object_set_new(userdata, row->name, json_true());
}

/* The name that was probably meant. */
static int refuse_name(struct previewing *previewing, const char *typed)
{
    json_auto_t *names = json_object();
    const char *name, *meant = NULL;
    size_t count = 0;
    json_t *value;
    int r = watches_each(previewing->client->history, add_name, names, previewing->e);
    _cleanup_free_ const char **words = calloc(json_object_size(names) + 1, sizeof(*words));

    if (r < 0 || !words)
        return r < 0 ? r : refuse_memory(previewing->e);
    json_object_foreach (names, name, value)
        words[count++] = name;
    meant = suggest_nearest(typed, words, count);
    return error_set(previewing->e, -ENOENT, "there is no watch %s%s%s%s", typed, meant ? "; did you mean " : "",
                     meant ? meant : "", meant ? "?" : "; trialwatch watch list lists them");
}

/* A watch that there is, with the filters of the options in place of its own. */
static int read_named(struct previewing *previewing, const char *name)
{
    struct options *options = &previewing->client->options;
    json_auto_t *form = NULL;

    if (options->argument_count > 2)
        return error_set(previewing->e, -EINVAL, "one watch at a time: trialwatch watch preview %s", name);
    if (watchform_is_given(options))
        return error_set(previewing->e, -EINVAL, "%s keeps its own question; leave the name out to preview another one",
                         name);
    int r = watches_get(previewing->client->history, name, copy_settings, &previewing->settings, previewing->e);
    if (r == -ENOENT)
        return refuse_name(previewing, name);
    if (r == 0)
        r = watchform_read(options, 2, &form, previewing->e);
    if (r == 0)
        json_object_del(form, "name");
    previewing->asked_before = true;
    return r < 0 || json_object_update(previewing->settings, form) == 0 ? r : refuse_memory(previewing->e);
}

/* Only words can be looked for in what is stored; what else a question may hold is the registry's to answer. */
static int refuse_unanswerable(const json_t *settings, struct error *e)
{
    const char *key;
    const json_t *value;

    json_object_foreach ((json_t *)json_object_get(settings, "query"), key, value)
        if (strcmp(key, "condition") != 0 && strcmp(key, "intervention") != 0)
            return error_set(e, -EINVAL,
                             "--%s is for the registry's own search to answer; a question that no watch has asked yet "
                             "is previewed by --condition and --intervention",
                             key);
    return 0;
}

static int read_new(struct previewing *previewing)
{
    const struct options *options = &previewing->client->options;

    if (options->argument_count < 2 && !watchform_is_given(options))
        return error_set(previewing->e, -EINVAL,
                         "this is how it goes: trialwatch watch preview NAME | STUDY ... | --all | --condition WORDS");
    int r = watchform_read(options, 1, &previewing->settings, previewing->e);
    if (r == 0)
        r = refuse_unanswerable(previewing->settings, previewing->e);
    if (r == 0 && !json_object_get(previewing->settings, "name") &&
        json_object_set_new(previewing->settings, "name", json_string("preview")) < 0)
        return refuse_memory(previewing->e);
    return r;
}

static int read_watch(struct previewing *previewing)
{
    const struct client *client = previewing->client;
    const char *first = options_argument(&client->options, 1);
    int r = first && !is_study(first) ? read_named(previewing, first) : read_new(previewing);

    if (r == 0)
        r = watch_from_json(previewing->settings, &previewing->watch, previewing->e);
    if (r == 0)
        r = client_option_time(client, "since", WHEN_DAY_BEGINS, &previewing->since_usec, previewing->e);
    previewing->until_usec = clock_wall_usec();
    if (!options_has(&client->options, "since"))
        previewing->since_usec = previewing->until_usec - DEFAULT_SINCE_USEC;
    if (r == 0 && previewing->since_usec > previewing->until_usec)
        return error_set(previewing->e, -EINVAL, "--since lies ahead; nothing is known of that yet");
    return r;
}

/* The lines about the changes, as the message has them. */
static json_t *lines_of(const json_t *study)
{
    json_t *lines = json_array(), *change;
    size_t i;

    json_array_foreach (json_object_get(study, "changes"), i, change)
        json_array_append(lines, json_object_get(change, "text"));
    return lines;
}

static json_t *alert_to_json(const struct watchreplay_alert *alert)
{
    const json_t *study = alert->study, *change = json_array_get(json_object_get(study, "changes"), 0);
    char seen[CLOCK_TEXT_BYTES], week[CLOCK_TEXT_BYTES];

    return json_pack("{s:s, s:s, s:s, s:O, s:i, s:s, s:s, s:O, s:O, s:O, s:o}", "seen",
                     clock_format_utc(alert->seen_usec, seen), "week", watchweeks_name(alert->seen_usec, week),
                     "nct_id", alert->version->nct_id, "title", json_object_get(study, "title"), "version",
                     (int)alert->version->number, "origin",
                     alert->version->origin == VERSION_ARCHIVE ? "archive" : "seen", "refresh", alert->version->refresh,
                     "weight", json_object_get(change, "weight"), "headline", json_object_get(study, "headline"),
                     "changes", alert->ids, "lines", lines_of(study));
}

static int on_alert(const struct watchreplay_alert *alert, void *userdata)
{
    struct previewing *previewing = userdata;

    watchweeks_add(&previewing->weeks, alert->seen_usec);
    if (previewing->alerts++ >= MAX_LINES && previewing->report.table)
        return 0;
    return report_add(&previewing->report, alert_to_json(alert), previewing->e);
}

/* What the answer does not know. Programs get it beside their answer. */
static void say_limits(const struct previewing *previewing)
{
    const struct watchreplay_extent *extent = &previewing->extent;
    const struct client *client = previewing->client;
    FILE *out = client->json || client->csv ? stderr : client->terminal.out;
    char time[CLOCK_TEXT_BYTES];

    if (watch_has_query(&previewing->watch) && !previewing->asked_before)
        fputs("Only the registry's search knows which studies answer a new question, and when they began to: these are "
              "those of the history that have its words, and no study is listed or unlisted.\n",
              out);
    if (previewing->watch.all_studies && !previewing->asked_before)
        fputs("These are the studies of the history, not all of the registry, and no study is listed or unlisted.\n",
              out);
    if (extent->unknown > 0)
        fprintf(out, "The history does not know %zu of the studies that it names.\n", extent->unknown);
    if (extent->studies == 0)
        fputs("No study of the history is among its studies.\n", out);
    else if (extent->begin_usec > previewing->since_usec && watch_has_query(&previewing->watch) &&
             previewing->asked_before)
        fprintf(out, "What its query finds is known since %s.\n", when_format(extent->begin_usec, client->utc, time));
    else if (extent->begin_usec > previewing->since_usec)
        fprintf(out, "The history of its studies begins %s; trialwatch backfill fetches what was before.\n",
                when_format(extent->begin_usec, client->utc, time));
    client_say(client, "Mutes, pauses, digests and surges are left out of account.");
}

static int say_weeks(struct previewing *previewing)
{
    struct watchweeks *weeks = &previewing->weeks;
    FILE *out = previewing->client->terminal.out;
    char loudest[CLOCK_TEXT_BYTES], count[TEXT_COUNT_BYTES], week_count[TEXT_COUNT_BYTES];

    if (previewing->alerts > MAX_LINES)
        fprintf(out, "\n%zu older ones are counted but not shown; --json and --csv have them.\n",
                previewing->alerts - MAX_LINES);
    fputc('\n', out);
    int r = watchweeks_print(weeks, &previewing->client->terminal, previewing->e);
    size_t most = watchweeks_loudest(weeks, loudest);
    fprintf(out, "\n%s in %s, %.2f a week; the most in one week: %zu (%s).\n",
            text_format_count(previewing->alerts, "alert", count), text_format_count(weeks->count, "week", week_count),
            (double)previewing->alerts / (double)weeks->count, most, loudest);
    return r;
}

/* Weeks of which nothing is known would make the watch look quieter than it is. */
static int begin_weeks(const struct watchreplay_extent *extent, void *userdata)
{
    struct previewing *previewing = userdata;
    int64_t since_usec = previewing->since_usec;

    previewing->extent = *extent;
    if (extent->begin_usec > since_usec && extent->begin_usec <= previewing->until_usec)
        since_usec = extent->begin_usec;
    return watchweeks_begin(&previewing->weeks, since_usec, previewing->until_usec, previewing->e);
}

static int replay(struct previewing *previewing)
{
    const struct watch *watch = &previewing->watch;
    const struct findmatch match = {.condition = watch->query.condition, .intervention = watch->query.intervention};
    const struct watchreplay replay = {
        .store = previewing->client->history,
        .watch = watch,
        .match = watch_has_query(watch) && !previewing->asked_before ? &match : NULL,
        .since_usec = previewing->since_usec,
        .begin = begin_weeks,
        .visit = on_alert,
        .userdata = previewing,
    };
    int r = report_begin(&previewing->report, previewing->client, alert_columns, previewing->e);

    return r < 0 ? r : watchreplay_run(&replay, previewing->e);
}

static int preview(struct previewing *previewing)
{
    struct client *client = previewing->client;
    int r = client_open_history(client, previewing->e);

    if (r == 0)
        r = read_watch(previewing);
    if (r == 0)
        r = replay(previewing);
    if (r < 0)
        return r;
    report_end(&previewing->report, "It would have told nothing.");
    if (previewing->alerts > 0 && !client->json && !client->csv)
        r = say_weeks(previewing);
    say_limits(previewing);
    return r;
}

int watch_preview_run(struct client *client, struct error *e)
{
    struct previewing previewing = {.client = client, .e = e};
    int r = preview(&previewing);

    report_clear(&previewing.report);
    watchweeks_clear(&previewing.weeks);
    watch_clear(&previewing.watch);
    json_decref(previewing.settings);
    return r;
}
