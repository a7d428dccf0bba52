#include "service/config_settings.h"

#include <pthread.h>
#include <string.h>

/* The build gives the directories. */
#ifndef TRIALWATCH_STATEDIR
#define TRIALWATCH_STATEDIR "/var/lib/trialwatch"
#endif
#ifndef TRIALWATCH_RUNDIR
#define TRIALWATCH_RUNDIR "/run/trialwatch"
#endif

#define TEXT(structure, member) .shape = SETTING_TEXT, .offset = offsetof(structure, member)
#define NUMBER(structure, member) .shape = SETTING_NUMBER, .offset = offsetof(structure, member)
#define TEXTS(structure, member, count, limit)                                                                         \
    .shape = SETTING_TEXTS, .offset = offsetof(structure, member), .count_offset = offsetof(structure, count),         \
    .max = (limit)
#define BLOCKS(structure, member, count, limit)                                                                        \
    .shape = SETTING_BLOCKS, .offset = offsetof(structure, member), .count_offset = offsetof(structure, count),        \
    .max = (limit), .size = sizeof(*((structure *)NULL)->member)
#define BLOCK(structure, member)                                                                                       \
    .shape = SETTING_BLOCK, .offset = offsetof(structure, member), .size = sizeof(*((structure *)NULL)->member)
/* A section's members stand directly in the draft of the whole file. */
#define SECTION .shape = SETTING_BLOCK, .offset = 0, .size = 0

/* clang-format off */
#define END {.key = NULL}

static const struct setting registry_settings[] = {
    {.key = "url", TEXT(struct settings_draft, registry.url), .example = "https://clinicaltrials.gov/api/v2",
     .otherwise = "https://clinicaltrials.gov/api/v2",
     .help = "Where the registry's API is. Plain http only for a loopback address."},
    {.key = "every", TEXT(struct settings_draft, registry.every), .example = "15m", .otherwise = "15m",
     .help = "How often to ask whether the registry has refreshed. It is one cheap request; records are fetched only "
             "when it has. At least 1s."},
    {.key = "contact", TEXT(struct settings_draft, registry.contact), .example = "trials@example.org",
     .required = true,
     .help = "A mail address or URL for the User-Agent, so that the registry's operators can reach whoever runs this."},
    {.key = "spacing", TEXT(struct settings_draft, registry.spacing), .example = "1s", .otherwise = "1s",
     .help = "The least time between two requests, which are never in flight together. Less than 1s, such as 10ms, "
             "only for a loopback address."},
    {.key = "timeout", TEXT(struct settings_draft, registry.timeout), .example = "60s", .otherwise = "60s",
     .help = "How long one request may take."},
    {.key = "ca_file", TEXT(struct settings_draft, registry.ca_file), .example = "/etc/ssl/certs/proxy.pem",
     .help = "Certificates (PEM) to trust for the registry instead of the system's."},
    END,
};

static const struct setting history_settings[] = {
    {.key = "path", TEXT(struct settings_draft, history_path), .example = TRIALWATCH_STATEDIR "/history.db",
     .otherwise = TRIALWATCH_STATEDIR "/history.db", .restart = true, .help = "The history file."},
    {.key = "retain", TEXT(struct settings_draft, history_retain), .example = "365d", .otherwise = "forever",
     .help = "How long the polls in which nothing changed are kept, but for the last of each day: at least 1d, or "
             "forever. Versions, changes and alerts are always kept."},
    {.key = "backfill", TEXT(struct settings_draft, history_backfill), .example = "true", .otherwise = "false",
     .help = "Whether to fetch, of every watched study, the versions from before it was first seen, from the registry's "
             "own archive. Nobody promises that archive; it is asked slowly, between looks."},
    END,
};

static const struct setting control_settings[] = {
    {.key = "socket", TEXT(struct settings_draft, control_socket), .example = TRIALWATCH_RUNDIR "/control.sock",
     .otherwise = TRIALWATCH_RUNDIR "/control.sock", .restart = true,
     .help = "The unix socket of the control API. One that systemd passes takes precedence."},
    END,
};

static const struct setting log_settings[] = {
    {.key = "level", TEXT(struct settings_draft, log_level), .example = "info", .otherwise = "info",
     .help = "The least urgent lines to log: error, warning, notice, info or debug."},
    END,
};

