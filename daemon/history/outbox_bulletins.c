/* Messages of the daemon about itself: on their way like any other, but no alert is in them. */
#include "base/buf.h"
#include "history/outbox.h"
#include "history/outbox_rows.h"
#include "history/sql.h"

#include <errno.h>
#include <string.h>

static int make_id(const char *channel, const char *name, char ret[static MESSAGE_ID_BYTES], struct error *e)
{
    _cleanup_buf_ struct buf text = {0};

    buf_append(&text, channel, strlen(channel) + 1);
    buf_append_string(&text, name);
    if (buf_status(&text) < 0)
        return error_set(e, buf_status(&text), "out of memory");
    return outbox_make_id(OUTBOX_ID_PREFIX_MESSAGE, text.data, text.len, ret, e);
}

int outbox_add_bulletin(struct store *store, const char *channel, const struct bulletin *bulletin, int64_t now_usec,
                        struct error *e)
{
    char id[MESSAGE_ID_BYTES];
    int r = make_id(channel, bulletin->name, id, e);

    if (r >= 0 && strlen(channel) >= CHANNEL_NAME_BYTES)
        r = error_set(e, -EINVAL, "a channel's name has less than %d bytes", CHANNEL_NAME_BYTES);
    if (r >= 0)
        r = sql_run(store, SQL_MESSAGE_INSERT, e, TEXT(id), TEXT(channel), INT(now_usec), INT(0));
    return r < 0 ? r
                 : sql_run(store, SQL_BULLETIN_INSERT, e, INT(sql_last_id(store)), TEXT(bulletin->headline),
                           TEXT(bulletin->text));
}

int outbox_bulletin(struct store *store, const char *message_id, bulletin_visitor *visit, void *userdata,
                    struct error *e)
{
    _cleanup_query_ struct query query = {0};
    _cleanup_keep_ struct keep keep = {0};
    struct bulletin bulletin = {.name = message_id};
    const char *channel;
    int r = query_row(&query, store, SQL_BULLETIN_GET, e, TEXT(message_id));

    if (r >= 0)
        r = query_keep_text(&query, 0, &keep, &channel);
    if (r >= 0)
        r = query_keep_text(&query, 1, &keep, &bulletin.headline);
    if (r >= 0)
        r = query_keep_text(&query, 2, &keep, &bulletin.text);
    query_end(&query);
    return r < 0 ? r : visit(channel, &bulletin, userdata);
}
