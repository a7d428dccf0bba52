#include "match_world.h"

#include "base/clock.h"
#include "trial/sites.h"

#include <glob.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_EDITS ((size_t)500)
#define MAX_PATH_BYTES 512
#define SITES_PATH "protocolSection.contactsLocationsModule.locations"
#define NAME_BYTES 12

static size_t random_below(size_t end)
{
    return (size_t)random() % end;
}

/* Never fails in a bench. */
static void *need(void *memory)
{
    if (!memory)
        abort();
    return memory;
}

static json_t *load_record(const char *path, size_t number)
{
    char nct_id[32];
    json_t *record = json_load_file(path, 0, NULL);
    json_t *protocol = json_object_get(record, "protocolSection");

    snprintf(nct_id, sizeof(nct_id), "NCT%08zu", number);
    json_object_set_new(json_object_get(protocol, "identificationModule"), "nctId", json_string(nct_id));
    return record;
}

static struct study *load_study(const char *path, size_t number)
{
    json_t *record = load_record(path, number);
    struct study *study = NULL;
    struct error e;

    if (study_from_json(record, &study, &e) < 0)
        study = NULL;
    json_decref(record);
    return study;
}

static size_t id_of(size_t number)
{
    return number * 119 % REGISTRY_STUDIES;
}

static bool is_same_study(const char *path, const char *other)
{
    return strncmp(path, other, (size_t)(strrchr(path, '/') - path)) == 0;
}

static bool load_pair(const char *before_path, const char *after_path, size_t number, struct changed_study *ret)
{
    _cleanup_study_ struct study *before = load_study(before_path, id_of(number));
    _cleanup_site_map_ struct site_map map = {0};
    struct error e;

    ret->after = load_study(after_path, id_of(number));
    return before && ret->after && sites_match(before, ret->after, &map) == 0 &&
           diff_studies(before, ret->after, &map, &ret->changes, &e) == 0 && ret->changes.count > 0;
}

static size_t load_pairs(const char *registry, struct changed_study *ret, size_t count)
{
    char pattern[4096];
    glob_t files;
    size_t loaded = 0;

    snprintf(pattern, sizeof(pattern), "%s/versions/NCT*/*.json", registry);
    if (glob(pattern, 0, NULL, &files) != 0)
        return 0;
    for (size_t i = 1; i < files.gl_pathc && loaded < count; i++)
        if (is_same_study(files.gl_pathv[i - 1], files.gl_pathv[i]))
            loaded += load_pair(files.gl_pathv[i - 1], files.gl_pathv[i], loaded, &ret[loaded]);
    globfree(&files);
    return loaded;
}

/* One of the registry's own edits, of which only the difference is there: kinds of changes. */
struct edit {
    struct change_list changes;
};

/* Without the numbers of items: "a.locations.status" of "/a/locations/7/status". Returns the number of the first. */
static long path_without_numbers(const char *pointer, char path[static MAX_PATH_BYTES])
{
    long number = -1;
    size_t len = 0;

    while (*pointer == '/' && len + strcspn(pointer + 1, "/") + 2 < MAX_PATH_BYTES) {
        size_t part = strcspn(++pointer, "/");
        if (strspn(pointer, "0123456789-") != part)
            len += (size_t)sprintf(path + len, "%s%.*s", len > 0 ? "." : "", (int)part, pointer);
        else if (number < 0)
            number = strtol(pointer, NULL, 10);
        pointer += part;
    }
    path[len] = '\0';
    return number;
}

static enum kind kind_at_site(const char *path, const json_t *operation)
{
    const char *what = json_string_value(json_object_get(operation, "op"));
    const json_t *value = json_object_get(operation, "value");
    const char *status = json_string_value(json_is_object(value) ? json_object_get(value, "status") : value);
    bool recruits = status && strcmp(status, "RECRUITING") == 0;

    if (strcmp(path, SITES_PATH) == 0)
        return strcmp(what, "remove") == 0 ? KIND_SITE_REMOVED : recruits ? KIND_SITE_OPENED : KIND_SITE_ADDED;
    if (strncmp(path + strlen(SITES_PATH), ".status", strlen(".status")) == 0)
        return recruits ? KIND_SITE_OPENED : KIND_SITE_CLOSED;
    return strstr(path, "contacts") ? KIND_SITE_CONTACT : KIND_SITE_OTHER;
}

