/* What the channels are told when the registry or the history fails; dispatch tells of failing channels itself. */
#include "service/manager_internal.h"

#include "base/clock.h"
#include "base/events.h"
#include "base/log.h"

#include <inttypes.h>
#include <stdio.h>

/* What is seen of a trouble now. */
struct observation {
    bool bad;
    const char *words;    /* while bad: why, for the history */
    int64_t wait_usec;    /* it must last so long before it is told */
    const char *headline; /* while bad */
    const char *text;
    const char *well_headline; /* once it is over */
};

static void announce(struct manager *manager, const struct trouble *trouble, int64_t now_usec, const char *headline,
                     const char *text)
{
    char id[200];

    snprintf(id, sizeof(id), "health_%s_%" PRId64, trouble->name, now_usec / USEC_PER_SEC);
    dispatch_announce(manager->dispatch, NULL, id, headline, text);
}

static void judge(struct manager *manager, struct trouble *trouble, const struct observation *seen)
{
    int64_t now_usec = clock_wall_usec(), since_usec;
    char since[CLOCK_TEXT_BYTES], text[1024];

    if (!seen->bad) {
        if (!trouble_note_well(trouble, &since_usec))
            return;
        snprintf(text, sizeof(text), "It had lasted since %s.", clock_format_local(since_usec, since));
        announce(manager, trouble, now_usec, seen->well_headline, text);
        return;
    }
    trouble_note_bad(trouble, false, seen->words, now_usec);
    if (!trouble_is_due(trouble, seen->wait_usec, true, now_usec))
        return;
    announce(manager, trouble, now_usec, seen->headline, seen->text);
    trouble_note_told(trouble, now_usec);
}

/* A machine that slept for a week has not failed for a week: the time counts from the first look that failed. */
static void check_registry(struct manager *manager)
{
    struct poller_status status;
    char since[CLOCK_TEXT_BYTES], text[1024];

    poller_status(manager->poller, &status);
    if (status.failures == 0 && status.last_good_usec < manager->started_usec)
        return; /* no look has ended since the start: what was wrong before it may still be */
    int64_t good_usec = status.last_good_usec > 0 ? status.last_good_usec : manager->started_usec;
    snprintf(text, sizeof(text),
             "The last good answer was at %s. Since then: %s. Changes are told when it can be read again.",
             clock_format_local(good_usec, since), *status.trouble ? status.trouble : "no answer");
    judge(manager, &manager->registry_trouble,
          &(struct observation){
              .bad = status.failures > 0,
              .words = status.trouble,
              .wait_usec = manager->settings.config->health_after_usec,
              .headline = "The registry cannot be read",
              .text = text,
              .well_headline = "The registry can be read again",
          });
}

static void check_history(struct manager *manager)
{
    struct store_health health;
    char text[1024];

    store_health(manager->store, &health);
    bool was_bad = manager->history_trouble.row.since_usec > 0;
    snprintf(text, sizeof(text), "%s: %s. Nothing is lost: what the registry says is taken in when it can be written.",
             store_path(manager->store), health.error_text);
    judge(manager, &manager->history_trouble,
          &(struct observation){
              .bad = health.error < 0,
              .words = health.error_text,
              .wait_usec = USEC_PER_MINUTE,
              .headline = "The history cannot be written",
              .text = text,
              .well_headline = "The history can be written again",
          });
    if (health.error < 0 && !was_bad)
        log_write(LOG_ERR, &(struct log_event){.message_id = EVENT_HISTORY_NOT_WRITABLE},
                  "The history %s cannot be written: %s", store_path(manager->store), health.error_text);
    else if (health.error == 0 && was_bad)
        log_write(LOG_NOTICE, &(struct log_event){.message_id = EVENT_HISTORY_WRITABLE},
                  "The history %s can be written again", store_path(manager->store));
}

void manager_check_health(struct manager *manager)
{
    check_registry(manager);
    check_history(manager);
    dispatch_check_health(manager->dispatch);
}
