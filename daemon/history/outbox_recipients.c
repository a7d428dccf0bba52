/* What a mail server answered to each recipient of a message. */
#include "history/outbox.h"
#include "history/outbox_rows.h"
#include "history/sql.h"

int recipients_write(struct store *store, int64_t attempt_row, const struct attempt *attempt, struct error *e)
{
    int r = 0;

    for (size_t i = 0; r >= 0 && i < attempt->recipient_count; i++) {
        const struct recipient_answer *answer = &attempt->recipients[i];
        r = sql_run(store, SQL_RECIPIENT_INSERT, e, INT(attempt_row), TEXT(answer->address), INT(answer->outcome),
                    INT(answer->code), TEXT(answer->answer ? answer->answer : ""));
    }
    return r;
}

int outbox_each_recipient(struct store *store, const char *message_id, recipient_visitor *visit, void *userdata,
                          struct error *e)
{
    _cleanup_keys_ struct keys keys = {0};
    int r = keys_find(store, SQL_RECIPIENT_KEYS, &keys, e, TEXT(message_id));

    for (size_t i = 0; r == 0 && i < keys.count; i++) {
        _cleanup_query_ struct query query = {0};
        _cleanup_keep_ struct keep keep = {0};
        struct recipient_row row = {0};
        r = query_row(&query, store, SQL_RECIPIENT_GET, e, INT(keys.ids[i]));
        if (r >= 0)
            r = query_keep_text(&query, 0, &keep, &row.answer.address);
        if (r >= 0)
            r = query_keep_text(&query, 3, &keep, &row.answer.answer);
        if (r < 0)
            return r;
        row.answer.outcome = (enum attempt_outcome)query_integer(&query, 1);
        row.answer.code = (int)query_integer(&query, 2);
        row.started_usec = query_integer(&query, 4);
        row.settled = query_integer(&query, 5) != 0;
        query_end(&query);
        r = visit(&row, userdata);
    }
    return r;
}