/* A site has one change, and so has a kind of the study. */
static void add_operation(struct change_list *list, const json_t *operation)
{
    char path[MAX_PATH_BYTES];
    long site = path_without_numbers(json_string_value(json_object_get(operation, "path")), path);
    bool of_site = strncmp(path, SITES_PATH, strlen(SITES_PATH)) == 0 && site >= 0;
    enum kind kind = of_site ? kind_at_site(path, operation) : kind_rule_for_path(path)->kind;

    for (size_t i = 0; i < list->count; i++)
        if (of_site ? list->items[i].old_index == (size_t)site : list->items[i].kind == kind)
            return;
    list->items = need(reallocarray(list->items, list->count + 1, sizeof(*list->items)));
    list->items[list->count++] = (struct change){
        .kind = kind,
        .weight = kind_info(kind)->weight,
        .old_index = of_site ? (size_t)site : SITE_NONE,
        .new_index = SITE_NONE,
    };
}

static size_t load_edits(const char *registry, struct edit *ret, size_t count)
{
    char pattern[4096];
    glob_t files;
    size_t loaded = 0;

    snprintf(pattern, sizeof(pattern), "%s/patches/NCT*.json", registry);
    if (glob(pattern, 0, NULL, &files) != 0)
        return 0;
    for (size_t i = 0; i < files.gl_pathc && loaded < count; i++) {
        json_t *record = json_load_file(files.gl_pathv[i], 0, NULL), *operation;
        struct change_list *list = &ret[loaded].changes;
        size_t number;
        *list = (struct change_list){0};
        json_array_foreach (json_object_get(record, "patch"), number, operation)
            add_operation(list, operation);
        loaded += list->count > 0;
        json_decref(record);
    }
    globfree(&files);
    return loaded;
}

/* The edit's changes, those of sites at sites of this study. */
static void take_over_edit(struct changed_study *ret, const struct edit *edit)
{
    size_t sites = study_location_count(ret->after);

    ret->changes.items = need(calloc(edit->changes.count, sizeof(*ret->changes.items)));
    for (size_t i = 0; i < edit->changes.count; i++) {
        struct change change = edit->changes.items[i];
        bool of_site = change.old_index != SITE_NONE;
        if (of_site && sites == 0)
            continue;
        change.old_index = SITE_NONE;
        change.new_index = of_site ? random_below(sites) : SITE_NONE;
        ret->changes.items[ret->changes.count++] = change;
    }
}

size_t world_load_studies(const char *registry, struct changed_study *ret, size_t count)
{
    static struct edit edits[MAX_EDITS];
    size_t edit_count = load_edits(registry, edits, MAX_EDITS), loaded = load_pairs(registry, ret, count);
    char pattern[4096];
    glob_t files;

    snprintf(pattern, sizeof(pattern), "%s/records/NCT*.json", registry);
    if (edit_count == 0 || glob(pattern, 0, NULL, &files) != 0)
        return 0;
    for (size_t i = 0; loaded < count; i++) {
        struct changed_study *study = &ret[loaded];
        study->after = load_study(files.gl_pathv[i % files.gl_pathc], id_of(loaded));
        if (!study->after)
            continue;
        take_over_edit(study, &edits[random_below(edit_count)]);
        loaded++;
    }
    globfree(&files);
    for (size_t i = 0; i < edit_count; i++)
        free(edits[i].changes.items);
    return loaded;
}

void world_free_studies(struct changed_study *studies, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        change_list_free(&studies[i].changes);
        study_free(studies[i].after);
    }
    free(studies);
}

static char *make_text(const char *format, size_t number)
{
    char *text = NULL;

    if (asprintf(&text, format, number) < 0)
        abort();
    return text;
}

static char **one_name(const char *name)
{
    char **names = need(calloc(1, sizeof(*names)));

    names[0] = need(strdup(name));
    return names;
}

/* A site of the changed studies that says where it is. */
static const json_t *random_site(const struct changed_study *studies, size_t count)
{
    for (;;) {
        const struct study *study = studies[random_below(count)].after;
        size_t sites = study_location_count(study);
        const json_t *site = sites > 0 ? study_location(study, random_below(sites)) : NULL;
        if (json_object_get(site, "geoPoint") && json_object_get(site, "country") && json_object_get(site, "city"))
            return site;
    }
}

static void set_place(struct watch *watch, const json_t *site, size_t lot)
{
    const json_t *point = json_object_get(site, "geoPoint");

    if (lot < 48) {
        watch->near = (struct watch_near){.set = true,
                                          .lat = json_number_value(json_object_get(point, "lat")),
                                          .lon = json_number_value(json_object_get(point, "lon")),
                                          .within_km = 50 + 250 * (double)random_below(101) / 100};
    } else if (lot < 88) {
        watch->countries = one_name(json_string_value(json_object_get(site, "country")));
        watch->country_count = 1;
    } else if (lot < 96) {
        watch->cities = one_name(json_string_value(json_object_get(site, "city")));
        watch->city_count = 1;
    } else if (random_below(100) > 0) {
        watch->near = (struct watch_near){.set = true, .lat = -75, .lon = 0, .within_km = 100};
    }
}

