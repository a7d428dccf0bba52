/* From drafts to settings: what is checked beyond the shape, each part in its own file. Mistakes are told, and the work
 * goes on with the next value, so that all of them are told at once. */
#pragma once

#include "service/config.h"
#include "service/config_file.h"

#include <stdbool.h>
#include <stddef.h>

enum config_secrets {
    SECRETS_READ,     /* all of them */
    SECRETS_FILES,    /* credentials are not there outside of the service: only their names are checked */
    SECRETS_UNTOUCHED /* a reader who may not see them */
};

struct config_build {
    struct config *config;
    struct config_mistakes *mistakes;
    enum config_secrets secrets;
    bool complete; /* every file could be read: what is not defined is defined nowhere */
};

#define CONFIG_WHERE_BYTES 160

/* Formats a path for config_mistake(). Returns where. */
const char *config_where(char where[static CONFIG_WHERE_BYTES], const char *format, ...) _printf_(2, 3);

/* Each takes what it wants out of the file's draft; -ENOMEM, otherwise 0 whatever mistakes were told. */
int config_build_main(struct config_build *build, struct config_file *file);
int config_build_channels(struct config_build *build, struct config_file *file);
int config_build_watches(struct config_build *build, struct config_file *file);

/* Whether the host of a URL is this machine: localhost, 127.x.y.z or [::1]. */
bool config_is_loopback(const char *url);

/* A name of a watch or channel: tells of a missing or unfit one, and of one that is taken. what is "watch" or
 * "channel". */
struct config_name {
    const char *what;
    const char *name; /* may be NULL */
    const char *where;
    bool taken;
};
void config_check_name(struct config_build *build, const struct config_file *file, const struct config_name *name);

/* -EINVAL with a sentence for a text that is no duration within the bounds. */
int config_parse_duration(const char *text, int64_t min_usec, int64_t max_usec, int64_t *ret_usec, struct error *e);

/* The digest, quiet, rate and give_up settings of a channel, any of them NULL. -EINVAL with a sentence, *ret_key the
 * key. */
struct config_pace {
    const char *digest, *quiet, *rate, *give_up;
};
int config_parse_pace(const struct config_pace *pace, struct channel_pace *ret, const char **ret_key, struct error *e);

/* "credential:NAME" or "file:/path" to the secret itself, which the caller frees; without a last line end. -EINVAL for
 * another reference, else why it cannot be read. NULL when the mode leaves it unread. The sentence never shows a
 * secret. */
int config_read_secret(const char *reference, enum config_secrets mode, char **ret, struct error *e);
/* Whether a text is such a reference at all. */
bool config_is_secret_reference(const char *text);
