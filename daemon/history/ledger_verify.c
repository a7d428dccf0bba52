/* Recomputing the ledger from the rows that it is about.
 *
 * Bodies first, study by study, so that each is decoded once with its base at hand; then the chain, entry by
 * entry. What fails among the bodies is told when the chain comes to its entry, so that the first entry is the one
 * named. */
#include "base/buf.h"
#include "history/body_path.h"
#include "history/digest.h"
#include "history/ledger_verification.h"
#include "history/rows.h"
#include "history/sql.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Entries, or versions, between two words of progress. */
#define PAGE_ENTRIES 256

static void tell_progress(struct verification *v, int64_t done)
{
    v->done += done;
    if (v->progress)
        v->progress(v->done, v->total, v->userdata);
}

/* Keeps the failure when it is of an earlier version than the one that is kept: entries have the order of the rows. */
static void note_bad_body(struct verification *v, int64_t id, const struct error *why)
{
    if (v->bad_version != 0 && v->bad_version < id)
        return;
    v->bad_version = id;
    v->bad = *why;
}

static int check_body(struct verification *v, int64_t id, struct body_path *path)
{
    const char *bytes = NULL;
    struct version_row row;
    uint8_t hash[DIGEST_BYTES];
    struct error why = {0};
    size_t len = 0;
    int r = version_load(v->store, id, &row, &why);

    if (r >= 0)
        r = body_path_read(v->store, path, id, &bytes, &len, &why);
    if (r >= 0)
        r = digest_two(bytes, len, NULL, 0, hash);
    if (r >= 0 && memcmp(hash, row.version.hash, sizeof(hash)) != 0)
        r = error_set(&why, -EUCLEAN, "version %ld of %s does not fit its hash", row.version.number,
                      row.version.nct_id);
    if (r == -EUCLEAN) {
        note_bad_body(v, id, &why);
        return 0;
    }
    return r < 0 ? error_set(v->e, r, "%s", why.text) : 0;
}

static int check_bodies(struct verification *v, const struct keys *versions)
{
    _cleanup_(body_path_clear) struct body_path path = {0};
    int r = 0;

    for (size_t i = 0; r >= 0 && i < versions->count; i++) {
        r = check_body(v, versions->ids[i], &path);
        if ((i + 1) % PAGE_ENTRIES == 0)
            tell_progress(v, PAGE_ENTRIES);
    }
    return r;
}

/* Those that the entries are about, in the order of their chains. */
static int find_versions(struct verification *v, struct keys *ret)
{
    _cleanup_query_ struct query query = {0};
    int r = query_row(&query, v->store, SQL_LEDGER_VERSION_ROWS, v->e, INT(v->first), INT(v->last));

    if (r < 0)
        return r;
    int64_t from = query_integer(&query, 0), to = query_integer(&query, 1);
    query_end(&query);
    return keys_find(v->store, SQL_VERSION_KEYS_FROM, ret, v->e, INT(from), INT(to));
}

static int check_page(struct verification *v, int64_t from)
{
    _cleanup_query_ struct query query = {0};
    int64_t expected = from;
    int64_t until = from + PAGE_ENTRIES - 1 < v->last ? from + PAGE_ENTRIES - 1 : v->last;
    int r = query_start(&query, v->store, SQL_LEDGER_PAGE, v->e, INT(from), INT(until));

    if (r < 0)
        return r;
    while ((r = query_next(&query)) > 0) {
        r = ledger_verify_entry(v, &query, expected++);
        if (r < 0)
            return r;
    }
    if (r >= 0 && expected <= until)
        return ledger_broken(v, expected, "it is not there");
    return r;
}

static int check_chain(struct verification *v)
{
    int r = 0;

    for (int64_t from = v->first; r >= 0 && from <= v->last; from += PAGE_ENTRIES) {
        r = check_page(v, from);
        tell_progress(v, v->last - from + 1 < PAGE_ENTRIES ? v->last - from + 1 : PAGE_ENTRIES);
    }
    return r;
}

