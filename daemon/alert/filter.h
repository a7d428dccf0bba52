/* Runs jq programs of the settings (a channel's payload:, a watch's when:) on documents, bounded in time and memory.
 *
 * libjq can be neither interrupted nor limited, so a program runs in a child process that this one forks: nothing need
 * be executed, so that it works in any sandbox and after the daemon's file was replaced. Without libjq (configure
 * --without-jq) every result is -EOPNOTSUPP. */
#pragma once

#include "base/clock.h"
#include "base/err.h"

#include <event2/event.h>
#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#define FILTER_CPU_SEC 2 /* of work for all the documents */
#define FILTER_WALL_USEC (10 * USEC_PER_SEC)
#define FILTER_MEMORY_BYTES ((size_t)128 * 1024 * 1024)
#define FILTER_MAX_RESULT_BYTES ((size_t)16 * 1024 * 1024)

/* What became of one document. */
enum filter_outcome {
    FILTER_NOT_REACHED, /* the program was stopped before */
    FILTER_VALUE,       /* its first result */
    FILTER_NOTHING,     /* no result */
    FILTER_FAILED       /* the program said why */
};

struct filter_answer {
    enum filter_outcome outcome;
    bool truth; /* of a value: neither null nor false */
    char *text; /* owned; a value that is a string as it is, another as JSON; jq's own words of a failure */
};

struct filter_result {
    int error;        /* 0; -EINVAL: no jq program; -ETIMEDOUT, -EDQUOT, -EFBIG: stopped at that limit; -EOPNOTSUPP */
    struct error why; /* of an error: "took longer than …" */
    struct filter_answer *answers; /* owned; as many as documents */
    size_t count;
};

void filter_result_clear(struct filter_result *result);
#define _cleanup_filter_result_ _cleanup_(filter_result_clear)

/* For whoever may wait: no longer than the limits. */
void filter_run(const char *program, const json_t *documents, struct filter_result *ret);

/* Whether it is a jq program: 0, or an error of the result with its sentence. Waits likewise. */
int filter_check(const char *program, struct error *e);

struct filter;

/* The result lives until the callback returns, which is called from the loop. documents is an array, read during the
 * call only. -ENOMEM, -EAGAIN … when there can be no child. */
typedef void filter_callback(const struct filter_result *result, void *userdata);
int filter_start(struct event_base *base, const char *program, const json_t *documents, filter_callback *callback,
                 void *userdata, struct filter **ret, struct error *e);

/* Ends the child; the callback is not called. Takes NULL. */
void filter_cancel(struct filter *filter);
