/* How long it takes to find whom the changed studies of a day concern, among many watches.
 *
 * usage: match [REGISTRY [STUDIES [MOST_WATCHES]]]
 *
 * Prints one row a number of watches: building the index and its size, then matching all changed studies; and trying
 * every watch with the first of the studies, for as many as a few seconds allow, which must come to the same notices.
 */
#include "match_world.h"

#include "base/clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define CHANGED_STUDIES ((size_t)5000)
#define TRYING_ALL_USEC (5 * USEC_PER_SEC)

struct told {
    size_t notices, watches, changes;
    uint64_t sum; /* of which channel, watches and changes */
};

/* Of this process, so that other work does not count. */
static int64_t cpu_usec(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
    return (int64_t)ts.tv_sec * USEC_PER_SEC + ts.tv_nsec / 1000;
}

static void note_watch(struct told *told, const struct watch *watch)
{
    told->watches++;
    told->sum += (uint64_t)(uintptr_t)watch * 2654435761u;
}

static void note_change(struct told *told, size_t channel, size_t change)
{
    told->changes++;
    told->sum += channel * 7919 + change * 104729;
}

static void match(const struct crowd *crowd, const struct changed_study *study, struct told *told)
{
    _cleanup_notice_list_ struct notice_list notices = {0};
    _cleanup_free_ struct plan_answer *answers = NULL;
    size_t count;

    if (plan_answers(crowd->plan, study->after, &answers, &count) < 0)
        abort();
    _cleanup_free_ const struct watch **members = calloc(count + 1, sizeof(*members));
    for (size_t i = 0; i < count; i++)
        members[i] = answers[i].query->watch;
    if (watch_set_notices(crowd->set, study->after, members, count, &study->changes, &notices) < 0)
        abort();
    told->notices += notices.count;
    for (size_t i = 0; i < notices.count; i++) {
        for (size_t j = 0; j < notices.items[i].watch_count; j++)
            note_watch(told, notices.items[i].watches[j]);
        for (size_t j = 0; j < notices.items[i].change_count; j++)
            note_change(told, world_channel(notices.items[i].watches[0]), notices.items[i].changes[j]);
    }
}

static int compare_ids(const void *a, const void *b)
{
    return strcmp(a, b);
}

static bool is_concerned(const struct crowd *crowd, size_t number, const struct study *study)
{
    const struct watch *watch = &crowd->watches[number];
    const char *nct_id;

    for (size_t i = 0; crowd->members[number] && (nct_id = study_id(study, i)); i++)
        if (bsearch(nct_id, crowd->members[number], STUDIES_A_QUERY, STUDY_NCT_ID_BYTES, compare_ids))
            return true;
    for (size_t i = 0; i < watch->study_count; i++)
        if (study_answers_to(study, watch->studies[i]))
            return true;
    return watch->all_studies;
}

/* By trying every watch with every change. */
static void try_all(const struct crowd *crowd, const struct changed_study *study, struct told *told)
{
    size_t count = study->changes.count;
    _cleanup_free_ bool *wanted = calloc(WORLD_CHANNELS * (count + 1), sizeof(*wanted));
    bool channels[WORLD_CHANNELS] = {false};

    for (size_t i = 0; i < crowd->count; i++) {
        const struct watch *watch = &crowd->watches[i];
        size_t channel = world_channel(watch);
        bool any = false;
        if (!is_concerned(crowd, i, study->after))
            continue;
        for (size_t j = 0; j < count; j++)
            if (watch_wants(watch, study->after, &study->changes.items[j]))
                any = wanted[channel * count + j] = true;
        if (any)
            note_watch(told, watch);
        channels[channel] = channels[channel] || any;
    }
    for (size_t i = 0; i < WORLD_CHANNELS; i++)
        told->notices += channels[i];
    for (size_t i = 0; i < WORLD_CHANNELS * count; i++)
        if (wanted[i])
            note_change(told, i / count, i % count);
}

/* False when the two ways came to different notices. */
static bool measure(size_t watch_count, size_t of_all_percent, const struct changed_study *studies, size_t study_count)
{
    struct told told = {0}, tried = {0}, found = {0};
    struct crowd crowd;
    size_t i;

    world_make_crowd(&crowd, watch_count, of_all_percent, studies, study_count);
    int64_t start_usec = cpu_usec();
    for (i = 0; i < study_count; i++)
        match(&crowd, &studies[i], &told);
    int64_t match_usec = cpu_usec() - start_usec;
    start_usec = cpu_usec();
    for (i = 0; i < study_count && cpu_usec() - start_usec < TRYING_ALL_USEC; i++)
        try_all(&crowd, &studies[i], &tried);
    double all_usec = (double)(cpu_usec() - start_usec) * (double)study_count / (double)i;
    for (size_t j = 0; j < i; j++)
        match(&crowd, &studies[j], &found);
    bool same = memcmp(&found, &tried, sizeof(found)) == 0;
    printf("| %zu | %zu %% | %.2f | %.0f | %.2f | %.1f | %.0f | %zu | %zu | %s (%zu) |\n", watch_count, of_all_percent,
           (double)crowd.build_usec / 1e6, (double)crowd.index_bytes / (double)watch_count, (double)match_usec / 1e6,
           all_usec / 1e6, all_usec / (double)match_usec, told.watches, told.notices, same ? "the same" : "DIFFERENT",
           i);
    fflush(stdout);
    world_free_crowd(&crowd);
    return same;
}

int main(int argc, char **argv)
{
    static const struct {
        size_t watches, of_all_percent;
    } crowds[] = {{1000, 1}, {10000, 1}, {100000, 1}, {1000000, 1}, {1000000, 5}};
    size_t wanted = argc > 2 ? strtoul(argv[2], NULL, 10) : CHANGED_STUDIES;
    size_t most = argc > 3 ? strtoul(argv[3], NULL, 10) : SIZE_MAX;
    struct changed_study *studies = calloc(wanted, sizeof(*studies));
    size_t count = studies ? world_load_studies(argc > 1 ? argv[1] : "../shared/registry", studies, wanted) : 0;
    bool same = true;

    if (count < wanted) {
        fprintf(stderr, "no real records there; usage: match [REGISTRY [STUDIES [MOST_WATCHES]]]\n");
        return EXIT_FAILURE;
    }
    printf("| watches | of all studies | built in s | bytes a watch | matched in s | trying all, s | times | told "
           "| notices | both ways (studies tried) |\n|---|---|---|---|---|---|---|---|---|---|\n");
    for (size_t i = 0; i < sizeof(crowds) / sizeof(*crowds); i++)
        if (crowds[i].watches <= most)
            same = measure(crowds[i].watches, crowds[i].of_all_percent, studies, count) && same;
    world_free_studies(studies, count);
    return same ? EXIT_SUCCESS : EXIT_FAILURE;
}
