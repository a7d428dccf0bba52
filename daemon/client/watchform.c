#include "client/watchform.h"

#include "base/buf.h"
#include "base/text.h"
#include "client/findmatch.h"
#include "trial/fold.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

/* What the settings allow. */
#define NAME_MAX_BYTES ((size_t)64)

const struct option_spec watchform_options[] = {
    {.name = "name", .value = "NAME", .help = "What alerts call the watch. Else made of what it asks for."},
    {.name = "notify", .value = "CHANNEL,CHANNEL", .repeats = true, .help = "Whom to tell: channels of the settings."},
    {.name = "all", .help = "All studies, the whole registry, in place of studies and a query."},
    {.name = "condition", .value = "WORDS", .help = "A query, beside or in place of studies: condition or disease."},
    {.name = "intervention", .value = "WORDS", .help = "Likewise: intervention or treatment."},
    {.name = "term", .value = "WORDS", .help = "Likewise: other terms."},
    {.name = "title", .value = "WORDS", .help = "Likewise: title or acronym."},
    {.name = "sponsor", .value = "WORDS", .help = "Likewise: sponsor or collaborator."},
    {.name = "location", .value = "WORDS", .help = "Likewise: location terms."},
    {.name = "patient", .value = "WORDS", .help = "Likewise: terms that a patient would use."},
    {.name = "id", .value = "WORDS", .help = "Likewise: study ids of any kind."},
    {.name = "status", .value = "STATUS,STATUS", .help = "Likewise: RECRUITING, NOT_YET_RECRUITING …"},
    {.name = "phase", .value = "PHASE,PHASE", .help = "Likewise: PHASE2, PHASE3 …"},
    {.name = "advanced", .value = "EXPRESSION", .help = "Likewise: in the registry's own search language."},
    {.name = "announce", .value = "existing", .help = "Tell also what the first look of the query finds."},
    {.name = "kinds",
     .value = "KIND,KIND",
     .repeats = true,
     .help = "Which changes: site-opened, status … or a weight."},
    {.name = "near", .value = "LAT,LON", .help = "Only sites near here, with --within: 39.14,-84.52."},
    {.name = "within", .value = "DISTANCE", .help = "How near: 300km, 50mi."},
    {.name = "country", .value = "COUNTRY", .repeats = true, .help = "Only sites there, as the registry spells it."},
    {.name = "state", .value = "STATE", .repeats = true, .help = "Only sites in this state."},
    {.name = "city", .value = "CITY", .repeats = true, .help = "Only sites in this city."},
    {.name = "facility", .value = "WORDS", .repeats = true, .help = "Only sites with these words in their name."},
    {.name = "when", .value = "PROGRAM", .help = "A jq condition on the alert's document."},
    {.name = "highlight", .value = "WORDS", .repeats = true, .help = "Quote eligibility lines with these words."},
    {.name = "since", .value = "TIME", .help = "With preview: what was seen since then, 1y without it."},
    {.name = NULL},
};

enum field_shape {
    FIELD_QUERY, /* a text of the query */
    FIELD_TEXT,
    FIELD_LIST, /* an entry each time it is given */
    FIELD_WORDS /* entries with commas between, each time */
};

static const struct {
    const char *option, *key;
    enum field_shape shape;
} fields[] = {
    {"name", "name", FIELD_TEXT},
    {"notify", "notify", FIELD_WORDS},
    {"condition", "condition", FIELD_QUERY},
    {"intervention", "intervention", FIELD_QUERY},
    {"term", "term", FIELD_QUERY},
    {"title", "title", FIELD_QUERY},
    {"sponsor", "sponsor", FIELD_QUERY},
    {"location", "location", FIELD_QUERY},
    {"patient", "patient", FIELD_QUERY},
    {"id", "id", FIELD_QUERY},
    {"status", "status", FIELD_QUERY},
    {"phase", "phase", FIELD_QUERY},
    {"advanced", "advanced", FIELD_QUERY},
    {"announce", "announce", FIELD_TEXT},
    {"kinds", "changes", FIELD_WORDS},
    {"country", "countries", FIELD_LIST},
    {"state", "states", FIELD_LIST},
    {"city", "cities", FIELD_LIST},
    {"facility", "facilities", FIELD_LIST},
    {"when", "when", FIELD_TEXT},
    {"highlight", "highlight", FIELD_LIST},
};

static int no_memory(struct error *e)
{
    return error_set(e, -ENOMEM, "no memory for a watch");
}

/* What a command line holds need not be UTF-8. */
static int set_text(json_t *object, const char *key, const char *text, struct error *e)
{
    json_t *value = json_string(text);

    if (!value)
        return error_set(e, -EINVAL, "--%s is not UTF-8 text", key);
    return json_object_set_new(object, key, value) < 0 ? no_memory(e) : 0;
}

/* The object or list at a key, which is made. Borrowed; NULL without memory. */
static json_t *have(json_t *object, const char *key, json_t *(*make)(void))
{
    json_t *found = json_object_get(object, key);

    if (!found && json_object_set_new(object, key, make()) == 0)
        found = json_object_get(object, key);
    return found;
}

static int add_entry(json_t *settings, const char *key, const char *text, size_t len, struct error *e)
{
    json_t *entry = json_stringn(text, len), *list = have(settings, key, json_array);

    if (!entry)
        return error_set(e, -EINVAL, "what was typed for %s is not UTF-8 text", key);
    return json_array_append_new(list, entry) < 0 ? no_memory(e) : 0;
}

