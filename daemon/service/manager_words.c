#include "service/manager_internal.h"

#include "alert/sink.h"
#include "base/clock.h"
#include "base/events.h"
#include "base/log.h"
#include "base/text.h"
#include "history/versions.h"
#include "service/sd.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* More studies or watches than this are counted, not listed. */
#define LISTED_MAX ((size_t)20)

/* "NCT04614467 and NCT03508609", "A, B and 40 more" */
static void append_list(struct buf *out, const char *const *words, size_t count)
{
    size_t shown = count > LISTED_MAX ? LISTED_MAX - 1 : count;

    for (size_t i = 0; i < shown; i++)
        buf_printf(out, "%s%s", i == 0 ? "" : i + 1 == count ? " and " : ", ", words[i]);
    if (shown < count)
        buf_printf(out, " and %zu more", count - shown);
}

/* It may quote who should have got mail; --check-config and the answer to a reload name him. */
void manager_say_mistake(const char *line)
{
    _cleanup_buf_ struct buf safe = {0};

    sink_append_journal(&safe, line);
    log_write(LOG_ERR, &(struct log_event){.message_id = EVENT_CONFIG_REFUSED}, "%s", buf_string(&safe));
}

void manager_say_start(struct manager *manager)
{
    const struct config *config = manager->settings.config;
    struct buf line = {0};
    char every[64];
    size_t count;
    const char *const *studies = watch_set_studies(manager->settings.watches, &count);

    buf_append_string(&line, "Watching ");
    text_append_count(&line, count, "study");
    buf_append_string(&line, ": ");
    append_list(&line, studies, count);
    buf_append_string(&line, "; alerts go to ");
    const char **names = calloc(config->channel_count + 1, sizeof(*names));
    for (size_t i = 0; names && i < config->channel_count; i++)
        names[i] = config->channels[i].name;
    if (names)
        append_list(&line, names, config->channel_count);
    free(names);
    log_write(LOG_NOTICE, &(struct log_event){.message_id = EVENT_STARTED}, "%s", buf_string(&line));
    log_info("Asking %s every %s; the history is in %s", config->registry.base_url,
             text_format_duration(config->registry.every_usec, every, sizeof(every)), config->history_path);
    buf_free(&line);
}

static int tell_study(const struct study_row *row, _unused_ void *userdata)
{
    _cleanup_buf_ struct buf line = {0};

    buf_printf(&line, "%s %s: ", row->nct_id, row->title);
    text_append_enum(&line, row->overall_status);
    buf_append_string(&line, ", ");
    text_append_count(&line, (size_t)row->sites, "site");
    if (row->recruiting_sites > 0)
        buf_printf(&line, ", %ld of them recruiting", row->recruiting_sites);
    buf_printf(&line, ", as of the registry's refresh of %s", row->refresh);
    log_about(LOG_INFO, "TRIALWATCH_STUDY", row->nct_id, "%s", buf_string(&line));
    return 0;
}

void manager_say_studies(struct manager *manager)
{
    struct poller_status status;
    char until[64], at[CLOCK_TEXT_BYTES], more[TEXT_COUNT_BYTES];
    struct error e = {0};
    size_t count;
    const char *const *studies = watch_set_studies(manager->settings.watches, &count);
    int r = 0;

    for (size_t i = 0; i < size_min(count, LISTED_MAX) && (r >= 0 || r == -ENOENT); i++)
        r = versions_visit_study(manager->store, studies[i], tell_study, NULL, &e);
    if (r < 0 && r != -ENOENT)
        log_warning("What the registry holds cannot be told: %s", e.text);
    if (count > LISTED_MAX)
        log_info("… and %s", text_format_count(count - LISTED_MAX, "more study", more));
    poller_status(manager->poller, &status);
    if (status.next_look_usec > 0 && !manager->options.once)
        log_info("The next look is at %s, in %s", clock_format_local(status.next_look_usec, at),
                 text_format_duration(status.next_look_usec - clock_wall_usec(), until, sizeof(until)));
}

void manager_tell_systemd(struct manager *manager)
{
    struct outbox_counts counts = {0};
    struct poller_status status;
    char at[CLOCK_TEXT_BYTES], alerts[TEXT_COUNT_BYTES];

    poller_status(manager->poller, &status);
    outbox_count(manager->store, NULL, &counts, NULL);
    text_format_count((size_t)(counts.due + counts.held + counts.sending), "alert", alerts);
    if (status.next_look_usec > 0)
        sd_tell_status("%s%snext look %s, %s pending", status.trouble, *status.trouble ? "; " : "",
                       clock_format_local(status.next_look_usec, at), alerts);
    else
        sd_tell_status("Asking the registry, %s pending", alerts);
}
