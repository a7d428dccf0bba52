/* trialwatch watch */
#include "client/watch.h"

#include "base/suggest.h"
#include "client/commands.h"
#include "client/daemon.h"
#include "client/report.h"
#include "client/safetext.h"
#include "client/watchform.h"
#include "history/members.h"
#include "history/watches.h"

#include <errno.h>
#include <string.h>

/* More studies than this are counted. */
#define DESCRIBED_STUDIES ((size_t)3)

static const struct report_column watch_columns[] = {
    {.key = "name", .title = "WATCH"},
    {.key = "state", .title = "STATE"},
    {.key = "asks", .title = "ASKS FOR", .cut = true},
    {.key = "notify", .title = "TELLS"},
    {.key = "from", .title = "FROM"},
    {.key = "since", .title = "SINCE", .format = COLUMN_TIME},
    {.key = NULL},
};

static const char *text_at(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));

    return text ? text : "";
}

static void append_texts(struct buf *out, const json_t *list, size_t most)
{
    size_t i;
    const json_t *text;

    json_array_foreach (list, i, text)
        if (i < most)
            buf_printf(out, "%s%s", i > 0 ? ", " : "", json_string_value(text) ? json_string_value(text) : "");
}

void watch_describe(struct buf *out, const json_t *settings)
{
    const json_t *studies = json_object_get(settings, "studies"), *value;
    size_t count = json_array_size(studies), before = out->len;
    const char *key;

    json_object_foreach (json_object_get(settings, "query"), key, value)
        buf_printf(out, "%s%s", out->len > before ? ", " : "",
                   json_string_value(value) ? json_string_value(value) : "");
    if (count + json_string_length(studies) > 0 && out->len > before)
        buf_append_string(out, "; ");
    if (json_is_string(studies))
        buf_append_string(out, "all studies");
    else if (count <= DESCRIBED_STUDIES)
        append_texts(out, studies, count);
    else
        buf_printf(out, "%zu studies", count);
}

static int refuse_memory(struct error *e)
{
    return error_set(e, -ENOMEM, "no memory for a watch");
}

/* A row of the table; for programs the daemon's own, with what people read beside it. */
static json_t *row_to_list(const struct watch_row *watch)
{
    json_t *row = watches_row_to_json(watch);
    const json_t *settings = json_object_get(row, "settings");
    _cleanup_buf_ struct buf asks = {0}, tells = {0}, from = {0};
    const char *state = *watch->trouble ? "not in force" : watch->paused_usec > 0 ? "paused" : "active";

    watch_describe(&asks, settings);
    append_texts(&tells, json_object_get(settings, "notify"), SIZE_MAX);
    buf_printf(&from, "%s%s", watch->origin == WATCH_ADDED ? "added by " : "", watch->place);
    json_t *shown = json_pack("{s:s, s:s, s:s, s:s}", "state", state, "asks", buf_string(&asks), "notify",
                              buf_string(&tells), "from", buf_string(&from));
    if (!row || !shown || json_object_update(row, shown) < 0) {
        json_decref(row);
        row = NULL;
    }
    json_decref(shown);
    return row;
}

struct listing {
    struct report report;
    struct error *e;
};

static int add_row(const struct watch_row *watch, void *userdata)
{
    struct listing *listing = userdata;

    return report_add(&listing->report, row_to_list(watch), listing->e);
}

static int list_run(struct client *client, struct error *e)
{
    struct listing listing = {.e = e};
    int r = client_open_history(client, e);

    if (r == 0)
        r = report_begin(&listing.report, client, watch_columns, e);
    if (r == 0)
        r = watches_each(client->history, add_row, &listing, e);
    if (r == 0)
        report_end(&listing.report, "Nothing is watched.");
    report_clear(&listing.report);
    return r;
}

static int copy_row(const struct watch_row *watch, void *userdata)
{
    json_t **ret = userdata;

    *ret = watches_row_to_json(watch);
    return *ret ? 0 : -ENOMEM;
}

