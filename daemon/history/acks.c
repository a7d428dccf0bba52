#include "history/acks.h"

#include "history/outbox_rows.h"
#include "history/sql.h"

_Static_assert(ACK_ALERT == 0 && ACK_TROUBLE == 1, "acks.subject in schema.sql");

int acks_add(struct store *store, const struct ack *ack, struct error *e)
{
    struct alert_found alert;
    int r = ack->subject == ACK_ALERT ? alert_find(store, ack->name, &alert, e) : 0;

    return r < 0 ? r
                 : sql_run(store, SQL_ACK_INSERT, e, INT(ack->subject), TEXT(ack->name), TEXT(ack->who),
                           TEXT(ack->note ? ack->note : ""), INT(ack->acked_usec));
}

bool acks_cover(struct store *store, const char *name, int64_t since_usec)
{
    _cleanup_query_ struct query query = {0};

    return query_row(&query, store, SQL_ACK_NEWEST, NULL, TEXT(name)) == 0 && query_integer(&query, 0) >= since_usec;
}
