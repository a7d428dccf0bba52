#include "alert/message_parts.h"
#include "base/clock.h"
#include "history/versions.h"

#include <errno.h>
#include <string.h>

#define REGISTRY_PAGE "https://clinicaltrials.gov/study/"

/* More eligibility lines than this are no longer read. */
#define MAX_HIGHLIGHTS 20

static int names_resolve(const struct watch_set *set, const json_t *names, struct watch_names *ret)
{
    size_t index;
    json_t *name;

    ret->items = calloc(json_array_size(names) + 1, sizeof(*ret->items));
    if (!ret->items)
        return -ENOMEM;
    json_array_foreach (names, index, name) {
        const struct watch *watch = watch_set_find(set, json_string_value(name));
        if (watch)
            ret->items[ret->count++] = watch;
    }
    return 0;
}

struct collecting {
    struct change_context context;
    int64_t *wanted; /* owned; ids, sorted; NULL: all */
    size_t wanted_count;
    bool narrowed; /* only what one of the watches wants now */
    json_t *changes;
    struct error *error;
};

static int compare_ids(const void *a, const void *b)
{
    const int64_t *left = a, *right = b;

    return (*left > *right) - (*left < *right);
}

/* A study of a thousand sites may have as many changes: they are looked up, not searched. */
static int want(struct collecting *collecting, const json_t *ids)
{
    size_t index;
    json_t *id;

    if (!ids)
        return 0;
    collecting->wanted = calloc(json_array_size(ids) + 1, sizeof(*collecting->wanted));
    if (!collecting->wanted)
        return -ENOMEM;
    json_array_foreach (ids, index, id)
        collecting->wanted[collecting->wanted_count++] = json_integer_value(id);
    qsort(collecting->wanted, collecting->wanted_count, sizeof(*collecting->wanted), compare_ids);
    return 0;
}

static bool some_wants(const struct change_context *context, const struct change *change)
{
    for (size_t i = 0; i < context->watches->count; i++)
        if (watch_wants(context->watches->items[i], context->study, change))
            return true;
    return false;
}

static int on_change(const struct change_row *row, void *userdata)
{
    struct collecting *collecting = userdata;
    json_t *entry;

    if (collecting->wanted &&
        !bsearch(&row->id, collecting->wanted, collecting->wanted_count, sizeof(*collecting->wanted), compare_ids))
        return 0;
    if (collecting->narrowed && !some_wants(&collecting->context, row->change))
        return 0;
    int r = message_change_build(&collecting->context, row, &entry, collecting->error);
    if (r < 0)
        return r;
    return json_array_append_new(collecting->changes, entry) < 0 ? -ENOMEM : 0;
}

/* A version of the study and the record that it holds, which takes long to read when it is big. */
struct decoded {
    struct version version;
    struct study *study; /* owned */
};

static int decode(struct store *store, const char *nct_id, long number, struct decoded *ret, struct error *e)
{
    int r = versions_get(store, nct_id, number, &ret->version, e);

    study_free(TAKE_PTR(ret->study));
    return r < 0 ? r : versions_study(store, &ret->version, &ret->study, e);
}

static int collect_part(struct store *store, const struct watch_names *watches, const struct study_request *request,
                        const struct study_part *part, const struct study *study, json_t *changes, struct error *e)
{
    struct collecting collecting = {
        .context = {.store = store, .study = study, .watches = watches},
        .narrowed = request->narrowed,
        .changes = changes,
        .error = e,
    };
    struct change_filter filter = {.nct_id = request->nct_id, .version = part->version};
    int r = want(&collecting, part->changes);
    if (r >= 0)
        r = changes_each(store, &filter, on_change, &collecting, e);
    free(collecting.wanted);
    return r;
}

static bool same_text(const json_t *a, const json_t *b, const char *key)
{
    const char *text = json_string_value(json_object_get(a, key)), *other = json_string_value(json_object_get(b, key));

    return text && other && strcmp(text, other) == 0;
}

static double distance_of(const json_t *entry)
{
    const json_t *distance = json_object_get(json_object_get(entry, "site"), "distance_km");

    return distance ? json_number_value(distance) : -1;
}

/* One entry for all the sites that opened or closed because the study did; the nearest stays named. */
static json_t *fold(const json_t *changes, const json_t *first)
{
    size_t index, count = 0;
    const json_t *nearest = NULL;
    json_t *entry;

    json_array_foreach (changes, index, entry) {
        if (!json_object_get(entry, "with_study") || !same_text(entry, first, "kind"))
            continue;
        count++;
        if (distance_of(entry) >= 0 && (!nearest || distance_of(entry) < distance_of(nearest)))
            nearest = entry;
    }
    if (count == 1)
        return json_copy((json_t *)first);

    _cleanup_buf_ struct buf text = {0};
    const char *kind = json_string_value(json_object_get(first, "kind"));
    const json_t *site = json_object_get(nearest, "site");
    buf_printf(&text, "%s at %zu sites",
               kind == NULL || strcmp(kind, "site-opened") == 0 ? "Now recruiting" : "No longer recruiting", count);
    if (site) {
        buf_append_string(&text, ", the nearest: ");
        message_append_place(&text, site);
        message_append_distance(&text, site);
    }
    json_t *folded = json_copy((json_t *)first);
    json_object_del(folded, "before");
    json_object_del(folded, "after");
    json_object_del(folded, "site");
    json_object_del(folded, "id");
    int r = json_object_set_new(folded, "count", json_integer((json_int_t)count));
    r |= json_object_set_new(folded, "text", json_string(buf_string(&text)));
    if (site)
        r |= json_object_set(folded, "site", (json_t *)site);
    if (r < 0 || buf_status(&text) < 0) {
        json_decref(folded);
        return NULL;
    }
    return folded;
}

