/* Settings files and what is answered: every mistake with its line and its sentence. */
#include "check.h"

#include "base/clock.h"
#include "base/log.h"
#include "service/config.h"
#include "service/config_file.h"
#include "service/config_settings.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAX_LINES 120

struct lines {
    char *text[MAX_LINES];
    size_t count;
};

static char directory[] = "/tmp/trialwatch-config-XXXXXX";

static const char *path_of(const char *name)
{
    static char path[4][256];
    static size_t turn;

    turn = (turn + 1) % 4;
    snprintf(path[turn], sizeof(path[turn]), "%s/%s", directory, name);
    return path[turn];
}

static void write_file(const char *name, const char *text)
{
    FILE *file = fopen(path_of(name), "w");

    assert_non_null(file);
    assert_int_equal(fputs(text, file) < 0, 0);
    assert_int_equal(fclose(file), 0);
}

/* Keeps the line without the directory, so that cases can name it. */
static void collect(const char *line, void *userdata)
{
    struct lines *lines = userdata;
    size_t prefix = strlen(directory) + 1;

    assert_true(lines->count < MAX_LINES);
    assert_memory_equal(line, directory, strlen(directory));
    lines->text[lines->count++] = strdup(line + prefix);
}

static void lines_clear(struct lines *lines)
{
    for (size_t i = 0; i < lines->count; i++)
        free(lines->text[i]);
    lines->count = 0;
}

static int load_text(const char *text, struct lines *lines, struct config **ret)
{
    struct error e = {0};

    write_file("t.yaml", text);
    return config_load(path_of("t.yaml"), collect, lines, ret, &e);
}

#define REGISTRY "registry: {contact: trials@example.org}\n"
#define HERE "channels: [{name: here, console: {}}]\n"
#define WATCH "watches: [{name: freedom, studies: [NCT04614467], notify: [here]}]\n"

