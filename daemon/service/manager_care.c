/* The care of the history: its checks, and the polls that need not be kept. */
#include "service/manager_internal.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"
#include "history/polls.h"

#include <errno.h>
#include <stdio.h>

#define WEEK_USEC (7 * USEC_PER_DAY)
/* The first Sunday, 03:00 UTC, of 1970: when registries and people rest. By the calendar, so that nothing about it need
 * be kept over a restart. */
#define WEEK_BEGIN_USEC (3 * USEC_PER_DAY + 3 * USEC_PER_HOUR)

static void on_checked(int error, const char *text, void *userdata)
{
    struct manager *manager = userdata;

    if (error == 0) {
        manager->history_damage[0] = '\0';
        log_info("The history is whole");
        return;
    }
    if (error != -EUCLEAN) {
        log_warning("The history could not be checked: %s", text);
        return;
    }
    snprintf(manager->history_damage, sizeof(manager->history_damage), "%s", text);
    text_drop_half_character(manager->history_damage);
    log_error("The history is damaged: %s", text);
}

static int64_t week_of(int64_t wall_usec)
{
    return (wall_usec - WEEK_BEGIN_USEC) / WEEK_USEC;
}

void manager_begin_care(struct manager *manager)
{
    struct error e = {0};

    manager->checked_week = week_of(clock_wall_usec());
    if (store_was_unclean(manager->store) &&
        maintenance_start(manager->maintenance, MAINTENANCE_QUICK_CHECK, NULL, on_checked, manager, &e) < 0)
        log_warning("The history was not closed properly, and cannot be checked: %s", e.text);
}

/* While a copy is made, or a thread cannot be had, the next look tries again. */
static void check_weekly(struct manager *manager, int64_t now_usec)
{
    if (week_of(now_usec) == manager->checked_week ||
        maintenance_start(manager->maintenance, MAINTENANCE_INTEGRITY_CHECK, NULL, on_checked, manager, NULL) < 0)
        return;
    manager->checked_week = week_of(now_usec);
}

static int prune(struct manager *manager, int64_t before_usec, struct error *e)
{
    int r = store_begin(manager->store, e);

    if (r < 0)
        return r;
    r = polls_prune(manager->store, before_usec, e);
    if (r >= 0)
        r = store_commit(manager->store, e);
    store_rollback(manager->store);
    return r;
}

/* A history that cannot be written is told of by others: the next day comes. */
static void prune_daily(struct manager *manager, int64_t now_usec)
{
    int64_t retain_usec = manager->settings.config->retain_usec;
    struct error e = {0};

    if (now_usec / USEC_PER_DAY == manager->pruned_day || retain_usec == 0)
        return;
    int r = prune(manager, now_usec - retain_usec, &e);
    if (r == -EALREADY) /* records are being taken in */
        return;
    if (r < 0)
        log_warning("Old polls could not be dropped from the history: %s", e.text);
    manager->pruned_day = now_usec / USEC_PER_DAY;
}

void manager_take_care(struct manager *manager)
{
    int64_t now_usec = clock_wall_usec();

    check_weekly(manager, now_usec);
    prune_daily(manager, now_usec);
}
