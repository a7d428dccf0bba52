/* trialwatch watch */
#include "client/watch.h"

#include "base/suggest.h"
#include "client/commands.h"
#include "client/daemon.h"
#include "client/watchform.h"

#include <errno.h>
#include <string.h>

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
    client_say(client, "The watch %s is added: %s.", json_string_value(json_object_get(settings, "name")),
               buf_string(&asks));
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
    {"list", 0, 0, "", watch_list_run},
    {"show", 1, 1, " NAME", watch_show_run},
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
