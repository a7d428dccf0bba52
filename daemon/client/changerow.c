#include "client/changerow.h"

#include "base/suggest.h"
#include "client/describe.h"

#include <errno.h>

const struct report_column changerow_columns[] = {
    {.key = "nct_id", .title = "STUDY", .once = true},
    {.key = "title"},
    {.key = "version", .title = "VERSION", .format = COLUMN_NUMBER, .once = true},
    {.key = "seen", .title = "SEEN", .format = COLUMN_TIME, .once = true},
    {.key = "refresh"},
    {.key = "kind", .title = "KIND"},
    {.key = "text", .title = "CHANGE", .cut = true},
    {.key = "id"},
    {.key = "weight"},
    {.key = "path"},
    {.key = "site"},
    {.key = "before"},
    {.key = "after"},
    {.key = "note"},
    {.key = NULL},
};

const struct report_column *const changerow_columns_of_study = &changerow_columns[2];

json_t *changerow_to_json(struct store *store, const struct change_row *row)
{
    char seen[CLOCK_TEXT_BYTES];
    _cleanup_buf_ struct buf text = {0};
    json_auto_t *change = change_to_json(row->change);

    describe_change(&text, store, row->nct_id, row->change);
    json_auto_t *json =
        json_pack("{s:I, s:s, s:s, s:i, s:s, s:s, s:s, s:s}", "id", (json_int_t)row->id, "nct_id", row->nct_id, "title",
                  row->title, "version", (int)row->version, "seen", clock_format_utc(row->seen_usec, seen), "refresh",
                  row->refresh, "label", kind_info(row->change->kind)->label, "text", buf_string(&text));
    if (!json || !change || json_object_update(json, change) < 0)
        return NULL;
    return json_incref(json);
}

static int add_kind(const char *name, uint64_t *kinds, struct error *e)
{
    const char *names[KIND_COUNT];
    enum weight weight;
    enum kind kind = kind_from_name(name);

    if (kind != KIND_COUNT) {
        *kinds |= UINT64_C(1) << kind;
        return 0;
    }
    for (kind = 0; kind < KIND_COUNT; kind++)
        names[kind] = kind_info(kind)->name;
    if (weight_from_name(name, &weight) < 0) {
        const char *meant = suggest_nearest(name, names, KIND_COUNT);
        return error_set(e, -EINVAL, "there is no kind of change '%s'%s%s%s", name, meant ? "; did you mean '" : "",
                         meant ? meant : "", meant ? "'?" : "");
    }
    for (kind = 0; kind < KIND_COUNT; kind++)
        if (kind_info(kind)->weight >= weight)
            *kinds |= UINT64_C(1) << kind;
    return 0;
}

int changerow_option_kinds(const struct options *options, uint64_t *ret, struct error *e)
{
    uint64_t kinds = 0;
    const char *name;

    for (size_t i = 0; (name = options_nth(options, "kind", i)); i++) {
        int r = add_kind(name, &kinds, e);
        if (r < 0)
            return r;
    }
    *ret = kinds;
    return 0;
}
