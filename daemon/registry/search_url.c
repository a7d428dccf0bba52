#include "registry/search_url.h"

#include "base/buf.h"
#include "base/text.h"

#include <errno.h>
#include <event2/http.h>
#include <event2/keyvalq_struct.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* What the page takes when a place is given without a distance. */
#define DEFAULT_DISTANCE "50mi"

struct reading {
    struct watch *watch;
    struct evkeyvalq parameters;
    json_t *left_out;
    struct error *e;
};

/* The page's parameters that are parts of the query. The API's own names are understood too. */
static const struct {
    const char *parameter;
    size_t offset;
} texts[] = {
    {"cond", offsetof(struct watch, query.condition)},
    {"query.cond", offsetof(struct watch, query.condition)},
    {"intr", offsetof(struct watch, query.intervention)},
    {"query.intr", offsetof(struct watch, query.intervention)},
    {"term", offsetof(struct watch, query.term)},
    {"query.term", offsetof(struct watch, query.term)},
    {"titles", offsetof(struct watch, query.title)},
    {"query.titles", offsetof(struct watch, query.title)},
    {"spons", offsetof(struct watch, query.sponsor)},
    {"query.spons", offsetof(struct watch, query.sponsor)},
    {"locn", offsetof(struct watch, query.location)},
    {"query.locn", offsetof(struct watch, query.location)},
    {"patient", offsetof(struct watch, query.patient)},
    {"query.patient", offsetof(struct watch, query.patient)},
    {"id", offsetof(struct watch, query.id)},
    {"query.id", offsetof(struct watch, query.id)},
    {"filter.advanced", offsetof(struct watch, query.advanced)},
    {"filter.overallStatus", offsetof(struct watch, query.status)},
};

/* How the list is shown, or what read_place() and read_filters() read. */
static const char *const no_questions[] = {
    "aggFilters", "checkSpell", "city", "count", "country", "countTotal", "dateField", "distance", "draw",
    "fields",     "format",     "from", "lat",   "limit",   "lng",        "locStr",    "lon",      "page",
    "pageSize",   "pageToken",  "rank", "sort",  "state",   "tab",        "viewType",
};

/* The page's short words of aggFilters=status:rec not,phase:2. */
static const struct {
    const char *filter, *word, *value;
} filters[] = {
    {"status", "rec", "RECRUITING"},
    {"status", "not", "NOT_YET_RECRUITING"},
    {"status", "act", "ACTIVE_NOT_RECRUITING"},
    {"status", "com", "COMPLETED"},
    {"status", "ter", "TERMINATED"},
    {"status", "sus", "SUSPENDED"},
    {"status", "wit", "WITHDRAWN"},
    {"status", "enr", "ENROLLING_BY_INVITATION"},
    {"status", "unk", "UNKNOWN"},
    {"phase", "0", "EARLY_PHASE1"},
    {"phase", "1", "PHASE1"},
    {"phase", "2", "PHASE2"},
    {"phase", "3", "PHASE3"},
    {"phase", "4", "PHASE4"},
    {"phase", "na", "NA"},
};

static bool is_blank(const char *text)
{
    return text[strspn(text, " ")] == '\0';
}

/* NULL when it is missing or blank. */
static const char *value_of(const struct reading *reading, const char *parameter)
{
    const char *value = evhttp_find_header(&reading->parameters, parameter);

    return value && !is_blank(value) ? value : NULL;
}

static int no_memory(struct reading *reading)
{
    return error_set(reading->e, -ENOMEM, "out of memory");
}

static int leave_out(struct reading *reading, const char *parameter, const char *value)
{
    char text[256];

    snprintf(text, sizeof(text), "%s=%s", parameter, value);
    text_drop_half_character(text);
    text_clean(text);
    return json_array_append_new(reading->left_out, json_string(text)) < 0 ? no_memory(reading) : 0;
}

static int set_text(struct reading *reading, size_t offset, const char *value)
{
    char **text = (char **)((char *)reading->watch + offset);

    free(*text);
    *text = strdup(value);
    return *text ? 0 : no_memory(reading);
}

static int add_word(struct reading *reading, size_t offset, const char *word)
{
    char **text = (char **)((char *)reading->watch + offset), *longer;

    if (asprintf(&longer, "%s%s%s", *text ? *text : "", *text ? ", " : "", word) < 0)
        return no_memory(reading);
    free(*text);
    *text = longer;
    return 0;
}

/* "rec" of status. */
static int read_filter_word(struct reading *reading, const char *filter, const char *word)
{
    size_t offset =
        strcmp(filter, "status") == 0 ? offsetof(struct watch, query.status) : offsetof(struct watch, query.phase);

    for (size_t i = 0; i < ARRAY_SIZE(filters); i++)
        if (strcmp(filters[i].filter, filter) == 0 && strcmp(filters[i].word, word) == 0)
            return add_word(reading, offset, filters[i].value);
    return leave_out(reading, filter, word);
}

static int read_filters(struct reading *reading)
{
    const char *value = value_of(reading, "aggFilters");
    _cleanup_free_ char *copy = strdup(value ? value : "");
    char *rest = copy, *filter, *word;
    int r = copy ? 0 : no_memory(reading);

    while (r == 0 && (filter = strsep(&rest, ","))) {
        char *words = strchr(filter, ':');
        if (!words)
            continue;
        *words++ = '\0';
        while (r == 0 && (word = strsep(&words, " ")))
            r = *word ? read_filter_word(reading, filter, word) : 0;
    }
    return r;
}

static bool read_number(const char *text, double limit, double *ret)
{
    char *end;

    *ret = text ? strtod(text, &end) : 0;
    return text && end != text && *end == '\0' && *ret >= -limit && *ret <= limit;
}

