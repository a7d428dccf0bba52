/* trialwatch backfill */
#include "base/text.h"
#include "client/commands.h"
#include "client/daemon.h"
#include "client/safetext.h"

#include <errno.h>
#include <string.h>
#include <time.h>

/* How often the daemon is asked how far it is. */
static const struct timespec pause_between = {.tv_nsec = 500 * 1000 * 1000};

static const char *text_at(const json_t *progress, const char *key)
{
    const char *text = json_string_value(json_object_get(progress, key));

    return text ? text : "";
}

static bool is_over(const json_t *progress)
{
    const char *state = text_at(progress, "state");

    return strcmp(state, "complete") == 0 || strcmp(state, "failed") == 0;
}

/* The trouble that makes it wait, once. */
static void tell_trouble(const json_t *progress, char told[static ERROR_TEXT_BYTES])
{
    const char *trouble = text_at(progress, "trouble");
    _cleanup_buf_ struct buf safe = {0};

    if (*trouble == '\0' || strncmp(trouble, told, ERROR_TEXT_BYTES - 1) == 0)
        return;
    snprintf(told, ERROR_TEXT_BYTES, "%s", trouble);
    safetext_append(&safe, trouble);
    terminal_clear_progress();
    fprintf(stderr, "The daemon waits and tries again: %s\n", buf_string(&safe));
}

static int wait_for_end(struct client *client, const char *study, json_t **progress, struct error *e)
{
    char told[ERROR_TEXT_BYTES] = "";
    int r = 0;

    while (r == 0 && !is_over(*progress)) {
        json_t *later = NULL;
        tell_trouble(*progress, told);
        terminal_show_progress("Versions fetched", json_integer_value(json_object_get(*progress, "stored")),
                               json_integer_value(json_object_get(*progress, "total")));
        nanosleep(&pause_between, NULL);
        r = daemon_ask_about(client, "GET", "/v1/backfill/", study, "", &later, e);
        json_decref(*progress);
        *progress = later;
    }
    terminal_clear_progress();
    return r;
}

/* Programs see a failure in the document too. */
static int print_progress(const struct client *client, const json_t *progress, struct error *e)
{
    const char *study = text_at(progress, "study"), *state = text_at(progress, "state");
    bool failed = strcmp(state, "failed") == 0;
    char versions[TEXT_COUNT_BYTES];
    int r = client->json ? client_print_json(client, progress, e) : 0;

    if (r < 0)
        return r;
    if (failed)
        return error_set(e, -EREMOTEIO, "%s could not be fetched from the registry's archive: %s", study,
                         text_at(progress, "trouble"));
    if (strcmp(state, "complete") == 0)
        client_say(
            client, "The history has all of %s from before it was first seen: %s.", study,
            text_format_count((size_t)json_integer_value(json_object_get(progress, "stored")), "version", versions));
    else
        client_say(client,
                   "The daemon fetches %s from the registry's archive; trialwatch history %s shows what has come.",
                   study, study);
    return CLIENT_OK;
}

static int backfill_run(struct client *client, struct error *e)
{
    const char *study = options_argument(&client->options, 0);
    json_t *progress = NULL;
    json_auto_t *body = json_pack("{s:s}", "study", study);
    int r = body ? daemon_ask(client, "POST", "/v1/backfill", body, &progress, e)
                 : error_set(e, -EINVAL, "the study's id is not UTF-8");

    if (r == 0 && options_has(&client->options, "wait"))
        r = wait_for_end(client, study, &progress, e);
    if (r == 0)
        r = print_progress(client, progress, e);
    json_decref(progress);
    return r;
}

static const struct option_spec backfill_options[] = {
    {.name = "wait", .help = "Wait until everything is fetched; exits with 1 when that failed."},
    {.name = NULL},
};

const struct command backfill_command = {
    .name = "backfill",
    .arguments = "STUDY",
    .min_arguments = 1,
    .max_arguments = 1,
    .summary = "Fetch the versions from before a study was first seen",
    .help =
        "The daemon asks the registry's own archive, one version a request, between its looks, and never again for "
        "what "
        "it has. Nobody promises that archive: it may be gone. What comes is called a0, a1, … as it is numbered there, "
        "has the date of its submission, and alerts nobody. The setting history.backfill does this for every watched "
        "study.",
    .options = backfill_options,
    .run = backfill_run,
};
