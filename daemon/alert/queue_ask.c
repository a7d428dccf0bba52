/* What the conditions of watches (when:) make of a message before it goes out. */
#include "alert/message.h"
#include "alert/queue.h"
#include "base/buf.h"
#include "base/text.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* An alert that nobody wants told. */
struct unwanted {
    char id[ALERT_ID_BYTES];
    char reason[256];
};

struct sorting {
    const json_t *declined;
    struct unwanted *items; /* owned */
    size_t count;
};

/* "when: of watch freedom said no" */
static void give_reason(const json_t *watches, char *reason, size_t size)
{
    _cleanup_buf_ struct buf text = {0};
    size_t index;
    json_t *name;

    buf_append_string(&text, json_array_size(watches) > 1 ? "when: of watches " : "when: of watch ");
    json_array_foreach (watches, index, name)
        buf_printf(&text, "%s%s", index > 0 ? ", " : "", json_string_value(name));
    buf_append_string(&text, " said no");
    snprintf(reason, size, "%s", buf_string(&text));
    text_drop_half_character(reason);
}

static int on_alert(const struct alert_row *row, void *userdata)
{
    struct sorting *sorting = userdata;
    const json_t *declined = json_object_get(sorting->declined, row->nct_id);
    size_t index;
    json_t *name;

    json_array_foreach (row->watches, index, name)
        if (!message_has_name(declined, json_string_value(name)))
            return 0;
    if (json_array_size(row->watches) == 0)
        return 0;
    struct unwanted *items = reallocarray(sorting->items, sorting->count + 1, sizeof(*items));
    if (!items)
        return -ENOMEM;
    sorting->items = items;
    struct unwanted *item = &items[sorting->count++];
    memcpy(item->id, row->id, sizeof(item->id));
    give_reason(row->watches, item->reason, sizeof(item->reason));
    return 0;
}

static int drop_all(struct store *store, const struct sorting *sorting, int64_t now_usec, struct error *e)
{
    int r = store_begin(store, e);

    for (size_t i = 0; r >= 0 && i < sorting->count; i++)
        r = outbox_drop(store, sorting->items[i].id, sorting->items[i].reason, now_usec, e);
    if (r >= 0)
        r = store_commit(store, e);
    if (r < 0)
        store_rollback(store);
    return r;
}

int queue_decline(struct queue *queue, const json_t *declined, int64_t now_usec, struct error *e)
{
    struct store *store = queue->around->store;
    struct alert_filter filter = {.message_id = queue->message.id, .states = 1u << ALERT_SENDING};
    struct sorting sorting = {.declined = declined};
    int r = outbox_each(store, &filter, on_alert, &sorting, e);

    if (r >= 0 && sorting.count > 0)
        r = drop_all(store, &sorting, now_usec, e);
    free(sorting.items);
    return r;
}