static const json_t *find_folded(const json_t *array, const json_t *entry)
{
    size_t index;
    json_t *other;

    json_array_foreach (array, index, other)
        if (json_object_get(other, "with_study") && same_text(other, entry, "kind"))
            return other;
    return NULL;
}

/* By weight, then as in the record; what went with the study in one entry. */
static json_t *arrange(const json_t *changes)
{
    json_t *arranged = json_array();

    for (int weight = WEIGHT_URGENT; weight >= WEIGHT_SILENT; weight--) {
        const char *name = weight_name((enum weight)weight);
        size_t index;
        json_t *entry;

        json_array_foreach (changes, index, entry) {
            int r;
            if (strcmp(json_string_value(json_object_get(entry, "weight")), name) != 0)
                continue;
            if (!json_object_get(entry, "with_study"))
                r = json_array_append(arranged, entry);
            else if (!find_folded(arranged, entry))
                r = json_array_append_new(arranged, fold(changes, entry));
            else
                r = 0;
            if (r < 0) {
                json_decref(arranged);
                return NULL;
            }
        }
    }
    return arranged;
}

static json_t *highlights(const struct watch_names *watches, const struct study *study)
{
    size_t count = 0, used = 0;

    for (size_t i = 0; i < watches->count; i++)
        count += watches->items[i]->highlight_count;
    _cleanup_free_ char **words = calloc(count + 1, sizeof(*words));
    if (!words)
        return NULL;
    for (size_t i = 0; i < watches->count; i++)
        for (size_t k = 0; k < watches->items[i]->highlight_count; k++)
            words[used++] = watches->items[i]->highlight[k];

    json_t *lines = watch_highlights(words, count, study);
    while (json_array_size(lines) > MAX_HIGHLIGHTS)
        json_array_remove(lines, json_array_size(lines) - 1);
    return lines;
}

/* The entry but for changes and headline. */
static json_t *describe(const struct study_request *request, const struct version *version, const struct study *study)
{
    char url[64], seen[CLOCK_TEXT_BYTES];

    snprintf(url, sizeof(url), REGISTRY_PAGE "%s", version->nct_id);
    json_t *entry =
        json_pack("{ss ss ss sO sO ss sI ss}", "nct_id", version->nct_id, "url", url, "title", study_title(study),
                  "alerts", request->alerts, "watches", request->watches, "refresh", request->refresh, "version",
                  (json_int_t)version->number, "seen", clock_format_utc(version->seen_usec, seen));
    int r = entry ? 0 : -1;
    const struct {
        const char *key, *value;
    } optional[] = {
        {"status", study_overall_status(study)},
        {"sponsor", study_sponsor(study)},
        {"why_stopped", study_string_at(study, "protocolSection.statusModule.whyStopped")},
    };
    for (size_t i = 0; i < ARRAY_SIZE(optional); i++)
        if (optional[i].value && *optional[i].value)
            r |= json_object_set_new(entry, optional[i].key, json_string(optional[i].value));
    if (r < 0) {
        json_decref(entry);
        return NULL;
    }
    return entry;
}

static int put_headline(json_t *entry)
{
    _cleanup_buf_ struct buf headline = {0};

    message_append_study_headline(&headline, entry);
    return buf_status(&headline) < 0 ? -1 : json_object_set_new(entry, "headline", json_string(buf_string(&headline)));
}

static int complete(const struct study_request *request, const struct version *version, const struct study *study,
                    const struct watch_names *watches, const json_t *changes, json_t **ret, struct error *e)
{
    json_t *entry = describe(request, version, study);
    int r = entry ? 0 : -1;

    r |= json_object_set_new(entry, "changes", arrange(changes));
    r |= json_object_set_new(entry, "highlights", highlights(watches, study));
    if (r >= 0)
        r = put_headline(entry);
    if (r < 0) {
        json_decref(entry);
        return error_set(e, -ENOMEM, "Out of memory");
    }
    *ret = entry;
    return 0;
}

int message_study_of(const struct watch *watch, const struct version *version, const struct study *study,
                     const json_t *changes, json_t **ret, struct error *e)
{
    const struct watch_names watches = {.items = &watch, .count = 1};
    json_auto_t *names = json_pack("[s]", watch->name), *alerts = json_array();
    const struct study_request request = {
        .nct_id = version->nct_id, .refresh = version->refresh, .alerts = alerts, .watches = names};

    if (!names || !alerts)
        return error_set(e, -ENOMEM, "Out of memory");
    return complete(&request, version, study, &watches, changes, ret, e);
}

int message_study_build(struct store *store, const struct watch_set *set, const struct study_request *request,
                        json_t **ret, struct error *e)
{
    struct watch_names watches = {0};
    struct decoded decoded = {0}; /* at the end the newest part's */
    json_t *changes = json_array();

    int r = changes ? names_resolve(set, request->watches, &watches) : -ENOMEM;
    for (size_t i = 0; r >= 0 && i < request->part_count; i++) {
        const struct study_part *part = &request->parts[i];
        r = decode(store, request->nct_id, part->version, &decoded, e);
        if (r >= 0)
            r = collect_part(store, &watches, request, part, decoded.study, changes, e);
    }
    /* The settings want something else by now: rather too much than nothing. */
    if (r >= 0 && request->narrowed && json_array_size(changes) == 0) {
        struct study_request whole = *request;
        whole.narrowed = false;
        json_decref(changes);
        study_free(decoded.study);
        free(watches.items);
        return message_study_build(store, set, &whole, ret, e);
    }
    if (r >= 0)
        r = complete(request, &decoded.version, decoded.study, &watches, changes, ret, e);
    json_decref(changes);
    study_free(decoded.study);
    free(watches.items);
    return r;
}