static const struct {
    const char *what;
    const char *text;
    const char *line; /* the only one told */
} mistakes[] = {
    {"a mistyped key", "registry:\n  contact: a@b\n  evry: 5m\n" WATCH HERE,
     "t.yaml:3: registry has no setting \"evry\"; did you mean every?"},
    {"a key far from any", "registry:\n  contact: a@b\n  zebra: 5m\n" WATCH HERE,
     "t.yaml:3: registry has no setting \"zebra\"; it takes url, every, contact, spacing, timeout, ca_file"},
    {"a mistyped section", REGISTRY WATCH HERE "chanels: []\n",
     "t.yaml:4: a settings file has no setting \"chanels\"; did you mean channels?"},
    {"a key given twice", "registry:\n  contact: a@b\n  contact: c@d\n" WATCH HERE,
     "t.yaml:3: contact is given twice in registry"},
    {"a text for a list", REGISTRY "watches:\n  - name: freedom\n    studies: NCT04614467\n    notify: [here]\n" HERE,
     "t.yaml:4: studies should be a list or the word all, such as studies: [NCT04614467, NCT03508609]"},
    {"all in a list", REGISTRY "watches:\n  - name: freedom\n    studies: [all]\n    notify: [here]\n" HERE,
     "t.yaml:4: watch freedom: \"all\" is no NCT id; one is NCT and eight digits, such as NCT04614467; studies: all "
     "watches the whole registry"},
    {"a list for a text", "registry:\n  contact: [a@b]\n" WATCH HERE,
     "t.yaml:2: contact should be one value, such as contact: trials@example.org"},
    {"a text for a mapping", "registry: fast\n" WATCH HERE,
     "t.yaml:1: registry should be a mapping, such as registry: {contact: trials@example.org}"},
    {"a mapping for a list of them", REGISTRY "watches:\n  name: freedom\n" HERE,
     "t.yaml:3: watches should be a list of mappings, such as watches: "
     "[{name: freedom, studies: [NCT04614467], notify: [cardiology]}]"},
    {"a text among mappings", REGISTRY "watches:\n  - freedom\n" HERE,
     "t.yaml:3: an entry of watches should be a mapping that begins with - name: …"},
    {"a mapping among texts",
     REGISTRY "watches:\n  - name: freedom\n    studies:\n      - {id: x}\n    notify: [here]\n" HERE,
     "t.yaml:5: an entry of studies should be one value"},
    {"no mapping at all", "- registry\n",
     "t.yaml:1: a settings file is a mapping: registry:, watches:, channels: and so on"},
    {"broken YAML", "registry:\n  contact: \"a@b\n",
     "t.yaml:3: this is not YAML: while scanning a quoted scalar, found unexpected end of stream (column 1)"},
    {"a second document", REGISTRY WATCH HERE "---\nlog: {level: debug}\n",
     "t.yaml:4: a settings file is one YAML document: nothing may follow \"---\" or \"...\" here"},
    {"a number that is none",
     REGISTRY "watches:\n  - name: freedom\n    studies: [NCT04614467]\n    near: {lat: north, lon: 1, within: 5km}\n"
              "    notify: [here]\n" HERE,
     "t.yaml:5: Invalid FLOAT value: north"},
    {"a missing contact", "registry:\n  every: 5m\n" WATCH HERE,
     "t.yaml:1: registry.contact is missing: a mail address or URL by which the registry's operators can reach you"},
    {"a contact that is none", "registry:\n  contact: me\n" WATCH HERE,
     "t.yaml:2: registry.contact: \"me\" is neither a mail address nor a URL; write for example trials@example.org"},
    {"a contact with a line end", "registry:\n  contact: \"a@b\\r\\nX-Evil: 1\"\n" WATCH HERE,
     "t.yaml:2: registry.contact: \"a@b  X-Evil: 1\" is neither a mail address nor a URL; write for example "
     "trials@example.org"},
    {"a bad duration", "registry:\n  contact: a@b\n  every: 15 minutes\n" WATCH HERE,
     "t.yaml:3: registry.every: \"15 minutes\" is no duration; write for example 90s, 15m, 12h, 7d or 1h30m"},
    {"a duration out of bounds", "registry:\n  contact: a@b\n  every: 0s\n" WATCH HERE,
     "t.yaml:3: registry.every: \"0s\" should be between 1 second and 30 days"},
    {"impolite spacing", "registry:\n  contact: a@b\n  spacing: 0s\n" WATCH HERE,
     "t.yaml:3: registry.spacing: \"0s\" should be between 1 second and 1 hour"},
    {"an empty value", "registry:\n  contact: a@b\n  every:\n" WATCH HERE,
     "t.yaml:3: registry.every is empty; write for example 15m"},
    {"plain http to elsewhere", "registry:\n  contact: a@b\n  url: http://registry.example.org/api\n" WATCH HERE,
     "t.yaml:3: registry.url: http is not protected on its way; write https://registry.example.org, or use a loopback "
     "address"},
    {"plain http that only begins like loopback",
     "registry:\n  contact: a@b\n  url: http://localhost:80@registry.example.org/\n" WATCH HERE,
     "t.yaml:3: registry.url should be a host and a path only, such as https://clinicaltrials.gov/api/v2"},
    {"no URL", "registry:\n  contact: a@b\n  url: clinicaltrials.gov\n" WATCH HERE,
     "t.yaml:3: registry.url: \"clinicaltrials.gov\" is no URL; write for example https://clinicaltrials.gov/api/v2"},
    {"an unreadable CA file", "registry:\n  contact: a@b\n  ca_file: /nowhere/ca.pem\n" WATCH HERE,
     "t.yaml:3: registry.ca_file: /nowhere/ca.pem cannot be read: No such file or directory"},
    {"a bad level", REGISTRY WATCH HERE "log:\n  level: loud\n",
     "t.yaml:5: log.level: \"loud\" is no level; write error, warning, notice, info or debug"},
    {"nothing to watch", REGISTRY HERE,
     "t.yaml:1: nothing is watched; write for example watches: [{name: freedom, studies: [NCT04614467], notify: "
     "[here]}], or watches: [] and add them with trialwatch watch add"},
    {"a bad NCT id",
     REGISTRY
     "watches:\n  - name: freedom\n    studies:\n      - NCT04614467\n      - NCT0461446\n    notify: [here]\n" HERE,
     "t.yaml:6: watch freedom: \"NCT0461446\" is no NCT id; one is NCT and eight digits, such as NCT04614467"},
    {"a watch without studies", REGISTRY "watches:\n  - name: freedom\n    notify: [here]\n" HERE,
     "t.yaml:3: watch freedom: names no studies; write for example studies: [NCT04614467]"},
    {"a watch that tells nobody", REGISTRY "watches:\n  - name: freedom\n    studies: [NCT04614467]\n" HERE,
     "t.yaml:3: watch freedom: tells nobody; write for example notify: [cardiology]"},
    {"a watch without a name", REGISTRY "watches:\n  - studies: [NCT04614467]\n    notify: [here]\n" HERE,
     "t.yaml:3: a watch needs a name"},
    {"a name with a space",
     REGISTRY "watches:\n  - name: my watch\n    studies: [NCT04614467]\n    notify: [here]\n" HERE,
     "t.yaml:3: \"my watch\" is no name for a watch: use up to 64 letters, digits, dots, dashes and underscores, "
     "beginning with a letter or digit"},
    {"two watches of one name",
     REGISTRY "watches:\n  - {name: a, studies: [NCT04614467], notify: [here]}\n"
              "  - {name: a, studies: [NCT04614467], notify: [here]}\n" HERE,
     "t.yaml:4: there is already a watch named a"},
    {"two channels of one name",
     REGISTRY WATCH "channels:\n  - {name: here, console: {}}\n  - {name: here, console: {}}\n",
     "t.yaml:5: there is already a channel named here"},
    {"a channel nobody defined",
     REGISTRY "watches:\n  - name: freedom\n    studies: [NCT04614467]\n    notify:\n      - here\n      - her\n" HERE,
     "t.yaml:7: watch freedom: no channel is named \"her\"; did you mean here?"},
    {"a channel far from any", REGISTRY "watches:\n  - {name: freedom, studies: [NCT04614467], notify: [pager]}\n" HERE,
     "t.yaml:3: watch freedom: no channel is named \"pager\": define it under channels:"},
    {"an unknown kind",
     REGISTRY "watches:\n  - name: freedom\n    studies: [NCT04614467]\n    changes: [status, site-opend]\n    notify: "
              "[here]\n" HERE,
     "t.yaml:5: watch freedom: \"site-opend\" is no kind of change; did you mean site-opened?"},
    {"a latitude beyond the pole",
     REGISTRY "watches:\n  - name: freedom\n    studies: [NCT04614467]\n    near:\n      lat: 91\n      lon: 0\n"
              "      within: 5km\n    notify: [here]\n" HERE,
     "t.yaml:6: watch freedom: near.lat should be between -90 and 90 degrees"},
    {"a longitude that is not a number",
     REGISTRY "watches:\n  - name: freedom\n    studies: [NCT04614467]\n    near:\n      lat: 0\n      lon: nan\n"
              "      within: 5km\n    notify: [here]\n" HERE,
     "t.yaml:7: watch freedom: near.lon should be between -180 and 180 degrees"},
    {"a place without longitude",
     REGISTRY "watches:\n  - name: freedom\n    studies: [NCT04614467]\n    near: {lat: 1, within: 5km}\n    notify: "
              "[here]\n" HERE,
     "t.yaml:5: watch freedom: near needs lon in degrees"},
    {"a distance without unit",
     REGISTRY "watches:\n  - name: freedom\n    studies: [NCT04614467]\n    near: {lat: 1, lon: 1, within: 300}\n"
              "    notify: [here]\n" HERE,
     "t.yaml:5: watch freedom: near.within: \"300\" is no distance; write for example 300km or 50mi"},
    {"a status that is no word",
     REGISTRY
     "watches:\n  - name: cd34\n    query: {condition: angina, status: \"recruiting!\"}\n    notify: [here]\n" HERE,
     "t.yaml:4: watch cd34: \"recruiting!\" is no list of words such as RECRUITING, COMPLETED"},
    {"an announcement without a query",
     REGISTRY
     "watches:\n  - name: freedom\n    studies: [NCT04614467]\n    announce: existing\n    notify: [here]\n" HERE,
     "t.yaml:5: watch freedom: announce is for a watch with a query"},
    {"an announcement of something else",
     REGISTRY "watches:\n  - name: cd34\n    query: {condition: angina}\n    announce: all\n    notify: [here]\n" HERE,
     "t.yaml:5: watch cd34: announce should be existing, or be left out"},
    {"a channel of two types",
     REGISTRY WATCH "channels:\n  - name: here\n    console: {}\n    webhook: {url: \"https://x.example/\"}\n",
     "t.yaml:4: channel here: should have exactly one of console, slack, webhook, email, teams, discord, mattermost, "
     "ntfy, command"},
    {"an unknown option of a type",
     REGISTRY WATCH "channels:\n  - name: here\n    slack:\n      url: http://127.0.0.1:9/\n      tokn: x\n",
     "t.yaml:7: slack has no setting \"tokn\"; did you mean token?"},
    {"an option of a type that has none", REGISTRY WATCH "channels:\n  - name: here\n    console:\n      colour: red\n",
     "t.yaml:6: console has no settings; write {}"},
    {"a secret in the file",
     REGISTRY WATCH "channels:\n  - name: here\n    slack:\n      url: https://hooks.slack.com/services/T0\n",
     "t.yaml:6: channel here: slack.url: a secret does not belong in this file; write credential:NAME or file:/path "
     "(it "
     "may stand here only for a server on this machine, for trying out)"},
    {"a missing secret file", REGISTRY WATCH "channels:\n  - name: here\n    slack: {url: \"file:/nowhere/slack\"}\n",
     "t.yaml:5: channel here: slack.url: the secret in /nowhere/slack cannot be read: No such file or directory"},
    {"a credential outside of systemd",
     REGISTRY WATCH "channels:\n  - name: here\n    slack: {url: credential:slack}\n",
     "t.yaml:5: channel here: slack.url: the credential slack cannot be read: $CREDENTIALS_DIRECTORY is not set, which "
     "systemd does for LoadCredential=slack:/path in the unit; without systemd write file:/path"},
    {"a bad digest", REGISTRY WATCH "channels:\n  - name: here\n    console: {}\n    digest: daily 25:00\n",
     "t.yaml:6: channel here: digest: \"daily 25:00\" is no digest; write daily 08:00 or weekly monday 08:00, and a "
     "time "
     "zone if it is not the system's"},
    {"an unknown time zone",
     REGISTRY WATCH "channels:\n  - name: here\n    console: {}\n    digest: daily 08:00 Mars/Base\n",
     "t.yaml:6: channel here: digest: the system knows no time zone \"Mars/Base\"; write for example America/New_York"},
    {"bad quiet hours", REGISTRY WATCH "channels:\n  - name: here\n    console: {}\n    quiet: at night\n",
     "t.yaml:6: channel here: quiet: \"at night\" are no quiet hours; write 22:00-07:00, a time zone if it is not the "
     "system's, and \"except urgent\" if those may pass"},
    {"a payload that is no jq program",
     REGISTRY WATCH "channels:\n  - name: here\n    console: {}\n    payload: '.['\n",
     "t.yaml:6: channel here: payload: this is no jq program: jq: error: syntax error, unexpected $end (Unix "
     "shell "
     "quoting issues?) at <top-level>, line 1: .["},
    {"a bad rate", REGISTRY WATCH "channels:\n  - name: here\n    console: {}\n    rate: often\n",
     "t.yaml:6: channel here: rate: \"often\" is no rate; write for example 10/hour, with minute, hour or day"},
};

