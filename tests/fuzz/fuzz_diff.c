/* Two records, parted by a NUL, as two versions of one study: the changes lead from one to the other and back, survive
 * their JSON, the sites' counterparts are one to one and mirror each other, and one version decoded beside the other is
 * what it is when decoded alone. */
#include "trial/diff.h"
#include "trial/sites.h"
#include "trial/study.h"

#include <stdlib.h>
#include <string.h>

static void require(bool holds)
{
    if (!holds)
        abort();
}

/* The record under an id that both have. */
static struct study *read_version(const uint8_t *data, size_t size)
{
    json_t *record = json_loadb((const char *)data, size, 0, NULL);
    json_t *section = json_object_get(record, "protocolSection");
    struct study *study = NULL;

    json_object_set_new(json_object_get(section, "identificationModule"), "nctId", json_string("NCT01234567"));
    if (record && study_from_json(record, &study, NULL) < 0)
        study = NULL;
    json_decref(record);
    return study;
}

static void check_map(const struct site_map *map)
{
    for (size_t i = 0; i < map->old_count; i++)
        require(map->new_of_old[i] == SITE_NONE ||
                (map->new_of_old[i] < map->new_count && map->old_of_new[map->new_of_old[i]] == i));
    for (size_t j = 0; j < map->new_count; j++)
        require(map->old_of_new[j] == SITE_NONE ||
                (map->old_of_new[j] < map->old_count && map->new_of_old[map->old_of_new[j]] == j));
}

static void check_mirror(const struct site_map *there, const struct site_map *back)
{
    require(there->old_count == back->new_count && there->new_count == back->old_count);
    require(memcmp(there->new_of_old, back->old_of_new, there->old_count * sizeof(size_t)) == 0);
}

static void reread(const struct change_list *changes, struct change_list *ret)
{
    ret->items = calloc(changes->count + 1, sizeof(*ret->items));
    require(ret->items != NULL);
    for (; ret->count < changes->count; ret->count++) {
        json_t *json = change_to_json(&changes->items[ret->count]);
        require(json != NULL);
        require(change_from_json(json, &ret->items[ret->count], NULL) == 0);
        json_decref(json);
    }
}

static void check_changes(const struct study *before, const struct study *after, const struct site_map *map)
{
    _cleanup_change_list_ struct change_list changes = {0}, read_back = {0};
    json_t *result = NULL;
    size_t len;

    require(diff_studies(before, after, map, &changes, NULL) == 0);
    reread(&changes, &read_back);
    require(diff_apply(study_record(before), &read_back, &result, NULL) == 0);
    _cleanup_free_ char *canonical = study_canonical_value(result);
    require(canonical && strcmp(canonical, study_canonical(after, &len)) == 0);
    json_decref(result);

    /* changes of another record are refused or applied, but never crash */
    result = NULL;
    if (diff_apply(study_record(after), &read_back, &result, NULL) == 0)
        json_decref(result);
}

static void check_shared(const struct study *study, const struct study *like)
{
    size_t len;
    const char *canonical = study_canonical(study, &len);
    _cleanup_study_ struct study *again = NULL;

    require(study_from_canonical(strdup(canonical), len, study_hash(study), like, &again, NULL) == 0);
    _cleanup_free_ char *rewritten = study_canonical_value(study_record(again));
    require(rewritten && strcmp(rewritten, canonical) == 0);
    require(json_equal((json_t *)study_record(again), (json_t *)study_record(study)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint8_t *gap = memchr(data, '\0', size);

    if (!gap)
        return 0;
    _cleanup_study_ struct study *before = read_version(data, (size_t)(gap - data));
    _cleanup_study_ struct study *after = before ? read_version(gap + 1, size - (size_t)(gap - data) - 1) : NULL;
    if (!after)
        return 0;

    _cleanup_site_map_ struct site_map there = {0}, back = {0};
    require(sites_match(before, after, &there) == 0);
    require(sites_match(after, before, &back) == 0);
    check_map(&there);
    check_mirror(&there, &back);
    check_changes(before, after, &there);
    check_changes(after, before, &back);
    check_shared(before, after);
    check_shared(after, before);
    return 0;
}
