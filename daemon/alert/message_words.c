#include "alert/message_parts.h"
#include "base/text.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

/* Names that people give to fields where the rule "take the path's last word apart" would read badly. */
static const struct field_label {
    const char *field, *label;
} field_labels[] = {
    {"overallStatus", "Status"},
    {"startDateStruct", "Start"},
    {"primaryCompletionDateStruct", "Primary completion"},
    {"completionDateStruct", "Completion"},
    {"resultsFirstPostDateStruct", "Results first posted"},
    {"lastUpdatePostDateStruct", "Last update posted"},
    {"studyFirstPostDateStruct", "First posted"},
    {"statusVerifiedDate", "Status verified"},
    {"enrollmentInfo", "Enrollment"},
    {"leadSponsor", "Sponsor"},
    {"briefTitle", "Title"},
    {"primaryOutcomes", "Primary outcome"},
    {"secondaryOutcomes", "Secondary outcome"},
    {"otherOutcomes", "Other outcome"},
    {"armGroups", "Arms"},
    {"orgStudyIdInfo", "Sponsor's id"},
    {"secondaryIdInfos", "Other ids"},
    {"expandedAccessInfo", "Expanded access"},
    {"designInfo", "Design"},
    {"maskingInfo", "Masking"},
    {"isFdaRegulatedDrug", "FDA-regulated drug"},
    {"isFdaRegulatedDevice", "FDA-regulated device"},
    {"oversightHasDmc", "Data monitoring committee"},
    {"ipdSharing", "Sharing of participants' data"},
    {"largeDocs", "Documents"},
    {"seeAlsoLinks", "Links"},
    {"nctIdAliases", "Former ids"},
};

/* Fields whose name says nothing without the one above them. */
static const char *const nameless_fields[] = {"date", "type", "count", "name", "value", "description", "title"};

/* Fields that hold words of the registry's enumerations. */
static const char *const enum_fields[] = {
    "overallStatus",    "lastKnownStatus",
    "status",           "type",
    "phases",           "studyType",
    "allocation",       "interventionModel",
    "primaryPurpose",   "masking",
    "whoMasked",        "sex",
    "stdAges",          "observationalModel",
    "timePerspective",  "class",
    "ipdSharing",       "samplingMethod",
    "infoTypes",        "role",
    "biospecRetention", "intervention",
};

static const char *field_label(const char *field, size_t len)
{
    for (size_t i = 0; i < ARRAY_SIZE(field_labels); i++)
        if (strlen(field_labels[i].field) == len && memcmp(field_labels[i].field, field, len) == 0)
            return field_labels[i].label;
    return NULL;
}

static bool is_one_of(const char *const *names, size_t count, const char *field, size_t len)
{
    for (size_t i = 0; i < count; i++)
        if (strlen(names[i]) == len && memcmp(names[i], field, len) == 0)
            return true;
    return false;
}

/* "briefSummary" as "Brief summary", "ipdSharingStatementModule" as "Ipd sharing statement". */
static void append_apart(struct buf *out, const char *field, size_t len)
{
    static const char *const endings[] = {"Struct", "Module", "Info", "Section"};

    for (size_t i = 0; i < ARRAY_SIZE(endings); i++) {
        size_t ending = strlen(endings[i]);
        if (len > ending && memcmp(field + len - ending, endings[i], ending) == 0)
            len -= ending;
    }
    for (size_t i = 0; i < len; i++) {
        char c = field[i] == '_' ? ' ' : field[i];
        if (i > 0 && isupper((unsigned char)c) && !isupper((unsigned char)field[i - 1]))
            buf_append_string(out, " ");
        c = (char)(i == 0 ? toupper((unsigned char)c) : tolower((unsigned char)c));
        buf_append(out, &c, 1);
    }
}

void message_append_field_label(struct buf *out, const char *path)
{
    const char *end = path + strlen(path);
    const char *start = end, *last = NULL;
    size_t last_len = 0;

    while (end > path) {
        for (start = end; start > path && start[-1] != '.'; start--)
            ;
        size_t len = (size_t)(end - start);
        const char *label = field_label(start, len);
        if (label) {
            buf_append_string(out, label);
            return;
        }
        last = start;
        last_len = len;
        if (!is_one_of(nameless_fields, ARRAY_SIZE(nameless_fields), start, len))
            break;
        end = start > path ? start - 1 : path;
    }
    if (last)
        append_apart(out, last, last_len);
    else
        buf_append_string(out, "Record");
}

void message_append_shortened(struct buf *out, const char *text, size_t max_bytes)
{
    size_t len = text_cut_at_word(text, max_bytes);

    buf_append(out, text, len);
    if (text[len] != '\0')
        buf_append_string(out, "…");
}

