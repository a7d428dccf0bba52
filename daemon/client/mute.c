/* trialwatch mute, unmute: nothing of a study or watch for a while. */
#include "client/mute.h"
#include "client/commands.h"
#include "client/daemon.h"
#include "client/report.h"
#include "history/mutes.h"

#include <errno.h>
#include <stdlib.h>

static const struct report_column mute_columns[] = {
    {.key = "subject", .title = "MUTED"},
    {.key = "name", .title = "NAME"},
    {.key = "since", .title = "SINCE", .format = COLUMN_TIME},
    {.key = "until", .title = "UNTIL", .format = COLUMN_TIME},
    {.key = "who", .title = "BY"},
    {.key = "note", .title = "NOTE", .cut = true},
    {.key = "ended", .title = "ENDED", .format = COLUMN_TIME},
    {.key = "ended_by", .title = "ENDED BY"},
    {.key = NULL},
};

struct listing {
    struct report report;
    struct error *e;
};

static int add_mute(const struct mute *mute, void *userdata)
{
    struct listing *listing = userdata;

    return report_add(&listing->report,
                      json_pack("{ss ss so so ss ss so ss}", "subject", mute_subject_name(mute->subject), "name",
                                mute->name, "since", when_to_json(mute->begun_usec), "until",
                                when_to_json(mute->until_usec), "who", mute->who, "note", mute->note, "ended",
                                when_to_json(mute->ended_usec), "ended_by", mute->ended_by),
                      listing->e);
}

static int list_mutes(struct client *client, struct error *e)
{
    struct listing listing = {.e = e};
    bool all = options_has(&client->options, "all");
    int r = client_open_history(client, e);

    if (r == 0)
        r = report_begin(&listing.report, client, mute_columns, e);
    if (r == 0)
        r = mutes_each(client->history, !all, clock_wall_usec(), add_mute, &listing, e);
    if (r == 0)
        report_end(&listing.report, "Nothing is muted.");
    report_clear(&listing.report);
    return r;
}

json_t *mute_wish(const struct client *client, const char *name)
{
    json_t *wish = json_pack("{ss}", "name", name);
    const struct {
        const char *key, *value;
    } more[] = {
        {"for", options_text(&client->options, "for")},
        {"note", options_text(&client->options, "note")},
        {"user", getenv("SUDO_USER")},
    };

    for (size_t i = 0; i < ARRAY_SIZE(more); i++)
        if (more[i].value && *more[i].value)
            json_object_set_new(wish, more[i].key, json_string(more[i].value));
    return wish;
}

static int ask_mute(struct client *client, const char *name, struct error *e)
{
    json_auto_t *wish = mute_wish(client, name), *answer = NULL;
    char until[CLOCK_TEXT_BYTES];
    int64_t until_usec = 0;

    if (!wish)
        return error_set(e, -EINVAL, "the name is not UTF-8");
    int r = daemon_ask(client, "POST", "/v1/mute", wish, &answer, e);
    if (r < 0)
        return r;
    if (client->json)
        return client_print_json(client, answer, e);
    clock_parse_utc(json_string_value(json_object_get(answer, "until")), &until_usec);
    client_say(client, "Nothing of %s %s is told until %s.", json_string_value(json_object_get(answer, "subject")),
               json_string_value(json_object_get(answer, "name")), when_format(until_usec, client->utc, until));
    return CLIENT_OK;
}

static int mute_run(struct client *client, struct error *e)
{
    const char *name = options_argument(&client->options, 0);

    if (options_has(&client->options, "list") || options_has(&client->options, "all"))
        return name ? error_set(e, -EINVAL, "--list takes no STUDY or WATCH: it lists all mutes")
                    : list_mutes(client, e);
    if (!name)
        return error_set(e, -EINVAL, "what is to be muted? Write a study or a watch, or --list");
    if (!options_text(&client->options, "for"))
        return error_set(e, -EINVAL, "for how long? Write for example --for 7d");
    return ask_mute(client, name, e);
}

static int unmute_run(struct client *client, struct error *e)
{
    json_auto_t *wish = mute_wish(client, options_argument(&client->options, 0)), *answer = NULL;

    if (!wish)
        return error_set(e, -EINVAL, "the name is not UTF-8");
    int r = daemon_ask(client, "POST", "/v1/unmute", wish, &answer, e);
    if (r < 0)
        return r;
    if (client->json)
        return client_print_json(client, answer, e);
    client_say(client, "The next change of %s is told.", options_argument(&client->options, 0));
    return CLIENT_OK;
}

static const struct option_spec mute_options[] = {
    {.name = "for", .value = "TIME", .help = "How long: 12h, 7d, 2w; at most 366d."},
    {.name = "note", .value = "TEXT", .help = "Why; it is kept."},
    {.name = "list", .help = "List the mutes in force."},
    {.name = "all", .help = "List those that are over too."},
    {.name = NULL},
};

const struct command mute_command = {
    .name = "mute",
    .arguments = "[STUDY|WATCH]",
    .max_arguments = 1,
    .flags = COMMAND_TABLE,
    .summary = "Tell nothing of a study or a watch for a while",
    .help = "Changes that are seen meanwhile are kept as always, and their alerts as dropped, with who muted them: "
            "trialwatch alerts shows them. What waits for a digest is not told either, should the digest fall into the "
            "mute. When it ends the next change is told. A second mute of the same takes the place of the first.",
    .options = mute_options,
    .run = mute_run,
};

const struct command unmute_command = {
    .name = "unmute",
    .arguments = "STUDY|WATCH",
    .min_arguments = 1,
    .max_arguments = 1,
    .summary = "End a mute before its time",
    .help = "What was not told meanwhile stays untold.",
    .run = unmute_run,
};
