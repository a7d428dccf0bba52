#include "base/clock.h"

#include "base/macro.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static _Atomic int64_t offset_usec;

/* A monotonic time is never negative, also when a test goes back to the registry's first days. */
#define SIMULATED_START_USEC (100 * 365 * USEC_PER_DAY)

static int64_t read_clock(clockid_t id)
{
    struct timespec ts;

    clock_gettime(id, &ts);
    return (int64_t)ts.tv_sec * USEC_PER_SEC + ts.tv_nsec / 1000;
}

/* What a test keeps in a file; nothing without one. */
struct outside {
    int64_t offset_usec, wall_usec;
};

static struct outside read_outside(void)
{
    const char *path = getenv("TRIALWATCH_TEST_CLOCK");
    char text[64] = {0}, *rest;

    if (!path)
        return (struct outside){0};
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return (struct outside){0};
    ssize_t n = read(fd, text, sizeof(text) - 1);
    close(fd);
    if (n <= 0)
        return (struct outside){0};
    struct outside outside = {.offset_usec = strtoll(text, &rest, 10)};
    outside.wall_usec = strtoll(rest, NULL, 10);
    return outside;
}

bool clock_is_simulated(void)
{
    return getenv("TRIALWATCH_TEST_CLOCK") != NULL;
}

int64_t clock_wall_usec(void)
{
    struct outside outside = read_outside();

    return read_clock(CLOCK_REALTIME) + atomic_load(&offset_usec) + outside.offset_usec + outside.wall_usec;
}

int64_t clock_monotonic_usec(void)
{
    int64_t shift_usec = atomic_load(&offset_usec) + read_outside().offset_usec;

    return read_clock(CLOCK_MONOTONIC) + shift_usec + (clock_is_simulated() ? SIMULATED_START_USEC : 0);
}

int64_t clock_stopwatch_usec(void)
{
    return read_clock(CLOCK_MONOTONIC);
}

void clock_advance_usec(int64_t usec)
{
    atomic_fetch_add(&offset_usec, usec);
}

/* Seconds since 1970, rounded down also before it. */
static time_t whole_seconds(int64_t usec)
{
    return (time_t)(usec / USEC_PER_SEC - (usec % USEC_PER_SEC < 0));
}

const char *clock_format_utc(int64_t wall_usec, char text[static CLOCK_TEXT_BYTES])
{
    time_t seconds = whole_seconds(wall_usec);
    struct tm tm;

    if (!gmtime_r(&seconds, &tm) || strftime(text, CLOCK_TEXT_BYTES, "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
        text[0] = '\0';
    return text;
}

const char *clock_format_local(int64_t wall_usec, char text[static CLOCK_TEXT_BYTES])
{
    time_t seconds = whole_seconds(wall_usec);
    struct tm tm;

    if (!localtime_r(&seconds, &tm) || strftime(text, CLOCK_TEXT_BYTES, "%Y-%m-%d %H:%M %Z", &tm) == 0)
        text[0] = '\0';
    return text;
}

/* Whether text has the pattern's shape, in which 0 stands for any digit. */
static bool has_shape(const char *text, const char *pattern)
{
    for (; *pattern; text++, pattern++)
        if (*pattern == '0' ? *text < '0' || *text > '9' : *text != *pattern)
            return false;
    return *text == '\0' || (*text == 'Z' && text[1] == '\0');
}

int clock_parse_utc(const char *text, int64_t *ret_wall_usec)
{
    static const struct {
        const char *shape, *format;
    } forms[] = {
        {"0000-00-00T00:00:00", "%Y-%m-%dT%H:%M:%S"},
        {"0000-00-00T00:00", "%Y-%m-%dT%H:%M"},
        {"0000-00-00", "%Y-%m-%d"},
    };

    for (size_t i = 0; i < ARRAY_SIZE(forms); i++) {
        struct tm tm = {0};
        if (!has_shape(text, forms[i].shape) || !strptime(text, forms[i].format, &tm))
            continue;
        /* timegm() makes 2 March of 30 February: what it had to change was no date. */
        struct tm real = tm;
        time_t seconds = timegm(&real);
        if (real.tm_mday != tm.tm_mday || real.tm_sec != tm.tm_sec)
            return -EINVAL;
        *ret_wall_usec = (int64_t)seconds * USEC_PER_SEC;
        return 0;
    }
    return -EINVAL;
}