static const struct setting health_settings[] = {
    {.key = "after", TEXT(struct settings_draft, health_after), .example = "24h", .otherwise = "24h",
     .help = "When the registry could not be read, or a channel refuses, for so long, the other channels are told. "
             "At least 1m."},
    {.key = "heartbeat", TEXT(struct settings_draft, health_heartbeat), .example = "credential:heartbeat",
     .help = "A URL to ask (GET) after every look at the registry that went well, for a dead man's switch that speaks "
             "up when it is no longer asked. https, or http to a loopback address; where who knows it can use it, "
             "credential:NAME or file:PATH."},
    END,
};

static const struct setting breaker_settings[] = {
    {.key = "share", TEXT(struct settings_draft, breaker_share), .example = "20%", .otherwise = "20%",
     .help = "The share of the studies that a refresh must change in one kind of change, for its alerts that tell of "
             "nothing but routine and silent changes of such kinds to be told in one message a channel. Between 1% and "
             "100%."},
    {.key = "minimum", TEXT(struct settings_draft, breaker_minimum), .example = "30", .otherwise = "30",
     .help = "And so many studies at least, so that a few watched studies that change together are told as always."},
    END,
};

static const struct setting near_settings[] = {
    {.key = "lat", NUMBER(struct near_draft, lat), .example = "39.14", .required = true,
     .help = "Latitude in degrees, north positive."},
    {.key = "lon", NUMBER(struct near_draft, lon), .example = "-84.52", .required = true,
     .help = "Longitude in degrees, east positive."},
    {.key = "within", TEXT(struct near_draft, within), .example = "300km", .required = true,
     .help = "The distance in km or mi."},
    END,
};

static const struct setting query_settings[] = {
    {.key = "condition", TEXT(struct query_draft, condition), .example = "coronary microvascular disease",
     .help = "Conditions or disease."},
    {.key = "intervention", TEXT(struct query_draft, intervention), .example = "CD34",
     .help = "Intervention or treatment."},
    {.key = "term", TEXT(struct query_draft, term), .example = "refractory angina", .help = "Other terms."},
    {.key = "title", TEXT(struct query_draft, title), .example = "FREEDOM", .help = "Title or acronym."},
    {.key = "sponsor", TEXT(struct query_draft, sponsor), .example = "Mayo Clinic", .help = "Sponsor or collaborator."},
    {.key = "location", TEXT(struct query_draft, location), .example = "Ohio", .help = "Location terms."},
    {.key = "patient", TEXT(struct query_draft, patient), .example = "angina", .help = "Terms a patient would use."},
    {.key = "id", TEXT(struct query_draft, id), .example = "NCT04614467", .help = "Study ids of any kind."},
    {.key = "status", TEXT(struct query_draft, status), .example = "\"RECRUITING, NOT_YET_RECRUITING\"",
     .help = "Overall statuses, as the registry writes them."},
    {.key = "phase", TEXT(struct query_draft, phase), .example = "\"PHASE2, PHASE3\"", .help = "Phases."},
    {.key = "advanced", TEXT(struct query_draft, advanced), .example = "AREA[StudyType]INTERVENTIONAL",
     .help = "An expression in the registry's own search language."},
    END,
};