static int add_words(json_t *settings, const char *key, const char *text, struct error *e)
{
    int r = 0;

    for (text += strspn(text, ", "); r == 0 && *text; text += strspn(text, ", ")) {
        size_t len = strcspn(text, ", ");
        r = add_entry(settings, key, text, len, e);
        text += len;
    }
    return r;
}

static int read_field(const struct options *options, size_t field, json_t *settings, struct error *e)
{
    const char *value, *key = fields[field].key;
    int r = 0;

    for (size_t n = 0; r == 0 && (value = options_nth(options, fields[field].option, n)); n++) {
        if (fields[field].shape == FIELD_TEXT)
            r = set_text(settings, key, value, e);
        else if (fields[field].shape == FIELD_QUERY)
            r = set_text(have(settings, "query", json_object), key, value, e);
        else if (fields[field].shape == FIELD_LIST)
            r = add_entry(settings, key, value, strlen(value), e);
        else
            r = add_words(settings, key, value, e);
    }
    return r;
}

static int read_near(const struct options *options, json_t *settings, struct error *e)
{
    const char *within = options_text(options, "within");
    struct watch_near near = {.set = false};
    int r = findmatch_read_near(options, &near, e);

    if (r < 0 || !near.set)
        return r;
    if (!within)
        return error_set(e, -EINVAL, "--near goes with --within, such as --within 300km");
    json_t *value = json_pack("{s:f, s:f, s:s}", "lat", near.lat, "lon", near.lon, "within", within);
    return json_object_set_new(settings, "near", value) < 0 ? no_memory(e) : 0;
}

/* Beside it nothing else may say what to watch. */
static int read_all(const struct options *options, size_t first, json_t *settings, struct error *e)
{
    for (size_t i = 0; i < ARRAY_SIZE(fields); i++)
        if (fields[i].shape == FIELD_QUERY && options_has(options, fields[i].option))
            return error_set(e, -EINVAL, "--all watches every study there is; leave out --all or --%s",
                             fields[i].option);
    if (options->argument_count > first)
        return error_set(e, -EINVAL, "--all watches every study there is; leave out --all or %.80s",
                         options->arguments[first]);
    return set_text(settings, "studies", "all", e);
}

/* Ids may be typed in small letters. */
static int read_studies(const struct options *options, size_t first, json_t *settings, struct error *e)
{
    int r = 0;

    if (options_has(options, "all"))
        return read_all(options, first, settings, e);
    for (size_t i = first; r == 0 && i < options->argument_count; i++) {
        const char *typed = options->arguments[i];
        char nct_id[TEXT_NCT_ID_BYTES];
        if (text_read_nct_id(typed, nct_id))
            typed = nct_id;
        r = add_entry(settings, "studies", typed, strlen(typed), e);
    }
    return r;
}

bool watchform_is_given(const struct options *options)
{
    for (size_t i = 0; i < ARRAY_SIZE(fields); i++)
        if (fields[i].shape == FIELD_QUERY && options_has(options, fields[i].option))
            return true;
    return options_has(options, "all");
}

int watchform_read(const struct options *options, size_t first, json_t **ret, struct error *e)
{
    json_t *settings = json_object();
    int r = settings ? read_studies(options, first, settings, e) : no_memory(e);

    for (size_t i = 0; r == 0 && i < ARRAY_SIZE(fields); i++)
        r = read_field(options, i, settings, e);
    if (r == 0)
        r = read_near(options, settings, e);
    if (r < 0)
        json_decref(settings);
    else
        *ret = settings;
    return r;
}

/* The words of the query, but for its enumerated values, else the first study, or all. */
static int append_subject(struct buf *out, const json_t *settings)
{
    static const char *const narrowing[] = {"status", "phase", "advanced"};
    const json_t *studies = json_object_get(settings, "studies");
    const char *study = json_is_string(studies) ? "all studies" : json_string_value(json_array_get(studies, 0)), *key;
    const json_t *value;

    json_object_foreach ((json_t *)json_object_get(settings, "query"), key, value) {
        bool narrows = false;
        for (size_t i = 0; i < ARRAY_SIZE(narrowing); i++)
            narrows = narrows || strcmp(narrowing[i], key) == 0;
        if (!narrows && json_is_string(value))
            buf_printf(out, "%s ", json_string_value(value));
    }
    return buf_append_string(out, out->len == 0 && study ? study : "");
}

int watchform_name(json_t *settings, const char *title, struct error *e)
{
    _cleanup_buf_ struct buf subject = {0}, name = {0};

    if (json_object_get(settings, "name"))
        return 0;
    int r = *title ? buf_append_string(&subject, title) : append_subject(&subject, settings);
    if (r < 0 || fold_text(buf_string(&subject), &name) < 0 || buf_append_string(&name, "") < 0)
        return no_memory(e);
    name.data[text_cut_at_word(name.data, NAME_MAX_BYTES)] = '\0';
    for (char *c = name.data; *c; c++)
        if (!isascii((unsigned char)*c) || !isalnum((unsigned char)*c))
            *c = '-';
    if (name.data[strspn(name.data, "-")] == '\0')
        return error_set(e, -EINVAL, "the watch needs a name: --name NAME");
    return set_text(settings, "name", name.data + strspn(name.data, "-"), e);
}
