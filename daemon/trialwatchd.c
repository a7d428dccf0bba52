/* The daemon's main(). */
#include "base/log.h"
#include "base/text.h"
#include "service/config.h"
#include "service/manager.h"
#include "service/sd.h"
#include "service/version.h"

#include <errno.h>
#include <getopt.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>

/* The build gives the directory. */
#ifndef TRIALWATCH_CONFDIR
#define TRIALWATCH_CONFDIR "/etc/trialwatch"
#endif
#define DEFAULT_CONFIG_PATH TRIALWATCH_CONFDIR "/trialwatch.yaml"

#define BIG_BLOCK_BYTES (512 * 1024)

enum { OPTION_CHECK_CONFIG = 0x100, OPTION_ONCE, OPTION_PRINT_MANUAL, OPTION_VERSION };

static const struct option options[] = {
    {"config", required_argument, NULL, 'c'},
    {"check-config", no_argument, NULL, OPTION_CHECK_CONFIG},
    {"once", no_argument, NULL, OPTION_ONCE},
    {"print-manual", no_argument, NULL, OPTION_PRINT_MANUAL},
    {"version", no_argument, NULL, OPTION_VERSION},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

static const char help[] = "Usage: trialwatchd [-c FILE] [OPTION]\n"
                           "Watches clinical trials in ClinicalTrials.gov and alerts when they change.\n"
                           "\n"
                           "  -c, --config FILE   settings (default " DEFAULT_CONFIG_PATH ")\n"
                           "      --check-config  tell every mistake in the settings, and end\n"
                           "      --once          look at the registry once, deliver what is due, and end\n"
                           "      --print-manual  print the page trialwatch.yaml(5)\n"
                           "      --version       print the version\n"
                           "  -h, --help          print this\n"
                           "\n"
                           "SIGTERM ends it, SIGHUP reloads the settings. Its client is trialwatch(1).\n";

static void print_mistake(const char *line, void *userdata)
{
    (void)userdata;
    fprintf(stderr, "%s\n", line);
}

static int check_config(const char *path)
{
    _cleanup_config_ struct config *config = NULL;
    char watches[TEXT_COUNT_BYTES], channels[TEXT_COUNT_BYTES];
    struct error e = {0};
    int r = config_check(path, print_mistake, NULL, &config, &e);

    if (r == -EINVAL)
        fprintf(stderr, "%s\n", e.text);
    else if (r < 0)
        fprintf(stderr, "trialwatchd: %s\n", e.text);
    if (r < 0)
        return EXIT_FAILURE;
    printf("%s: ok, %s, %s\n", path, text_format_count(config->watch_count, "watch", watches),
           text_format_count(config->channel_count, "channel", channels));
    if (config->credentials_unread)
        printf("Secrets of the form credential:NAME are only there in the service, and were not read.\n");
    return EXIT_SUCCESS;
}

static int run(const struct manager_options *manager_options)
{
    _cleanup_manager_ struct manager *manager = NULL;
    struct error e = {0};

    sd_log_to_journal();
    if (manager_new(manager_options, &manager, &e) < 0) {
        log_error("%s", e.text);
        return EXIT_FAILURE;
    }
    return manager_run(manager);
}

/* A page of records has 20 MB and more. By default malloc() learns to keep such blocks in its heap, where what is made
 * of the records holds them down; as mappings of their own they go back when the page has been taken in. */
static void give_pages_back(void)
{
    mallopt(M_MMAP_THRESHOLD, BIG_BLOCK_BYTES);
}

int main(int argc, char **argv)
{
    struct manager_options manager_options = {.config_path = DEFAULT_CONFIG_PATH};
    bool check = false;
    int option;

    while ((option = getopt_long(argc, argv, "c:h", options, NULL)) >= 0) {
        switch (option) {
        case 'c':
            manager_options.config_path = optarg;
            break;
        case OPTION_CHECK_CONFIG:
            check = true;
            break;
        case OPTION_ONCE:
            manager_options.once = true;
            break;
        case OPTION_PRINT_MANUAL:
            return config_print_manual(stdout) < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
        case OPTION_VERSION:
            printf("trialwatchd %s\n", TRIALWATCH_VERSION);
            return EXIT_SUCCESS;
        case 'h':
            fputs(help, stdout);
            return EXIT_SUCCESS;
        default:
            fputs("Try trialwatchd --help.\n", stderr);
            return EXIT_FAILURE;
        }
    }
    if (optind < argc) {
        fprintf(stderr, "trialwatchd: unexpected argument \"%s\"; try trialwatchd --help\n", argv[optind]);
        return EXIT_FAILURE;
    }
    give_pages_back();
    return check ? check_config(manager_options.config_path) : run(&manager_options);
}