static void every_mistake_is_told_with_its_line_and_what_would_be_right(void **state)
{
    int failures = 0;

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(mistakes); i++) {
        struct lines lines = {.count = 0};
        struct config *config = NULL;
        int r = load_text(mistakes[i].text, &lines, &config);
        if (r != -EINVAL || lines.count != 1 || strcmp(lines.text[0], mistakes[i].line) != 0) {
            print_error("%s: %d, wanted: %s\n", mistakes[i].what, r, mistakes[i].line);
            for (size_t n = 0; n < lines.count; n++)
                print_error("  told: %s\n", lines.text[n]);
            failures++;
        }
        assert_null(config);
        lines_clear(&lines);
    }
    assert_int_equal(failures, 0);
}

static void all_mistakes_are_told_not_only_the_first(void **state)
{
    struct lines lines = {.count = 0};
    struct config *config = NULL;

    (void)state;
    assert_int_equal(load_text("registry: {contact: a@b, evry: 1m, every: x}\n"
                               "log: {level: loud}\n"
                               "watches:\n  - {name: a, studies: [NCT1], notify: [nobody]}\n",
                               &lines, &config),
                     -EINVAL);
    assert_int_equal(lines.count, 5);
    lines_clear(&lines);
}

static void a_flood_of_mistakes_is_cut_and_said_so(void **state)
{
    struct lines lines = {.count = 0};
    struct config *config = NULL;
    struct buf text = {0};

    (void)state;
    for (size_t i = 0; i < CONFIG_MAX_MISTAKES + 20; i++)
        buf_printf(&text, "zebra%zu: 1\n", i);
    assert_int_equal(load_text(buf_string(&text), &lines, &config), -EINVAL);
    assert_int_equal(lines.count, CONFIG_MAX_MISTAKES + 1);
    assert_string_equal(strrchr(lines.text[CONFIG_MAX_MISTAKES], ':') + 2,
                        "there are more mistakes than the 100 told here");
    lines_clear(&lines);
    buf_free(&text);
}