static const char *time_at(const struct client *client, const json_t *row, const char *key,
                           char text[static CLOCK_TEXT_BYTES])
{
    int64_t usec = 0;

    clock_parse_utc(text_at(row, key), &usec);
    return when_format(usec, client->utc, text);
}

/* How many studies answer a query now. */
static int say_members(struct client *client, const json_t *row, struct error *e)
{
    char(*ids)[STUDY_NCT_ID_BYTES] = NULL;
    size_t count;

    if (!json_object_get(json_object_get(row, "settings"), "query"))
        return 0;
    int r = members_load(client->history, text_at(row, "name"), &ids, &count, e);
    free(ids);
    if (r == 0)
        client_say(client, "# Its query finds %zu %s now.", count, count == 1 ? "study" : "studies");
    return r;
}

/* As it would stand in the settings: JSON is YAML. */
static int say_settings(const struct client *client, const json_t *settings, struct error *e)
{
    const char *key;
    const json_t *value;

    client_say(client, "- name: %s", text_at(settings, "name"));
    json_object_foreach ((json_t *)settings, key, value) {
        char *text = json_dumps(value, JSON_ENCODE_ANY | JSON_REAL_PRECISION(10));
        if (!text)
            return refuse_memory(e);
        if (strcmp(key, "name") != 0)
            client_say(client, "  %s: %s", key, text);
        free(text);
    }
    return 0;
}

static int show_run(struct client *client, struct error *e)
{
    json_auto_t *row = NULL;
    char time[CLOCK_TEXT_BYTES];
    int r = client_open_history(client, e);

    if (r == 0)
        r = watches_get(client->history, options_argument(&client->options, 1), copy_row, &row, e);
    if (r < 0)
        return r;
    if (client->json)
        return client_print_json(client, row, e);
    bool added = strcmp(text_at(row, "origin"), "added") == 0;
    client_say(client, "# %s %s, since %s", added ? "Added by" : "In the settings at", text_at(row, "place"),
               time_at(client, row, "since", time));
    if (*text_at(row, "paused"))
        client_say(client, "# Paused by %s since %s: it tells nobody.", text_at(row, "paused_by"),
                   time_at(client, row, "paused", time));
    if (*text_at(row, "trouble"))
        client_say(client, "# Not in force: %s", text_at(row, "trouble"));
    r = say_members(client, row, e);
    return r < 0 ? r : say_settings(client, json_object_get(row, "settings"), e);
}

int watch_add(const struct client *client, const json_t *settings, json_t **ret, struct error *e)
{
    int r = daemon_ask(client, "POST", "/v1/watches", settings, ret, e);

    return r < 0 && daemon_print_mistakes(*ret) ? error_set(e, r, "the watch is not added") : r;
}

static int add_run(struct client *client, struct error *e)
{
    json_auto_t *settings = NULL, *row = NULL;
    _cleanup_buf_ struct buf asks = {0};
    int r = watchform_read(&client->options, 1, &settings, e);

    if (r < 0)
        return r;
    watch_describe(&asks, settings);
    r = watchform_name(settings, "", e);
    if (r == 0)
        r = watch_add(client, settings, &row, e);
    if (r < 0)
        return r;
    if (client->json)
        return client_print_json(client, row, e);
    client_say(client, "The watch %s is added: %s.", text_at(settings, "name"), buf_string(&asks));
    if (json_is_string(json_object_get(settings, "studies")))
        client_say(client, "What the registry has at the first look is only noted; what appears later, or changes, is "
                           "told. That look takes some 600 requests: trialwatch plan says how long.");
    if (json_object_get(settings, "query") && !json_object_get(settings, "announce"))
        client_say(client, "What its query finds at first is only noted; what it finds later is told.");
    return CLIENT_OK;
}

/* One of the changes that the daemon makes to a watch. */
static int change(struct client *client, const char *path, const char *outcome, struct error *e)
{
    const char *name = options_argument(&client->options, 1);
    json_auto_t *answer = NULL;
    int r = daemon_ask_about(client, "POST", "/v1/watches/", name, path, &answer, e);

    if (r < 0)
        return r;
    if (client->json)
        return client_print_json(client, answer, e);
    client_say(client, "The watch %s %s", name, outcome);
    return CLIENT_OK;
}

