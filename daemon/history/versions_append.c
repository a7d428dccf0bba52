/* Taking in a new version: its study, its body, its ledger entry. */
#include "history/body.h"
#include "history/body_base.h"
#include "history/ledger.h"
#include "history/ledger_entry.h"
#include "history/rows.h"
#include "history/sql.h"
#include "history/versions.h"

#include <errno.h>
#include <string.h>

static long recruiting_sites(const struct study *study)
{
    long count = 0;

    for (size_t i = 0; i < study_location_count(study); i++)
        if (strcmp(study_effective_status(study, i), "RECRUITING") == 0)
            count++;
    return count;
}

static int write_study(struct store *store, const struct study *study, const struct version *version, bool first,
                       struct error *e)
{
    return sql_run(store, first ? SQL_STUDY_INSERT : SQL_STUDY_UPDATE, e, TEXT(study_nct_id(study)),
                   TEXT(study_title(study)), TEXT(study_overall_status(study)), INT(study_location_count(study)),
                   INT(recruiting_sites(study)), TEXT(version->refresh), INT(version->seen_usec), INT(version->poll));
}

static int write_aliases(struct store *store, const struct study *study, int64_t study_row, struct error *e)
{
    const json_t *record = study_record(study);
    const json_t *aliases = json_object_get(
        json_object_get(json_object_get(record, "protocolSection"), "identificationModule"), "nctIdAliases");
    const json_t *alias;
    size_t i;
    int r = 0;

    json_array_foreach (aliases, i, alias)
        if (r >= 0 && json_is_string(alias))
            r = sql_run(store, SQL_ALIAS_SET, e, TEXT(json_string_value(alias)), INT(study_row));
    return r;
}

/* before must be the study of the newest version, or nothing when there is none: the body is written as what differs.
 * What differs between two archived versions may be in a part that is not kept. */
static int check_before(const struct version_row *newest, const struct study *study, const struct study *before,
                        struct error *e)
{
    const char *nct_id = study_nct_id(study);

    if (newest->id == 0 && before)
        return error_set(e, -EINVAL, "%s was never seen, but is said to have had a version", nct_id);
    if (newest->id == 0)
        return 0;
    if (!before || memcmp(study_hash(before), newest->version.hash, STUDY_HASH_BYTES) != 0)
        return error_set(e, -EINVAL, "%s: the version before is not its newest, %ld", nct_id, newest->version.number);
    if (newest->version.origin == VERSION_SEEN &&
        memcmp(study_hash(study), newest->version.hash, STUDY_HASH_BYTES) == 0)
        return error_set(e, -EALREADY, "%s: version %ld is this record", nct_id, newest->version.number);
    return 0;
}

/* A seen version is numbered here. An archived one brings its number, and its study was seen. */
static int check_number(struct store *store, const struct version_row *newest, struct version *version, struct error *e)
{
    int64_t study_row;

    if (version->origin == VERSION_SEEN) {
        version->number = newest->version.number + 1;
        return version->poll > 0 ? 0 : error_set(e, -EINVAL, "a version that was seen was seen by a poll");
    }
    int r = study_row_id(store, version->nct_id, &study_row, e);
    if (r == -ENOENT)
        return error_set(e, r, "%s was never seen", version->nct_id);
    if (r < 0)
        return r;
    if (version->poll != 0 || version->number < 0 || (newest->id != 0 && version->number <= newest->version.number))
        return error_set(e, -EINVAL, "%s: archived versions come in order, with their numbers and without a poll",
                         version->nct_id);
    return 0;
}

static int load_newest(struct store *store, const char *nct_id, enum version_origin origin, struct version_row *ret,
                       struct error *e)
{
    _cleanup_query_ struct query query = {0};
    int r = query_row(&query, store, SQL_VERSION_NEWEST, e, TEXT(nct_id), INT(origin));

    *ret = (struct version_row){0};
    if (r == -ENOENT)
        return 0;
    return r < 0 ? r : version_from_query(&query, ret);
}

static int write_version(struct store *store, const struct study *study, const struct study *before, int64_t study_row,
                         const struct version_row *newest, const struct version *version, struct error *e)
{
    _cleanup_(body_base_clear) struct body_base base = {0};
    _cleanup_free_ void *body = NULL;
    size_t len, body_len;
    const char *bytes = study_canonical(study, &len);
    int r = body_base_find(store, study_row, version->origin, newest, before, &base, e);

    if (r >= 0)
        r = body_encode(store, base.bytes, base.len, bytes, len, &body, &body_len, e);
    if (r >= 0)
        r = sql_run(store, SQL_REFRESH_ADD, e, TEXT(version->refresh));
    if (r < 0)
        return r;
    return sql_run(store, SQL_VERSION_INSERT, e, INT(study_row), INT(version->origin), INT(version->number),
                   INT(version->seen_usec), TEXT(version->refresh), INT_OR_NULL(version->poll, version->poll != 0),
                   INT(version->change_count), BLOB(version->hash, sizeof(version->hash)), INT(len),
                   INT_OR_NULL(base.id, base.id != 0), BLOB(body, body_len));
}

static int append_entry(struct store *store, const struct version *version, int64_t row, struct error *e)
{
    _cleanup_buf_ struct buf entry = {0};

    ledger_entry_version(version, &entry);
    if (buf_status(&entry) < 0)
        return error_set(e, buf_status(&entry), "out of memory");
    return ledger_append(store, LEDGER_VERSION, row, buf_string(&entry), e);
}

static int append_checked(struct store *store, const struct study *study, const struct study *before,
                          const struct version_row *newest, const struct version *version, struct error *e)
{
    int64_t study_row;
    int r;

    if (version->origin == VERSION_SEEN)
        r = write_study(store, study, version, newest->id == 0, e);
    else
        r = sql_run(store, SQL_STUDY_COUNT_ARCHIVED, e, TEXT(version->nct_id));
    if (r >= 0)
        r = study_row_id(store, version->nct_id, &study_row, e);
    if (r >= 0 && version->origin == VERSION_SEEN)
        r = write_aliases(store, study, study_row, e);
    if (r >= 0)
        r = write_version(store, study, before, study_row, newest, version, e);
    return r < 0 ? r : append_entry(store, version, sql_last_id(store), e);
}

int versions_append(struct store *store, const struct study *study, const struct study *before, long change_count,
                    struct version *ret, struct error *e)
{
    struct version version = *ret;
    struct version_row newest;
    int r;

    strcpy(version.nct_id, study_nct_id(study));
    memcpy(version.hash, study_hash(study), sizeof(version.hash));
    study_canonical(study, &version.canonical_bytes);
    version.change_count = change_count;

    r = load_newest(store, version.nct_id, version.origin, &newest, e);
    if (r >= 0)
        r = check_before(&newest, study, before, e);
    if (r >= 0)
        r = check_number(store, &newest, &version, e);
    if (r >= 0)
        r = append_checked(store, study, before, &newest, &version, e);
    if (r >= 0)
        *ret = version;
    return r;
}
