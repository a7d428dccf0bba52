/* A command of the client: one row of the table in commands.c, which points at a row that stands beside its code. */
#pragma once

#include "base/err.h"
#include "client/options.h"

#include <stddef.h>

struct client;

enum command_flag {
    COMMAND_PAGED = 1 << 0,  /* long output goes through the pager */
    COMMAND_TABLE = 1 << 1,  /* --csv makes sense */
    COMMAND_HIDDEN = 1 << 2, /* for completions, not for people */
};

struct command {
    const char *name;
    const char *arguments; /* of the usage line: "STUDY [A B]" */
    size_t min_arguments, max_arguments;
    unsigned flags;
    const char *summary;               /* one line, without a full stop */
    const char *help;                  /* what else there is to know */
    const struct option_spec *options; /* ended by a row without a name; NULL: none of its own */

    /* An exit status of client.h, or a negative errno with a sentence. */
    int (*run)(struct client *client, struct error *e);
};

extern const struct option_spec command_global_options[];

const struct command *const *command_all(size_t *ret_count);

/* NULL when there is none of this name. */
const struct command *command_find(const char *name);

/* The name that was probably meant, or NULL. */
const char *command_suggest(const char *typed);
