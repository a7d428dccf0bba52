#include "history/ledger_rows.h"

#include "history/digest.h"
#include "history/ledger.h"
#include "history/ledger_entry.h"
#include "history/sql.h"

#include <errno.h>
#include <inttypes.h>

/* Every column of a row, in the order of the query; numbers are decimal as SQLite gives them. */
static int add_row(const struct query *query, int columns, struct buf *out)
{
    int r = 0;

    for (int column = 0; r >= 0 && column < columns; column++) {
        _cleanup_keep_ struct keep keep = {0};
        const char *text;
        r = query_keep_text(query, column, &keep, &text);
        if (r >= 0 && column > 0)
            buf_append(out, "\t", 1);
        if (r >= 0)
            ledger_entry_escape(text, out);
    }
    return r;
}

int ledger_rows_changes(struct store *store, int64_t first, int64_t last, struct buf *out, struct error *e)
{
    _cleanup_query_ struct query query = {0};
    _cleanup_buf_ struct buf rows = {0};
    uint8_t hash[DIGEST_BYTES];
    char hex[DIGEST_HEX_BYTES];
    int r = query_start(&query, store, SQL_LEDGER_CHANGE, e, INT(first), INT(last));

    if (r < 0)
        return r;
    while ((r = query_next(&query)) > 0) {
        r = add_row(&query, LEDGER_CHANGE_COLUMNS, &rows);
        if (r < 0)
            return r;
        buf_append(&rows, "\n", 1);
    }
    if (r < 0)
        return r;
    if (buf_status(&rows) < 0 || digest_two(rows.data, rows.len, NULL, 0, hash) < 0)
        return error_set(e, -ENOMEM, "out of memory");
    buf_printf(out, "changes\t%" PRId64 "\t%" PRId64 "\t%s", first, last, digest_hex(hash, sizeof(hash), hex));
    return 0;
}

int ledger_rows_attempt(struct store *store, int64_t id, struct buf *out, struct error *e)
{
    _cleanup_query_ struct query query = {0};
    int r = query_row(&query, store, SQL_LEDGER_ATTEMPT, e, INT(id));

    return r < 0 ? r : add_row(&query, LEDGER_ATTEMPT_COLUMNS, out);
}

int ledger_rows_alerts(struct store *store, int64_t attempt, struct buf *out, struct error *e)
{
    _cleanup_query_ struct query query = {0};
    int r = query_row(&query, store, SQL_LEDGER_ALERTS, e, INT(attempt));

    return r < 0 ? r : add_row(&query, 1, out);
}

static int append(struct store *store, enum ledger_subject subject, int64_t row, const struct buf *text,
                  struct error *e)
{
    if (buf_status(text) < 0)
        return error_set(e, buf_status(text), "out of memory");
    return ledger_append(store, subject, row, buf_string(text), e);
}

int ledger_rows_append_changes(struct store *store, int64_t first, int64_t last, struct error *e)
{
    _cleanup_buf_ struct buf text = {0};
    int r = ledger_rows_changes(store, first, last, &text, e);

    return r < 0 ? r : append(store, LEDGER_CHANGES, last, &text, e);
}

int ledger_rows_append_attempt(struct store *store, int64_t id, struct error *e)
{
    _cleanup_buf_ struct buf text = {0};
    int r = ledger_rows_attempt(store, id, &text, e);

    buf_append(&text, "\t", 1);
    if (r >= 0)
        r = ledger_rows_alerts(store, id, &text, e);
    return r < 0 ? r : append(store, LEDGER_ATTEMPT, id, &text, e);
}