static const struct setting watch_settings[] = {
    {.key = "name", TEXT(struct watch_draft, name), .example = "freedom", .required = true,
     .help = "What alerts call this watch: letters, digits, dot, dash and underscore."},
    {.key = "studies", .shape = SETTING_ALL, .max = CONFIG_MAX_STUDIES, .example = "[NCT04614467, NCT03508609]",
     .help = "The studies to watch, by NCT id. all watches the whole registry, some 600 requests a refresh: what its "
             "first look finds is only noted, studies that appear later are told as listed. With countries, states, "
             "cities, facilities or near, all concerns only studies with a site there, in each of their changes."},
    {.key = "query", BLOCK(struct watch_draft, query), .settings = query_settings,
     .example = "{condition: angina}",
     .help = "Watches what a search finds. What the first look finds is only noted; studies that it finds later are "
             "told as listed, those that it no longer finds as unlisted. With near, it finds studies with a site there."},
    {.key = "announce", TEXT(struct watch_draft, announce), .example = "existing",
     .help = "existing: what the first look of the query finds is told too, in one message."},
    {.key = "changes", TEXTS(struct watch_draft, changes, change_count, CONFIG_MAX_LIST),
     .example = "[site-opened, site-closed, status, results]", .otherwise = "[notable]",
     .help = "Which changes to tell: kinds by name, or a weight (urgent, notable, routine, silent), which stands for "
             "all changes of that weight or more. A change may weigh less or more than its kind: eligibility that was "
             "only re-wrapped is routine."},
    {.key = "countries", TEXTS(struct watch_draft, countries, country_count, CONFIG_MAX_LIST),
     .example = "[United States, Canada]",
     .help = "Only sites in these countries, as the registry spells them, case and accents aside. Changes that are not "
             "about a site pass; a study enters or leaves a query when one of its sites is there, or it has none."},
    {.key = "states", TEXTS(struct watch_draft, states, state_count, CONFIG_MAX_LIST), .example = "[Ohio, Kentucky]",
     .help = "Only sites in these states or provinces, likewise. A site that the registry gives no state, as most "
             "outside of the United States, passes unless a site in its city has one: name countries too."},
    {.key = "cities", TEXTS(struct watch_draft, cities, city_count, CONFIG_MAX_LIST),
     .example = "[Cincinnati, Dayton]", .help = "Only sites in these cities, likewise."},
    {.key = "facilities", TEXTS(struct watch_draft, facilities, facility_count, CONFIG_MAX_LIST),
     .example = "[Mayo Clinic, university]",
     .help = "Only sites whose facility's name has one of these words or phrases, likewise. A site without a name "
             "passes."},
    {.key = "near", BLOCK(struct watch_draft, near), .settings = near_settings,
     .example = "{lat: 39.14, lon: -84.52, within: 300km}",
     .help = "Only sites near this place, likewise. A site without coordinates is taken to be where the study's other "
             "sites in its city are, and passes if none has any."},
    {.key = "when", TEXT(struct watch_draft, when), .example = "'.studies[0].status == \"RECRUITING\"'",
     .help = "A jq condition on the alert's document, which it is asked about one study at a time: no result, null and "
             "false are no. What every watch declines is not told, and kept as dropped, with the reason. A condition "
             "that fails, or works longer than 2 s, counts as yes and is warned of."},
    {.key = "highlight", TEXTS(struct watch_draft, highlight, highlight_count, CONFIG_MAX_LIST),
     .example = "[diabetes, hypertension]", .help = "Eligibility lines that mention one of these words are quoted."},
    {.key = "notify", TEXTS(struct watch_draft, notify, notify_count, CONFIG_MAX_LIST), .example = "[cardiology]",
     .required = true, .help = "The channels to tell, by name."},
    END,
};

/* The keys of a channel beside its type. */
static const struct setting channel_name_setting = {
    .key = "name", TEXT(struct channel_draft, name), .example = "cardiology", .required = true,
    .help = "What watches call this channel: letters, digits, dot, dash and underscore."};

static const struct setting channel_pace_settings[] = {
    {.key = "payload", TEXT(struct channel_draft, payload), .example = "'{text: .headline}'",
     .help = "A jq program that makes the body to send from the alert's document. It may work for 2 s in 128 MiB of memory; "
             "one that fails or exceeds that makes the channel ill."},
    {.key = "digest", TEXT(struct channel_draft, digest), .example = "daily 08:00 America/New_York",
     .help = "Collect alerts and tell them together: daily HH:MM, or weekly DAY HH:MM, and a time zone (the system's "
             "without one)."},
    {.key = "quiet", TEXT(struct channel_draft, quiet), .example = "22:00-07:00 America/New_York except urgent",
     .help = "Hold alerts in these hours; with \"except urgent\" the urgent ones pass."},
    {.key = "rate", TEXT(struct channel_draft, rate), .example = "10/hour",
     .help = "At most so many messages a minute, hour or day; what exceeds it is folded together."},
    {.key = "give_up", TEXT(struct channel_draft, give_up), .example = "3d", .otherwise = "3d",
     .help = "How long a message is tried before it counts as failed. At least 1m."},
};

