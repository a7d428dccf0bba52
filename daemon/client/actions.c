/* trialwatch poll, reload, test, retry, drop, backup: what only the daemon can do. */
#include "client/commands.h"
#include "client/daemon.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

/* The daemon's answer, or for people a sentence. */
static int print_answer(const struct client *client, const json_t *answer, const char *sentence, struct error *e)
{
    if (client->json)
        return client_print_json(client, answer, e);
    client_say(client, "%s", sentence);
    return CLIENT_OK;
}

static int poll_run(struct client *client, struct error *e)
{
    json_auto_t *answer = NULL;
    int r = daemon_ask(client, "POST", "/v1/poll", NULL, &answer, e);

    const char *state = json_string_value(json_object_get(answer, "poll"));
    bool before = state && strcmp(state, "already under way") == 0;
    return r < 0 ? r
                 : print_answer(client, answer,
                                before ? "The daemon is looking at the registry already."
                                       : "The daemon looks at the registry now.",
                                e);
}

static int reload_run(struct client *client, struct error *e)
{
    json_auto_t *answer = NULL;
    int r = daemon_ask(client, "POST", "/v1/reload", NULL, &answer, e);

    if (r == 0)
        return print_answer(client, answer, "The settings are loaded.", e);
    return daemon_print_mistakes(answer) ? error_set(e, r, "the settings from before stay in force") : r;
}

static int test_run(struct client *client, struct error *e)
{
    json_auto_t *answer = NULL;
    int r =
        daemon_ask_about(client, "POST", "/v1/channels/", options_argument(&client->options, 0), "/test", &answer, e);

    if (r < 0)
        return r;
    const char *said = json_string_value(json_object_get(answer, "answer"));
    if (client->json || !said || *said == '\0')
        return print_answer(client, answer, "The test was delivered.", e);
    client_say(client, "The test was delivered: %s", said);
    return CLIENT_OK;
}

static int retry_run(struct client *client, struct error *e)
{
    json_auto_t *answer = NULL;
    int r =
        daemon_ask_about(client, "POST", "/v1/alerts/", options_argument(&client->options, 0), "/retry", &answer, e);

    return r < 0 ? r : print_answer(client, answer, "The alert is due again.", e);
}

static int drop_run(struct client *client, struct error *e)
{
    json_auto_t *answer = NULL;
    int r = daemon_ask_about(client, "POST", "/v1/alerts/", options_argument(&client->options, 0), "/drop", &answer, e);

    return r < 0 ? r : print_answer(client, answer, "The alert will not be told.", e);
}

static int backup_run(struct client *client, struct error *e)
{
    const char *path = options_argument(&client->options, 0);
    _cleanup_free_ char *here = *path == '/' ? NULL : getcwd(NULL, 0);
    json_auto_t *answer = NULL;

    if (*path != '/' && !here)
        return error_set(e, -errno, "where this is could not be found out: %s; write the whole path", strerror(errno));
    /* The daemon stands elsewhere. */
    json_auto_t *body = json_pack("{s:s++}", "path", here ? here : "", here ? "/" : "", path);
    if (!body)
        return error_set(e, -EINVAL, "the path is not UTF-8");
    int r = daemon_ask(client, "POST", "/v1/backup", body, &answer, e);
    return r < 0 ? r : print_answer(client, answer, "The copy is written.", e);
}

const struct command poll_command = {
    .name = "poll",
    .arguments = "",
    .summary = "Look at the registry now",
    .help =
        "Asks the daemon to fetch the watched studies now, whether or not the registry has refreshed. The answer comes "
        "when the look has begun; trialwatch polls shows how it went.",
    .run = poll_run,
};

const struct command reload_command = {
    .name = "reload",
    .arguments = "",
    .summary = "Load the settings anew",
    .help =
        "With a mistake in them the daemon keeps those it has, and this command says what is wrong and exits with 1.",
    .run = reload_run,
};

const struct command test_command = {
    .name = "test",
    .arguments = "CHANNEL",
    .min_arguments = 1,
    .max_arguments = 1,
    .summary = "Send a marked test through a channel",
    .help = "Waits for what the receiver answers, and exits with 1 when it is not delivered.",
    .run = test_run,
};

const struct command retry_command = {
    .name = "retry",
    .arguments = "ALERT",
    .min_arguments = 1,
    .max_arguments = 1,
    .summary = "Try an alert again that failed or is held",
    .help = "ALERT is the id that trialwatch alerts shows.",
    .run = retry_run,
};

const struct command drop_command = {
    .name = "drop",
    .arguments = "ALERT",
    .min_arguments = 1,
    .max_arguments = 1,
    .summary = "Do not tell an alert that is still open",
    .help = "ALERT is the id that trialwatch alerts shows. It stays in the history as dropped.",
    .run = drop_run,
};

const struct command backup_command = {
    .name = "backup",
    .arguments = "FILE",
    .min_arguments = 1,
    .max_arguments = 1,
    .summary = "Write a copy of the history while the daemon runs",
    .help = "The daemon writes it: FILE must not exist yet, and the daemon's user must be allowed to write there. To "
            "restore: stop the daemon, remove the history with its -wal and -shm, and put the copy in its place.",
    .run = backup_run,
};