static void a_full_file_becomes_settings(void **state)
{
    struct lines lines = {.count = 0};
    struct config *config = NULL;

    (void)state;
    int r = load_text("registry:\n  contact: a@b\n  every: 30m\n  url: http://127.0.0.1:8080/api/v2/\n  spacing: 0s\n"
                      "history: {path: /tmp/h.db}\ncontrol: {socket: /tmp/c.sock}\nlog: {level: debug}\n"
                      "health: {after: 2h}\n"
                      "watches:\n  - name: freedom\n    studies: [NCT04614467, NCT03508609]\n"
                      "    changes: [site-opened, urgent]\n    countries: [Canada]\n"
                      "    states: [Ohio]\n    cities: [Dayton, Cincinnati]\n    facilities: [Mayo Clinic]\n"
                      "    near: {lat: 39.14, lon: -84.52, within: 300km}\n    highlight: [diabetes]\n"
                      "    notify: [here]\n"
                      "channels:\n  - name: here\n    console: {}\n    digest: weekly Monday 08:30 Europe/Berlin\n"
                      "    quiet: 22:00-07:00 Europe/Berlin except urgent\n    rate: 10/hour\n    give_up: 2d\n",
                      &lines, &config);
    for (size_t i = 0; i < lines.count; i++)
        print_error("%s\n", lines.text[i]);
    assert_int_equal(r, 0);
    assert_int_equal(config->registry.every_usec, 30 * USEC_PER_MINUTE);
    assert_string_equal(config->registry.base_url, "http://127.0.0.1:8080/api/v2");
    assert_int_equal(config->registry.spacing_usec, 0);
    assert_int_equal(config->registry.timeout_usec, USEC_PER_MINUTE);
    assert_int_equal(config->log_priority, LOG_DEBUG);
    assert_int_equal(config->health_after_usec, 2 * USEC_PER_HOUR);
    const struct watch *watch = &config->watches[0];
    assert_int_equal(watch->study_count, 2);
    assert_string_equal(watch->studies[1], "NCT03508609");
    assert_true(watch->kinds & (UINT64_C(1) << KIND_SITE_OPENED));
    assert_false(watch->kinds & (UINT64_C(1) << KIND_SITE_ORDER));
    assert_true(watch->near.set && watch->near.within_km > 299.9 && watch->near.within_km < 300.1);
    assert_string_equal(watch->states[0], "Ohio");
    assert_int_equal(watch->city_count, 2);
    assert_string_equal(watch->facilities[0], "Mayo Clinic");
    assert_string_equal(watch->channels[0], "here");
    const struct channel_pace *pace = &config->channels[0].pace;
    assert_string_equal(config->channels[0].type->name, "console");
    assert_int_equal(pace->digest, DIGEST_WEEKLY);
    assert_int_equal(pace->digest_weekday, 1);
    assert_int_equal(pace->digest_minute, 8 * 60 + 30);
    assert_int_equal(pace->quiet_from_minute, 22 * 60);
    assert_int_equal(pace->quiet_until_minute, 7 * 60);
    assert_true(pace->quiet_urgent_passes);
    assert_string_equal(pace->zone, "Europe/Berlin");
    assert_int_equal(pace->rate_messages, 10);
    assert_int_equal(pace->rate_usec, USEC_PER_HOUR);
    assert_int_equal(pace->give_up_usec, 2 * USEC_PER_DAY);
    config_free(config);
}

