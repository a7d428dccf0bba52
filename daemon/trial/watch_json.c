#include "trial/watch_json.h"

#include "base/suggest.h"
#include "base/text.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

struct text_field {
    const char *key;
    size_t offset; /* of a char * */
};

struct list_field {
    const char *key;
    size_t offset, count_offset; /* of a char ** and a size_t */
};

static const struct text_field query_fields[] = {
    {"condition", offsetof(struct watch, query.condition)},
    {"intervention", offsetof(struct watch, query.intervention)},
    {"term", offsetof(struct watch, query.term)},
    {"title", offsetof(struct watch, query.title)},
    {"sponsor", offsetof(struct watch, query.sponsor)},
    {"location", offsetof(struct watch, query.location)},
    {"patient", offsetof(struct watch, query.patient)},
    {"id", offsetof(struct watch, query.id)},
    {"status", offsetof(struct watch, query.status)},
    {"phase", offsetof(struct watch, query.phase)},
    {"advanced", offsetof(struct watch, query.advanced)},
};

static const struct list_field list_fields[] = {
    {"studies", offsetof(struct watch, studies), offsetof(struct watch, study_count)},
    {"countries", offsetof(struct watch, countries), offsetof(struct watch, country_count)},
    {"states", offsetof(struct watch, states), offsetof(struct watch, state_count)},
    {"cities", offsetof(struct watch, cities), offsetof(struct watch, city_count)},
    {"facilities", offsetof(struct watch, facilities), offsetof(struct watch, facility_count)},
    {"highlight", offsetof(struct watch, highlight), offsetof(struct watch, highlight_count)},
    {"notify", offsetof(struct watch, channels), offsetof(struct watch, channel_count)},
};

static char **text_of(struct watch *watch, size_t offset)
{
    return (char **)((char *)watch + offset);
}

static const char *const_text_of(const struct watch *watch, size_t offset)
{
    return *(char *const *)((const char *)watch + offset);
}

/* Texts come from UTF-8 settings; another one shows as such. */
static int add_text(json_t *object, const char *key, const char *text)
{
    json_t *value = json_string(text);

    return json_object_set_new(object, key, value ? value : json_string("(unreadable text)"));
}

static int add_query(json_t *settings, const struct watch *watch)
{
    json_t *query = json_object();
    int r = query ? 0 : -1;

    for (size_t i = 0; r == 0 && i < ARRAY_SIZE(query_fields); i++) {
        const char *text = const_text_of(watch, query_fields[i].offset);
        r = text ? add_text(query, query_fields[i].key, text) : 0;
    }
    if (r == 0 && json_object_size(query) > 0)
        r = json_object_set(settings, "query", query);
    json_decref(query);
    return r;
}

static int add_list(json_t *settings, const struct watch *watch, const struct list_field *field)
{
    char *const *texts = *(char **const *)((const char *)watch + field->offset);
    size_t count = *(const size_t *)((const char *)watch + field->count_offset);
    json_t *list = count > 0 ? json_array() : NULL;

    for (size_t i = 0; i < count; i++) {
        json_t *text = json_string(texts[i]);
        if (json_array_append_new(list, text ? text : json_string("(unreadable text)")) < 0) {
            json_decref(list);
            return -1;
        }
    }
    return count > 0 ? json_object_set_new(settings, field->key, list) : 0;
}

/* A set of weights is always one weight and all above it. */
static int add_changes(json_t *settings, const struct watch *watch)
{
    json_t *words = json_array();
    int r = words ? 0 : -1;

    if (watch->kinds == watch_default_kinds() && watch->weights == watch_default_weights()) {
        json_decref(words);
        return r;
    }
    for (enum weight weight = WEIGHT_SILENT; r == 0 && weight <= WEIGHT_URGENT; weight++) {
        if (!(watch->weights & 1u << weight))
            continue;
        r = json_array_append_new(words, json_string(weight_name(weight)));
        break;
    }
    for (enum kind kind = 0; r == 0 && kind < KIND_COUNT; kind++)
        if (watch->kinds & UINT64_C(1) << kind)
            r = json_array_append_new(words, json_string(kind_info(kind)->name));
    if (r == 0)
        r = json_object_set(settings, "changes", words);
    json_decref(words);
    return r;
}

/* To the millimetre, and without an exponent, which no distance has: "482.8032km". */
static void format_distance(double km, char *text, size_t size)
{
    size_t len = (size_t)snprintf(text, size, "%.6f", km);

    while (text[len - 1] == '0')
        len--;
    if (text[len - 1] == '.')
        len--;
    snprintf(text + len, size - len, "km");
}

static int add_near(json_t *settings, const struct watch_near *near)
{
    char within[400]; /* any double */

    if (!near->set)
        return 0;
    format_distance(near->within_km, within, sizeof(within));
    return json_object_set_new(settings, "near",
                               json_pack("{s:f, s:f, s:s}", "lat", near->lat, "lon", near->lon, "within", within));
}

