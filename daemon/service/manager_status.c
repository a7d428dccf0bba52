#include "service/manager_internal.h"

#include "base/clock.h"
#include "base/text.h"
#include "history/ledger.h"
#include "service/version.h"
#include "trial/watch.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* A time for programs, null for one that was never. */
static json_t *json_time(int64_t wall_usec)
{
    char text[CLOCK_TEXT_BYTES];

    return wall_usec > 0 ? json_string(clock_format_utc(wall_usec, text)) : json_null();
}

/* Strangers' text may not be UTF-8, which JSON must be. */
static json_t *json_text(const char *text)
{
    json_t *string = json_string(text);

    return string ? string : json_string("(unreadable text)");
}

static const char *state_name(enum poller_state state)
{
    static const char *const names[] = {
        [POLLER_WAITING] = "waiting",
        [POLLER_ASKING] = "asking",
        [POLLER_TAKING_IN] = "taking-in",
        [POLLER_BACKING_OFF] = "backing-off",
    };

    return names[state];
}

static void registry_troubles(const struct manager *manager, trouble_visitor *visit, void *userdata)
{
    struct poller_status status;
    char sentence[1024], times[64];

    poller_status(manager->poller, &status);
    if (status.failures > 0) {
        snprintf(times, sizeof(times), status.failures == 1 ? "once" : "%ld times in a row", status.failures);
        snprintf(sentence, sizeof(sentence), "The registry could not be read, %s: %s", times, status.trouble);
        visit(sentence, userdata);
    } else if (*status.trouble) {
        visit(status.trouble, userdata);
    }
    for (size_t i = 0; i < status.missing_count; i++) {
        snprintf(sentence, sizeof(sentence), "The registry does not know %s: check the number in the settings",
                 status.missing[i]);
        visit(sentence, userdata);
    }
}

static void history_troubles(const struct manager *manager, trouble_visitor *visit, void *userdata)
{
    struct store_health health;
    char sentence[1024];

    store_health(manager->store, &health);
    if (health.error < 0) {
        snprintf(sentence, sizeof(sentence), "The history cannot be written: %s", health.error_text);
        visit(sentence, userdata);
    }
    if (*manager->history_damage) {
        snprintf(sentence, sizeof(sentence), "The history is damaged: %s", manager->history_damage);
        visit(sentence, userdata);
    }
}

/* What a visit has beside it. */
struct visiting {
    trouble_visitor *visit;
    void *userdata;
};

static void channel_trouble(const struct channel_status *status, void *userdata)
{
    const struct visiting *troubles = userdata;
    char sentence[1024], open[TEXT_COUNT_BYTES];

    if (*status->type == '\0')
        snprintf(sentence, sizeof(sentence),
                 "The channel %s, for which there is %s, is no longer in the settings: define it again, or drop them",
                 status->name,
                 text_format_count((size_t)(status->counts.due + status->counts.held + status->counts.sending),
                                   "open alert", open));
    else if (status->ill || status->failures > 0)
        snprintf(sentence, sizeof(sentence), "The channel %s %s: %s", status->name,
                 status->ill ? "is ill and needs a person" : "did not accept the last attempt", status->last_answer);
    else if (*status->refused)
        snprintf(sentence, sizeof(sentence), "The channel %s does not reach everybody: %s", status->name,
                 status->refused);
    else
        return;
    troubles->visit(sentence, troubles->userdata);
}

static void watch_trouble(const char *name, const struct watch *watch, bool paused, const char *trouble, void *userdata)
{
    const struct visiting *visiting = userdata;
    char sentence[1024];

    (void)watch;
    (void)paused;
    if (*trouble == '\0')
        return;
    snprintf(sentence, sizeof(sentence), "The watch %s is not in force: %.800s", name, trouble);
    visiting->visit(sentence, visiting->userdata);
}

void manager_each_trouble(struct manager *manager, trouble_visitor *visit, void *userdata)
{
    struct visiting troubles = {.visit = visit, .userdata = userdata};

    registry_troubles(manager, visit, userdata);
    history_troubles(manager, visit, userdata);
    dispatch_each_status(manager->dispatch, channel_trouble, &troubles);
    watchlist_each(manager->settings.watchlist, watch_trouble, &troubles);
    if (manager->settings_refused)
        visit("The settings files have mistakes; the settings from before are in force", userdata);
}

static void note_trouble(const char *sentence, void *userdata)
{
    (void)sentence;
    *(bool *)userdata = true;
}

