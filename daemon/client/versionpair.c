#include "client/versionpair.h"

#include "client/describe.h"
#include "history/sites.h"
#include "trial/archived.h"

#include <errno.h>
#include <stdlib.h>

/* Which site is which by the numbers that the history gave them; across more than one version that knows more than the
 * two lists do. */
static int map_by_number(struct store *store, const struct version_side *before, const struct version_side *after,
                         struct site_map *ret, long **ret_numbers, struct error *e)
{
    _cleanup_free_ long *old_numbers = NULL, *new_numbers = NULL;
    _cleanup_site_map_ struct site_map map = {0};
    size_t old_count = 0, new_count = 0;
    int r =
        history_sites_of_version(store, before->version.nct_id, before->version.number, &old_numbers, &old_count, e);

    if (r == 0)
        r = history_sites_of_version(store, after->version.nct_id, after->version.number, &new_numbers, &new_count, e);
    if (r < 0)
        return r;
    map = (struct site_map){.old_count = old_count, .new_count = new_count};
    map.new_of_old = calloc(old_count + 1, sizeof(size_t));
    map.old_of_new = calloc(new_count + 1, sizeof(size_t));
    if (!map.new_of_old || !map.old_of_new)
        return error_set(e, -ENOMEM, "no memory to compare sites");
    for (size_t i = 0; i < old_count; i++)
        map.new_of_old[i] = SITE_NONE;
    for (size_t j = 0; j < new_count; j++) {
        map.old_of_new[j] = SITE_NONE;
        for (size_t i = 0; i < old_count && map.old_of_new[j] == SITE_NONE; i++)
            if (old_numbers[i] == new_numbers[j]) {
                map.old_of_new[j] = i;
                map.new_of_old[i] = j;
            }
    }
    *ret = map;
    map = (struct site_map){0};
    *ret_numbers = TAKE_PTR(new_numbers);
    return 0;
}

static bool fits(const struct site_map *map, const struct version_side *before, const struct version_side *after)
{
    return map->old_count == study_location_count(before->study) &&
           map->new_count == study_location_count(after->study);
}

/* Of two versions of which not both were seen, only a part compares. */
static int compare_parts(const struct version_side *before, const struct version_side *after, struct change_list *ret,
                         struct error *e)
{
    _cleanup_study_ struct study *old = NULL, *new = NULL;
    _cleanup_site_map_ struct site_map map = {0};
    int r = archived_comparable(before->study, &old, e);

    if (r == 0)
        r = archived_comparable(after->study, &new, e);
    if (r < 0)
        return r;
    r = sites_match(old, new, &map);
    return r < 0 ? error_set(e, r, "no memory to compare sites") : diff_studies(old, new, &map, ret, e);
}

int versionpair_compare(struct store *store, const struct version_side *before, const struct version_side *after,
                        struct change_list *ret, struct error *e)
{
    _cleanup_site_map_ struct site_map map = {0};
    _cleanup_free_ long *numbers = NULL;

    if (before->version.origin != VERSION_SEEN || after->version.origin != VERSION_SEEN)
        return compare_parts(before, after, ret, e);
    if (map_by_number(store, before, after, &map, &numbers, NULL) < 0 || !fits(&map, before, after)) {
        site_map_free(&map);
        int r = sites_match(before->study, after->study, &map);
        if (r < 0)
            return error_set(e, r, "no memory to compare sites");
    }
    int r = diff_studies(before->study, after->study, &map, ret, e);
    for (size_t i = 0; r == 0 && numbers && i < ret->count; i++)
        if (ret->items[i].new_index < map.new_count)
            ret->items[i].site = numbers[ret->items[i].new_index];
    return r;
}

void versionpair_describe(struct buf *out, struct store *store, const struct version_side *before,
                          const struct version_side *after, const struct change *change)
{
    if (change->new_index < study_location_count(after->study))
        describe_change_at(out, change, study_location(after->study, change->new_index),
                           study_effective_status(after->study, change->new_index));
    else if (change->old_index < study_location_count(before->study))
        describe_change_at(out, change, study_location(before->study, change->old_index), NULL);
    else
        describe_change(out, store, after->version.nct_id, change);
}