static int pause_run(struct client *client, struct error *e)
{
    return change(client, "/pause", "tells nobody until it is resumed; what changes meanwhile is in the history.", e);
}

static int resume_run(struct client *client, struct error *e)
{
    return change(client, "/resume", "tells again, of what changes from now on.", e);
}

static int remove_run(struct client *client, struct error *e)
{
    return change(client, "/remove", "is removed; what it saw stays in the history.", e);
}

static const struct subcommand {
    const char *name;
    size_t min_arguments, max_arguments; /* behind its name */
    const char *arguments;
    int (*run)(struct client *client, struct error *e);
} subcommands[] = {
    {"list", 0, 0, "", list_run},
    {"show", 1, 1, " NAME", show_run},
    {"add", 0, ARGUMENTS_MAX - 2, " [STUDY ... | --all] [--condition WORDS ...] --notify CHANNEL", add_run},
    {"import", 1, 1, " FILE|-|URL --notify CHANNEL", watch_import_run},
    {"preview", 0, ARGUMENTS_MAX - 2, " NAME | STUDY ... | --all | --condition WORDS", watch_preview_run},
    {"pause", 1, 1, " NAME", pause_run},
    {"resume", 1, 1, " NAME", resume_run},
    {"remove", 1, 1, " NAME", remove_run},
};

static const struct subcommand *find_subcommand(const char *typed, struct error *e)
{
    const char *names[ARRAY_SIZE(subcommands)];

    for (size_t i = 0; i < ARRAY_SIZE(subcommands); i++) {
        if (strcmp(subcommands[i].name, typed) == 0)
            return &subcommands[i];
        names[i] = subcommands[i].name;
    }
    const char *meant = suggest_nearest(typed, names, ARRAY_SIZE(names));
    error_set(e, -EINVAL, "watch knows no '%s'%s%s%s", typed, meant ? "; did you mean watch " : "", meant ? meant : "",
              meant ? "?" : "; try trialwatch watch --help");
    return NULL;
}

static int watch_run(struct client *client, struct error *e)
{
    const char *name = options_argument(&client->options, 0);
    const struct subcommand *subcommand = find_subcommand(name ? name : "list", e);
    size_t count = client->options.argument_count - (name ? 1 : 0);

    if (!subcommand)
        return -EINVAL;
    if (count < subcommand->min_arguments || count > subcommand->max_arguments)
        return error_set(e, -EINVAL, "this is how it goes: trialwatch watch %s%s", subcommand->name,
                         subcommand->arguments);
    if (options_has(&client->options, "since") && subcommand->run != watch_preview_run)
        return error_set(e, -EINVAL, "--since goes with trialwatch watch preview");
    if (options_has(&client->options, "all") && subcommand->run != add_run && subcommand->run != watch_preview_run)
        return error_set(e, -EINVAL, "--all goes with trialwatch watch add and watch preview");
    return subcommand->run(client, e);
}

const struct command watch_command = {
    .name = "watch",
    .arguments = "[list | show | add | import | preview | pause | resume | remove] [ARGUMENT ...]",
    .max_arguments = ARGUMENTS_MAX - 1,
    .flags = COMMAND_PAGED | COMMAND_TABLE,
    .summary = "List the watches; preview, add, pause or remove one",
    .help = "list; show NAME; add [STUDY ... | --all]; import FILE, - or URL; preview NAME, or what add takes; pause, "
            "resume or "
            "remove NAME. list and show read the history, and say where each watch comes from: the settings or who "
            "added it. preview reads the history too, and prints the alerts that the watch would have sent of what is "
            "in it, with a count a week: with a NAME, options try other filters. add "
            "takes studies and the options below, which are the settings of a watch. What is added is in force at "
            "once, without a restart, and is kept in the history. import makes watches of a list of NCT ids, of the "
            "address of a search on clinicaltrials.gov, or of an OPML file of its RSS feeds. pause silences a watch, "
            "also one of the settings: its studies are looked after as before, but it tells nobody. remove removes "
            "one that was added.",
    .options = watchform_options,
    .run = watch_run,
};
