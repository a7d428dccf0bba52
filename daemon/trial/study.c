#include "trial/study.h"

#include "base/text.h"
#include "trial/canonical.h"
#include "trial/shared_tree.h"

#include <errno.h>
#include <openssl/evp.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

struct study {
    json_t *record;
    char *canonical;
    size_t canonical_len;
    uint8_t hash[STUDY_HASH_BYTES];
    /* borrowed from record */
    const char *nct_id;
    const char *overall_status;
    const json_t *locations;
    size_t location_count;
};

static void unsign_zeros(json_t *value)
{
    const char *key;
    json_t *child;
    size_t i;

    if (json_is_real(value) && json_real_value(value) == 0)
        json_real_set(value, 0.0);
    else if (json_is_array(value))
        json_array_foreach (value, i, child)
            unsign_zeros(child);
    else if (json_is_object(value))
        json_object_foreach (value, key, child)
            unsign_zeros(child);
}

char *study_canonical_value(const json_t *value)
{
    struct canonical canonical;

    return canonical_write(value, &canonical) < 0 ? NULL : canonical.text;
}

/* Replaces object's member by a shallow copy of its own and returns it, or NULL. */
static json_t *own_member(json_t *object, const char *key)
{
    json_t *copy = json_copy(json_object_get(object, key));

    return copy && json_object_set_new(object, key, copy) == 0 ? copy : NULL;
}

/* The record without versionHolder; shares every other part with the original. NULL: no memory. */
static json_t *without_version_holder(json_t *record)
{
    json_t *derived = json_object_get(record, "derivedSection");
    json_t *misc = json_object_get(derived, "miscInfoModule");

    if (!json_object_get(misc, "versionHolder"))
        return json_incref(record);

    json_t *copy = json_copy(record);
    derived = own_member(copy, "derivedSection");
    misc = own_member(derived, "miscInfoModule");
    if (!misc) {
        json_decref(copy);
        return NULL;
    }
    json_object_del(misc, "versionHolder");
    if (json_object_size(misc) == 0)
        json_object_del(derived, "miscInfoModule");
    if (json_object_size(derived) == 0)
        json_object_del(copy, "derivedSection");
    return copy;
}

/* The value at a dotted path of objects, or NULL. */
static const json_t *value_at(const json_t *value, const char *path)
{
    while (value && *path) {
        size_t len = strcspn(path, ".");
        value = json_object_getn(value, path, len);
        path += len + (path[len] == '.');
    }
    return value;
}

static int check_locations(const json_t *locations, const char *nct_id, struct error *e)
{
    json_t *location;
    size_t i;

    if (json_array_size(locations) > STUDY_MAX_LOCATIONS)
        return error_set(e, -EBADMSG, "the record of %s lists %zu locations, more than the limit of %zu", nct_id,
                         json_array_size(locations), STUDY_MAX_LOCATIONS);
    json_array_foreach (locations, i, location)
        if (!json_is_object(location))
            return error_set(e, -EBADMSG, "location %zu in the record of %s is not a JSON object", i, nct_id);
    return 0;
}

/* Sets what points into the record. */
static int find_parts(struct study *study, struct error *e)
{
    if (!json_is_object(study->record))
        return error_set(e, -EBADMSG, "a study record must be a JSON object");

    study->nct_id = study_string_at(study, "protocolSection.identificationModule.nctId");
    if (!study->nct_id || !text_is_nct_id(study->nct_id))
        return error_set(e, -EBADMSG,
                         "a study record must have an NCT id at protocolSection.identificationModule.nctId");
    study->overall_status = study_string_at(study, "protocolSection.statusModule.overallStatus");
    study->locations = value_at(study->record, "protocolSection.contactsLocationsModule.locations");
    study->location_count = json_array_size(study->locations);
    return check_locations(study->locations, study->nct_id, e);
}

/* What canonical_write() gives, of a tree without negative zeros. */
static int write_canonical(struct study *study)
{
    struct canonical canonical;
    int r = canonical_write(study->record, &canonical);

    if (r == 0 && canonical.negative_zero) {
        json_t *copy = json_deep_copy(study->record);
        free(canonical.text);
        json_decref(study->record);
        study->record = copy;
        unsign_zeros(copy);
        r = copy ? canonical_write(copy, &canonical) : -ENOMEM;
    }
    if (r < 0)
        return r;
    study->canonical = canonical.text;
    study->canonical_len = canonical.len;
    return 0;
}

/* Sets the canonical tree, its bytes and their hash. */
static int make_canonical(struct study *study, json_t *record, struct error *e)
{
    study->record = without_version_holder(record);
    int r = study->record ? write_canonical(study) : -ENOMEM;
    if (r == -ENOMEM)
        return error_set(e, r, "no memory for a study record");
    if (r < 0 || study->canonical_len > STUDY_MAX_RECORD_BYTES)
        return error_set(e, -EFBIG, "a study record is over the limit of %zu bytes", STUDY_MAX_RECORD_BYTES);
    if (!EVP_Digest(study->canonical, study->canonical_len, study->hash, NULL, EVP_sha256(), NULL))
        return error_set(e, -ENOMEM, "libcrypto cannot compute SHA-256");
    return 0;
}