static void what_is_left_out_has_the_default_of_the_table(void **state)
{
    struct lines lines = {.count = 0};
    struct config *config = NULL;

    (void)state;
    assert_int_equal(load_text(REGISTRY WATCH HERE, &lines, &config), 0);
    assert_string_equal(config->registry.base_url, config_setting_find("registry.url")->otherwise);
    assert_string_equal(config->history_path, config_setting_find("history.path")->otherwise);
    assert_string_equal(config->control_path, config_setting_find("control.socket")->otherwise);
    assert_false(config->backfill);
    assert_int_equal(config->registry.every_usec, 15 * USEC_PER_MINUTE);
    assert_int_equal(config->log_priority, LOG_INFO);
    assert_int_equal(config->health_after_usec, USEC_PER_DAY);
    assert_true(config->watches[0].kinds == watch_default_kinds());
    assert_int_equal(config->watches[0].weights, watch_default_weights());
    assert_int_equal(config->channels[0].pace.give_up_usec, 0);
    config_free(config);
}

static void conf_d_adds_watches_and_channels_in_name_order(void **state)
{
    struct lines lines = {.count = 0};
    struct config *config = NULL;

    (void)state;
    assert_int_equal(mkdir(path_of("conf.d"), 0700), 0);
    write_file("conf.d/20-b.yaml", "watches: [{name: b, studies: [NCT00000002], notify: [here, there]}]\n");
    write_file("conf.d/10-a.yaml", "watches: [{name: a, studies: [NCT00000001], notify: [here]}]\n"
                                   "channels: [{name: there, console: {}}]\n");
    write_file("conf.d/ignored.txt", "not: yaml: at all\n");
    assert_int_equal(load_text(REGISTRY WATCH HERE, &lines, &config), 0);
    assert_int_equal(config->watch_count, 3);
    assert_string_equal(config->watches[1].name, "a");
    assert_string_equal(config->watches[2].name, "b");
    config_free(config);

    write_file("conf.d/20-b.yaml",
               "log: {level: debug}\nwatches: [{name: a, studies: [NCT00000002], notify: [here]}]\n");
    assert_int_equal(load_text(REGISTRY WATCH HERE, &lines, &config), -EINVAL);
    assert_int_equal(lines.count, 2);
    assert_non_null(strstr(lines.text[0], "conf.d/20-b.yaml:1: log belongs in "));
    assert_non_null(strstr(lines.text[1], "conf.d/20-b.yaml:2: there is already a watch named a"));
    lines_clear(&lines);
    assert_int_equal(unlink(path_of("conf.d/20-b.yaml")), 0);
    assert_int_equal(unlink(path_of("conf.d/10-a.yaml")), 0);
    assert_int_equal(unlink(path_of("conf.d/ignored.txt")), 0);
    assert_int_equal(rmdir(path_of("conf.d")), 0);
}

static void secrets_come_from_files_and_credentials(void **state)
{
    struct lines lines = {.count = 0};
    struct config *config = NULL;
    char text[1024];

    (void)state;
    write_file("slack", "https://hooks.slack.com/services/T0/B0/x\n");
    snprintf(text, sizeof(text), REGISTRY WATCH "channels: [{name: here, slack: {url: \"file:%s\"}}]\n",
             path_of("slack"));
    assert_int_equal(load_text(text, &lines, &config), 0);
    assert_string_equal(channel_text(&config->channels[0], "url"), "https://hooks.slack.com/services/T0/B0/x");
    config_free(config);

    assert_int_equal(setenv("CREDENTIALS_DIRECTORY", directory, 1), 0);
    assert_int_equal(
        load_text(REGISTRY WATCH "channels: [{name: here, slack: {url: credential:slack}}]\n", &lines, &config), 0);
    assert_string_equal(channel_text(&config->channels[0], "url"), "https://hooks.slack.com/services/T0/B0/x");
    config_free(config);

    assert_int_equal(
        load_text(REGISTRY WATCH "channels: [{name: here, slack: {url: credential:other}}]\n", &lines, &config),
        -EINVAL);
    assert_string_equal(lines.text[0], "t.yaml:3: channel here: slack.url: the credential other is missing; add "
                                       "LoadCredential=other:/path to the unit");
    lines_clear(&lines);
    assert_int_equal(
        load_text(REGISTRY WATCH "channels: [{name: here, slack: {url: \"credential:../slack\"}}]\n", &lines, &config),
        -EINVAL);
    lines_clear(&lines);
    assert_int_equal(unsetenv("CREDENTIALS_DIRECTORY"), 0);
}

