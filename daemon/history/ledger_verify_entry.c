/* One entry of the ledger, recomputed from the rows that it is about. */
#include "base/buf.h"
#include "history/ledger_entry.h"
#include "history/ledger_rows.h"
#include "history/ledger_verification.h"
#include "history/rows.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

struct entry {
    int64_t number, row;
    enum ledger_subject subject;
    const char *kept; /* its text, "" where the rows give it */
};

static const char *const subject_names[LEDGER_SUBJECT_COUNT] = {
    [LEDGER_VERSION] = "version",
    [LEDGER_POLL] = "poll",
    [LEDGER_ATTEMPT] = "attempt",
    [LEDGER_CHANGES] = "changes",
};

int ledger_broken(struct verification *v, int64_t entry, const char *why)
{
    return error_set(v->e, -EUCLEAN, "history %s: ledger entry %" PRId64 " does not hold: %s", v->store->path, entry,
                     why);
}

/* "its poll is not there". */
static int broken_subject(struct verification *v, const struct entry *entry, const char *what)
{
    char why[64];

    snprintf(why, sizeof(why), "its %s %s", subject_names[entry->subject], what);
    return ledger_broken(v, entry->number, why);
}

/* What reading the row says. */
static int judge(struct verification *v, const struct entry *entry, int r)
{
    if (r == -ENOENT)
        return broken_subject(v, entry, "is not there");
    if (r == -EUCLEAN)
        return broken_subject(v, entry, "is not as it was written");
    return r;
}

static int version_text(struct verification *v, const struct entry *entry, struct buf *out)
{
    struct version_row row;

    if (entry->row == v->bad_version)
        return ledger_broken(v, entry->number, v->bad.text);
    if (entry->row <= v->last_version)
        return broken_subject(v, entry, "has one already");
    v->last_version = entry->row;
    int r = judge(v, entry, version_load(v->store, entry->row, &row, v->e));
    if (r >= 0)
        ledger_entry_version(&row.version, out);
    return r;
}

/* The text was kept for the day the row is pruned. */
static int poll_text(struct verification *v, const struct entry *entry, struct buf *out)
{
    _cleanup_buf_ struct buf missing = {0};
    struct poll poll;
    int r = poll_load(v->store, entry->row, &poll, &missing, v->e);

    if (r == -ENOENT && ledger_entry_may_be_pruned(entry->kept))
        return buf_append_string(out, entry->kept);
    r = judge(v, entry, r);
    if (r >= 0)
        ledger_entry_poll(&poll, buf_string(&missing), out);
    return r;
}

/* What was in its message is the last field of the text, since an alert may be in another now; but it is there. */
static int attempt_text(struct verification *v, const struct entry *entry, struct buf *out)
{
    _cleanup_query_ struct query query = {0};
    const char *alerts = strrchr(entry->kept, '\t');
    int r = judge(v, entry, ledger_rows_attempt(v->store, entry->row, out, v->e));

    if (r < 0)
        return r;
    if (!alerts)
        return broken_subject(v, entry, "is not as it was written");
    buf_append_string(out, alerts);
    r = query_row(&query, v->store, SQL_LEDGER_FALSE_ALERT, v->e, TEXT(alerts + 1), INT(entry->row));
    if (r == -ENOENT)
        return 0;
    return r < 0 && r != -EINVAL ? r : broken_subject(v, entry, "told of an alert that is not as it was written");
}

static int changes_text(struct verification *v, const struct entry *entry, struct buf *out)
{
    int64_t first = v->last_change + 1;

    if (entry->row < first)
        return broken_subject(v, entry, "have one already");
    v->last_change = entry->row;
    int r = ledger_rows_changes(v->store, first, entry->row, out, v->e);
    return r == -EUCLEAN ? broken_subject(v, entry, "are not as they were written") : r;
}

typedef int entry_text(struct verification *v, const struct entry *entry, struct buf *out);

static entry_text *const texts[LEDGER_SUBJECT_COUNT] = {
    [LEDGER_VERSION] = version_text,
    [LEDGER_POLL] = poll_text,
    [LEDGER_ATTEMPT] = attempt_text,
    [LEDGER_CHANGES] = changes_text,
};

static int check_text(struct verification *v, const struct entry *entry, const uint8_t *stored)
{
    _cleanup_buf_ struct buf text = {0};
    int r = texts[entry->subject](v, entry, &text);

    if (r >= 0 && buf_status(&text) < 0)
        return error_set(v->e, buf_status(&text), "out of memory");
    if (r >= 0 && *entry->kept && strcmp(entry->kept, buf_string(&text)) != 0)
        return broken_subject(v, entry, "is not as it was written");
    if (r >= 0)
        r = ledger_chain(v->hash, buf_string(&text), v->e);
    if (r >= 0 && memcmp(v->hash, stored, LEDGER_HASH_BYTES) != 0)
        return broken_subject(v, entry, "or an entry before it was changed");
    return r;
}

int ledger_verify_entry(struct verification *v, const struct query *query, int64_t expected)
{
    _cleanup_keep_ struct keep keep = {0};
    uint8_t stored[LEDGER_HASH_BYTES];
    int64_t subject = query_integer(query, 1);
    struct entry entry = {.number = query_integer(query, 0), .row = query_integer(query, 2)};

    if (entry.number != expected)
        return ledger_broken(v, expected, "it is not there");
    if (subject < 0 || subject >= LEDGER_SUBJECT_COUNT)
        return ledger_broken(v, expected, "it is about nothing known");
    entry.subject = (enum ledger_subject)subject;
    int r = query_keep_text(query, 3, &keep, &entry.kept);
    if (r >= 0)
        r = query_copy_blob(query, 4, stored, sizeof(stored));
    if (r >= 0)
        r = check_text(v, &entry, stored);
    if (r < 0)
        return r;
    v->report.entries++;
    v->report.of[entry.subject]++;
    return 0;
}
