#include "alert/zone.h"

#include "alert/zone_rule.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DEFAULT_FOLDER "/usr/share/zoneinfo"
#define SYSTEM_FILE "/etc/localtime"
#define MAX_FILE_BYTES 65536 /* the biggest of tzdata 2025b has 3.6 KB */
#define HEADER_BYTES 44
#define DAY_SECONDS INT64_C(86400)

struct zone {
    int64_t *times;   /* owned; when the offset changes, ascending */
    int64_t *offsets; /* owned; count + 1: before the first, and from each on */
    size_t count;
    bool has_rule;
    struct zone_rule rule; /* after the last */
};

void zone_free(struct zone *zone)
{
    if (!zone)
        return;
    free(zone->times);
    free(zone->offsets);
    free(zone);
}

static int64_t big_endian(const unsigned char *bytes, size_t count)
{
    uint64_t value = bytes[0] & 0x80 ? UINT64_MAX : 0;

    for (size_t i = 0; i < count; i++)
        value = value << 8 | bytes[i];
    return (int64_t)value;
}

/* The six counts of a TZif header (RFC 8536, 3.1). */
struct tzif_counts {
    size_t utc_flags, standard_flags, leaps, times, types, name_bytes;
};

static struct tzif_counts read_counts(const unsigned char *header)
{
    size_t count[6];

    for (size_t i = 0; i < 6; i++)
        count[i] = (size_t)(uint32_t)big_endian(header + 20 + 4 * i, 4);
    return (struct tzif_counts){count[0], count[1], count[2], count[3], count[4], count[5]};
}

static size_t data_bytes(const struct tzif_counts *counts, size_t time_bytes)
{
    return counts->times * (time_bytes + 1) + counts->types * 6 + counts->name_bytes +
           counts->leaps * (time_bytes + 4) + counts->standard_flags + counts->utc_flags;
}

/* Whether the counts make sense in a file of that size, so that no sum of them overflows. */
static bool counts_ok(const struct tzif_counts *counts)
{
    return counts->utc_flags <= 256 && counts->standard_flags <= 256 && counts->leaps <= 1000 &&
           counts->times <= MAX_FILE_BYTES && counts->types >= 1 && counts->types <= 256 && counts->name_bytes <= 2048;
}

static int fill(struct zone *zone, const unsigned char *data, const struct tzif_counts *counts)
{
    const unsigned char *indexes = data + counts->times * 8, *types = indexes + counts->times;

    zone->times = calloc(counts->times + 1, sizeof(*zone->times));
    zone->offsets = calloc(counts->times + 1, sizeof(*zone->offsets));
    if (!zone->times || !zone->offsets)
        return -ENOMEM;
    zone->count = counts->times;
    zone->offsets[0] = big_endian(types, 4);
    for (size_t i = 0; i < counts->times; i++) {
        if (indexes[i] >= counts->types)
            return -EBADMSG;
        zone->times[i] = big_endian(data + i * 8, 8);
        zone->offsets[i + 1] = big_endian(types + (size_t)indexes[i] * 6, 4);
    }
    return 0;
}

/* "\nEST5EDT,M3.2.0,M11.1.0\n"; an empty one says that nobody knows. */
static void fill_rule(struct zone *zone, const unsigned char *footer, size_t len)
{
    char text[128];

    if (len < 2 || footer[0] != '\n')
        return;
    const unsigned char *end = memchr(footer + 1, '\n', len - 1);
    if (!end || (size_t)(end - footer) > sizeof(text))
        return;
    snprintf(text, sizeof(text), "%.*s", (int)(end - footer - 1), (const char *)footer + 1);
    zone->has_rule = zone_rule_parse(text, &zone->rule) >= 0;
}

/* The second block of the file has 64-bit times; the first is for readers of long ago. */
static int parse(struct zone *zone, const unsigned char *file, size_t len)
{
    if (len < HEADER_BYTES || memcmp(file, "TZif", 4) != 0 || file[4] < '2')
        return -EBADMSG;
    struct tzif_counts first = read_counts(file);
    if (!counts_ok(&first))
        return -EBADMSG;
    size_t skip = HEADER_BYTES + data_bytes(&first, 4);
    if (len < skip + HEADER_BYTES || memcmp(file + skip, "TZif", 4) != 0)
        return -EBADMSG;
    struct tzif_counts second = read_counts(file + skip);
    if (!counts_ok(&second) || len < skip + HEADER_BYTES + data_bytes(&second, 8))
        return -EBADMSG;
    const unsigned char *data = file + skip + HEADER_BYTES;
    int r = fill(zone, data, &second);
    if (r >= 0)
        fill_rule(zone, data + data_bytes(&second, 8), (size_t)(file + len - data) - data_bytes(&second, 8));
    return r;
}

/* The name becomes part of a path. */
static bool name_ok(const char *name)
{
    if (*name == '\0' || *name == '/' || strstr(name, "..") || strlen(name) > 100)
        return false;
    for (; *name; name++)
        if (!isalnum((unsigned char)*name) && !strchr("_+-/", *name))
            return false;
    return true;
}

static ssize_t read_file(const char *path, unsigned char *file, size_t size)
{
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    if (fd < 0)
        return -errno;
    ssize_t n = fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) ? -ENOENT : read(fd, file, size);
    close(fd);
    return n;
}

int zone_open(const char *name, struct zone **ret, struct error *e)
{
    const char *folder = secure_getenv("TZDIR");
    _cleanup_free_ unsigned char *file = malloc(MAX_FILE_BYTES);
    _cleanup_zone_ struct zone *zone = calloc(1, sizeof(*zone));
    char path[512];

    if (!file || !zone)
        return error_set(e, -ENOMEM, "Out of memory");
    if (name && !name_ok(name))
        return error_set(e, -ENOENT, "\"%s\" is no time zone: write it as America/New_York or UTC", name);
    if (name)
        snprintf(path, sizeof(path), "%.300s/%s", folder ? folder : DEFAULT_FOLDER, name);
    else
        snprintf(path, sizeof(path), "%s", SYSTEM_FILE);
    ssize_t n = read_file(path, file, MAX_FILE_BYTES);
    if (n == -ENOENT && !name) {
        zone->has_rule = zone_rule_parse("UTC0", &zone->rule) >= 0;
        *ret = TAKE_PTR(zone);
        return 0;
    }
    if (n < 0)
        return error_set(e, -ENOENT, "There is no time zone %s here: write it as America/New_York or UTC", path);
    int r = parse(zone, file, (size_t)n);
    if (r < 0)
        return error_set(e, r, "%s is no time zone file", path);
    *ret = TAKE_PTR(zone);
    return 0;
}

int64_t zone_offset(const struct zone *zone, int64_t utc)
{
    size_t low = 0, high = zone->count; /* how many changes have come by then */

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (zone->times[middle] <= utc)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == zone->count && zone->has_rule)
        return zone_rule_offset(&zone->rule, utc);
    return zone->offsets ? zone->offsets[low] : 0;
}

int64_t zone_to_utc(const struct zone *zone, int64_t local)
{
    int64_t before = zone_offset(zone, local - DAY_SECONDS), after = zone_offset(zone, local + DAY_SECONDS);

    if (zone_offset(zone, local - before) == before)
        return local - before;
    if (zone_offset(zone, local - after) == after)
        return local - after;
    return local - before; /* skipped: clocks show it as much later as they were put forward */
}
