#include "alert/outline_lines.h"

#include <errno.h>
#include <string.h>

/* The longest line that outline_add_more() makes, in any channel's dress. */
#define MORE_LINE_UNITS 100

static bool is_kept(const struct line *line)
{
    return line->role == LINE_HEADLINE || line->role == LINE_NOTE || line->role == LINE_FOOTER;
}

/* How many lines of the body fit: a whole number, in order. A study's title without any line below says nothing, so it
 * counts together with the two after it. */
static size_t count_fitting(const struct outline *outline, const struct outline_budget *budget, size_t units_left)
{
    for (size_t i = 0; i < outline->count; i++) {
        const struct line *line = &outline->lines[i];
        size_t cost = 0;

        if (is_kept(line))
            continue;
        size_t together = line->role == LINE_TITLE ? 3 : 1;
        for (size_t k = i; k < outline->count && k < i + together && !is_kept(&outline->lines[k]); k++)
            cost += budget->cost(&outline->lines[k], budget->userdata);
        if (cost > units_left)
            return i;
        units_left -= budget->cost(line, budget->userdata);
    }
    return outline->count;
}

static size_t cost_of(const struct outline *outline, const struct outline_budget *budget, bool kept_only)
{
    size_t units = 0;

    for (size_t i = 0; i < outline->count; i++)
        if (!kept_only || is_kept(&outline->lines[i]))
            units += budget->cost(&outline->lines[i], budget->userdata);
    return units;
}

int outline_fit(struct outline *outline, const struct outline_budget *budget)
{
    _cleanup_outline_ struct outline fitted = {0};
    size_t changes = 0, studies = 0;
    bool counted = false;

    if (cost_of(outline, budget, false) <= budget->max_units)
        return 0;
    size_t needed = cost_of(outline, budget, true) + MORE_LINE_UNITS;
    size_t end = count_fitting(outline, budget, budget->max_units - size_min(needed, budget->max_units));

    for (size_t i = end; i < outline->count; i++) {
        /* The changes of a study that is left out as a whole count with it. */
        if (studies == 0 && outline->lines[i].studies == 0)
            changes += outline->lines[i].changes;
        studies += outline->lines[i].studies;
    }
    for (size_t i = 0; i < outline->count; i++) {
        struct line *from = &outline->lines[i];

        if (i >= end && !is_kept(from))
            continue;
        if (i >= end && !counted) {
            counted = true;
            if (changes + studies > 0 && outline_add_more(&fitted, changes, studies) < 0)
                return -ENOMEM;
        }
        struct line *to = outline_add(&fitted, from->role);
        if (!to)
            return -ENOMEM;
        *to = *from;
        *from = (struct line){0};
    }
    struct outline old = *outline;
    *outline = fitted;
    fitted = old;
    return 0;
}
