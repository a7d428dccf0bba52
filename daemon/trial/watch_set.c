/* Many watches by study and by name; watch_index has those of all studies by what they want. */
#include "trial/watch.h"

#include "trial/watch_index.h"

#include <errno.h>
#include <string.h>

/* A watch by one of the studies that it names. */
struct named_study {
    const char *nct_id; /* borrowed from the watch */
    const struct watch *watch;
};

struct watch_set {
    struct named_study *named; /* by id, then by the watch's name; each pair once */
    size_t named_count;
    const char **studies; /* the ids of named, each once */
    size_t study_count;
    const struct watch **by_name;
    size_t watch_count;
    const struct watch **of_all; /* those that watch every study, by name */
    size_t of_all_count;
    struct watch_index *index;       /* of them */
    const struct watch **with_query; /* by name */
    size_t with_query_count;
};

static int compare_watches(const void *a, const void *b)
{
    return strcmp((*(const struct watch *const *)a)->name, (*(const struct watch *const *)b)->name);
}

static int compare_named(const void *a, const void *b)
{
    const struct named_study *x = a, *y = b;
    int order = strcmp(x->nct_id, y->nct_id);

    return order != 0 ? order : strcmp(x->watch->name, y->watch->name);
}

static void fill(struct watch_set *set, const struct watch *const *watches, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        set->by_name[set->watch_count++] = watches[i];
        for (size_t j = 0; j < watches[i]->study_count; j++)
            set->named[set->named_count++] = (struct named_study){watches[i]->studies[j], watches[i]};
    }
    qsort(set->by_name, set->watch_count, sizeof(struct watch *), compare_watches);
    qsort(set->named, set->named_count, sizeof(*set->named), compare_named);
    for (size_t i = 0; i < set->watch_count; i++)
        if (set->by_name[i]->all_studies)
            set->of_all[set->of_all_count++] = set->by_name[i];
    for (size_t i = 0; i < set->watch_count; i++)
        if (watch_has_query(set->by_name[i]))
            set->with_query[set->with_query_count++] = set->by_name[i];
}

static void drop_repetitions(struct watch_set *set)
{
    size_t kept = 0;

    for (size_t i = 0; i < set->named_count; i++) {
        const struct named_study *named = &set->named[i];
        bool same_study = kept > 0 && strcmp(set->named[kept - 1].nct_id, named->nct_id) == 0;

        if (same_study && set->named[kept - 1].watch == named->watch)
            continue;
        if (!same_study)
            set->studies[set->study_count++] = named->nct_id;
        set->named[kept++] = *named;
    }
    set->named_count = kept;
}

int watch_set_new(const struct watch *const *watches, size_t count, struct watch_set **ret)
{
    _cleanup_(watch_set_free_cleanup) struct watch_set *set = calloc(1, sizeof(*set));
    size_t named_count = 0, of_all_count = 0, with_query_count = 0;

    if (!set)
        return -ENOMEM;
    for (size_t i = 0; i < count; i++) {
        named_count += watches[i]->study_count;
        of_all_count += watches[i]->all_studies;
        with_query_count += watch_has_query(watches[i]);
    }
    set->named = calloc(named_count + 1, sizeof(*set->named));
    set->studies = calloc(named_count + 1, sizeof(*set->studies));
    set->by_name = calloc(count + 1, sizeof(*set->by_name));
    set->of_all = calloc(of_all_count + 1, sizeof(*set->of_all));
    set->with_query = calloc(with_query_count + 1, sizeof(*set->with_query));
    if (!set->named || !set->studies || !set->by_name || !set->of_all || !set->with_query)
        return -ENOMEM;
    fill(set, watches, count);
    drop_repetitions(set);
    int r = watch_index_new(set->of_all, set->of_all_count, &set->index);
    if (r == 0)
        *ret = TAKE_PTR(set);
    return r;
}

void watch_set_free(struct watch_set *set)
{
    if (!set)
        return;
    free(set->named);
    free(set->studies);
    free(set->by_name);
    free(set->of_all);
    free(set->with_query);
    watch_index_free(set->index);
    free(set);
}

const char *const *watch_set_studies(const struct watch_set *set, size_t *ret_count)
{
    *ret_count = set->study_count;
    return set->studies;
}

const struct watch *const *watch_set_queries(const struct watch_set *set, size_t *ret_count)
{
    *ret_count = set->with_query_count;
    return set->with_query;
}

const struct watch *const *watch_set_of_all(const struct watch_set *set, size_t *ret_count)
{
    *ret_count = set->of_all_count;
    return set->of_all;
}

const struct watch *watch_set_find(const struct watch_set *set, const char *name)
{
    size_t low = 0, high = set->watch_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = strcmp(set->by_name[middle]->name, name);
        if (order == 0)
            return set->by_name[middle];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

/* The first entry of the id, or where it would be. */
static size_t find_named(const struct watch_set *set, const char *nct_id)
{
    size_t low = 0, high = set->named_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (strcmp(set->named[middle].nct_id, nct_id) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Whether the watch was visited already: it watches all, or names the study by one of the ids before. */
static bool visited_before(const struct watch_set *set, const struct watch *watch, const struct study *study,
                           size_t number)
{
    if (watch->all_studies)
        return true;
    for (size_t i = 0; i < number; i++) {
        const struct named_study named = {study_id(study, i), watch};
        if (set->named_count > 0 && bsearch(&named, set->named, set->named_count, sizeof(named), compare_named))
            return true;
    }
    return false;
}

static void visit_named(const struct watch_set *set, const struct study *study, watch_visitor *visit, void *userdata)
{
    const char *nct_id;

    for (size_t number = 0; (nct_id = study_id(study, number)); number++) {
        size_t i = *nct_id ? find_named(set, nct_id) : set->named_count;
        for (; i < set->named_count && strcmp(set->named[i].nct_id, nct_id) == 0; i++)
            if (!visited_before(set, set->named[i].watch, study, number))
                visit(set->named[i].watch, userdata);
    }
}

void watch_set_visit(const struct watch_set *set, const struct study *study, watch_visitor *visit, void *userdata)
{
    for (size_t i = 0; i < set->of_all_count; i++)
        visit(set->of_all[i], userdata);
    visit_named(set, study, visit, userdata);
}

int watch_set_visit_concerned(const struct watch_set *set, const struct study *after, const struct change_list *changes,
                              watch_visitor *visit, void *userdata)
{
    _cleanup_free_ uint64_t *found = NULL;
    int r = watch_index_find(set->index, after, changes, &found);

    if (r < 0)
        return r;
    for (size_t i = 0; i < set->of_all_count; i += 64)
        for (uint64_t bits = found[i / 64]; bits > 0; bits &= bits - 1)
            visit(set->of_all[i + (size_t)__builtin_ctzll(bits)], userdata);
    visit_named(set, after, visit, userdata);
    return 0;
}