/* The page means miles when it says none. */
static int read_distance(struct reading *reading, double *ret_km)
{
    const char *text = value_of(reading, "distance");
    _cleanup_free_ char *miles = NULL;

    if (asprintf(&miles, "%smi", text ? text : "") < 0) {
        miles = NULL;
        return no_memory(reading);
    }
    if (text_parse_distance(text ? text : DEFAULT_DISTANCE, ret_km) == 0 || text_parse_distance(miles, ret_km) == 0)
        return 0;
    return error_set(reading->e, -EINVAL, "distance=%.80s of the address is no distance", text);
}

/* A place in coordinates is near: its name, city, state and country only say how the page found it. Otherwise these are
 * words of the location. */
static int read_place(struct reading *reading)
{
    static const char *const names[] = {"locStr", "city", "state", "country"};
    struct watch_near *near = &reading->watch->near;
    const char *lon = value_of(reading, "lng") ? value_of(reading, "lng") : value_of(reading, "lon");
    int r = 0;

    if (read_number(value_of(reading, "lat"), 90, &near->lat) && read_number(lon, 180, &near->lon)) {
        near->set = true;
        return read_distance(reading, &near->within_km);
    }
    for (size_t i = 0; r == 0 && i < ARRAY_SIZE(names); i++) {
        const char *value = value_of(reading, names[i]);
        r = value ? add_word(reading, offsetof(struct watch, query.location), value) : 0;
        if (value && i == 0)
            break; /* the others say it again */
    }
    if (r == 0 && value_of(reading, "distance"))
        r = leave_out(reading, "distance", value_of(reading, "distance"));
    return r;
}

static bool is_no_question(const char *parameter)
{
    for (size_t i = 0; i < ARRAY_SIZE(no_questions); i++)
        if (strcmp(no_questions[i], parameter) == 0)
            return true;
    return false;
}

static int read_parameter(struct reading *reading, const char *parameter, const char *value)
{
    if (is_blank(value) || is_no_question(parameter))
        return 0;
    for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
        if (strcmp(texts[i].parameter, parameter) == 0)
            return set_text(reading, texts[i].offset, value);
    return leave_out(reading, parameter, value);
}

/* What is behind a percent sign may be any byte. */
static int clean_values(struct reading *reading)
{
    for (struct evkeyval *pair = reading->parameters.tqh_first; pair; pair = pair->next.tqe_next) {
        if (!text_is_utf8(pair->value, strlen(pair->value))) {
            text_clean(pair->key);
            return error_set(reading->e, -EINVAL, "%.80s of the address is not UTF-8 text", pair->key);
        }
        text_clean(pair->value);
    }
    return 0;
}

static int read_search(struct reading *reading)
{
    int r = clean_values(reading);

    for (struct evkeyval *pair = reading->parameters.tqh_first; r == 0 && pair; pair = pair->next.tqe_next)
        r = read_parameter(reading, pair->key, pair->value);
    if (r == 0)
        r = read_filters(reading);
    if (r == 0)
        r = read_place(reading);
    if (r == 0 && !watch_has_query(reading->watch))
        return error_set(reading->e, -EINVAL,
                         "the address asks for nothing that a watch can ask: it should be that of a search, such as "
                         "https://clinicaltrials.gov/search?cond=angina");
    return r;
}

/* "/study/NCT04614467" */
static int read_study(struct reading *reading, const char *nct_id)
{
    struct watch *watch = reading->watch;

    watch->studies = calloc(1, sizeof(*watch->studies));
    if (!watch->studies)
        return no_memory(reading);
    watch->studies[0] = strdup(nct_id);
    watch->study_count = watch->studies[0] ? 1 : 0;
    return watch->studies[0] ? 0 : no_memory(reading);
}

static bool is_registry(const char *host)
{
    static const char name[] = "clinicaltrials.gov";
    size_t len = host ? strlen(host) : 0;

    if (len < strlen(name) || strcasecmp(host + len - strlen(name), name) != 0)
        return false;
    return len == strlen(name) || host[len - strlen(name) - 1] == '.';
}

static int read_uri(struct reading *reading, const struct evhttp_uri *uri)
{
    const char *path = evhttp_uri_get_path(uri), *query = evhttp_uri_get_query(uri);
    const char *last = path ? strrchr(path, '/') : NULL;

    if (!is_registry(evhttp_uri_get_host(uri)))
        return error_set(reading->e, -EINVAL, "the address is not one of clinicaltrials.gov");
    if (last && text_is_nct_id(last + 1))
        return read_study(reading, last + 1);
    if (evhttp_parse_query_str(query ? query : "", &reading->parameters) < 0)
        return error_set(reading->e, -EINVAL, "the address cannot be read behind its question mark");
    int r = read_search(reading);
    evhttp_clear_headers(&reading->parameters);
    return r;
}

int search_url_read(const char *url, struct watch *ret, json_t *left_out, struct error *e)
{
    struct watch watch = {.kinds = watch_default_kinds(), .weights = watch_default_weights()};
    struct reading reading = {.watch = &watch, .left_out = left_out, .e = e};
    struct evhttp_uri *uri =
        strlen(url) <= SEARCH_URL_MAX_BYTES ? evhttp_uri_parse_with_flags(url, EVHTTP_URI_NONCONFORMANT) : NULL;
    int r = uri ? read_uri(&reading, uri) : error_set(e, -EINVAL, "this is no address of a page");

    if (uri)
        evhttp_uri_free(uri);
    if (r < 0)
        watch_clear(&watch);
    else
        *ret = watch;
    return r;
}
