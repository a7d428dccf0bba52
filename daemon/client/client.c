#include "client/client.h"

#include "base/buf.h"
#include "client/help.h"
#include "client/locations.h"
#include "client/output.h"
#include "client/safetext.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

static const struct {
    int error;
    enum client_exit status;
} exit_statuses[] = {
    {-EINVAL, CLIENT_USAGE},         {-ENOENT, CLIENT_NO},
    {-EREMOTEIO, CLIENT_NO},         {-EHOSTDOWN, CLIENT_NO_DAEMON},
    {-ENOMEDIUM, CLIENT_NO_HISTORY}, {-EUCLEAN, CLIENT_NO_HISTORY},
};

static enum client_exit exit_status(int result)
{
    if (result >= 0)
        return (enum client_exit)result;
    for (size_t i = 0; i < ARRAY_SIZE(exit_statuses); i++)
        if (exit_statuses[i].error == result)
            return exit_statuses[i].status;
    return CLIENT_FAILED;
}

int client_open_history(struct client *client, struct error *e)
{
    if (client->history)
        return 0;
    return store_open(locations_history(&client->options), STORE_READ, &client->history, e) < 0 ? -ENOMEDIUM : 0;
}

int client_resolve_study(struct client *client, const char *id, char ret[static STUDY_NCT_ID_BYTES], struct error *e)
{
    int r = client_open_history(client, e);

    if (r < 0)
        return r;
    r = versions_resolve(client->history, id, ret, e);
    if (r == -ENOENT)
        return error_set(e, r, "%s was never seen in this history (%s)", id, store_path(client->history));
    return r;
}

int client_option_time(const struct client *client, const char *option, enum when_edge edge, int64_t *ret_wall_usec,
                       struct error *e)
{
    const char *text = options_text(&client->options, option);

    if (!text) {
        *ret_wall_usec = 0;
        return 0;
    }
    return when_parse(text, client->utc, edge, ret_wall_usec, e);
}

void client_say(const struct client *client, const char *format, ...)
{
    _cleanup_buf_ struct buf safe = {0};
    char line[ERROR_TEXT_BYTES];
    va_list ap;

    if (client->json || client->csv)
        return;
    va_start(ap, format);
    vsnprintf(line, sizeof(line), format, ap);
    va_end(ap);
    safetext_append(&safe, line);
    fprintf(client->terminal.out, "%s\n", buf_string(&safe));
}

int client_print_json(const struct client *client, const json_t *document, struct error *e)
{
    _cleanup_buf_ struct buf text = {0};

    if (!document || output_append_json(&text, document, JSON_INDENT(2)) < 0)
        return error_set(e, -ENOMEM, "no memory for the answer");
    fprintf(client->terminal.out, "%s\n", buf_string(&text));
    return 0;
}

static void complain(const struct client *client, const struct error *e, bool usage)
{
    _cleanup_buf_ struct buf safe = {0};

    safetext_append(&safe, e->text);
    fprintf(stderr, "trialwatch: %s\n", buf_string(&safe));
    if (usage && client->command)
        fprintf(stderr, "See trialwatch %s --help.\n", client->command->name);
    else if (usage)
        fputs("See trialwatch --help.\n", stderr);
}

static int look_up_command(struct client *client, const char *name, struct error *e)
{
    client->command = command_find(name);
    if (client->command)
        return 0;
    const char *meant = command_suggest(name);
    if (meant)
        return error_set(e, -EINVAL, "there is no command '%s'; did you mean '%s'?", name, meant);
    return error_set(e, -EINVAL, "there is no command '%s'", name);
}

static int check_command_line(struct client *client, struct error *e)
{
    const struct command *command = client->command;

    if (client->options.argument_count < command->min_arguments)
        return error_set(e, -EINVAL, "%s wants %s", command->name, command->arguments);
    if (client->options.argument_count > command->max_arguments)
        return error_set(e, -EINVAL, "'%s' is one argument too many for %s",
                         client->options.arguments[command->max_arguments], command->name);
    if (client->json && client->csv)
        return error_set(e, -EINVAL, "--json and --csv exclude each other");
    if (client->csv && !(command->flags & COMMAND_TABLE))
        return error_set(e, -EINVAL, "%s prints no table: it has no --csv", command->name);
    return 0;
}

static int run_command(struct client *client, struct error *e)
{
    int r = check_command_line(client, e);

    if (r < 0)
        return r;
    if ((client->command->flags & COMMAND_PAGED) && !options_has(&client->options, "no-pager"))
        terminal_start_pager(&client->terminal);
    return client->command->run(client, e);
}

/* --version before a command, or --help before or behind it. */
static int answer_at_once(const struct client *client)
{
    if (client->command)
        help_print_command(&client->terminal, client->command);
    else if (options_has(&client->options, "version"))
        help_print_version(client->terminal.out);
    else
        help_print_all(&client->terminal);
    return CLIENT_OK;
}

/* A command may have an option of the same name as a global one, which then wins behind it (show --version 3).
 *
 * Words before the command are global options; those behind it are its own or global ones. */
static int run(struct client *client, const char *const *words, size_t count, struct error *e)
{
    struct options *options = &client->options;
    int taken = options_parse(words, count, command_global_options, NULL, true, options, e);

    if (taken < 0)
        return taken;
    if (options_has(options, "version") || options_has(options, "help"))
        return answer_at_once(client);
    if ((size_t)taken == count)
        return error_set(e, -EINVAL, "what shall it be? A command is missing");

    int r = look_up_command(client, words[taken], e);
    if (r < 0)
        return r;
    const struct option_spec *own = client->command->options;
    r = options_parse(words + taken + 1, count - (size_t)taken - 1, own ? own : command_global_options,
                      own ? command_global_options : NULL, false, options, e);
    if (r < 0)
        return r;
    client->json = options_has(options, "json");
    client->csv = options_has(options, "csv");
    client->utc = options_has(options, "utc");
    return options_has(options, "help") ? answer_at_once(client) : run_command(client, e);
}

int client_main(int argc, char **argv)
{
    struct client client = {0};
    struct error e = {{0}};

    terminal_open(&client.terminal);
    int result = run(&client, (const char *const *)argv + 1, argc > 0 ? (size_t)argc - 1 : 0, &e);
    store_close(client.history);
    int written = terminal_close(&client.terminal);
    if (result < 0)
        complain(&client, &e, result == -EINVAL);
    else if (written < 0) {
        error_set(&e, written, "the answer could not be written: %s", strerror(-written));
        complain(&client, &e, false);
        result = written;
    }
    return (int)exit_status(result);
}
