#include "trial/diff_internal.h"

#include <errno.h>
#include <string.h>

/* Objects are entered as long as the path to them is shorter; below, a value is compared as a whole. The longest path
 * of the registry's model has some 90 bytes. */
#define MAX_ENTERED_PATH_BYTES 512

/* Where a change can follow from the overall status alone. */
#define SITES_PATH "protocolSection.contactsLocationsModule.locations"

static int diff_value(struct differ *differ, const json_t *before, const json_t *after);

/* Appends a key to the path; *ret_len is the path's length before. */
static int enter_key(struct differ *differ, const char *key, size_t *ret_len)
{
    *ret_len = differ->path.len;
    if (differ->path.len > 0)
        buf_append(&differ->path, ".", 1);
    for (; *key; key++) {
        if (*key == '.' || *key == '\\')
            buf_append(&differ->path, "\\", 1);
        buf_append(&differ->path, key, 1);
    }
    return buf_status(&differ->path);
}

static void leave_key(struct differ *differ, size_t len)
{
    differ->path.len = len;
    if (differ->path.data) /* an empty key of the record itself appends nothing */
        differ->path.data[len] = '\0';
}

/* Whether sites under the path may have opened or closed with the study although nothing under it changed. */
static bool may_move_sites(const struct differ *differ)
{
    return strcmp(study_overall_status(differ->before), study_overall_status(differ->after)) != 0 &&
           strncmp(SITES_PATH, buf_string(&differ->path), differ->path.len) == 0 &&
           (SITES_PATH[differ->path.len] == '.' || SITES_PATH[differ->path.len] == '\0');
}

static int compare_keys(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The keys of both objects, either of which may be absent, each once and sorted. The caller frees the array. */
static int collect_keys(const json_t *before, const json_t *after, const char ***ret, size_t *ret_count)
{
    const char **keys = calloc(json_object_size(before) + json_object_size(after) + 1, sizeof(*keys));
    const char *key;
    json_t *value;
    size_t count = 0;

    if (!keys)
        return -ENOMEM;
    json_object_foreach ((json_t *)before, key, value)
        keys[count++] = key;
    json_object_foreach ((json_t *)after, key, value)
        if (!json_object_get(before, key))
            keys[count++] = key;
    qsort(keys, count, sizeof(*keys), compare_keys);
    *ret = keys;
    *ret_count = count;
    return 0;
}

/* Two objects, either of which may be absent. */
static int diff_members(struct differ *differ, enum kind kind, const json_t *before, const json_t *after)
{
    _cleanup_free_ const char **keys = NULL;
    size_t count;
    size_t len;

    int r = collect_keys(before, after, &keys, &count);
    for (size_t i = 0; r == 0 && i < count; i++) {
        const json_t *old = json_object_get(before, keys[i]);
        const json_t *new = json_object_get(after, keys[i]);
        r = enter_key(differ, keys[i], &len);
        if (r == 0 && (!diff_same(old, new) || may_move_sites(differ)))
            r = diff_value(differ, old, new);
        if (r == 0)
            leave_key(differ, len);
    }
    return r < 0 ? r : diff_container(differ, kind, before, after);
}

/* Whether the values are compared member by member: two objects, or one where rules below ask for its parts. */
static bool is_entered(const struct differ *differ, const struct path_rule *rule, const json_t *before,
                       const json_t *after)
{
    const char *path = buf_string(&differ->path);

    if (differ->path.len > MAX_ENTERED_PATH_BYTES)
        return false;
    if ((before && !json_is_object(before)) || (after && !json_is_object(after)))
        return false;
    return kind_rule_below(path) || (before && after && rule->grain == GRAIN_LEAVES);
}

/* Results are news once; what is edited later is not. */
static void weigh_results(struct change *change)
{
    bool had = change->before && !json_is_false(change->before);
    bool has = change->after && !json_is_false(change->after);

    if (had || !has)
        change->weight = WEIGHT_ROUTINE;
}

static int diff_whole(struct differ *differ, const struct path_rule *rule, const json_t *before, const json_t *after)
{
    struct change *change = change_list_add(&differ->changes, rule->kind, buf_string(&differ->path), before, after);

    if (!change)
        return -ENOMEM;
    if (rule->kind == KIND_RESULTS)
        weigh_results(change);
    else if (rule->grain == GRAIN_TEXT)
        diff_weigh_text(change);
    return 0;
}

/* The values at differ->path, which differ, or whose sites may have moved with the study. */
static int diff_value(struct differ *differ, const json_t *before, const json_t *after)
{
    const struct path_rule *rule = kind_rule_for_path(buf_string(&differ->path));

    if (rule->grain == GRAIN_IGNORED)
        return 0;
    if (rule->grain == GRAIN_SITES && diff_is_list(before) && diff_is_list(after))
        return diff_sites(differ, before, after);
    if (rule->grain == GRAIN_ITEMS && diff_items_fit(before, after))
        return diff_items(differ, rule->kind, before, after);
    if (is_entered(differ, rule, before, after))
        return diff_members(differ, rule->kind, before, after);
    if (diff_same(before, after))
        return 0;
    return diff_whole(differ, rule, before, after);
}

static int check_pair(const struct study *before, const struct study *after, const struct site_map *map,
                      struct error *e)
{
    if (!study_answers_to(before, study_nct_id(after)) && !study_answers_to(after, study_nct_id(before)))
        return error_set(e, -EINVAL, "%s and %s are two studies, not two versions of one", study_nct_id(before),
                         study_nct_id(after));
    if (map->old_count != study_location_count(before) || map->new_count != study_location_count(after))
        return error_set(e, -EINVAL, "the map of sites is not that of these two records of %s", study_nct_id(after));
    return 0;
}

int diff_studies(const struct study *before, const struct study *after, const struct site_map *map,
                 struct change_list *ret, struct error *e)
{
    struct differ differ = {.before = before, .after = after, .map = map};

    int r = check_pair(before, after, map, e);
    if (r < 0)
        return r;
    r = diff_members(&differ, KIND_OTHER, study_record(before), study_record(after));
    buf_free(&differ.path);
    if (r < 0) {
        change_list_free(&differ.changes);
        return error_set(e, -ENOMEM, "no memory to compare two versions of %s", study_nct_id(after));
    }
    *ret = differ.changes;
    return 0;
}