static void a_secret_has_a_limit_and_one_line(void **state)
{
    struct lines lines = {.count = 0};
    struct config *config = NULL;
    struct buf secret = {0};
    char text[1024];

    (void)state;
    snprintf(text, sizeof(text), REGISTRY WATCH "channels: [{name: here, slack: {url: \"file:%s\"}}]\n",
             path_of("slack"));
    buf_append_string(&secret, "https://hooks.slack.com/");
    while (secret.len < CONFIG_MAX_SECRET_BYTES)
        buf_append_string(&secret, "x");
    write_file("slack", buf_string(&secret));
    int r = load_text(text, &lines, &config);
    if (r == 0)
        config_free(config);
    else
        assert_null(strstr(lines.text[0], "has more than"));
    lines_clear(&lines);
    buf_append_string(&secret, "x");
    write_file("slack", buf_string(&secret));
    assert_int_equal(load_text(text, &lines, &config), -EINVAL);
    assert_non_null(strstr(lines.text[0], "has more than 16384 bytes"));
    lines_clear(&lines);
    write_file("slack", "https://one\nhttps://two\n");
    assert_int_equal(load_text(text, &lines, &config), -EINVAL);
    assert_non_null(strstr(lines.text[0], "should be a single line"));
    assert_null(strstr(lines.text[0], "https://one")); /* never shown */
    lines_clear(&lines);
    buf_free(&secret);
}

static void looking_reads_no_secret_and_checking_leaves_credentials(void **state)
{
    static const char text[] = REGISTRY WATCH "channels:\n  - {name: here, slack: {url: credential:slack}}\n"
                                              "  - {name: there, slack: {url: \"file:/nowhere/x\"}}\n";
    struct lines lines = {.count = 0};
    struct config *config = NULL;
    struct error e = {0};

    (void)state;
    write_file("t.yaml", text);
    assert_int_equal(config_look(path_of("t.yaml"), collect, &lines, &config, &e), 0);
    assert_string_equal(channel_text(&config->channels[0], "url"), "credential:slack");
    config_free(config);
    assert_int_equal(config_check(path_of("t.yaml"), collect, &lines, &config, &e), -EINVAL);
    assert_int_equal(lines.count, 1);
    assert_non_null(strstr(lines.text[0], "t.yaml:5: channel there"));
    lines_clear(&lines);
}

static void a_secret_may_stand_there_for_this_machine(void **state)
{
    struct lines lines = {.count = 0};
    struct config *config = NULL;

    (void)state;
    assert_int_equal(load_text(REGISTRY WATCH "channels: [{name: here, slack: {url: \"http://127.0.0.1:9/hook\"}}]\n",
                               &lines, &config),
                     0);
    config_free(config);
    assert_int_equal(load_text(REGISTRY WATCH
                               "channels: [{name: here, slack: {url: \"http://127.0.0.1.example.org/hook\"}}]\n",
                               &lines, &config),
                     -EINVAL);
    lines_clear(&lines);
}

static void limits_hold_at_and_one_past(void **state)
{
    struct lines lines = {.count = 0};
    struct config *config = NULL;
    struct buf text = {0};

    (void)state;
    for (size_t extra = 0; extra < 2; extra++) {
        buf_reset(&text);
        buf_append_string(&text, REGISTRY WATCH "channels:\n  - {name: here, console: {}}\n");
        for (size_t i = 1; i < CONFIG_MAX_CHANNELS + extra; i++)
            buf_printf(&text, "  - {name: c%zu, console: {}}\n", i);
        int r = load_text(buf_string(&text), &lines, &config);
        assert_int_equal(r, extra ? -EINVAL : 0);
        if (r == 0)
            config_free(config);
    }
    assert_string_equal(lines.text[0], "t.yaml:4: channels may have at most 256 entries");
    lines_clear(&lines);

    for (size_t extra = 0; extra < 2; extra++) {
        buf_reset(&text);
        buf_append_string(&text, REGISTRY HERE "watches:\n  - name: ");
        for (size_t i = 0; i < CONFIG_MAX_NAME_BYTES + extra; i++)
            buf_append_string(&text, "n");
        buf_append_string(&text, "\n    studies: [NCT04614467]\n    notify: [here]\n");
        int r = load_text(buf_string(&text), &lines, &config);
        assert_int_equal(r, extra ? -EINVAL : 0);
        if (r == 0)
            config_free(config);
    }
    lines_clear(&lines);
    buf_free(&text);
}

/* The settings with text between what all need, and how they load. */
static int load_with(const char *before, const char *each, size_t count, const char *after)
{
    struct lines lines = {.count = 0};
    struct config *config = NULL;
    struct buf text = {0};

    buf_append_string(&text, before);
    for (size_t i = 0; i < count; i++)
        buf_append_string(&text, each);
    buf_append_string(&text, after);
    int r = load_text(buf_string(&text), &lines, &config);
    if (r == 0)
        config_free(config);
    lines_clear(&lines);
    buf_free(&text);
    return r;
}

