#include "client/when.h"

#include "base/text.h"

#include <errno.h>
#include <string.h>
#include <time.h>

/* The moment at which a clock in the local zone shows what one in UTC shows at wall_usec. */
static int64_t as_local(int64_t wall_usec)
{
    time_t seconds = (time_t)(wall_usec / USEC_PER_SEC);
    struct tm tm;

    if (!gmtime_r(&seconds, &tm))
        return wall_usec;
    tm.tm_isdst = -1;
    return (int64_t)mktime(&tm) * USEC_PER_SEC;
}

int when_parse(const char *text, bool utc, enum when_edge edge, int64_t *ret_wall_usec, struct error *e)
{
    int64_t usec;

    if (text_parse_duration(text, &usec) == 0) {
        *ret_wall_usec = clock_wall_usec() - usec;
        return 0;
    }
    if (clock_parse_utc(text, &usec) < 0)
        return error_set(e, -EINVAL, "'%s' is no time: write 7d, 2021-12-01 or 2021-12-01T09:00", text);
    /* The next day's start, before the zone is applied: a day may have 23 or 25 hours. */
    if (edge == WHEN_DAY_ENDS && !strchr(text, 'T'))
        usec += USEC_PER_DAY;
    if (!utc && text[strlen(text) - 1] != 'Z')
        usec = as_local(usec);
    if (edge == WHEN_DAY_ENDS && !strchr(text, 'T'))
        usec--;
    *ret_wall_usec = usec;
    return 0;
}

const char *when_format(int64_t wall_usec, bool utc, char text[static CLOCK_TEXT_BYTES])
{
    if (wall_usec == 0) {
        text[0] = '\0';
        return text;
    }
    return utc ? clock_format_utc(wall_usec, text) : clock_format_local(wall_usec, text);
}

json_t *when_to_json(int64_t wall_usec)
{
    char text[CLOCK_TEXT_BYTES];

    return wall_usec == 0 ? json_null() : json_string(clock_format_utc(wall_usec, text));
}
