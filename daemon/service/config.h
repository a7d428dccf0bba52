/* The settings: YAML files read by libcyaml, checked, with every mistake answered by file, line and what would be
 * right.
 *
 * /etc/trialwatch/trialwatch.yaml and then every file of conf.d beside it, whose watches and channels are added. The
 * table of settings is one static table: name, type, default, whether a reload takes it, and the help that the manual
 * prints. */
#pragma once

#include "alert/channel.h"
#include "base/err.h"
#include "history/surges.h"
#include "registry/poller.h"
#include "trial/watch.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct config {
    struct poller_settings registry;
    char *history_path;
    int64_t retain_usec; /* of polls in which nothing changed; 0: forever */
    bool backfill;       /* fetch from the registry's own archive what is from before a study was first seen */
    char *control_path;
    int log_priority;
    struct surge_limits surges;
    int64_t health_after_usec; /* the registry unread for so long, or a channel ill: tell the others */
    char *heartbeat_url;       /* asked after every good look; NULL: none */
    struct watch *watches;
    char **watch_places; /* FILE:LINE of each */
    size_t watch_count;
    struct channel *channels;
    size_t channel_count;
    char *ca_file;           /* for channels */
    bool credentials_unread; /* config_check() did not have some that the settings name */
};

/* Collects every mistake, not only the first: report is called once a mistake with "FILE:LINE: sentence". */
typedef void config_report(const char *line, void *userdata);

/* -EINVAL when a mistake was reported, -ENOENT/-EACCES with a sentence when the file cannot be read. The secrets of
 * channels are read from $CREDENTIALS_DIRECTORY or files. */
int config_load(const char *path, config_report *report, void *userdata, struct config **ret, struct error *e);

/* The same for whoever checks the files from a shell: credentials, which only the service has, are left unread where
 * $CREDENTIALS_DIRECTORY is not set. */
int config_check(const char *path, config_report *report, void *userdata, struct config **ret, struct error *e);

/* The same for whoever only wants to know what is set, such as the client: no secret and no file named by the settings
 * is read; the values of channels are what the file says. */
int config_look(const char *path, config_report *report, void *userdata, struct config **ret, struct error *e);

/* One watch beside those of config, from its settings as a JSON object: checked by the same code, with the same
 * mistakes, which have no line. -EINVAL when one was told. Whether its name is free is for the caller to say, who
 * clears ret. */
int config_make_watch(const struct config *config, const char *settings, config_report *report, void *userdata,
                      struct watch *ret, struct error *e);

void config_free(struct config *config);
DEFINE_CLEANUP(struct config *, config_free)
#define _cleanup_config_ _cleanup_(config_free_cleanup)

/* trialwatch.yaml(5), made from the settings table, in mdoc. -EIO when it could not be written. */
int config_print_manual(FILE *out);