static void lists_and_texts_have_limits(void **state)
{
    static const struct {
        const char *before, *each;
        size_t limit;
        const char *after;
    } cases[] = {
        {REGISTRY HERE "watches: [{name: w, notify: [here], studies: [", "NCT04614467,", CONFIG_MAX_STUDIES, "]}]\n"},
        {REGISTRY HERE "watches: [{name: w, studies: [NCT04614467], notify: [", "here,", CONFIG_MAX_LIST, "]}]\n"},
        {REGISTRY WATCH HERE "history: {path: \"", "p", CONFIG_MAX_TEXT_BYTES, "\"}\n"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        assert_int_equal(load_with(cases[i].before, cases[i].each, cases[i].limit, cases[i].after), 0);
        assert_int_equal(load_with(cases[i].before, cases[i].each, cases[i].limit + 1, cases[i].after), -EINVAL);
    }
}

static void watches_have_a_limit(void **state)
{
    struct lines lines = {.count = 0};
    struct config *config = NULL;
    struct buf text = {0};

    (void)state;
    buf_append_string(&text, REGISTRY HERE "watches:\n");
    for (size_t i = 0; i < CONFIG_MAX_WATCHES; i++)
        buf_printf(&text, "  - {name: w%zu, studies: [NCT04614467], notify: [here]}\n", i);
    assert_int_equal(load_text(buf_string(&text), &lines, &config), 0);
    config_free(config);
    buf_append_string(&text, "  - {name: one-more, studies: [NCT04614467], notify: [here]}\n");
    assert_int_equal(load_text(buf_string(&text), &lines, &config), -EINVAL);
    assert_string_equal(lines.text[0], "t.yaml:4: watches may have at most 10000 entries");
    lines_clear(&lines);
    buf_free(&text);
}

static void files_of_conf_d_have_a_limit(void **state)
{
    struct lines lines = {.count = 0};
    struct config *config = NULL;
    char name[64];

    (void)state;
    assert_int_equal(mkdir(path_of("conf.d"), 0700), 0);
    for (size_t i = 0; i < CONFIG_MAX_FILES; i++) {
        snprintf(name, sizeof(name), "conf.d/%zu.yaml", i);
        write_file(name, "");
    }
    assert_int_equal(load_text(REGISTRY WATCH HERE, &lines, &config), 0);
    config_free(config);
    write_file("conf.d/one-more.yaml", "");
    assert_int_equal(load_text(REGISTRY WATCH HERE, &lines, &config), -EFBIG);
    assert_int_equal(unlink(path_of("conf.d/one-more.yaml")), 0);
    for (size_t i = 0; i < CONFIG_MAX_FILES; i++) {
        snprintf(name, sizeof(name), "conf.d/%zu.yaml", i);
        assert_int_equal(unlink(path_of(name)), 0);
    }
    assert_int_equal(rmdir(path_of("conf.d")), 0);
}

static void a_file_past_its_limit_is_not_read(void **state)
{
    struct config *config = NULL;
    struct error e = {0};

    (void)state;
    assert_int_equal(load_with(REGISTRY WATCH HERE, "#", CONFIG_MAX_FILE_BYTES - strlen(REGISTRY WATCH HERE), ""), 0);
    write_file("t.yaml", "");
    assert_int_equal(truncate(path_of("t.yaml"), (off_t)CONFIG_MAX_FILE_BYTES + 1), 0);
    assert_int_equal(config_load(path_of("t.yaml"), NULL, NULL, &config, &e), -EFBIG);
    assert_non_null(strstr(e.text, "has more than 8388608 bytes"));
}

static void aliases_that_multiply_are_stopped(void **state)
{
    struct lines lines = {.count = 0};
    struct config *config = NULL;
    struct buf text = {0};

    (void)state;
    buf_append_string(&text, REGISTRY HERE "watches:\n  - &w\n    name: a\n    notify: [here]\n    studies: [");
    for (size_t i = 0; i < 2000; i++)
        buf_append_string(&text, "NCT04614467, ");
    buf_append_string(&text, "NCT04614467]\n");
    for (size_t i = 0; i < 1000; i++)
        buf_append_string(&text, "  - *w\n");
    assert_int_equal(load_text(buf_string(&text), &lines, &config), -EINVAL);
    assert_string_equal(lines.text[0], "t.yaml: has more than 1000000 values");
    lines_clear(&lines);
    buf_free(&text);
}

static void a_file_that_is_not_there_is_said_so(void **state)
{
    struct config *config = NULL;
    struct error e = {0};

    (void)state;
    assert_int_equal(config_load(path_of("none.yaml"), NULL, NULL, &config, &e), -ENOENT);
    assert_non_null(strstr(e.text, "none.yaml cannot be read: No such file or directory"));
    assert_int_equal(config_load(directory, NULL, NULL, &config, &e), -EINVAL);
    assert_non_null(strstr(e.text, "is not a regular file"));
}

/* Every key of the table, as "watches.near.lat", handed to visit. */
static void each_key(const struct setting *settings, const char *parent,
                     void (*visit)(const char *path, const struct setting *setting))
{
    for (const struct setting *s = settings; s->key; s++) {
        char path[256];
        snprintf(path, sizeof(path), "%s%s%s", parent, *parent ? "." : "", s->key);
        visit(path, s);
        if (s->settings)
            each_key(s->settings, path, visit);
    }
}

static void check_row(const char *path, const struct setting *setting)
{
    assert_ptr_equal(config_setting_find(path), setting);
    assert_non_null(setting->help);
    assert_true(strlen(setting->help) >= 5);
    assert_non_null(setting->example);
    assert_false(setting->required && setting->otherwise);
}

static void every_row_of_the_table_has_help_and_an_example(void **state)
{
    (void)state;
    each_key(config_settings(), "", check_row);
}

static char *read_text(const char *path)
{
    FILE *file = fopen(path, "r");
    char *text = NULL;
    size_t size = 0;

    if (!file)
        return NULL;
    assert_true(getdelim(&text, &size, '\0', file) > 0);
    fclose(file);
    return text;
}

static const char *source_path(const char *name)
{
    static char path[4096];
    const char *top = getenv("top_srcdir");

    snprintf(path, sizeof(path), "%s/%s", top ? top : ".", name);
    return path;
}

static char *default_text;

/* The commented default file names every setting, and those with a default with that default. */
static void check_in_default_file(const char *path, const struct setting *setting)
{
    char line[512];

    if (strncmp(path, "channels.", 9) == 0 && strchr(path + 9, '.'))
        return; /* options of the channel types: the manual and the examples show them */
    snprintf(line, sizeof(line), "%s:", setting->key);
    if (!strstr(default_text, line))
        fail_msg("config/trialwatch.yaml does not show %s", path);
    if (!setting->otherwise || strcmp(path, "watches.changes") == 0)
        return;
    if (*setting->otherwise == '/')
        return; /* a path of this build, which make install writes into the file */
    snprintf(line, sizeof(line), "%s: %s", setting->key, setting->otherwise);
    if (!strstr(default_text, line))
        fail_msg("config/trialwatch.yaml does not show %s with its default %s", path, setting->otherwise);
}

static void the_default_file_and_the_table_agree(void **state)
{
    (void)state;
    default_text = read_text(source_path("config/trialwatch.yaml"));
    if (!default_text)
        skip();
    each_key(config_settings(), "", check_in_default_file);
    free(default_text);
}

/* The examples are settings that load, but for credentials that only a service has. */
static void check_example(const char *name)
{
    struct config *config = NULL;
    struct error e = {0};
    const char *path = source_path(name);

    if (access(path, R_OK) < 0)
        skip();
    if (config_look(path, NULL, NULL, &config, &e) < 0)
        fail_msg("%s: %s", name, e.text);
    config_free(config);
}

static void the_examples_are_accepted(void **state)
{
    static const char *const names[] = {
        "config/examples/console.yaml", "config/examples/slack.yaml",    "config/examples/mail.yaml",
        "config/examples/webhook.yaml", "config/examples/hospital.yaml", "config/trialwatch.yaml",
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(names); i++)
        check_example(names[i]);
}

static void the_manual_names_every_setting_and_kind(void **state)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);

    (void)state;
    assert_non_null(out);
    assert_int_equal(config_print_manual(out), 0);
    fclose(out);
    assert_non_null(strstr(text, ".It Ic spacing\n"));
    assert_non_null(strstr(text, ".It Ic within\n"));
    assert_non_null(strstr(text, ".It Ic mattermost\n"));
    assert_non_null(strstr(text, ".It Ic site-opened Pq "));
    free(text);
}

