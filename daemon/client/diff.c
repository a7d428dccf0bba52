/* trialwatch diff */
#include "base/text.h"
#include "client/changerow.h"
#include "client/commands.h"
#include "client/diff_files.h"
#include "client/record.h"
#include "client/safetext.h"
#include "client/versionname.h"
#include "client/versionpair.h"
#include "client/wordsdiff.h"

#include <errno.h>
#include <string.h>

/* Shorter texts stand whole in the line that tells of the change. */
#define LONG_TEXT_BYTES 60

static bool has_long_texts(const struct change *change)
{
    return json_is_string(change->before) && json_is_string(change->after) &&
           (json_string_length(change->before) > LONG_TEXT_BYTES ||
            json_string_length(change->after) > LONG_TEXT_BYTES);
}

static int print_change(const struct client *client, const struct version_side *before,
                        const struct version_side *after, const struct change *change)
{
    const struct terminal *terminal = &client->terminal;
    _cleanup_buf_ struct buf line = {0}, safe = {0}, words = {0};
    enum style style = change->weight >= WEIGHT_NOTABLE ? STYLE_BOLD : STYLE_NONE;
    int r = 0;

    versionpair_describe(&line, client->history, before, after, change);
    safetext_append(&safe, buf_string(&line));
    fprintf(terminal->out, "%s%s%s\n", terminal_style(terminal, style), buf_string(&safe),
            style == STYLE_NONE ? "" : terminal_plain(terminal));
    if (has_long_texts(change))
        r = wordsdiff_append(&words, terminal, json_string_value(change->before), json_string_value(change->after), 4);
    fputs(buf_string(&words), terminal->out);
    return r;
}

static int print_for_people(const struct client *client, const struct version_side *before,
                            const struct version_side *after, const struct change_list *changes, struct error *e)
{
    bool all = options_has(&client->options, "all");
    _cleanup_buf_ struct buf from = {0}, to = {0};
    char count[TEXT_COUNT_BYTES];
    size_t silent = 0;

    record_append_provenance(&from, client, &before->version);
    record_append_provenance(&to, client, &after->version);
    client_say(client, "%s from %s", after->version.nct_id, buf_string(&from));
    client_say(client, "%*s   to %s", (int)strlen(after->version.nct_id) - 2, "", buf_string(&to));
    client_say(client, "%s", "");
    for (size_t i = 0; i < changes->count; i++) {
        if (changes->items[i].weight == WEIGHT_SILENT && !all) {
            silent++;
            continue;
        }
        if (print_change(client, before, after, &changes->items[i]) < 0)
            return error_set(e, -ENOMEM, "no memory to show a difference");
    }
    if (changes->count == 0)
        client_say(client, "No difference.");
    else if (silent > 0)
        client_say(client, "%s (--all shows %s).", text_format_count(silent, "silent change", count),
                   silent == 1 ? "it" : "them");
    return 0;
}

static int print_json(const struct client *client, const struct version_side *before, const struct version_side *after,
                      const struct change_list *changes, struct error *e)
{
    static const struct report_column no_columns[] = {{.key = NULL}};
    _cleanup_report_ struct report report;
    int r = report_begin(&report, client, no_columns, e);

    for (size_t i = 0; r == 0 && i < changes->count; i++) {
        _cleanup_buf_ struct buf text = {0};
        json_t *json = change_to_json(&changes->items[i]);

        versionpair_describe(&text, client->history, before, after, &changes->items[i]);
        json_object_set_new(json, "text", json_string(buf_string(&text)));
        r = report_add(&report, json, e);
    }
    if (r == 0)
        report_end(&report, "");
    return r;
}

/* The newest version and the one before it, unless numbers or times say otherwise. */
static int choose_sides(struct client *client, const char *nct_id, struct version_side *before,
                        struct version_side *after, struct error *e)
{
    const struct options *options = &client->options;
    const char *from = options_text(options, "from"), *to = options_text(options, "to");
    const char *a = options_argument(options, 1), *b = options_argument(options, 2);
    int r;

    if (a && (from || to))
        return error_set(e, -EINVAL, "version numbers and --from or --to exclude each other");
    if (b)
        r = versionname_find(client, nct_id, b, "a version", &after->version, e);
    else if (to)
        r = record_version_at(client, nct_id, to, &after->version, e);
    else
        r = versions_newest(client->history, nct_id, &after->version, e);
    if (r < 0)
        return r;
    if (a)
        return versionname_find(client, nct_id, a, "a version", &before->version, e);
    if (from)
        return record_version_at(client, nct_id, from, &before->version, e);
    return versionname_before(client, &after->version, &before->version, e);
}

static int diff_history(struct client *client, const char *study, struct error *e)
{
    char nct_id[STUDY_NCT_ID_BYTES];
    _cleanup_version_side_ struct version_side before = {0}, after = {0};
    _cleanup_change_list_ struct change_list changes = {0};
    int r = client_resolve_study(client, study, nct_id, e);

    if (r == 0)
        r = choose_sides(client, nct_id, &before, &after, e);
    if (r == 0)
        r = versions_study(client->history, &before.version, &before.study, e);
    if (r == 0)
        r = versions_study(client->history, &after.version, &after.study, e);
    if (r == 0)
        r = versionpair_compare(client->history, &before, &after, &changes, e);
    if (r < 0)
        return r;
    return client->json ? print_json(client, &before, &after, &changes, e)
                        : print_for_people(client, &before, &after, &changes, e);
}

static int diff_run(struct client *client, struct error *e)
{
    const struct options *options = &client->options;

    if (!options_has(options, "files") && options_has(options, "site-map"))
        return error_set(e, -EINVAL, "--site-map goes with --files");
    if (!options_has(options, "files"))
        return diff_history(client, options_argument(options, 0), e);
    if (options->argument_count != 2)
        return error_set(e, -EINVAL, "diff --files wants two files: OLD.json NEW.json");
    /* Programs get one form, whether they ask for it or not. */
    enum diff_files_form form = options_has(options, "site-map")                ? DIFF_FILES_SITE_MAP
                                : client->json || !client->terminal.is_terminal ? DIFF_FILES_JSON
                                                                                : DIFF_FILES_TEXT;
    return diff_files(options_argument(options, 0), options_argument(options, 1), form, client->terminal.out, e);
}

static const struct option_spec diff_options[] = {
    {.name = "from", .value = "TIME", .help = "The version that was valid then; a date means the end of its day."},
    {.name = "to", .value = "TIME", .help = "Likewise; without it the newest."},
    {.name = "all", .help = "People see silent changes too, such as submission dates. JSON always has them."},
    {.name = "files",
     .help = "Compare two files, each one record of the registry, without any history. Prints one JSON object a line "
             "for each "
             "change with --json and wherever the output is no terminal."},
    {.name = "site-map",
     .help = "With --files: print instead which site is which, {\"old\":INDEX,\"new\":INDEX} a line, null for none."},
    {.name = NULL},
};

const struct command diff_command = {
    .name = "diff",
    .arguments = "STUDY [A [B]] | --files OLD.json NEW.json",
    .min_arguments = 1,
    .max_arguments = 3,
    .flags = COMMAND_PAGED,
    .summary = "Show what changed between two versions",
    .help = "Between the newest version and the one before it, or versions A and B, or two moments. Texts are compared "
            "word by word: what was struck is red, what was added green, or [-struck-] and {+added+} without colours. "
            "a0, a1, … are versions from the registry's own archive, which have only the protocol section: of the rest "
            "nothing is compared then.",
    .options = diff_options,
    .run = diff_run,
};
