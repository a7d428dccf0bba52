#include "alert/pace.h"

#include "base/clock.h"

#define DAY_SECONDS INT64_C(86400)
#define MINUTE_SECONDS 60

int64_t pace_backoff_usec(long failures, uint32_t chance)
{
    int64_t wait = PACE_FIRST_RETRY_USEC;

    for (long i = 1; i < failures && wait < PACE_MAX_RETRY_USEC; i++)
        wait *= 2;
    if (wait > PACE_MAX_RETRY_USEC)
        wait = PACE_MAX_RETRY_USEC;
    return wait + wait / 4 * (int64_t)(chance >> 16) / 65536;
}

/* Wall time on the zone's clocks, in seconds since 1970. */
static int64_t local_seconds(const struct zone *zone, int64_t wall_usec)
{
    int64_t utc = wall_usec / USEC_PER_SEC;

    return utc + zone_offset(zone, utc);
}

/* The first instant after wall_usec at which the zone's clocks show that minute of a day; of that weekday, if not
 * negative. */
static int64_t next_at(const struct zone *zone, int64_t wall_usec, int minute, int weekday)
{
    int64_t day = local_seconds(zone, wall_usec) / DAY_SECONDS;

    for (;; day++) {
        int of_week = (int)((day + 4) % 7); /* 1970 began on a Thursday */
        int64_t at = zone_to_utc(zone, day * DAY_SECONDS + (int64_t)minute * MINUTE_SECONDS) * USEC_PER_SEC;
        if (at > wall_usec && (weekday < 0 || of_week == weekday))
            return at;
    }
}

int64_t pace_next_digest_usec(const struct channel_pace *pace, const struct zone *zone, int64_t now_usec)
{
    return next_at(zone, now_usec, pace->digest_minute, pace->digest == DIGEST_WEEKLY ? pace->digest_weekday : -1);
}

int64_t pace_quiet_until_usec(const struct channel_pace *pace, const struct zone *zone, int64_t now_usec)
{
    int from = pace->quiet_from_minute, until = pace->quiet_until_minute;
    int minute = (int)(local_seconds(zone, now_usec) % DAY_SECONDS / MINUTE_SECONDS);
    bool quiet = from < until ? minute >= from && minute < until : minute >= from || minute < until;

    return from != until && quiet ? next_at(zone, now_usec, until, -1) : 0;
}

bool pace_is_stranded(int64_t made_usec, int64_t due_usec, int64_t now_usec)
{
    return made_usec > now_usec && due_usec >= made_usec;
}

int64_t pace_due_usec(const struct channel_pace *pace, const struct zone *zone, enum weight weight, bool waited,
                      int64_t now_usec)
{
    int64_t due = now_usec;

    if (pace->digest != DIGEST_NONE && !waited)
        due = pace_next_digest_usec(pace, zone, now_usec);
    if (pace->quiet_urgent_passes && weight == WEIGHT_URGENT)
        return due;
    int64_t quiet = pace_quiet_until_usec(pace, zone, due);
    return quiet > due ? quiet : due;
}
