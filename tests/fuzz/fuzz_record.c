/* Any bytes as a study record: it is refused with a sentence, or everything that is asked of a study holds. */
#include "trial/glance.h"
#include "trial/sites.h"
#include "trial/study.h"

#include <stdlib.h>
#include <string.h>

static void require(bool holds)
{
    if (!holds)
        abort();
}

/* In as many digits as a real needs at least, or at most. */
static bool is_written_by_jansson(const json_t *value, const char *text)
{
    const size_t flags = JSON_SORT_KEYS | JSON_COMPACT;
    char *few = json_dumps(value, flags | JSON_REAL_PRECISION(15));
    char *many = json_dumps(value, flags | JSON_REAL_PRECISION(17));
    bool is = strcmp(few, text) == 0 || strcmp(many, text) == 0;

    free(few);
    free(many);
    return is;
}

/* The canonical bytes are those that jansson writes, and a record themselves: the same one. */
static void check_canonical(const struct study *study)
{
    _cleanup_study_ struct study *again = NULL;
    size_t len, again_len;
    const char *canonical = study_canonical(study, &len);

    require(is_written_by_jansson(study_record(study), canonical));
    require(study_from_text(canonical, len, &again, NULL) == 0);
    const char *again_canonical = study_canonical(again, &again_len);
    require(len == again_len && memcmp(canonical, again_canonical, len) == 0);
    require(memcmp(study_hash(study), study_hash(again), STUDY_HASH_BYTES) == 0);
    require(json_equal((json_t *)study_record(study), (json_t *)study_record(again)));
}

/* A record's sites are its own counterparts, one to one, and equal to them. */
static void check_sites(const struct study *study)
{
    _cleanup_site_map_ struct site_map map = {0};

    require(sites_match(study, study, &map) == 0);
    require(map.old_count == study_location_count(study) && map.new_count == map.old_count);
    for (size_t i = 0; i < map.old_count; i++) {
        require(study_effective_status(study, i) != NULL);
        require(map.new_of_old[i] < map.new_count && map.old_of_new[map.new_of_old[i]] == i);
        require(json_equal((json_t *)study_location(study, i), (json_t *)study_location(study, map.new_of_old[i])));
    }
}

/* What a glance tells of a record is what decoding it tells. */
static void check_glance(const struct study *study, const char *text, size_t size)
{
    static const struct glance_key key = {{1, 2, 3}};
    struct glance glance;
    size_t len;

    if (glance_at_record(&key, text, size, &glance) != 0)
        return;
    require(strcmp(glance.nct_id, study_nct_id(study)) == 0 && !study_id(study, 1));
    require(glance_recognise(&key, &glance, text, size, &len) == 1 && len == size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    _cleanup_study_ struct study *study = NULL;
    struct error e = {0};

    if (study_from_text((const char *)data, size, &study, &e) < 0) {
        require(e.text[0] != '\0' && study == NULL);
        return 0;
    }
    require(strlen(study_nct_id(study)) == STUDY_NCT_ID_BYTES - 1);
    require(study_title(study) && study_overall_status(study) && study_sponsor(study));
    require(study_answers_to(study, study_nct_id(study)));
    require(!study_string_at(study, "derivedSection.miscInfoModule.versionHolder"));
    check_canonical(study);
    check_sites(study);
    check_glance(study, (const char *)data, size);
    return 0;
}
