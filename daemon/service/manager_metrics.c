#include "service/manager_internal.h"

#include "base/clock.h"
#include "trial/kinds.h"

#include <inttypes.h>
#include <string.h>

/* Everything a metric is made of, gathered once for all rows. */
struct reading {
    struct manager *manager;
    struct buf *out;
    struct poller_status registry;
    struct store_health history;
    int64_t oldest_alert_usec; /* wall; 0: none waits */
};

static double seconds(int64_t usec)
{
    return (double)usec / (double)USEC_PER_SEC;
}

/* A label's value: backslash, quote and line end are escaped. */
static void append_label(struct buf *out, const char *name, const char *value)
{
    buf_printf(out, "%s=\"", name);
    for (const char *c = value; *c; c++) {
        if (*c == '\n')
            buf_append_string(out, "\\n");
        else if (*c == '\\' || *c == '"')
            buf_printf(out, "\\%c", *c);
        else
            buf_append(out, c, 1);
    }
    buf_append_string(out, "\"");
}

static void print_polls(struct reading *reading)
{
    for (enum poll_outcome outcome = POLL_UNCHANGED; outcome <= POLL_FAILED; outcome++) {
        buf_append_string(reading->out, "trialwatch_polls_total{");
        append_label(reading->out, "outcome", poll_outcome_name(outcome));
        buf_printf(reading->out, "} %ld\n", reading->manager->polls[outcome]);
    }
}

static void print_versions(struct reading *reading)
{
    buf_printf(reading->out, "trialwatch_versions_total %ld\n", reading->manager->versions);
}

static void print_changes(struct reading *reading)
{
    for (enum kind kind = 0; kind < KIND_COUNT; kind++) {
        buf_append_string(reading->out, "trialwatch_changes_total{");
        append_label(reading->out, "kind", kind_info(kind)->name);
        buf_printf(reading->out, "} %ld\n", reading->manager->changes[kind]);
    }
}

static void print_channel_alerts(const struct channel_status *status, void *userdata)
{
    struct reading *reading = userdata;
    const long counts[] = {
        [ALERT_DUE] = status->counts.due,         [ALERT_HELD] = status->counts.held,
        [ALERT_SENDING] = status->counts.sending, [ALERT_DELIVERED] = status->counts.delivered,
        [ALERT_FAILED] = status->counts.failed,   [ALERT_DROPPED] = status->counts.dropped,
    };

    for (enum alert_state state = ALERT_DUE; state <= ALERT_DROPPED; state++) {
        buf_append_string(reading->out, "trialwatch_alerts{");
        append_label(reading->out, "channel", status->name);
        buf_append_string(reading->out, ",");
        append_label(reading->out, "state", alert_state_name(state));
        buf_printf(reading->out, "} %ld\n", counts[state]);
    }
}

static void print_alerts(struct reading *reading)
{
    dispatch_each_status(reading->manager->dispatch, print_channel_alerts, reading);
}

static void print_channel_ill(const struct channel_status *status, void *userdata)
{
    struct reading *reading = userdata;

    buf_append_string(reading->out, "trialwatch_channel_ill{");
    append_label(reading->out, "channel", status->name);
    buf_printf(reading->out, "} %d\n", status->ill ? 1 : 0);
}

static void print_ill(struct reading *reading)
{
    dispatch_each_status(reading->manager->dispatch, print_channel_ill, reading);
}

static void print_alert_lag(struct reading *reading)
{
    int64_t lag = reading->oldest_alert_usec > 0 ? clock_wall_usec() - reading->oldest_alert_usec : 0;

    buf_printf(reading->out, "trialwatch_alert_lag_seconds %.3f\n", seconds(lag));
}

static void print_registry_lag(struct reading *reading)
{
    int64_t good = reading->registry.last_good_usec;

    buf_printf(reading->out, "trialwatch_registry_lag_seconds %.3f\n",
               seconds(clock_wall_usec() - (good > 0 ? good : reading->manager->started_usec)));
}

static void print_registry_failures(struct reading *reading)
{
    buf_printf(reading->out, "trialwatch_registry_failures %ld\n", reading->registry.failures);
}