static int make_directory(void **state)
{
    (void)state;
    unsetenv("CREDENTIALS_DIRECTORY");
    return mkdtemp(directory) ? 0 : -1;
}

static int remove_directory(void **state)
{
    (void)state;
    unlink(path_of("t.yaml"));
    unlink(path_of("slack"));
    return rmdir(directory);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_mistake_is_told_with_its_line_and_what_would_be_right),
        cmocka_unit_test(all_mistakes_are_told_not_only_the_first),
        cmocka_unit_test(a_flood_of_mistakes_is_cut_and_said_so),
        cmocka_unit_test(a_full_file_becomes_settings),
        cmocka_unit_test(what_is_left_out_has_the_default_of_the_table),
        cmocka_unit_test(conf_d_adds_watches_and_channels_in_name_order),
        cmocka_unit_test(secrets_come_from_files_and_credentials),
        cmocka_unit_test(a_secret_has_a_limit_and_one_line),
        cmocka_unit_test(looking_reads_no_secret_and_checking_leaves_credentials),
        cmocka_unit_test(a_secret_may_stand_there_for_this_machine),
        cmocka_unit_test(limits_hold_at_and_one_past),
        cmocka_unit_test(lists_and_texts_have_limits),
        cmocka_unit_test(watches_have_a_limit),
        cmocka_unit_test(files_of_conf_d_have_a_limit),
        cmocka_unit_test(a_file_past_its_limit_is_not_read),
        cmocka_unit_test(aliases_that_multiply_are_stopped),
        cmocka_unit_test(a_file_that_is_not_there_is_said_so),
        cmocka_unit_test(every_row_of_the_table_has_help_and_an_example),
        cmocka_unit_test(the_default_file_and_the_table_agree),
        cmocka_unit_test(the_examples_are_accepted),
        cmocka_unit_test(the_manual_names_every_setting_and_kind),
    };

    return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
