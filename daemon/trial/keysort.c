#include "trial/keysort.h"

#include "base/macro.h"

#include <errno.h>
#include <string.h>

/* A radix sort goes over the key in digits of eight bits, the lowest first. */
#define DIGIT_BITS 8
#define DIGIT_VALUES 256
#define DIGITS (64 / DIGIT_BITS)

static size_t digit_of(uint64_t key, unsigned digit)
{
    return key >> (digit * DIGIT_BITS) & (DIGIT_VALUES - 1);
}

/* Distributes the items by one digit, whose values are counted. */
static void distribute(const struct keyed *from, struct keyed *to, size_t count, unsigned digit,
                       const size_t counts[static DIGIT_VALUES])
{
    size_t starts[DIGIT_VALUES];
    size_t start = 0;

    for (size_t value = 0; value < DIGIT_VALUES; value++) {
        starts[value] = start;
        start += counts[value];
    }
    for (size_t i = 0; i < count; i++)
        to[starts[digit_of(from[i].key, digit)]++] = from[i];
}

int keyed_sort(struct keyed *items, size_t count)
{
    size_t counts[DIGITS][DIGIT_VALUES] = {0};
    _cleanup_free_ struct keyed *scratch = malloc((count + 1) * sizeof(*scratch));
    struct keyed *from = items, *to = scratch;

    if (!scratch)
        return -ENOMEM;
    for (size_t i = 0; i < count; i++)
        for (unsigned digit = 0; digit < DIGITS; digit++)
            counts[digit][digit_of(items[i].key, digit)]++;
    for (unsigned digit = 0; count > 0 && digit < DIGITS; digit++) {
        if (counts[digit][digit_of(items[0].key, digit)] == count)
            continue;
        distribute(from, to, count, digit, counts[digit]);
        struct keyed *swap = from;
        from = to;
        to = swap;
    }
    if (from != items)
        memcpy(items, from, count * sizeof(*items));
    return 0;
}

size_t keyed_run(const struct keyed *items, size_t count)
{
    size_t n = 1;

    while (n < count && items[n].key == items[0].key)
        n++;
    return n;
}