static void watch_all(struct watch *watch, const struct changed_study *studies, size_t count)
{
    static const enum kind asked_for[] = {KIND_SITE_OPENED, KIND_SITE_OPENED, KIND_SITE_CLOSED, KIND_STATUS,
                                          KIND_RESULTS};

    watch->all_studies = true;
    for (size_t kinds = 1 + random_below(2); kinds > 0; kinds--)
        watch->kinds |= UINT64_C(1) << asked_for[random_below(sizeof(asked_for) / sizeof(*asked_for))];
    set_place(watch, random_site(studies, count), random_below(100));
}

static void make_watch(struct watch *watch, size_t number, size_t of_all_percent, const struct changed_study *studies,
                       size_t study_count)
{
    size_t lot = random_below(100);

    *watch = (struct watch){.name = make_text("w%07zu", number), .channel_count = 1};
    watch->channels = one_name("");
    free(watch->channels[0]);
    watch->channels[0] = make_text("channel-%03zu", random_below(WORLD_CHANNELS));
    if (lot < of_all_percent) {
        watch_all(watch, studies, study_count);
        return;
    }
    watch->kinds = watch_default_kinds();
    watch->weights = watch_default_weights();
    if (lot < of_all_percent + 15) {
        watch->query.condition = make_text("condition %zu", number);
        return;
    }
    watch->studies = need(calloc(5, sizeof(*watch->studies)));
    for (size_t i = 1 + random_below(5); i > 0; i--)
        watch->studies[watch->study_count++] = make_text("NCT%08zu", random_below(REGISTRY_STUDIES));
}

static int compare_ids(const void *a, const void *b)
{
    return strcmp(a, b);
}

static char (*make_members(void))[STUDY_NCT_ID_BYTES]
{
    char(*ids)[STUDY_NCT_ID_BYTES] = need(calloc(STUDIES_A_QUERY, sizeof(*ids)));

    for (size_t i = 0; i < STUDIES_A_QUERY; i++) {
        char nct_id[32];
        snprintf(nct_id, sizeof(nct_id), "NCT%08zu", random_below(REGISTRY_STUDIES));
        memcpy(ids[i], nct_id, sizeof(*ids));
    }
    qsort(ids, STUDIES_A_QUERY, sizeof(*ids), compare_ids);
    return ids;
}

static size_t allocated_bytes(void)
{
    struct mallinfo2 info = mallinfo2();

    return info.uordblks + info.hblkhd;
}

static void index_crowd(struct crowd *crowd)
{
    size_t before_bytes = allocated_bytes(), count;
    int64_t start_usec = clock_stopwatch_usec();

    if (watch_set_new(crowd->pointers, crowd->count, &crowd->set) < 0 || plan_new(crowd->set, &crowd->plan) < 0)
        abort();
    struct plan_query *queries = plan_queries(crowd->plan, &count);
    for (size_t i = 0; i < count; i++) {
        size_t bytes = STUDIES_A_QUERY * sizeof(*queries[i].before);
        queries[i].before = need(malloc(bytes));
        queries[i].before_count = STUDIES_A_QUERY;
        memcpy(queries[i].before, crowd->members[queries[i].watch - crowd->watches], bytes);
    }
    if (plan_finish(crowd->plan) < 0)
        abort();
    crowd->build_usec = clock_stopwatch_usec() - start_usec;
    crowd->index_bytes = (int64_t)(allocated_bytes() - before_bytes);
}

void world_make_crowd(struct crowd *crowd, size_t count, size_t of_all_percent, const struct changed_study *studies,
                      size_t study_count)
{
    *crowd = (struct crowd){.count = count};
    crowd->watches = need(calloc(count, sizeof(*crowd->watches)));
    crowd->pointers = need(calloc(count, sizeof(const struct watch *)));
    crowd->members = need(calloc(count, sizeof(*crowd->members)));
    srandom(7);
    for (size_t i = 0; i < count; i++) {
        make_watch(&crowd->watches[i], i, of_all_percent, studies, study_count);
        crowd->pointers[i] = &crowd->watches[i];
        crowd->members[i] = watch_has_query(&crowd->watches[i]) ? make_members() : NULL;
    }
    index_crowd(crowd);
}

void world_free_crowd(struct crowd *crowd)
{
    plan_free(crowd->plan);
    watch_set_free(crowd->set);
    for (size_t i = 0; i < crowd->count; i++)
        watch_clear(&crowd->watches[i]);
    for (size_t i = 0; i < crowd->count; i++)
        free(crowd->members[i]);
    free(crowd->members);
    free(crowd->pointers);
    free(crowd->watches);
}

size_t world_channel(const struct watch *watch)
{
    return strtoul(watch->channels[0] + strlen("channel-"), NULL, 10);
}
