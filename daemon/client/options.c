#include "client/options.h"

#include "base/macro.h"
#include "base/suggest.h"

#include <errno.h>
#include <string.h>

#define NAMES_MAX 64

struct parsing {
    const struct option_spec *tables[2];
    struct options *options;
    struct error *e;
};

static const struct option_spec *find_option(const struct parsing *parsing, const char *name, size_t len, char letter)
{
    for (size_t t = 0; t < ARRAY_SIZE(parsing->tables); t++)
        for (const struct option_spec *spec = parsing->tables[t]; spec && spec->name; spec++)
            if (letter ? spec->letter == letter : strlen(spec->name) == len && strncmp(spec->name, name, len) == 0)
                return spec;
    return NULL;
}

static int refuse_unknown(const struct parsing *parsing, const char *word)
{
    const char *names[NAMES_MAX];
    char typed[NAMES_MAX] = "";
    size_t count = 0;

    for (size_t t = 0; t < ARRAY_SIZE(parsing->tables); t++)
        for (const struct option_spec *spec = parsing->tables[t]; spec && spec->name && count < NAMES_MAX; spec++)
            names[count++] = spec->name;
    if (word[1] == '-')
        memcpy(typed, word + 2, size_min(strcspn(word + 2, "="), sizeof(typed) - 1));

    const char *nearest = suggest_nearest(typed, names, count);
    if (nearest)
        return error_set(parsing->e, -EINVAL, "there is no option %s here; did you mean --%s?", word, nearest);
    return error_set(parsing->e, -EINVAL, "there is no option %s here", word);
}

static int add_option(const struct parsing *parsing, const struct option_spec *spec, const char *value)
{
    struct options *options = parsing->options;

    if (!spec->repeats && options_has(options, spec->name))
        return error_set(parsing->e, -EINVAL, "--%s is given twice", spec->name);
    if (options->given_count == OPTIONS_MAX)
        return error_set(parsing->e, -EINVAL, "more than %d options", OPTIONS_MAX);
    options->given[options->given_count].spec = spec;
    options->given[options->given_count].value = value;
    options->given_count++;
    return 0;
}

static int add_argument(const struct parsing *parsing, const char *word)
{
    struct options *options = parsing->options;

    if (options->argument_count == ARGUMENTS_MAX)
        return error_set(parsing->e, -EINVAL, "more than %d arguments", ARGUMENTS_MAX);
    options->arguments[options->argument_count++] = word;
    return 0;
}

/* words[0] is "--name", "--name=value", "-c" or "-cVALUE". Returns how many words it took. */
static int parse_option(const struct parsing *parsing, const char *const *words, size_t word_count)
{
    const char *word = words[0], *value = NULL;
    const struct option_spec *spec;

    if (word[1] == '-') {
        size_t len = strcspn(word + 2, "=");
        spec = find_option(parsing, word + 2, len, 0);
        if (word[2 + len] == '=')
            value = word + 2 + len + 1;
    } else {
        spec = find_option(parsing, NULL, 0, word[1]);
        if (word[2] != '\0')
            value = word + 2;
    }
    if (!spec || (!spec->value && value && word[1] != '-'))
        return refuse_unknown(parsing, word);
    if (!spec->value && value)
        return error_set(parsing->e, -EINVAL, "--%s takes no value", spec->name);

    int taken = 1;
    if (spec->value && !value) {
        if (word_count < 2)
            return error_set(parsing->e, -EINVAL, "--%s wants a value: --%s %s", spec->name, spec->name, spec->value);
        value = words[1];
        taken = 2;
    }
    int r = add_option(parsing, spec, value ? value : "");
    return r < 0 ? r : taken;
}

int options_parse(const char *const *words, size_t word_count, const struct option_spec *first,
                  const struct option_spec *second, bool stop_at_argument, struct options *ret, struct error *e)
{
    const struct parsing parsing = {.tables = {first, second}, .options = ret, .e = e};
    bool only_arguments = false;
    size_t i = 0;

    while (i < word_count) {
        const char *word = words[i];
        int taken = 1, r = 0;

        if (!only_arguments && strcmp(word, "--") == 0)
            only_arguments = true;
        else if (!only_arguments && word[0] == '-' && word[1] != '\0')
            r = taken = parse_option(&parsing, words + i, word_count - i);
        else if (stop_at_argument)
            break;
        else
            r = add_argument(&parsing, word);
        if (r < 0)
            return r;
        i += (size_t)taken;
    }
    return (int)i;
}

bool options_has(const struct options *options, const char *name)
{
    return options_nth(options, name, 0) != NULL;
}

const char *options_text(const struct options *options, const char *name)
{
    const char *value = NULL;

    for (size_t i = 0; i < options->given_count; i++)
        if (strcmp(options->given[i].spec->name, name) == 0)
            value = options->given[i].value;
    return value;
}

const char *options_nth(const struct options *options, const char *name, size_t n)
{
    for (size_t i = 0; i < options->given_count; i++)
        if (strcmp(options->given[i].spec->name, name) == 0 && n-- == 0)
            return options->given[i].value;
    return NULL;
}

int options_parse_number(const char *text, const char *what, long min, long *ret, struct error *e)
{
    char *end = NULL;

    errno = 0;
    long number = strtol(text, &end, 10);
    if (errno != 0 || end == text || *end != '\0' || number < min || strspn(text, " \t\n+") > 0)
        return error_set(e, -EINVAL, "%s is a whole number from %ld up, not '%s'", what, min, text);
    *ret = number;
    return 0;
}

int options_number(const struct options *options, const char *name, long min, long otherwise, long *ret,
                   struct error *e)
{
    const char *text = options_text(options, name);
    char what[NAMES_MAX + 2] = "--";

    if (!text) {
        *ret = otherwise;
        return 0;
    }
    strncat(what, name, NAMES_MAX - 1);
    return options_parse_number(text, what, min, ret, e);
}

const char *options_argument(const struct options *options, size_t index)
{
    return index < options->argument_count ? options->arguments[index] : NULL;
}
