#include "client/output.h"

#include "base/macro.h"
#include "client/safetext.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* So many digits say any double, and so many any that was written with as many. */
#define ENOUGH_DIGITS 17
#define FEWEST_DIGITS 15

static size_t digits_of(double real)
{
    char text[32];

    for (size_t digits = FEWEST_DIGITS; digits < ENOUGH_DIGITS; digits++) {
        snprintf(text, sizeof(text), "%.*g", (int)digits, real);
        if (strtod(text, NULL) == real)
            return digits;
    }
    return ENOUGH_DIGITS;
}

/* How many digits the reals in a value need, so that 39.14 is not written as 39.140000000000001. */
static size_t digits_needed(const json_t *value)
{
    size_t most = json_is_real(value) ? digits_of(json_real_value(value)) : FEWEST_DIGITS, i;
    const json_t *item;
    const char *key;

    json_array_foreach (value, i, item)
        most = size_max(most, digits_needed(item));
    json_object_foreach ((json_t *)value, key, item)
        most = size_max(most, digits_needed(item));
    return most;
}

int output_append_json(struct buf *out, const json_t *value, size_t flags)
{
    _cleanup_free_ char *text = json_dumps(value, flags | JSON_ENCODE_ANY | JSON_REAL_PRECISION(digits_needed(value)));

    if (!text)
        return -ENOMEM;
    for (const char *c = text; *c;) {
        size_t plain = strcspn(c, "\x7F\xC2");

        buf_append(out, c, plain);
        c += plain;
        if (*c == '\x7F') {
            buf_append_string(out, "\\u007F");
            c++;
        } else if (*c && (unsigned char)c[1] <= 0x9F) {
            buf_printf(out, "\\u%04X", (unsigned char)c[1]);
            c += 2;
        } else if (*c) {
            buf_append(out, c, 2);
            c += 2;
        }
    }
    return buf_status(out);
}

/* What a spreadsheet would compute. A number is none. */
static bool is_formula(const char *cell)
{
    char *end;

    if (!*cell || !strchr("=+-@", *cell))
        return false;
    strtod(cell, &end);
    return end == cell || *end != '\0';
}

void output_append_csv(struct buf *out, const char *text)
{
    _cleanup_buf_ struct buf safe = {0};

    safetext_append_lines(&safe, text);
    const char *cell = buf_string(&safe), *mark = is_formula(cell) ? "'" : "";
    if (!strpbrk(cell, "\",\n")) {
        buf_printf(out, "%s%s", mark, cell);
        return;
    }
    buf_printf(out, "\"%s", mark);
    for (; *cell; cell++) {
        if (*cell == '"')
            buf_append(out, "\"", 1);
        buf_append(out, cell, 1);
    }
    buf_append(out, "\"", 1);
}
