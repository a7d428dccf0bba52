/* Runs a program of the operator's with a text on its standard input, a time limit and a clean environment.
 *
 * No shell. The text is a file in memory, so a program may leave it unread. The callback runs from the loop. */
#pragma once

#include "base/err.h"

#include <event2/event.h>
#include <stddef.h>
#include <stdint.h>

struct program;

struct program_result {
    int error;      /* 0, or a negative errno: it did not end by itself (-ETIMEDOUT) */
    int status;     /* exit status; 128 + number when a signal ended it */
    char said[200]; /* the first line it wrote, to output or error */
    int64_t latency_usec;
};

typedef void program_callback(const struct program_result *result, void *userdata);

/* argv ends with NULL; everything is copied. -ENOENT, -EACCES … when it cannot be started. */
int program_start(struct event_base *base, char *const *argv, const void *input, size_t input_len, int64_t timeout_usec,
                  program_callback *callback, void *userdata, struct program **ret, struct error *e);

/* Kills it with all its children that stayed in its process group; the callback is not called. Takes NULL. */
void program_cancel(struct program *program);
