/* trialwatch status */
#include "base/text.h"
#include "client/commands.h"
#include "client/daemon.h"
#include "client/report.h"
#include "client/studyrow.h"
#include "history/ledger.h"
#include "history/polls.h"

#include <errno.h>

static const struct report_column channel_columns[] = {
    {.key = "name", .title = "CHANNEL"},
    {.key = "type", .title = "TYPE"},
    {.key = "due", .title = "DUE", .format = COLUMN_NUMBER},
    {.key = "held", .title = "HELD", .format = COLUMN_NUMBER},
    {.key = "sending", .title = "SENDING", .format = COLUMN_NUMBER},
    {.key = "delivered", .title = "TOLD", .format = COLUMN_NUMBER},
    {.key = "failed", .title = "FAILED", .format = COLUMN_NUMBER},
    {.key = "next_attempt", .title = "NEXT TRY", .format = COLUMN_TIME},
    {.key = "last_answer", .title = "LAST ANSWER", .cut = true},
    {.key = NULL},
};

static const struct report_column study_columns[] = {
    {.key = "nct_id", .title = "STUDY"},
    {.key = "status", .title = "STATUS", .format = COLUMN_ENUM},
    {.key = "recruiting_sites", .title = "OPEN", .format = COLUMN_NUMBER},
    {.key = "sites", .title = "SITES", .format = COLUMN_NUMBER},
    {.key = "versions", .title = "VERSIONS", .format = COLUMN_NUMBER},
    {.key = "last_changed", .title = "CHANGED", .format = COLUMN_TIME},
    {.key = "last_seen", .title = "SEEN", .format = COLUMN_TIME},
    {.key = "title", .title = "TITLE", .cut = true},
    {.key = NULL},
};

static const char *text_at(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));

    return text && *text ? text : NULL;
}

/* A time of the daemon's document for people, "never" for null. Returns text. */
static const char *time_at(const struct client *client, const json_t *object, const char *key,
                           char text[static CLOCK_TEXT_BYTES])
{
    const char *value = text_at(object, key);
    int64_t usec;

    return value && clock_parse_utc(value, &usec) == 0 ? when_format(usec, client->utc, text) : "never";
}

static void say_verdict(const struct client *client, bool healthy)
{
    const struct terminal *terminal = &client->terminal;

    fprintf(terminal->out, "%s%s%s\n", terminal_style(terminal, healthy ? STYLE_GREEN : STYLE_RED),
            healthy ? "Healthy." : "Not healthy:", terminal_plain(terminal));
}

static void say_health(const struct client *client, const json_t *document)
{
    size_t i;
    const json_t *trouble;

    say_verdict(client, json_is_true(json_object_get(document, "healthy")));
    json_array_foreach (json_object_get(document, "troubles"), i, trouble)
        client_say(client, "  %s", json_string_value(trouble) ? json_string_value(trouble) : "");
}

static void say_registry(const struct client *client, const json_t *registry)
{
    char time[CLOCK_TEXT_BYTES];
    const char *refresh = text_at(registry, "refresh"), *state = text_at(registry, "state"),
               *url = text_at(registry, "url");
    bool waits = json_is_string(json_object_get(registry, "next_look"));

    client_say(client, "Registry  %s: %s%s%s", url ? url : "", state ? state : "unknown", waits ? ", next look " : "",
               waits ? time_at(client, registry, "next_look", time) : "");
    client_say(client, "          refresh %s, last read in full %s", refresh ? refresh : "unknown",
               time_at(client, registry, "last_good", time));
}

static void say_history(const struct client *client, const json_t *history)
{
    const char *path = text_at(history, "path"), *head = text_at(history, "ledger_head");
    char studies[TEXT_COUNT_BYTES];

    client_say(client, "History   %s: %s, %.1f MB, ledger %s", path ? path : "",
               text_format_count((size_t)json_integer_value(json_object_get(history, "studies")), "study", studies),
               (double)json_integer_value(json_object_get(history, "bytes")) / 1e6, head ? head : "empty");
}

static int print_channels(const struct client *client, const json_t *channels, struct error *e)
{
    _cleanup_report_ struct report report;
    size_t i;
    json_t *channel;
    int r = report_begin(&report, client, channel_columns, e);

    json_array_foreach (channels, i, channel)
        if (r == 0)
            r = report_add(&report, json_incref(channel), e);
    if (r == 0)
        report_end(&report, "No channel: nobody is told.");
    return r;
}