static int check_versions_covered(struct verification *v)
{
    _cleanup_query_ struct query query = {0};
    struct version_row row;
    int r = query_row(&query, v->store, SQL_LEDGER_UNCOVERED_VERSION, v->e);

    if (r >= 0)
        r = version_from_query(&query, &row);
    if (r < 0)
        return r == -ENOENT ? 0 : r;
    return error_set(v->e, -EUCLEAN, "history %s: version %ld of %s has no ledger entry", v->store->path,
                     row.version.number, row.version.nct_id);
}

/* find gives what there should be none of. */
static int check_lacks(struct verification *v, enum statement find, const char *what, const char *lack)
{
    _cleanup_query_ struct query query = {0};
    _cleanup_keep_ struct keep keep = {0};
    const char *name;
    int r = query_row(&query, v->store, find, v->e);

    if (r >= 0)
        r = query_keep_text(&query, 0, &keep, &name);
    if (r < 0)
        return r == -ENOENT ? 0 : r;
    return error_set(v->e, -EUCLEAN, "history %s: %s %s %s", v->store->path, what, name, lack);
}

/* Nothing was put in past the ledger, and no alert is called delivered that no attempt delivered. */
static int check_coverage(struct verification *v)
{
    static const struct {
        enum statement find;
        const char *what, *lack;
    } lacks[] = {
        {SQL_LEDGER_UNCOVERED_POLL, "poll", "has no ledger entry"},
        {SQL_LEDGER_UNCOVERED_ATTEMPT, "attempt", "has no ledger entry"},
        {SQL_LEDGER_UNCOVERED_CHANGE, "change", "has no ledger entry"},
        {SQL_LEDGER_UNTOLD_ALERT, "alert", "is called delivered, but no attempt delivered it"},
    };
    int r = check_versions_covered(v);

    for (size_t i = 0; r >= 0 && i < ARRAY_SIZE(lacks); i++)
        r = check_lacks(v, lacks[i].find, lacks[i].what, lacks[i].lack);
    return r;
}

/* The changes of the first entry that is checked come after those of the one before. */
static int find_last_change(struct verification *v)
{
    _cleanup_query_ struct query query = {0};
    int r = query_row(&query, v->store, SQL_LEDGER_ROW_BEFORE, v->e, INT(LEDGER_CHANGES), INT(v->first));

    if (r >= 0)
        v->last_change = query_integer(&query, 0);
    return r == -ENOENT ? 0 : r;
}

/* Which entries, and the hash to start from. */
static int find_range(struct verification *v, int64_t since_entry)
{
    _cleanup_query_ struct query query = {0};
    uint8_t hash[LEDGER_HASH_BYTES];
    int r = ledger_read_head(v->store, &v->last, hash, v->e);

    if (r < 0)
        return r;
    ledger_format_head(v->last, hash, v->report.head);
    v->first = since_entry > 1 ? since_entry : 1;
    if (v->first > v->last + 1)
        return error_set(v->e, -EUCLEAN, "history %s: its ledger ends at entry %" PRId64 ", before %" PRId64,
                         v->store->path, v->last, v->first);
    if (v->first == 1)
        return 0;
    r = find_last_change(v);
    if (r < 0)
        return r;
    r = query_row(&query, v->store, SQL_LEDGER_HASH, v->e, INT(v->first - 1));
    if (r == -ENOENT)
        return ledger_broken(v, v->first - 1, "it is not there");
    return r < 0 ? r : query_copy_blob(&query, 0, v->hash, sizeof(v->hash));
}

int ledger_verify(struct store *store, int64_t since_entry, ledger_progress *progress, void *userdata,
                  struct ledger_report *ret, struct error *e)
{
    _cleanup_keys_ struct keys versions = {0};
    struct verification v = {.store = store, .e = e, .progress = progress, .userdata = userdata};
    int r = find_range(&v, since_entry);

    if (r >= 0)
        r = find_versions(&v, &versions);
    v.total = (int64_t)versions.count + v.last - v.first + 1;
    if (r >= 0)
        r = check_bodies(&v, &versions);
    v.done = (int64_t)versions.count;
    if (r >= 0)
        r = check_chain(&v);
    if (r >= 0)
        r = check_coverage(&v);
    if (r >= 0)
        *ret = v.report;
    return r;
}