static void print_studies(struct reading *reading)
{
    buf_printf(reading->out, "trialwatch_studies %ld\n", reading->registry.studies);
}

static void print_missing(struct reading *reading)
{
    buf_printf(reading->out, "trialwatch_studies_missing %zu\n", reading->registry.missing_count);
}

static void print_history_bytes(struct reading *reading)
{
    buf_printf(reading->out, "trialwatch_history_bytes %" PRId64 "\n", reading->history.file_bytes);
}

static void print_history_writable(struct reading *reading)
{
    buf_printf(reading->out, "trialwatch_history_writable %d\n", reading->history.error == 0 ? 1 : 0);
}

static void print_slowest_commit(struct reading *reading)
{
    buf_printf(reading->out, "trialwatch_history_slowest_commit_seconds %.6f\n",
               seconds(reading->history.slowest_commit_usec));
}

static void print_stall(struct reading *reading)
{
    buf_printf(reading->out, "trialwatch_loop_longest_stall_seconds %.6f\n",
               seconds(heartbeat_longest_stall_usec(reading->manager->heartbeat)));
}

static void print_start(struct reading *reading)
{
    buf_printf(reading->out, "trialwatch_start_time_seconds %.3f\n", seconds(reading->manager->started_usec));
}

static void print_healthy(struct reading *reading)
{
    buf_printf(reading->out, "trialwatch_healthy %d\n", manager_is_healthy(reading->manager) ? 1 : 0);
}

static const struct metric {
    const char *name, *type, *help;
    void (*print)(struct reading *reading);
} metrics[] = {
    {"trialwatch_healthy", "gauge", "1 while status names no trouble.", print_healthy},
    {"trialwatch_start_time_seconds", "gauge", "When the daemon started, since 1970.", print_start},
    {"trialwatch_polls", "counter", "Looks at the registry since the start, by outcome.", print_polls},
    {"trialwatch_versions", "counter", "Versions stored since the start.", print_versions},
    {"trialwatch_changes", "counter", "Changes stored since the start, by kind.", print_changes},
    {"trialwatch_studies", "gauge", "Studies tracked.", print_studies},
    {"trialwatch_studies_missing", "gauge", "Tracked studies that the registry does not know.", print_missing},
    {"trialwatch_registry_failures", "gauge", "Failed looks in a row.", print_registry_failures},
    {"trialwatch_registry_lag_seconds", "gauge", "Time since the registry last answered in full.", print_registry_lag},
    {"trialwatch_alerts", "gauge", "Alerts in the history, by channel and state.", print_alerts},
    {"trialwatch_alert_lag_seconds", "gauge", "Age of the oldest alert that is due.", print_alert_lag},
    {"trialwatch_channel_ill", "gauge", "1 for a channel that needs a person.", print_ill},
    {"trialwatch_history_bytes", "gauge", "Size of the history with its log.", print_history_bytes},
    {"trialwatch_history_writable", "gauge", "1 while the last commit went well.", print_history_writable},
    {"trialwatch_history_slowest_commit_seconds", "gauge", "Longest commit since the start.", print_slowest_commit},
    {"trialwatch_loop_longest_stall_seconds", "gauge", "Longest time the event loop did not turn.", print_stall},
};

static int note_oldest(const struct alert_row *row, void *userdata)
{
    *(int64_t *)userdata = row->created_usec;
    return 0;
}

void manager_print_metrics(struct manager *manager, struct buf *out)
{
    struct reading reading = {.manager = manager, .out = out};
    struct alert_filter oldest = {.states = 1U << ALERT_DUE | 1U << ALERT_SENDING, .limit = 1};

    poller_status(manager->poller, &reading.registry);
    store_health(manager->store, &reading.history);
    outbox_each(manager->store, &oldest, note_oldest, &reading.oldest_alert_usec, NULL);
    for (size_t i = 0; i < ARRAY_SIZE(metrics); i++) {
        buf_printf(out, "# TYPE %s %s\n# HELP %s %s\n", metrics[i].name, metrics[i].type, metrics[i].name,
                   metrics[i].help);
        metrics[i].print(&reading);
    }
    buf_append_string(out, "# EOF\n");
}
