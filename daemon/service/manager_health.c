/* What the channels are told when the registry or the history fails; dispatch tells of failing channels itself. */
#include "service/manager_internal.h"

#include "base/clock.h"
#include "base/events.h"
#include "base/log.h"
#include "history/acks.h"

#include <inttypes.h>
#include <stdio.h>

/* A spell that lasts is told again after this. */
#define TELL_AGAIN_USEC USEC_PER_DAY

/* What is seen of a condition now. */
struct observation {
    bool bad;
    int64_t wait_usec;    /* it must last so long before it is told */
    const char *headline; /* while bad */
    const char *text;
    const char *well_headline; /* once it is over */
};

static void announce(struct manager *manager, const struct condition *condition, int64_t now_usec, const char *headline,
                     const char *text)
{
    char id[96];

    snprintf(id, sizeof(id), "health_%s_%" PRId64, condition->name, now_usec / USEC_PER_SEC);
    dispatch_announce(manager->dispatch, NULL, id, headline, text);
}

static void judge(struct manager *manager, struct condition *condition, const struct observation *seen)
{
    int64_t now_usec = clock_wall_usec();
    char since[CLOCK_TEXT_BYTES], text[1024];

    if (!seen->bad) {
        if (condition->told_usec > 0) {
            snprintf(text, sizeof(text), "It had lasted since %s.", clock_format_local(condition->since_usec, since));
            announce(manager, condition, now_usec, seen->well_headline, text);
        }
        condition->bad = false;
        condition->told_usec = 0;
        return;
    }
    /* A clock that was set back leaves times that are still to come. */
    if (!condition->bad || condition->since_usec > now_usec)
        condition->since_usec = now_usec;
    if (condition->told_usec > now_usec)
        condition->told_usec = now_usec;
    condition->bad = true;
    bool due = condition->told_usec == 0 ? now_usec - condition->since_usec >= seen->wait_usec
                                         : now_usec - condition->told_usec >= TELL_AGAIN_USEC &&
                                               !acks_cover(manager->store, condition->name, condition->since_usec);
    if (due) {
        condition->told_usec = now_usec;
        announce(manager, condition, now_usec, seen->headline, seen->text);
    }
}

/* A machine that slept for a week has not failed for a week: the time counts from the first look that failed. */
static void check_registry(struct manager *manager)
{
    struct poller_status status;
    char since[CLOCK_TEXT_BYTES], text[1024];

    poller_status(manager->poller, &status);
    int64_t good_usec = status.last_good_usec > 0 ? status.last_good_usec : manager->started_usec;
    snprintf(text, sizeof(text),
             "The last good answer was at %s. Since then: %s. Changes are told when it can be read again.",
             clock_format_local(good_usec, since), *status.trouble ? status.trouble : "no answer");
    judge(manager, &manager->registry_condition,
          &(struct observation){
              .bad = status.failures > 0,
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
    bool was_bad = manager->history_condition.bad;
    snprintf(text, sizeof(text), "%s: %s. Nothing is lost: what the registry says is taken in when it can be written.",
             store_path(manager->store), health.error_text);
    judge(manager, &manager->history_condition,
          &(struct observation){
              .bad = health.error < 0,
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
}