json_t *watch_to_json(const struct watch *watch)
{
    json_t *settings = json_object();
    int r = settings ? add_text(settings, "name", watch->name ? watch->name : "") : -1;

    if (r == 0 && watch->all_studies)
        r = json_object_set_new(settings, "studies", json_string("all"));
    if (r == 0)
        r = add_query(settings, watch);
    for (size_t i = 0; r == 0 && i < ARRAY_SIZE(list_fields); i++)
        r = add_list(settings, watch, &list_fields[i]);
    if (r == 0)
        r = add_changes(settings, watch);
    if (r == 0)
        r = add_near(settings, &watch->near);
    if (r == 0 && watch->when)
        r = add_text(settings, "when", watch->when);
    if (r == 0 && watch->announce_existing)
        r = json_object_set_new(settings, "announce", json_string("existing"));
    if (r == 0)
        return settings;
    json_decref(settings);
    return NULL;
}

static int refuse(struct error *e, const char *key, const char *form)
{
    return error_set(e, -EINVAL, "%s of a watch should be %s", key, form);
}

static int take_text(const json_t *value, const char *key, char **ret, struct error *e)
{
    const char *text = json_string_value(value);

    if (!value)
        return 0;
    if (!text)
        return refuse(e, key, "a text");
    *ret = strdup(text);
    return *ret ? 0 : error_set(e, -ENOMEM, "out of memory");
}

static int take_list(const json_t *settings, const struct list_field *field, struct watch *watch, struct error *e)
{
    const json_t *list = json_object_get(settings, field->key), *text;
    char ***texts = (char ***)((char *)watch + field->offset);
    size_t i, *count = (size_t *)((char *)watch + field->count_offset);
    int r = 0;

    if (!list || (watch->all_studies && texts == &watch->studies))
        return 0;
    if (!json_is_array(list))
        return refuse(e, field->key, "a list");
    *texts = calloc(json_array_size(list) + 1, sizeof(**texts));
    if (!*texts)
        return error_set(e, -ENOMEM, "out of memory");
    json_array_foreach (list, i, text) {
        r = json_is_string(text) ? take_text(text, field->key, &(*texts)[*count], e)
                                 : refuse(e, field->key, "a list of texts");
        if (r < 0)
            return r;
        (*count)++;
    }
    return 0;
}

static int refuse_change(const char *word, struct error *e)
{
    const char *names[WATCH_CHANGE_WORDS];
    const char *meant = suggest_nearest(word, names, watch_change_words(names));

    if (meant)
        return error_set(e, -EINVAL, "\"%s\" is no kind of change; did you mean %s?", word, meant);
    return error_set(e, -EINVAL, "\"%s\" is no kind of change; write for example site-opened, status or notable", word);
}

static int take_changes(const json_t *settings, struct watch *watch, struct error *e)
{
    const json_t *words = json_object_get(settings, "changes"), *word;
    size_t i;

    if (words && !json_is_array(words))
        return refuse(e, "changes", "a list");
    if (json_array_size(words) == 0) {
        watch->kinds = watch_default_kinds();
        watch->weights = watch_default_weights();
    }
    json_array_foreach (words, i, word) {
        const char *text = json_string_value(word);
        if (!text)
            return refuse(e, "changes", "a list of texts");
        if (watch_add_change_word(watch, text) < 0)
            return refuse_change(text, e);
    }
    return 0;
}

static int take_near(const json_t *settings, struct watch *watch, struct error *e)
{
    const json_t *near = json_object_get(settings, "near");
    const json_t *lat = json_object_get(near, "lat"), *lon = json_object_get(near, "lon");
    const char *within = json_string_value(json_object_get(near, "within"));

    if (!near)
        return 0;
    if (!json_is_number(lat) || !json_is_number(lon) || !within)
        return refuse(e, "near", "{lat: DEGREES, lon: DEGREES, within: DISTANCE}");
    watch->near = (struct watch_near){.set = true, .lat = json_number_value(lat), .lon = json_number_value(lon)};
    if (text_parse_distance(within, &watch->near.within_km) < 0)
        return error_set(e, -EINVAL, "\"%s\" is no distance; write for example 300km or 50mi", within);
    return 0;
}

static int take_all(const json_t *settings, struct watch *watch, struct error *e)
{
    const json_t *query = json_object_get(settings, "query");
    int r = json_is_object(settings) ? 0 : error_set(e, -EINVAL, "a watch should be an object");

    if (r == 0)
        r = take_text(json_object_get(settings, "name"), "name", &watch->name, e);
    if (r == 0)
        r = take_text(json_object_get(settings, "when"), "when", &watch->when, e);
    const char *studies = json_string_value(json_object_get(settings, "studies"));
    watch->all_studies = studies && strcmp(studies, "all") == 0;
    for (size_t i = 0; r == 0 && i < ARRAY_SIZE(query_fields); i++)
        r = take_text(json_object_get(query, query_fields[i].key), query_fields[i].key,
                      text_of(watch, query_fields[i].offset), e);
    for (size_t i = 0; r == 0 && i < ARRAY_SIZE(list_fields); i++)
        r = take_list(settings, &list_fields[i], watch, e);
    if (r == 0)
        r = take_changes(settings, watch, e);
    if (r == 0)
        r = take_near(settings, watch, e);
    watch->announce_existing = json_object_get(settings, "announce") != NULL;
    return r;
}

int watch_from_json(const json_t *settings, struct watch *ret, struct error *e)
{
    struct watch watch = {0};
    int r = take_all(settings, &watch, e);

    if (r < 0)
        watch_clear(&watch);
    else
        *ret = watch;
    return r;
}