static void say_mutes(const struct client *client, const json_t *mutes)
{
    char until[CLOCK_TEXT_BYTES];
    size_t i;
    const json_t *mute;

    json_array_foreach (mutes, i, mute)
        client_say(client, "%s%s %s until %s, by %s", i == 0 ? "Muted     " : "          ", text_at(mute, "subject"),
                   text_at(mute, "name"), time_at(client, mute, "until", until), text_at(mute, "who"));
}

static int print_running(struct client *client, const json_t *document, struct error *e)
{
    if (client->json)
        return client_print_json(client, document, e);
    say_health(client, document);
    say_registry(client, json_object_get(document, "registry"));
    say_history(client, json_object_get(document, "history"));
    say_mutes(client, json_object_get(document, "mutes"));
    return print_channels(client, json_object_get(document, "channels"), e);
}

/* What the history says of the last look at the registry that succeeded, null when there was none. */
static json_t *last_good_poll(struct client *client)
{
    struct poll complete = {0}, unchanged = {0};
    int found = polls_newest(client->history, POLL_COMPLETE, &complete, NULL);
    int also = polls_newest(client->history, POLL_UNCHANGED, &unchanged, NULL);
    const struct poll *last = also == 0 && (found < 0 || unchanged.id > complete.id) ? &unchanged : &complete;

    if (found < 0 && also < 0)
        return json_null();
    return json_pack("{s:I, s:s, s:s, s:o}", "id", (json_int_t)last->id, "outcome", poll_outcome_name(last->outcome),
                     "refresh", last->refresh, "finished", when_to_json(last->finished_usec));
}

static int print_studies(const struct client *client, const json_t *studies, struct error *e)
{
    _cleanup_report_ struct report report;
    size_t i;
    json_t *study;
    int r = report_begin(&report, client, study_columns, e);

    json_array_foreach (studies, i, study)
        if (r == 0)
            r = report_add(&report, json_incref(study), e);
    if (r == 0)
        report_end(&report, "No study was seen yet.");
    return r;
}

/* The daemon cannot be asked: what its history says. */
static int print_stopped(struct client *client, const char *why, struct error *e)
{
    char head[LEDGER_HEAD_BYTES] = "", time[CLOCK_TEXT_BYTES];
    int r = client_open_history(client, e);

    if (r < 0)
        return error_set(e, -EHOSTDOWN, "%s; and its history cannot be read", why);
    json_auto_t *studies = NULL;
    r = studyrow_list(client->history, &studies, e);
    if (r == 0)
        r = ledger_head(client->history, head, e);
    json_auto_t *poll = last_good_poll(client);
    if (r < 0)
        return r;
    if (client->json) {
        json_auto_t *document = json_pack("{s:b, s:b, s:[s], s:{s:s, s:s, s:O}, s:O}", "running", false, "healthy",
                                          false, "troubles", why, "history", "path", store_path(client->history),
                                          "ledger_head", head, "last_poll", poll, "studies", studies);
        r = client_print_json(client, document, e);
        return r < 0 ? r : CLIENT_NO_DAEMON;
    }
    say_verdict(client, false);
    client_say(client, "  %s", why);
    client_say(client, "History   %s: ledger %s, registry last read %s", store_path(client->history), head,
               time_at(client, poll, "finished", time));
    r = print_studies(client, studies, e);
    return r < 0 ? r : CLIENT_NO_DAEMON;
}

static int status_run(struct client *client, struct error *e)
{
    json_auto_t *document = NULL;
    int r = daemon_ask(client, "GET", "/v1/status", NULL, &document, e);

    if (r == -EHOSTDOWN) {
        const struct error why = *e;
        return print_stopped(client, why.text, e);
    }
    if (r == 0)
        r = print_running(client, document, e);
    if (r < 0)
        return r;
    return json_is_true(json_object_get(document, "healthy")) ? CLIENT_OK : CLIENT_NO;
}

const struct command status_command = {
    .name = "status",
    .arguments = "",
    .summary = "Say how the daemon is, and whether it reaches registry and channels",
    .help = "Exits with 0 when it is healthy, with 1 when it is not, and with 3 when it cannot be reached: then the "
            "answer is "
            "what its history says.",
    .run = status_run,
};
