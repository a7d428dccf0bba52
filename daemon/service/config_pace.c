#include "alert/zone.h"
#include "base/clock.h"
#include "base/text.h"
#include "service/config_build.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define GIVE_UP_MIN_USEC USEC_PER_MINUTE
#define GIVE_UP_MAX_USEC (365 * USEC_PER_DAY)
#define RATE_MAX_MESSAGES 100000
#define ZONE_BYTES 64

static const char *const weekdays[] = {"sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"};

static const struct rate_unit {
    const char *name;
    int64_t usec;
} rate_units[] = {
    {"minute", USEC_PER_MINUTE},
    {"hour", USEC_PER_HOUR},
    {"day", USEC_PER_DAY},
};

/* "250ms": what base/text has no word for, since only the pace towards this machine needs it. */
static bool parse_milliseconds(const char *text, int64_t *ret_usec)
{
    size_t digits = strspn(text, "0123456789");

    if (digits == 0 || digits > 6 || strcmp(text + digits, "ms") != 0)
        return false;
    *ret_usec = strtoll(text, NULL, 10) * USEC_PER_MSEC;
    return true;
}

int config_parse_duration(const char *text, int64_t min_usec, int64_t max_usec, int64_t *ret_usec, struct error *e)
{
    char low[64], high[64];
    int64_t usec;

    if (!parse_milliseconds(text, &usec) && text_parse_duration(text, &usec) < 0)
        return error_set(e, -EINVAL, "\"%s\" is no duration; write for example 90s, 15m, 12h, 7d or 1h30m", text);
    if (usec < min_usec || usec > max_usec)
        return error_set(e, -EINVAL, "\"%s\" should be between %s and %s", text,
                         text_format_duration(min_usec, low, sizeof(low)),
                         text_format_duration(max_usec, high, sizeof(high)));
    *ret_usec = usec;
    return 0;
}

/* "08:00" at *text, which moves behind it. -EINVAL. */
static int parse_time_of_day(const char **text, int *ret_minute)
{
    const char *t = *text;

    for (int i = 0; i < 5; i++)
        if (i == 2 ? t[i] != ':' : t[i] < '0' || t[i] > '9')
            return -EINVAL;
    int hour = (t[0] - '0') * 10 + t[1] - '0', minute = (t[3] - '0') * 10 + t[4] - '0';
    if (hour > 23 || minute > 59)
        return -EINVAL;
    *ret_minute = hour * 60 + minute;
    *text += 5;
    return 0;
}

/* An optional " ZONE" that is the rest of the text. Digest and quiet hours of a channel share one zone. */
static int parse_zone(const char *text, struct channel_pace *pace, struct error *e)
{
    _cleanup_zone_ struct zone *zone = NULL;

    if (*text == '\0')
        return 0;
    if (*text != ' ')
        return -EINVAL;
    text++;
    if (strlen(text) >= ZONE_BYTES || zone_open(text, &zone, NULL) < 0)
        return error_set(e, -ENOENT, "the system knows no time zone \"%s\"; write for example America/New_York", text);
    if (pace->zone)
        return strcmp(pace->zone, text) == 0
                   ? 0
                   : error_set(e, -ENOENT, "digest and quiet should name the same time zone, not %s and %s", pace->zone,
                               text);
    pace->zone = strdup(text);
    return pace->zone ? 0 : error_set(e, -ENOMEM, "out of memory");
}

static int parse_digest(const char *text, struct channel_pace *pace, struct error *e)
{
    const char *at = text;
    int r = -EINVAL;

    if (strncmp(at, "daily ", 6) == 0) {
        at += 6;
        pace->digest = DIGEST_DAILY;
        r = 0;
    } else if (strncmp(at, "weekly ", 7) == 0) {
        at += 7;
        pace->digest = DIGEST_WEEKLY;
        for (size_t day = 0; r < 0 && day < ARRAY_SIZE(weekdays); day++) {
            size_t len = strlen(weekdays[day]);
            if (strncasecmp(at, weekdays[day], len) == 0 && at[len] == ' ') {
                at += len + 1;
                pace->digest_weekday = (int)day;
                r = 0;
            }
        }
    }
    if (r == 0)
        r = parse_time_of_day(&at, &pace->digest_minute);
    if (r == 0)
        r = parse_zone(at, pace, e);
    if (r == -EINVAL)
        error_set(e, r,
                  "\"%s\" is no digest; write daily 08:00 or weekly monday 08:00, and a time zone if it is not "
                  "the system's",
                  text);
    return r;
}

static int parse_quiet(const char *text, struct channel_pace *pace, struct error *e)
{
    static const char passes[] = " except urgent";
    char hours[128];
    const char *at = hours;
    size_t len = strlen(text), tail = sizeof(passes) - 1;
    int r = -EINVAL;

    if (len > tail && strcmp(text + len - tail, passes) == 0) {
        pace->quiet_urgent_passes = true;
        len -= tail;
    }
    if (len < sizeof(hours)) {
        memcpy(hours, text, len);
        hours[len] = '\0';
        r = parse_time_of_day(&at, &pace->quiet_from_minute);
    }
    if (r == 0)
        r = *at++ == '-' ? parse_time_of_day(&at, &pace->quiet_until_minute) : -EINVAL;
    if (r == 0 && pace->quiet_from_minute == pace->quiet_until_minute)
        r = -EINVAL;
    if (r == 0)
        r = parse_zone(at, pace, e);
    if (r == -EINVAL)
        error_set(e, r,
                  "\"%s\" are no quiet hours; write 22:00-07:00, a time zone if it is not the system's, and "
                  "\"except urgent\" if those may pass",
                  text);
    return r;
}

static int parse_rate(const char *text, struct channel_pace *pace, struct error *e)
{
    char *end;
    long messages = strtol(text, &end, 10);

    if (*text >= '0' && *text <= '9' && *end == '/' && messages > 0 && messages <= RATE_MAX_MESSAGES)
        for (size_t i = 0; i < ARRAY_SIZE(rate_units); i++)
            if (strcmp(end + 1, rate_units[i].name) == 0) {
                pace->rate_messages = messages;
                pace->rate_usec = rate_units[i].usec;
                return 0;
            }
    return error_set(e, -EINVAL, "\"%s\" is no rate; write for example 10/hour, with minute, hour or day", text);
}

int config_parse_pace(const struct config_pace *pace, struct channel_pace *ret, const char **ret_key, struct error *e)
{
    int r = 0;

    *ret_key = "digest";
    if (pace->digest)
        r = parse_digest(pace->digest, ret, e);
    if (r == 0 && pace->quiet) {
        *ret_key = "quiet";
        r = parse_quiet(pace->quiet, ret, e);
    }
    if (r == 0 && pace->rate) {
        *ret_key = "rate";
        r = parse_rate(pace->rate, ret, e);
    }
    if (r == 0 && pace->give_up) {
        *ret_key = "give_up";
        r = config_parse_duration(pace->give_up, GIVE_UP_MIN_USEC, GIVE_UP_MAX_USEC, &ret->give_up_usec, e);
    }
    return r == -ENOMEM || r == 0 ? r : -EINVAL;
}
