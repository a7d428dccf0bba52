/* The rule for years to come at the end of a time zone file: a POSIX TZ text such as "EST5EDT,M3.2.0,M11.1.0". */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* When clocks change, in local time. */
struct zone_change {
    enum { CHANGE_MONTH_WEEK_DAY, CHANGE_JULIAN, CHANGE_DAY_OF_YEAR } form;
    int month, week, day; /* week 5 is the last; day 0 is Sunday, or the day of the year */
    int64_t second;       /* of the day; -167 h to 167 h */
};

struct zone_rule {
    int64_t standard_offset, summer_offset; /* seconds ahead of UTC */
    bool has_summer;
    struct zone_change summer_begins, summer_ends;
};

/* -EINVAL for what is no such text. */
int zone_rule_parse(const char *text, struct zone_rule *ret);

int64_t zone_rule_offset(const struct zone_rule *rule, int64_t utc);
