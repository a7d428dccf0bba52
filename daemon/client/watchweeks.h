/* Alerts counted by week, from Monday to Sunday in UTC: whether a watch is too loud. */
#pragma once

#include "base/clock.h"
#include "base/err.h"
#include "client/terminal.h"

#include <stddef.h>
#include <stdint.h>

struct watchweeks {
    int64_t first;  /* its number */
    size_t *counts; /* owned */
    size_t count;
};

/* All weeks from since until until, which is not before it. -ENOMEM. */
int watchweeks_begin(struct watchweeks *weeks, int64_t since_usec, int64_t until_usec, struct error *e);
void watchweeks_clear(struct watchweeks *weeks);

void watchweeks_add(struct watchweeks *weeks, int64_t wall_usec);

/* The Monday of the week: "2021-01-18". Returns text. */
const char *watchweeks_name(int64_t wall_usec, char text[static CLOCK_TEXT_BYTES]);

/* The most alerts of a week, and the Monday of the newest with so many. */
size_t watchweeks_loudest(const struct watchweeks *weeks, char text[static CLOCK_TEXT_BYTES]);

/* A line for each week with a bar; several without alerts in a row are one line. -ENOMEM. */
int watchweeks_print(const struct watchweeks *weeks, const struct terminal *terminal, struct error *e);
