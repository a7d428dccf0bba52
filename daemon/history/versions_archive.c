#include "history/versions_archive.h"

#include "history/rows.h"
#include "history/sql.h"

#include <errno.h>
#include <stdio.h>

int versions_archive_newest(struct store *store, const char *nct_id, struct version *ret, struct error *e)
{
    _cleanup_query_ struct query query = {0};
    struct version_row row;
    int r = query_row(&query, store, SQL_VERSION_NEWEST, e, TEXT(nct_id), INT(VERSION_ARCHIVE));

    if (r == -ENOENT)
        return error_set(e, r, "%s has no version from the registry's archive", nct_id);
    if (r >= 0)
        r = version_from_query(&query, &row);
    if (r >= 0)
        *ret = row.version;
    return r;
}

int versions_archive_get(struct store *store, const char *nct_id, long number, struct version *ret, struct error *e)
{
    struct version wanted = {.origin = VERSION_ARCHIVE, .number = number};
    struct version_row row;

    snprintf(wanted.nct_id, sizeof(wanted.nct_id), "%s", nct_id);
    int r = version_find(store, &wanted, &row, e);
    if (r == -ENOENT)
        return error_set(e, r, "%s has no version a%ld from the registry's archive", nct_id, number);
    if (r >= 0)
        *ret = row.version;
    return r;
}

int versions_archive_append(struct store *store, const struct study *study, long number, int64_t submitted_usec,
                            struct version *ret, struct error *e)
{
    struct version newest, version = {.origin = VERSION_ARCHIVE, .number = number, .seen_usec = submitted_usec};
    _cleanup_study_ struct study *before = NULL;
    int r = versions_archive_newest(store, study_nct_id(study), &newest, NULL);

    if (r == 0)
        r = versions_study(store, &newest, &before, e);
    else if (r == -ENOENT)
        r = 0;
    if (r == 0)
        r = versions_append(store, study, before, 0, &version, e);
    if (r == 0)
        *ret = version;
    return r;
}