int study_from_json(json_t *record, struct study **ret, struct error *e)
{
    _cleanup_study_ struct study *study = calloc(1, sizeof(*study));

    if (!study)
        return error_set(e, -ENOMEM, "no memory for a study");
    if (!json_is_object(record))
        return error_set(e, -EBADMSG, "a study record must be a JSON object");
    int r = make_canonical(study, record, e);
    if (r == 0)
        r = find_parts(study, e);
    if (r < 0)
        return r;
    *ret = TAKE_PTR(study);
    return 0;
}

static int decode(const char *text, size_t len, json_t **ret, struct error *e)
{
    json_error_t json_error;

    if (len > STUDY_MAX_RECORD_BYTES)
        return error_set(e, -EFBIG, "a study record of %zu bytes is over the limit of %zu", len,
                         STUDY_MAX_RECORD_BYTES);
    *ret = json_loadb(text, len, 0, &json_error);
    if (*ret)
        return 0;
    return error_set(e, json_error_code(&json_error) == json_error_out_of_memory ? -ENOMEM : -EBADMSG,
                     "not a study record: %s in line %d, column %d", json_error.text, json_error.line,
                     json_error.column);
}

int study_from_text(const char *text, size_t len, struct study **ret, struct error *e)
{
    json_t *record;
    int r = decode(text, len, &record, e);

    if (r < 0)
        return r;
    r = study_from_json(record, ret, e);
    json_decref(record);
    return r;
}

/* The tree of canonical bytes, which shares what it can with that of like. */
static int decode_like(const char *canonical, size_t len, const struct study *like, json_t **ret, struct error *e)
{
    struct shared_text text = {canonical, len};

    *ret = like ? shared_tree_decode(text, (struct shared_text){like->canonical, like->canonical_len}, like->record)
                : NULL;
    return *ret ? 0 : decode(canonical, len, ret, e);
}

int study_from_canonical(char *canonical, size_t len, const uint8_t hash[static STUDY_HASH_BYTES],
                         const struct study *like, struct study **ret, struct error *e)
{
    _cleanup_study_ struct study *study = calloc(1, sizeof(*study));

    if (!study) {
        free(canonical);
        return error_set(e, -ENOMEM, "no memory for a study");
    }
    study->canonical = canonical;
    study->canonical_len = len;
    memcpy(study->hash, hash, sizeof(study->hash));
    int r = decode_like(canonical, len, like, &study->record, e);
    if (r == 0)
        r = find_parts(study, e);
    if (r < 0)
        return r;
    *ret = TAKE_PTR(study);
    return 0;
}

void study_free(struct study *study)
{
    if (!study)
        return;
    json_decref(study->record);
    free(study->canonical);
    free(study);
}

static const char *string_or_empty(const char *text)
{
    return text ? text : "";
}

const char *study_nct_id(const struct study *study)
{
    return study->nct_id;
}

const char *study_title(const struct study *study)
{
    return string_or_empty(study_string_at(study, "protocolSection.identificationModule.briefTitle"));
}

const char *study_overall_status(const struct study *study)
{
    return string_or_empty(study->overall_status);
}

const char *study_sponsor(const struct study *study)
{
    return string_or_empty(study_string_at(study, "protocolSection.sponsorCollaboratorsModule.leadSponsor.name"));
}

const json_t *study_record(const struct study *study)
{
    return study->record;
}

const char *study_canonical(const struct study *study, size_t *ret_len)
{
    *ret_len = study->canonical_len;
    return study->canonical;
}

const uint8_t *study_hash(const struct study *study)
{
    return study->hash;
}

const char *study_id(const struct study *study, size_t number)
{
    const json_t *protocol = json_object_get(study_record(study), "protocolSection");
    const json_t *aliases = json_object_get(json_object_get(protocol, "identificationModule"), "nctIdAliases");

    if (number == 0)
        return study_nct_id(study);
    if (number > json_array_size(aliases))
        return NULL;
    const char *alias = json_string_value(json_array_get(aliases, number - 1));
    return alias ? alias : "";
}

bool study_answers_to(const struct study *study, const char *nct_id)
{
    const json_t *aliases = value_at(study->record, "protocolSection.identificationModule.nctIdAliases");
    json_t *alias;
    size_t i;

    if (strcmp(study->nct_id, nct_id) == 0)
        return true;
    json_array_foreach (aliases, i, alias)
        if (json_is_string(alias) && strcmp(json_string_value(alias), nct_id) == 0)
            return true;
    return false;
}

size_t study_location_count(const struct study *study)
{
    return study->location_count;
}

const json_t *study_location(const struct study *study, size_t index)
{
    return json_array_get(study->locations, index);
}

const char *study_effective_status(const struct study *study, size_t index)
{
    const char *own = json_string_value(json_object_get(study_location(study, index), "status"));

    return own && *own ? own : study_overall_status(study);
}

const char *study_string_at(const struct study *study, const char *path)
{
    return json_string_value(value_at(study->record, path));
}