/* The top rows; the channels' row is completed at run time. */
static const struct setting top_settings[] = {
    {.key = "registry", SECTION, .settings = registry_settings, .example = "{contact: trials@example.org}",
     .help = "Which registry is asked, and how politely."},
    {.key = "watches", BLOCKS(struct settings_draft, watches, watch_count, CONFIG_MAX_WATCHES),
     .settings = watch_settings, .example = "[{name: freedom, studies: [NCT04614467], notify: [cardiology]}]",
     .help = "What somebody wants to know."},
    {.key = "channels", BLOCKS(struct settings_draft, channels, channel_count, CONFIG_MAX_CHANNELS),
     .example = "[{name: here, console: {}}]", .help = "The ways to reach people."},
    {.key = "history", SECTION, .settings = history_settings, .example = "{path: " TRIALWATCH_STATEDIR "/history.db}",
     .help = "Where everything that was seen is kept."},
    {.key = "control", SECTION, .settings = control_settings, .example = "{socket: " TRIALWATCH_RUNDIR "/control.sock}",
     .help = "How the client reaches the daemon."},
    {.key = "log", SECTION, .settings = log_settings, .example = "{level: info}",
     .help = "What the daemon tells its operator."},
    {.key = "health", SECTION, .settings = health_settings, .example = "{after: 24h}",
     .help = "When silence is told."},
    {.key = "breaker", SECTION, .settings = breaker_settings, .example = "{share: 20%}",
     .help = "When the registry changes very many studies alike, as it re-marks texts or replaces its locations: then what "
             "is routine of that is told in one message, once the refresh was read in full. Alerts of nothing but "
             "routine and silent changes wait for that, 6 hours at most; notable and urgent ones never do."},
    {.key = "ca_file", TEXT(struct settings_draft, ca_file), .example = "/etc/ssl/certs/proxy.pem",
     .help = "Certificates (PEM) to trust for all channels instead of the system's."},
    END,
};
/* clang-format on */

static struct {
    pthread_once_t once;
    struct setting top[ARRAY_SIZE(top_settings)];
    struct setting channel[1 + CONFIG_MAX_CHANNEL_TYPES + ARRAY_SIZE(channel_pace_settings) + 1];
    struct setting options[CONFIG_MAX_CHANNEL_TYPES][CHANNEL_MAX_OPTIONS + 1];
} table = {.once = PTHREAD_ONCE_INIT};

static struct setting option_setting(const struct channel_option *option, size_t index)
{
    size_t value = offsetof(struct channel_values_draft, values) + index * sizeof(struct channel_value);
    struct setting setting = {
        .key = option->name,
        .offset = value + offsetof(struct channel_value, text),
        .required = option->required,
        .help = option->help,
        .max = CONFIG_MAX_LIST,
    };

    if (option->kind == OPTION_LIST) {
        setting.shape = SETTING_TEXTS;
        setting.offset = value + offsetof(struct channel_value, list);
        setting.count_offset = value + offsetof(struct channel_value, list_count);
        setting.example = "[one, two]";
    } else if (option->kind == OPTION_BOOL) {
        setting.example = "true";
    } else if (option->kind == OPTION_SECRET) {
        setting.example = "credential:NAME";
    } else {
        setting.example = "text";
    }
    return setting;
}

static void build(void)
{
    size_t type_count, n = 0;
    const struct channel_type *const *types = channel_types(&type_count);

    table.channel[n++] = channel_name_setting;
    for (size_t t = 0; t < size_min(type_count, CONFIG_MAX_CHANNEL_TYPES); t++) {
        for (size_t i = 0; i < CHANNEL_MAX_OPTIONS && types[t]->options[i].name; i++)
            table.options[t][i] = option_setting(&types[t]->options[i], i);
        table.channel[n++] = (struct setting){
            .key = types[t]->name,
            .shape = SETTING_BLOCK,
            .offset = offsetof(struct channel_draft, types) + t * sizeof(struct channel_values_draft *),
            .size = sizeof(struct channel_values_draft),
            .settings = table.options[t],
            .example = "{}",
            .help = types[t]->help,
        };
    }
    for (size_t i = 0; i < ARRAY_SIZE(channel_pace_settings); i++)
        table.channel[n++] = channel_pace_settings[i];

    for (size_t i = 0; i < ARRAY_SIZE(top_settings); i++) {
        table.top[i] = top_settings[i];
        if (top_settings[i].key && strcmp(top_settings[i].key, "channels") == 0)
            table.top[i].settings = table.channel;
    }
}

const struct setting *config_settings(void)
{
    pthread_once(&table.once, build);
    return table.top;
}

const struct setting *config_setting_by_key(const struct setting *settings, const char *key)
{
    for (const struct setting *s = settings; s->key; s++)
        if (strcmp(s->key, key) == 0)
            return s;
    return NULL;
}

const struct setting *config_setting_find(const char *path)
{
    const struct setting *settings = config_settings();

    for (;;) {
        char key[64] = "";
        size_t len = strcspn(path, ".");
        if (len >= sizeof(key) || !settings)
            return NULL;
        memcpy(key, path, len);
        const struct setting *row = config_setting_by_key(settings, key);
        if (!row || path[len] == '\0')
            return row;
        settings = row->settings;
        path += len + 1;
    }
}