bool manager_is_healthy(struct manager *manager)
{
    bool some = false;

    manager_each_trouble(manager, note_trouble, &some);
    return !some;
}

static void append_trouble(const char *sentence, void *userdata)
{
    json_array_append_new(userdata, json_text(sentence));
}

static json_t *registry_status(const struct manager *manager)
{
    struct poller_status status;
    json_t *missing = json_array();

    poller_status(manager->poller, &status);
    for (size_t i = 0; i < status.missing_count; i++)
        json_array_append_new(missing, json_text(status.missing[i]));
    return json_pack("{s:s, s:s, s:o, s:o, s:o, s:o, s:I, s:I, s:o, s:I}", "url",
                     manager->settings.config->registry.base_url, "state", state_name(status.state), "refresh",
                     json_text(status.refresh), "last_good", json_time(status.last_good_usec), "next_look",
                     json_time(status.next_look_usec), "trouble", json_text(status.trouble), "failures",
                     (json_int_t)status.failures, "studies", (json_int_t)status.studies, "missing", missing,
                     "longest_slice_usec", (json_int_t)status.longest_slice_usec);
}

static json_t *history_status(const struct manager *manager)
{
    struct store_health health;
    char head[LEDGER_HEAD_BYTES] = "";

    store_health(manager->store, &health);
    ledger_head(manager->store, head, NULL);
    return json_pack("{s:o, s:i, s:I, s:I, s:o, s:I, s:o, s:s}", "path", json_text(store_path(manager->store)),
                     "schema", store_schema_version(manager->store), "bytes", (json_int_t)health.file_bytes, "studies",
                     (json_int_t)versions_count_studies(manager->store), "last_commit",
                     json_time(health.last_commit_usec), "slowest_commit_usec", (json_int_t)health.slowest_commit_usec,
                     "error", health.error < 0 ? json_text(health.error_text) : json_null(), "ledger_head", head);
}

static void append_channel(const struct channel_status *status, void *userdata)
{
    json_array_append_new(
        userdata, json_pack("{s:s, s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:b, s:I, s:o, s:o, s:o}", "name", status->name,
                            "type", status->type, "due", (json_int_t)status->counts.due, "held",
                            (json_int_t)status->counts.held, "sending", (json_int_t)status->counts.sending, "delivered",
                            (json_int_t)status->counts.delivered, "failed", (json_int_t)status->counts.failed,
                            "dropped", (json_int_t)status->counts.dropped, "ill", status->ill, "failures",
                            (json_int_t)status->failures, "last_answer", json_text(status->last_answer), "last_good",
                            json_time(status->last_good_usec), "next_attempt", json_time(status->next_attempt_usec)));
}

static void append_watch(const char *name, const struct watch *watch, bool paused, const char *trouble, void *userdata)
{
    json_t *studies = json_array(), *channels = json_array();

    for (size_t i = 0; watch && i < watch->study_count; i++)
        json_array_append_new(studies, json_text(watch->studies[i]));
    for (size_t i = 0; watch && i < watch->channel_count; i++)
        json_array_append_new(channels, json_text(watch->channels[i]));
    json_array_append_new(userdata, json_pack("{s:s, s:o, s:o, s:b, s:o}", "name", name, "studies", studies, "channels",
                                              channels, "paused", paused, "trouble", json_text(trouble)));
}

json_t *manager_status(struct manager *manager)
{
    json_t *troubles = json_array(), *channels = json_array(), *watches = json_array();

    manager_each_trouble(manager, append_trouble, troubles);
    dispatch_each_status(manager->dispatch, append_channel, channels);
    watchlist_each(manager->settings.watchlist, append_watch, watches);
    int64_t uptime_usec = clock_wall_usec() - manager->started_usec;
    return json_pack("{s:s, s:b, s:I, s:o, s:I, s:o, s:b, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:{s:I}}", "version",
                     TRIALWATCH_VERSION, "running", 1, "pid", (json_int_t)getpid(), "started",
                     json_time(manager->started_usec), "uptime_sec", (json_int_t)(uptime_usec / USEC_PER_SEC),
                     "settings", json_text(manager->config_path), "healthy", json_array_size(troubles) == 0, "troubles",
                     troubles, "registry", registry_status(manager), "history", history_status(manager), "channels",
                     channels, "watches", watches, "mutes", manager_mutes(manager), "backfill",
                     manager_backfill_status(manager), "loop", "longest_stall_usec",
                     (json_int_t)heartbeat_longest_stall_usec(manager->heartbeat));
}
