/* trialwatch verify */
#include "base/text.h"
#include "client/client.h"
#include "client/commands.h"
#include "history/ledger.h"

#include <errno.h>

static void show_progress(int64_t done, int64_t total, void *userdata)
{
    (void)userdata;
    terminal_show_progress("Recomputing the ledger", done, total);
}

static int print_result(const struct client *client, const struct ledger_report *report, const char *against,
                        struct error *e)
{
    char entries[TEXT_COUNT_BYTES], versions[TEXT_COUNT_BYTES], changes[TEXT_COUNT_BYTES];
    char polls[TEXT_COUNT_BYTES], attempts[TEXT_COUNT_BYTES];

    if (!client->json) {
        client_say(client, "The ledger holds: %s (%s, %s, %s, %s), head %s.",
                   text_format_count((size_t)report->entries, "entry", entries),
                   text_format_count((size_t)report->of[LEDGER_VERSION], "version", versions),
                   text_format_count((size_t)report->of[LEDGER_CHANGES], "change set", changes),
                   text_format_count((size_t)report->of[LEDGER_POLL], "poll", polls),
                   text_format_count((size_t)report->of[LEDGER_ATTEMPT], "attempt", attempts), report->head);
        if (against)
            client_say(client, "It contains what was attested by %s.", against);
        return CLIENT_OK;
    }
    json_auto_t *document =
        json_pack("{s:b, s:I, s:I, s:I, s:I, s:I, s:s, s:s*}", "holds", true, "entries", (json_int_t)report->entries,
                  "versions", (json_int_t)report->of[LEDGER_VERSION], "changes", (json_int_t)report->of[LEDGER_CHANGES],
                  "polls", (json_int_t)report->of[LEDGER_POLL], "attempts", (json_int_t)report->of[LEDGER_ATTEMPT],
                  "head", report->head, "against", against);
    return client_print_json(client, document, e);
}

/* That it does not hold is an answer too. */
static int print_damage(const struct client *client, const char *sentence, struct error *e)
{
    if (!client->json) {
        client_say(client, "The ledger does not hold: %s", sentence);
        return CLIENT_NO;
    }
    json_auto_t *document = json_pack("{s:b, s:s}", "holds", false, "error", sentence);
    int r = client_print_json(client, document, e);
    return r < 0 ? r : CLIENT_NO;
}

static int verify_run(struct client *client, struct error *e)
{
    const char *against = options_text(&client->options, "against");
    struct ledger_report report = {0};
    long since;
    int r = options_number(&client->options, "since", 0, 0, &since, e);

    if (r == 0)
        r = client_open_history(client, e);
    if (r < 0)
        return r;
    r = ledger_verify(client->history, since, show_progress, NULL, &report, e);
    terminal_clear_progress();
    if (r == 0 && against)
        r = ledger_verify_against(client->history, against, e);
    if (r == -EUCLEAN) {
        const struct error what = *e;
        return print_damage(client, what.text, e);
    }
    return r < 0 ? r : print_result(client, &report, against, e);
}

static const struct option_spec verify_options[] = {
    {.name = "since",
     .value = "N",
     .help = "Only entries from this number on; the earlier ones are taken as they are."},
    {.name = "against",
     .value = "HEAD",
     .help =
         "Also prove that the history still contains what this head attested: NUMBER:HASH, from an alert's footer, a "
         "digest or an earlier status."},
    {.name = NULL},
};

const struct command verify_command = {
    .name = "verify",
    .arguments = "",
    .summary = "Recompute the ledger and say whether the history was tampered with",
    .help = "Reads every version with its changes, every poll, and every attempt to tell somebody with what it told, "
            "recomputes its entry and the chain over all of them, and names the first that does not hold: then the "
            "exit status is 1.",
    .options = verify_options,
    .run = verify_run,
};
