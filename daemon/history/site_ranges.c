#include "history/site_ranges.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

void site_ranges_write(const long *numbers, size_t count, struct buf *out)
{
    for (size_t from = 0, to; from < count; from = to + 1) {
        to = from;
        while (to + 1 < count && numbers[to + 1] == numbers[to] + 1)
            to++;
        buf_printf(out, "%s%ld", from > 0 ? "," : "", numbers[from]);
        if (to > from)
            buf_printf(out, "-%ld", numbers[to]);
    }
}

/* A positive number of at most nine digits; 0 for anything else. */
static long read_number(const char **text)
{
    size_t digits = strspn(*text, "0123456789");

    if (digits == 0 || digits > 9)
        return 0;
    long number = strtol(*text, NULL, 10);
    *text += digits;
    return number;
}

static int read_range(const char **text, long *ret_first, long *ret_last)
{
    *ret_first = *ret_last = read_number(text);
    if (**text == '-') {
        (*text)++;
        *ret_last = read_number(text);
    }
    return *ret_first > 0 && *ret_last >= *ret_first ? 0 : -EBADMSG;
}

int site_ranges_read(const char *text, size_t max, long **ret, size_t *ret_count)
{
    _cleanup_free_ long *numbers = NULL;
    size_t count = 0;

    while (*text) {
        long first, last;
        if (read_range(&text, &first, &last) < 0 || (size_t)(last - first) >= max - count)
            return -EBADMSG;
        long *more = reallocarray(numbers, count + (size_t)(last - first) + 1, sizeof(*more));
        if (!more)
            return -ENOMEM;
        numbers = more;
        while (first <= last)
            numbers[count++] = first++;
        if (*text == ',' && text[1] != '\0')
            text++;
        else if (*text)
            return -EBADMSG;
    }
    *ret = TAKE_PTR(numbers);
    *ret_count = count;
    return 0;
}
