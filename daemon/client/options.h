/* The command line, read by tables: options may stand before, between and behind arguments. */
#pragma once

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>

struct option_spec {
    const char *name;  /* "since": --since */
    char letter;       /* 'c': -c; 0: none */
    const char *value; /* what it takes, for the help: "FILE"; NULL: nothing */
    const char *help;  /* one line */
    bool repeats;      /* may be given several times */
};

/* A command line that gives more than this is refused. */
#define OPTIONS_MAX 128
#define ARGUMENTS_MAX 128

struct options {
    struct {
        const struct option_spec *spec;
        const char *value; /* "" of an option that takes none */
    } given[OPTIONS_MAX];
    size_t given_count;
    const char *arguments[ARGUMENTS_MAX]; /* points into the command line */
    size_t argument_count;
};

/* Reads words into ret until their end or, when stop_at_argument, until the first argument; returns how many it took,
 * or -EINVAL. The tables end with a row without a name; second may be NULL. Called again it adds to what ret has. */
int options_parse(const char *const *words, size_t word_count, const struct option_spec *first,
                  const struct option_spec *second, bool stop_at_argument, struct options *ret, struct error *e);

bool options_has(const struct options *options, const char *name);

/* The last value given, NULL when it was not. */
const char *options_text(const struct options *options, const char *name);

/* The value of the nth time it was given, NULL past the last. */
const char *options_nth(const struct options *options, const char *name, size_t n);

/* A whole number of at least min; otherwise when it was not given. -EINVAL with a sentence. */
int options_number(const struct options *options, const char *name, long min, long otherwise, long *ret,
                   struct error *e);

/* The argument at index, NULL when there are fewer. */
const char *options_argument(const struct options *options, size_t index);

/* A whole number of at least min that stands alone in text. -EINVAL with a sentence that calls it what. */
int options_parse_number(const char *text, const char *what, long min, long *ret, struct error *e);
