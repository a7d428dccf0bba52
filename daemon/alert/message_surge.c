/* The document of a message that stands for the alerts of a surge. */
#include "alert/message_parts.h"
#include "history/ledger.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

/* 4312 as "4,312". */
static void append_number(struct buf *out, json_int_t number)
{
    char digits[24];
    int len = snprintf(digits, sizeof(digits), "%lld", (long long)number);

    for (int i = 0; i < len; i++)
        buf_printf(out, "%s%c", i > 0 && (len - i) % 3 == 0 ? "," : "", digits[i]);
}

/* "site position" */
static void append_label(struct buf *out, const char *kind)
{
    enum kind known = kind_from_name(kind);
    const char *label = known == KIND_COUNT ? kind : kind_info(known)->label;

    buf_printf(out, "%c%s", tolower((unsigned char)label[0]), label + 1);
}

/* By how many studies changed: [{"kind", "label", "studies"}]. NULL without memory. */
static json_t *arrange(const json_t *counts)
{
    json_t *kinds = json_array(), *count, *entry;
    const char *name;
    size_t at;

    json_object_foreach ((json_t *)counts, name, count) {
        enum kind known = kind_from_name(name);
        json_array_foreach (kinds, at, entry)
            if (json_integer_value(json_object_get(entry, "studies")) < json_integer_value(count))
                break;
        if (json_array_insert_new(kinds, at,
                                  json_pack("{ss ss sO}", "kind", name, "label",
                                            known == KIND_COUNT ? name : kind_info(known)->label, "studies", count)) <
            0) {
            json_decref(kinds);
            return NULL;
        }
    }
    return kinds;
}

static json_int_t studies_of(const json_t *kind)
{
    return json_integer_value(json_object_get(kind, "studies"));
}

/* "4,312 of 5,000 studies changed in site position", "… and 2 kinds more" */
static void append_headline(struct buf *out, const struct surge *surge, const json_t *kinds)
{
    const json_t *first = json_array_get(kinds, 0);
    size_t more = json_array_size(kinds) - 1;

    append_number(out, studies_of(first));
    buf_append_string(out, " of ");
    append_number(out, surge->studies);
    buf_append_string(out, " studies changed in ");
    append_label(out, json_string_value(json_object_get(first, "kind")));
    if (more > 0)
        buf_printf(out, " and %zu %s more", more, more == 1 ? "kind" : "kinds");
}

static void append_text(struct buf *out, const struct surge *surge, const json_t *kinds)
{
    size_t index;
    json_t *kind, *name;

    buf_printf(out, "The registry changed very many studies alike in its refresh %s: ", surge->refresh);
    json_array_foreach (kinds, index, kind) {
        buf_append_string(out, index > 0 ? "; " : "");
        append_label(out, json_string_value(json_object_get(kind, "kind")));
        buf_append_string(out, " in ");
        append_number(out, studies_of(kind));
    }
    buf_append_string(out, ". This one message stands for ");
    append_number(out, surge->alerts);
    buf_append_string(out, surge->alerts == 1 ? " alert" : " alerts");
    buf_append_string(out, " that told of nothing else. What weighs more is told on its own. Asked for by: ");
    json_array_foreach (surge->watches, index, name)
        buf_printf(out, "%s%s", index > 0 ? ", " : "", json_string_value(name));
    buf_append_string(out, ".");
}

/* The watches are named in the text, which channels show. */
static json_t *describe(const struct surge *surge, json_t *kinds)
{
    return json_pack("{ss sI sI sO sO}", "refresh", surge->refresh, "studies", (json_int_t)surge->studies, "alerts",
                     (json_int_t)surge->alerts, "watches", surge->watches, "kinds", kinds);
}

int message_surge_build(struct store *store, const char *message_id, const struct surge *surge, json_t **ret,
                        struct error *e)
{
    _cleanup_buf_ struct buf headline = {0}, text = {0};
    json_auto_t *kinds = arrange(surge->kinds), *document = NULL;
    char head[LEDGER_HEAD_BYTES];
    int r = ledger_head(store, head, e);

    if (r < 0)
        return r;
    if (!kinds)
        return error_set(e, -ENOMEM, "Out of memory");
    append_headline(&headline, surge, kinds);
    append_text(&text, surge, kinds);
    document = message_document_new(surge->channel, message_id, weight_name(WEIGHT_ROUTINE), buf_string(&headline));
    r = json_object_set_new(document, "text", json_string(buf_string(&text)));
    r |= json_object_set_new(document, "surge", describe(surge, kinds));
    r |= json_object_set_new(document, "ledger_head", json_string(head));
    r |= json_object_set_new(document, "history_command",
                             json_sprintf("trialwatch changes --all --kind %s",
                                          json_string_value(json_object_get(json_array_get(kinds, 0), "kind"))));
    if (r < 0 || buf_status(&headline) < 0 || buf_status(&text) < 0)
        return error_set(e, -ENOMEM, "Out of memory");
    *ret = TAKE_PTR(document);
    return 0;
}
