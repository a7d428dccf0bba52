/* trialwatch: asks the history file what is known, and the daemon to act.
 *
 * The history is read by the client itself, read-only, with the daemon running or not; only actions go to the daemon.
 */
#pragma once

#include "base/clock.h"
#include "base/err.h"
#include "base/macro.h"
#include "client/command.h"
#include "client/options.h"
#include "client/terminal.h"
#include "client/when.h"
#include "history/store.h"
#include "history/versions.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

/* Stable: scripts rely on them, the manual lists them. */
enum client_exit {
    CLIENT_OK = 0,
    CLIENT_NO = 1,         /* the answer is no: unhealthy, not found, refused by the daemon, does not hold */
    CLIENT_USAGE = 2,      /* the command line is wrong */
    CLIENT_NO_DAEMON = 3,  /* the daemon cannot be reached */
    CLIENT_NO_HISTORY = 4, /* the history cannot be read */
    CLIENT_FAILED = 5      /* no memory, no room, output that could not be written */
};

struct client {
    const struct command *command;
    struct options options;
    struct terminal terminal;
    struct store *history; /* NULL until client_open_history() */
    bool json, csv, utc;
};

/* The whole program: returns its exit status. */
int client_main(int argc, char **argv);

/* Opens the history once. -ENOMEDIUM, whatever the reason, with the store's sentence. */
int client_open_history(struct client *client, struct error *e);

/* The id of the study that an id or alias means. Opens the history. -ENOENT with a sentence. */
int client_resolve_study(struct client *client, const char *id, char ret[static STUDY_NCT_ID_BYTES], struct error *e);

/* The time that an option gives, 0 when it was not given. */
int client_option_time(const struct client *client, const char *option, enum when_edge edge, int64_t *ret_wall_usec,
                       struct error *e);

/* A line for people, safe for the terminal; nothing with --json or --csv. */
void client_say(const struct client *client, const char *format, ...) _printf_(2, 3);

/* Prints a document of its own, indented. Control characters that JSON allows are escaped too. */
int client_print_json(const struct client *client, const json_t *document, struct error *e);
