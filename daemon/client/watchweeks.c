#include "client/watchweeks.h"

#include "base/buf.h"
#include "client/table.h"

#include <errno.h>
#include <stdlib.h>

#define USEC_PER_WEEK (7 * USEC_PER_DAY)

/* The epoch was a Thursday. */
#define FIRST_MONDAY_USEC (-3 * USEC_PER_DAY)

/* The longest bar; more alerts are drawn to scale. */
#define BAR_CELLS ((size_t)40)

static int64_t number_of(int64_t wall_usec)
{
    int64_t since_monday = wall_usec - FIRST_MONDAY_USEC;

    return since_monday / USEC_PER_WEEK - (since_monday % USEC_PER_WEEK < 0 ? 1 : 0);
}

int watchweeks_begin(struct watchweeks *weeks, int64_t since_usec, int64_t until_usec, struct error *e)
{
    weeks->first = number_of(since_usec);
    weeks->count = (size_t)(number_of(until_usec) - weeks->first + 1);
    weeks->counts = calloc(weeks->count, sizeof(*weeks->counts));
    return weeks->counts ? 0 : error_set(e, -ENOMEM, "no memory to count by week");
}

void watchweeks_clear(struct watchweeks *weeks)
{
    free(weeks->counts);
    *weeks = (struct watchweeks){0};
}

void watchweeks_add(struct watchweeks *weeks, int64_t wall_usec)
{
    int64_t week = number_of(wall_usec) - weeks->first;

    if (week >= 0 && (size_t)week < weeks->count)
        weeks->counts[week]++;
}

static const char *name_of(int64_t number, char text[static CLOCK_TEXT_BYTES])
{
    clock_format_utc(FIRST_MONDAY_USEC + number * USEC_PER_WEEK, text);
    text[sizeof("2021-01-18") - 1] = '\0';
    return text;
}

const char *watchweeks_name(int64_t wall_usec, char text[static CLOCK_TEXT_BYTES])
{
    return name_of(number_of(wall_usec), text);
}

size_t watchweeks_loudest(const struct watchweeks *weeks, char text[static CLOCK_TEXT_BYTES])
{
    size_t loudest = 0;

    for (size_t i = 0; i < weeks->count; i++)
        if (weeks->counts[i] >= weeks->counts[loudest])
            loudest = i;
    name_of(weeks->first + (int64_t)loudest, text);
    return weeks->counts[loudest];
}

static int add_line(struct table *table, const char *weeks, const char *count, const char *bar)
{
    int r = table_add(table, weeks, STYLE_NONE);

    if (r == 0)
        r = table_add(table, count, STYLE_NONE);
    return r < 0 ? r : table_add(table, bar, STYLE_NONE);
}

/* The week, and how many in a row are like it: more than one only of those without alerts. */
static int add_weeks(const struct watchweeks *weeks, size_t week, size_t alike, size_t most, struct table *table)
{
    size_t alerts = weeks->counts[week], cells = most > BAR_CELLS ? alerts * BAR_CELLS / most : alerts;
    char from[CLOCK_TEXT_BYTES], count[24];
    _cleanup_buf_ struct buf text = {0}, bar = {0};

    buf_append_string(&text, name_of(weeks->first + (int64_t)week, from));
    if (alike > 1)
        buf_printf(&text, " and %zu more", alike - 1);
    snprintf(count, sizeof(count), "%zu", alerts);
    for (size_t i = 0; i < cells || (i == 0 && alerts > 0); i++)
        buf_append_string(&bar, "#");
    if (buf_status(&text) < 0 || buf_status(&bar) < 0)
        return -ENOMEM;
    return add_line(table, buf_string(&text), count, buf_string(&bar));
}

int watchweeks_print(const struct watchweeks *weeks, const struct terminal *terminal, struct error *e)
{
    static const struct table_column columns[] = {
        {.title = "WEEK OF"}, {.title = "ALERTS", .right = true}, {.title = ""}};
    _cleanup_table_ struct table *table = NULL;
    char text[CLOCK_TEXT_BYTES];
    size_t most = watchweeks_loudest(weeks, text);
    int r = table_new(columns, ARRAY_SIZE(columns), &table);

    for (size_t i = 0, alike; r == 0 && i < weeks->count; i += alike) {
        alike = 1;
        while (weeks->counts[i] == 0 && i + alike < weeks->count && weeks->counts[i + alike] == 0)
            alike++;
        r = add_weeks(weeks, i, alike, most, table);
    }
    if (r < 0)
        return error_set(e, -ENOMEM, "no memory to count by week");
    table_print(table, terminal);
    return 0;
}
