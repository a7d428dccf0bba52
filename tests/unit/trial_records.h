/* Studies for the tests of trial/: from text, from the real registry records where they are, and a random source. */
#pragma once

#include "check.h"

#include "trial/study.h"

#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LOCATIONS_PATH "protocolSection.contactsLocationsModule.locations"

/* The folder with real records, or NULL after saying that the test skips them. */
static inline const char *registry_folder(void)
{
    const char *folder = getenv("TRIALWATCH_REGISTRY");
    const char *source = getenv("srcdir");
    static char beside[512];
    char path[600];

    if (!folder) {
        snprintf(beside, sizeof(beside), "%s/../shared/registry", source ? source : ".");
        folder = beside;
    }
    snprintf(path, sizeof(path), "%s/README.md", folder);
    FILE *readme = fopen(path, "r");
    if (!readme) {
        print_message("skipped: no real registry records at %s (TRIALWATCH_REGISTRY names them)\n", folder);
        return NULL;
    }
    fclose(readme);
    return folder;
}

/* The files of the registry folder that match, sorted. */
static inline void registry_files(const char *pattern, glob_t *ret)
{
    _cleanup_free_ char *path = NULL;

    assert_true(asprintf(&path, "%s/%s", registry_folder(), pattern) > 0);
    assert_int_equal(glob(path, 0, NULL, ret), 0);
}

static inline struct study *study_of(json_t *record)
{
    struct study *study = NULL;
    struct error e = {0};

    if (study_from_json(record, &study, &e) < 0)
        fail_msg("%s", e.text);
    json_decref(record);
    return study;
}

static inline struct study *study_of_text(const char *text)
{
    struct study *study = NULL;
    struct error e = {0};

    if (study_from_text(text, strlen(text), &study, &e) < 0)
        fail_msg("%s", e.text);
    return study;
}

static inline json_t *json_of_file(const char *path)
{
    json_error_t error;
    json_t *json = json_load_file(path, 0, &error);

    if (!json)
        fail_msg("%s: %s", path, error.text);
    return json;
}

typedef void pair_check(const struct study *before, const struct study *after);

/* Each two versions of a real study that follow each other. */
static inline void each_real_pair(pair_check *check)
{
    glob_t folders, files;

    registry_files("versions/NCT*", &folders);
    for (size_t i = 0; i < folders.gl_pathc; i++) {
        _cleanup_free_ char *pattern = NULL;
        assert_true(asprintf(&pattern, "versions/%s/*.json", strrchr(folders.gl_pathv[i], '/') + 1) > 0);
        registry_files(pattern, &files);
        for (size_t k = 1; k < files.gl_pathc; k++) {
            _cleanup_study_ struct study *before = study_of(json_of_file(files.gl_pathv[k - 1]));
            _cleanup_study_ struct study *after = study_of(json_of_file(files.gl_pathv[k]));
            check(before, after);
        }
        globfree(&files);
    }
    globfree(&folders);
}

/* A study of which only id, overall status and locations matter; takes over the locations. */
static inline struct study *study_with_sites(const char *overall_status, json_t *locations)
{
    return study_of(json_pack("{s:{s:{s:s},s:{s:s},s:{s:o}}}", "protocolSection", "identificationModule", "nctId",
                              "NCT01234567", "statusModule", "overallStatus", overall_status, "contactsLocationsModule",
                              "locations", locations));
}

/* xorshift64*: the same numbers in every run. */
struct random_source {
    uint64_t state;
};

static inline uint64_t random_next(struct random_source *random)
{
    random->state ^= random->state >> 12;
    random->state ^= random->state << 25;
    random->state ^= random->state >> 27;
    return random->state * UINT64_C(0x2545F4914F6CDD1D);
}

/* Below limit, which is above 0. */
static inline size_t random_below(struct random_source *random, size_t limit)
{
    return (size_t)((random_next(random) >> 16) % limit);
}

static inline void shuffle_array(struct random_source *random, json_t *array)
{
    for (size_t i = json_array_size(array); i > 1; i--) {
        size_t j = random_below(random, i);
        json_t *a = json_incref(json_array_get(array, i - 1));
        json_t *b = json_incref(json_array_get(array, j));
        json_array_set_new(array, i - 1, b);
        json_array_set_new(array, j, a);
    }
}

/* A value of random shape, small enough that two of them often meet at the same paths. */
static inline json_t *random_value(struct random_source *random, unsigned depth)
{
    static const char *const keys[] = {"a", "b", "status", "zip", "facility", "measure", ""};
    static const char *const texts[] = {"", "RECRUITING", "x y", "x  y", "Research Site", "1. a"};
    size_t kind = random_below(random, depth > 3 ? 5 : 8);
    json_t *value;

    switch (kind) {
    case 0:
        return json_null();
    case 1:
        return json_boolean(random_below(random, 2));
    case 2:
        return json_integer((json_int_t)random_below(random, 3));
    case 3:
        return json_real((double)random_below(random, 3) / 3 - 0.0);
    case 4:
        return json_string(texts[random_below(random, ARRAY_SIZE(texts))]);
    case 5:
        value = json_array();
        for (size_t n = random_below(random, 4); n > 0; n--)
            json_array_append_new(value, random_value(random, depth + 1));
        return value;
    default:
        value = json_object();
        for (size_t n = random_below(random, 4); n > 0; n--)
            json_object_set_new(value, keys[random_below(random, ARRAY_SIZE(keys))], random_value(random, depth + 1));
        return value;
    }
}
