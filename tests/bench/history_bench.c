/* Stores records in a new history and reads them back, for tests/bench/history, which draws up the table.
 *
 * usage: history_bench HISTORY <RECORDS
 *
 * RECORDS has one record a line, oldest first, and an empty line where a refresh ends: what lies between is stored in
 * one transaction, as the daemon does it. Prints one JSON object of counts, bytes and microseconds. */
#include "base/clock.h"
#include "history/polls.h"
#include "history/versions.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct storing {
    struct store *store;
    struct poll poll;
    int64_t versions, canonical_bytes, append_usec, commit_usec, commits;
    bool open; /* a refresh is under way */
    struct error *e;
};

/* Which of a study's versions are read: its first, the one half way, its newest. */
enum place { OLDEST, MIDDLE, NEWEST, PLACE_COUNT };

struct reading {
    struct store *store;
    int64_t reads, slowest_usec[PLACE_COUNT], total_usec[PLACE_COUNT];
    struct error *e;
};

static int begin_refresh(struct storing *storing)
{
    storing->poll = (struct poll){.started_usec = clock_wall_usec(), .refresh = "2026-01-01T09:00:05"};
    int r = store_begin(storing->store, storing->e);

    if (r >= 0)
        r = polls_begin(storing->store, &storing->poll, storing->e);
    storing->open = r >= 0;
    return r;
}

static int end_refresh(struct storing *storing)
{
    storing->open = false;
    storing->poll.outcome = POLL_COMPLETE;
    storing->poll.finished_usec = clock_wall_usec();
    int r = polls_finish(storing->store, &storing->poll, NULL, 0, storing->e);
    int64_t start_usec = clock_stopwatch_usec();

    if (r >= 0)
        r = store_commit(storing->store, storing->e);
    storing->commit_usec += clock_stopwatch_usec() - start_usec;
    storing->commits++;
    return r;
}

/* The study as it was, NULL at first; reading it is part of what storing costs. */
static int load_before(struct storing *storing, const char *nct_id, struct study **ret)
{
    struct version newest;
    int r = versions_newest(storing->store, nct_id, &newest, storing->e);

    *ret = NULL;
    if (r == -ENOENT)
        return 0;
    return r < 0 ? r : versions_study(storing->store, &newest, ret, storing->e);
}

static int store_record(struct storing *storing, const char *line, size_t len)
{
    _cleanup_study_ struct study *study = NULL, *before = NULL;
    struct version version = {.origin = VERSION_SEEN, .seen_usec = clock_wall_usec()};
    int r = storing->open ? 0 : begin_refresh(storing);

    if (r >= 0)
        r = study_from_text(line, len, &study, storing->e);
    int64_t start_usec = clock_stopwatch_usec();
    if (r >= 0)
        r = load_before(storing, study_nct_id(study), &before);
    if (r < 0)
        return r;
    strcpy(version.refresh, storing->poll.refresh);
    version.poll = storing->poll.id;
    r = versions_append(storing->store, study, before, before ? 1 : 0, &version, storing->e);
    if (r == -EALREADY) /* differs only in what is no change */
        return 0;
    storing->append_usec += clock_stopwatch_usec() - start_usec;
    storing->versions++;
    storing->canonical_bytes += (int64_t)version.canonical_bytes;
    return r;
}

static int store_all(struct storing *storing)
{
    char *line = NULL;
    size_t room = 0;
    ssize_t len;
    int r = 0;

    while (r >= 0 && (len = getline(&line, &room, stdin)) > 0) {
        if (len > 1)
            r = store_record(storing, line, (size_t)len);
        else if (storing->open)
            r = end_refresh(storing);
    }
    if (r >= 0 && storing->open)
        r = end_refresh(storing);
    free(line);
    return r;
}

static int read_study(const struct study_row *row, void *userdata)
{
    struct reading *reading = userdata;
    const long numbers[PLACE_COUNT] = {[OLDEST] = 1, [MIDDLE] = (row->versions + 1) / 2, [NEWEST] = row->versions};
    int r = 0;

    for (int place = 0; r >= 0 && place < PLACE_COUNT; place++) {
        _cleanup_free_ char *bytes = NULL;
        struct version version;
        size_t len;
        int64_t start_usec = clock_stopwatch_usec();
        r = versions_get(reading->store, row->nct_id, numbers[place], &version, reading->e);
        if (r >= 0)
            r = versions_body(reading->store, &version, &bytes, &len, reading->e);
        int64_t took_usec = clock_stopwatch_usec() - start_usec;
        reading->total_usec[place] += took_usec;
        if (took_usec > reading->slowest_usec[place])
            reading->slowest_usec[place] = took_usec;
    }
    reading->reads++;
    return r < 0 ? r : 0;
}

static void print_reads(const struct reading *reading)
{
    static const char *const names[] = {[OLDEST] = "oldest", [MIDDLE] = "middle", [NEWEST] = "newest"};

    for (int place = 0; place < PLACE_COUNT; place++)
        printf(", \"%s_usec\": %.1f, \"%s_slowest_usec\": %" PRId64, names[place],
               (double)reading->total_usec[place] / (double)reading->reads, names[place], reading->slowest_usec[place]);
}

static int run(const char *path, struct error *e)
{
    _cleanup_store_ struct store *store = NULL;
    int r = store_open(path, STORE_WRITE, &store, e);
    struct storing storing = {.store = store, .e = e};
    struct reading reading = {.store = store, .e = e};

    if (r >= 0)
        r = store_all(&storing);
    if (r >= 0)
        r = versions_each_study(store, read_study, &reading, e);
    if (r < 0)
        return r;
    printf("{\"versions\": %" PRId64 ", \"canonical_bytes\": %" PRId64 ", \"append_usec\": %.1f, \"commit_usec\": %.1f",
           storing.versions, storing.canonical_bytes, (double)storing.append_usec / (double)storing.versions,
           (double)storing.commit_usec / (double)storing.commits);
    print_reads(&reading);
    printf("}\n");
    return 0;
}

int main(int argc, char **argv)
{
    struct error e = {0};

    if (argc != 2) {
        fprintf(stderr, "usage: history_bench HISTORY <RECORDS\n");
        return 2;
    }
    if (run(argv[1], &e) < 0) {
        fprintf(stderr, "history_bench: %s\n", e.text);
        return 1;
    }
    return 0;
}