const char *message_item_name(const json_t *item)
{
    static const char *const keys[] = {"measure", "name", "fullName", "title",    "label",
                                       "term",    "id",   "filename", "citation", "url"};

    if (json_is_string(item))
        return json_string_value(item);
    for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
        const char *text = json_string_value(json_object_get(item, keys[i]));
        if (text && *text)
            return text;
    }
    return NULL;
}

/* The first letter small: an enumeration's word in the middle of a sentence. */
static void append_enum_inside(struct buf *out, const char *value)
{
    _cleanup_buf_ struct buf word = {0};

    text_append_enum(&word, value);
    const char *text = buf_string(&word);
    bool acronym = isupper((unsigned char)text[0]) && isupper((unsigned char)text[1]);
    char first = acronym ? text[0] : (char)tolower((unsigned char)text[0]);
    if (first)
        buf_append(out, &first, 1);
    buf_append_string(out, text[0] ? text + 1 : "");
}

static void append_string(struct buf *out, const char *path, const char *text)
{
    const char *dot = strrchr(path, '.');
    const char *field = dot ? dot + 1 : path;

    if (is_one_of(enum_fields, ARRAY_SIZE(enum_fields), field, strlen(field)))
        text_append_enum(out, text);
    else
        message_append_shortened(out, text, MESSAGE_MAX_QUOTE_BYTES);
}

/* "2022-12 (actual)", "105 (estimated)", a name, or how many fields it has. */
static void append_object(struct buf *out, const json_t *value)
{
    const char *date = json_string_value(json_object_get(value, "date"));
    const json_t *count = json_object_get(value, "count");
    const char *type = json_string_value(json_object_get(value, "type"));
    const char *name = message_item_name(value);

    if (date)
        buf_append_string(out, date);
    else if (json_is_integer(count))
        buf_printf(out, "%lld", (long long)json_integer_value(count));
    else if (name)
        message_append_shortened(out, name, MESSAGE_MAX_QUOTE_BYTES);
    else
        text_append_count(out, json_object_size(value), "field");
    if (type && (date || count)) {
        buf_append_string(out, " (");
        append_enum_inside(out, type);
        buf_append_string(out, ")");
    }
}

static void append_array(struct buf *out, const char *path, const json_t *value)
{
    size_t index, start = out->len;
    json_t *item;

    json_array_foreach (value, index, item) {
        const char *name = message_item_name(item);
        if (out->len - start > MESSAGE_MAX_QUOTE_BYTES) {
            buf_printf(out, " and %zu more", json_array_size(value) - index);
            return;
        }
        if (index > 0)
            buf_append_string(out, ", ");
        if (name)
            append_string(out, path, name);
        else
            message_append_value(out, path, item);
    }
}

void message_append_value(struct buf *out, const char *path, const json_t *value)
{
    switch (value ? json_typeof(value) : JSON_NULL) {
    case JSON_STRING:
        append_string(out, path, json_string_value(value));
        break;
    case JSON_INTEGER:
        buf_printf(out, "%lld", (long long)json_integer_value(value));
        break;
    case JSON_REAL:
        buf_printf(out, "%g", json_real_value(value));
        break;
    case JSON_TRUE:
    case JSON_FALSE:
        buf_append_string(out, json_is_true(value) ? "yes" : "no");
        break;
    case JSON_OBJECT:
        append_object(out, value);
        break;
    case JSON_ARRAY:
        append_array(out, path, value);
        break;
    case JSON_NULL:
        buf_append_string(out, "nothing");
        break;
    }
}

void message_append_place(struct buf *out, const json_t *site)
{
    static const char *const keys[] = {"facility", "city", "state", "country"};
    const char *country = json_string_value(json_object_get(site, "country"));
    const char *state = json_string_value(json_object_get(site, "state"));
    bool home = state && country && strcmp(country, "United States") == 0; /* the registry's own: the state tells */
    size_t start = out->len;

    if (!json_object_get(site, "facility"))
        buf_append_string(out, "a site in ");
    size_t before_places = out->len;
    for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
        const char *text = json_string_value(json_object_get(site, keys[i]));
        if (!text || (home && strcmp(keys[i], "country") == 0))
            continue;
        if (out->len > before_places)
            buf_append_string(out, ", ");
        message_append_shortened(out, text, 120);
    }
    if (out->len == before_places && out->len > start)
        buf_append_string(out, "an unnamed place");
}

void message_append_distance(struct buf *out, const json_t *site)
{
    const json_t *distance = json_object_get(site, "distance_km");
    double km = json_number_value(distance);

    if (!distance)
        return;
    if (km < 1)
        buf_append_string(out, " — less than 1 km away");
    else
        buf_printf(out, " — %.0f km away", km);
}
