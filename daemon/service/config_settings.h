/* The table of settings: every key of the YAML files, once, with its shape, its default and the help that the manual
 * prints.
 *
 * The libcyaml schema, the check of the document's shape, the suggestions for mistyped keys and trialwatch.yaml(5) all
 * read this table. What libcyaml fills from it are the drafts below: texts as they were written, before they are
 * checked. */
#pragma once

#include "alert/channel.h"

#include <stdbool.h>
#include <stddef.h>

/* Limits on what a settings file may hold. */
#define CONFIG_MAX_FILE_BYTES ((size_t)8 * 1024 * 1024)
#define CONFIG_MAX_FILES ((size_t)256)      /* of conf.d */
#define CONFIG_MAX_VALUES ((size_t)1000000) /* in one file, with what aliases repeat */
#define CONFIG_MAX_TEXT_BYTES ((size_t)16 * 1024)
#define CONFIG_MAX_WATCHES ((size_t)10000)
#define CONFIG_MAX_STUDIES ((size_t)100000) /* of one watch */
#define CONFIG_MAX_CHANNELS ((size_t)256)
#define CONFIG_MAX_LIST ((size_t)256)      /* entries of any other list */
#define CONFIG_MAX_NAME_BYTES ((size_t)64) /* of a watch or channel */
#define CONFIG_MAX_SECRET_BYTES ((size_t)16 * 1024)
#define CONFIG_MAX_CHANNEL_TYPES 24

enum setting_shape {
    SETTING_TEXT,   /* char * */
    SETTING_NUMBER, /* double */
    SETTING_TEXTS,  /* char ** and size_t */
    SETTING_ALL,    /* a list of texts, or the word all; libcyaml has no such thing, so it is read from the document */
    SETTING_BLOCK,  /* a mapping: embedded, or a pointer when size is given */
    SETTING_BLOCKS  /* a list of mappings: pointer to the first and size_t */
};

struct setting {
    const char *key; /* NULL ends a table */
    enum setting_shape shape;
    size_t offset;                  /* in the struct of the mapping it stands in */
    size_t count_offset;            /* of a list's length */
    size_t size;                    /* of the struct that the pointer of a block or the entries of blocks point to */
    size_t max;                     /* entries of a list */
    const struct setting *settings; /* of a block or blocks */
    const char *example;            /* what to write; shown in the manual and in mistakes */
    const char *otherwise;          /* the default as it would be written; NULL: none */
    bool required;
    bool restart; /* a reload does not take it: only a restart does */
    const char *help;
};

struct near_draft {
    double lat, lon;
    char *within;
};

struct query_draft {
    char *condition, *intervention, *term, *title, *sponsor, *location, *patient, *id, *status, *phase, *advanced;
};

struct watch_draft {
    char *name;
    struct query_draft *query;
    char *announce;
    char **changes;
    size_t change_count;
    char **countries, **states, **cities, **facilities;
    size_t country_count, state_count, city_count, facility_count;
    struct near_draft *near;
    char *when;
    char **highlight;
    size_t highlight_count;
    char **notify;
    size_t notify_count;
};

struct channel_values_draft {
    struct channel_value values[CHANNEL_MAX_OPTIONS]; /* by the index of the type's option */
};

struct channel_draft {
    char *name;
    struct channel_values_draft *types[CONFIG_MAX_CHANNEL_TYPES]; /* by the index in channel_types() */
    char *payload, *digest, *quiet, *rate, *give_up;
};

struct settings_draft {
    struct {
        char *url, *every, *contact, *spacing, *timeout, *ca_file;
    } registry;
    char *history_path;
    char *history_retain;
    char *history_backfill;
    char *control_socket;
    char *log_level;
    char *health_after, *health_heartbeat;
    char *breaker_share, *breaker_minimum;
    char *ca_file;
    struct watch_draft *watches;
    size_t watch_count;
    struct channel_draft *channels;
    size_t channel_count;
};

/* The top of the table, with the options of every channel type; made once a process, never freed. Any thread. */
const struct setting *config_settings(void);

/* The row at a path such as "registry.every" or "watches.near.lat". NULL when there is none. */
const struct setting *config_setting_find(const char *path);

/* The row with this key in one table. NULL when there is none. */
const struct setting *config_setting_by_key(const struct setting *settings, const char *key);
