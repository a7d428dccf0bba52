#include "alert/zone_rule.h"

#include <ctype.h>
#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <time.h>

#define DAY_SECONDS INT64_C(86400)
#define DEFAULT_CHANGE_SECOND 7200 /* 02:00 */

/* "EST", "<+03>". NULL when there is none. */
static const char *skip_name(const char *text)
{
    const char *start = text;

    if (*text == '<') {
        const char *end = strchr(text, '>');
        return end ? end + 1 : NULL;
    }
    while (isalpha((unsigned char)*text))
        text++;
    return text - start >= 3 ? text : NULL;
}

static const char *parse_number(const char *text, int max, int *ret)
{
    int value = 0;

    if (!isdigit((unsigned char)*text))
        return NULL;
    for (; isdigit((unsigned char)*text); text++)
        if ((value = value * 10 + (*text - '0')) > max)
            return NULL;
    *ret = value;
    return text;
}

/* "[+-]h[h][:mm[:ss]]" in seconds. NULL when there is none. */
static const char *parse_time(const char *text, int64_t *ret)
{
    int part, sign = *text == '-' ? -1 : 1;
    int64_t seconds = 0, unit = 3600;

    if (*text == '-' || *text == '+')
        text++;
    for (int max = 167; unit >= 1; unit /= 60, max = 59) {
        text = parse_number(text, max, &part);
        if (!text)
            return NULL;
        seconds += part * unit;
        if (*text != ':')
            break;
        text++;
    }
    *ret = sign * seconds;
    return text;
}

/* "M3.2.0/2", "J60", "59/3" */
static const char *parse_change(const char *text, struct zone_change *ret)
{
    struct zone_change change = {.form = CHANGE_DAY_OF_YEAR, .second = DEFAULT_CHANGE_SECOND};

    if (*text == 'M') {
        change.form = CHANGE_MONTH_WEEK_DAY;
        text = parse_number(text + 1, 12, &change.month);
        text = text && *text == '.' ? parse_number(text + 1, 5, &change.week) : NULL;
        text = text && *text == '.' ? parse_number(text + 1, 6, &change.day) : NULL;
        if (!text || change.month < 1 || change.week < 1)
            return NULL;
    } else {
        if (*text == 'J') {
            change.form = CHANGE_JULIAN;
            text++;
        }
        text = parse_number(text, 365, &change.day);
        if (!text)
            return NULL;
    }
    if (*text == '/')
        text = parse_time(text + 1, &change.second);
    *ret = change;
    return text;
}

int zone_rule_parse(const char *text, struct zone_rule *ret)
{
    struct zone_rule rule = {0};
    int64_t west;

    text = skip_name(text);
    text = text ? parse_time(text, &west) : NULL;
    if (!text)
        return -EINVAL;
    rule.standard_offset = -west; /* POSIX counts what is west of Greenwich */
    if (*text != '\0') {
        text = skip_name(text);
        if (!text)
            return -EINVAL;
        rule.has_summer = true;
        rule.summer_offset = rule.standard_offset + 3600;
        if (*text != ',') {
            text = parse_time(text, &west);
            rule.summer_offset = -west;
        }
        text = text && *text == ',' ? parse_change(text + 1, &rule.summer_begins) : NULL;
        text = text && *text == ',' ? parse_change(text + 1, &rule.summer_ends) : NULL;
        if (!text || *text != '\0')
            return -EINVAL;
    }
    *ret = rule;
    return 0;
}

/* Midnight of a date, as if local time were UTC. */
static int64_t midnight(int year, int month, int day)
{
    struct tm tm = {.tm_year = year - 1900, .tm_mon = month - 1, .tm_mday = day};

    return timegm(&tm);
}

static bool is_leap(int year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static int weekday_of(int64_t local)
{
    return (int)((local / DAY_SECONDS + 4) % 7 + 7) % 7; /* 1970 began on a Thursday */
}

/* When the change comes in that year, in local time. */
static int64_t change_local(const struct zone_change *change, int year)
{
    if (change->form == CHANGE_DAY_OF_YEAR)
        return midnight(year, 1, 1) + change->day * DAY_SECONDS + change->second;
    if (change->form == CHANGE_JULIAN) /* 29 February is not counted */
        return midnight(year, 1, 1) + (change->day - 1 + (is_leap(year) && change->day >= 60)) * DAY_SECONDS +
               change->second;

    int64_t first = midnight(year, change->month, 1);
    int64_t next_month = midnight(year, change->month + 1, 1);
    int64_t day =
        first + (change->day - weekday_of(first) + 7) % 7 * DAY_SECONDS + (change->week - 1) * 7 * DAY_SECONDS;
    while (day >= next_month)
        day -= 7 * DAY_SECONDS;
    return day + change->second;
}

int64_t zone_rule_offset(const struct zone_rule *rule, int64_t utc)
{
    time_t local = (time_t)(utc + rule->standard_offset);
    struct tm tm;

    if (!rule->has_summer || !gmtime_r(&local, &tm))
        return rule->standard_offset;
    int year = tm.tm_year + 1900;
    int64_t begins = change_local(&rule->summer_begins, year) - rule->standard_offset;
    int64_t ends = change_local(&rule->summer_ends, year) - rule->summer_offset;
    bool summer = begins < ends ? utc >= begins && utc < ends : utc >= begins || utc < ends;
    return summer ? rule->summer_offset : rule->standard_offset;
}
