#include "client/findmatch.h"

#include "base/buf.h"
#include "base/text.h"
#include "client/record.h"
#include "history/country.h"
#include "trial/fold.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const char *const condition_paths[] = {
    "protocolSection.conditionsModule",
    "protocolSection.identificationModule.briefTitle",
    "protocolSection.identificationModule.officialTitle",
    "derivedSection.conditionBrowseModule",
    NULL,
};

static const char *const intervention_paths[] = {
    "protocolSection.armsInterventionsModule",
    "protocolSection.identificationModule.briefTitle",
    "protocolSection.identificationModule.officialTitle",
    "derivedSection.interventionBrowseModule",
    NULL,
};

static int read_degrees(const char *text, char **ret_end, double limit, double *ret)
{
    *ret = strtod(text, ret_end);
    return *ret_end == text || !(*ret >= -limit && *ret <= limit) ? -EINVAL : 0;
}

int findmatch_read_near(const struct options *options, struct watch_near *near, struct error *e)
{
    const char *text = options_text(options, "near"), *within = options_text(options, "within");
    char *end;

    if (!text)
        return within ? error_set(e, -EINVAL, "--within goes with --near LAT,LON") : 0;
    if (read_degrees(text, &end, 90, &near->lat) < 0 || *end != ',' ||
        read_degrees(end + 1, &end, 180, &near->lon) < 0 || *end != '\0')
        return error_set(e, -EINVAL, "--near is a latitude and a longitude in degrees, such as 39.14,-84.52, not '%s'",
                         text);
    near->set = true;
    if (within && text_parse_distance(within, &near->within_km) < 0)
        return error_set(e, -EINVAL, "--within is a distance such as 300km or 50mi, not '%s'", within);
    return 0;
}

static int read_words(const char *text, struct findmatch *match, struct error *e)
{
    if (!text)
        return 0;
    match->words_text = strdup(text);
    if (!match->words_text)
        return error_set(e, -ENOMEM, "no memory for --mentions");
    char *rest = match->words_text, *word;
    while ((word = strsep(&rest, ","))) {
        if (*word == '\0')
            continue;
        if (match->word_count == FINDMATCH_MAX_WORDS)
            return error_set(e, -EINVAL, "--mentions takes at most %d words", FINDMATCH_MAX_WORDS);
        match->words[match->word_count++] = word;
    }
    return 0;
}

static int read_country(const char *text, struct findmatch *match, struct error *e)
{
    if (!text)
        return 0;
    match->countries = country_spellings(text);
    return match->countries ? 0 : error_set(e, -EINVAL, "--country is a name or an ISO 3166 code such as US");
}

int findmatch_read(const struct options *options, struct findmatch *ret, struct error *e)
{
    int r = findmatch_read_near(options, &ret->near, e);

    ret->condition = options_text(options, "condition");
    ret->intervention = options_text(options, "intervention");
    ret->recruiting = options_has(options, "recruiting");
    if (r == 0)
        r = read_country(options_text(options, "country"), ret, e);
    return r < 0 ? r : read_words(options_text(options, "mentions"), ret, e);
}

void findmatch_clear(struct findmatch *match)
{
    json_decref(match->countries);
    free(match->words_text);
    *match = (struct findmatch){0};
}

/* Every text under a value, folded, with a space before each. */
static void fold_all(struct buf *out, const json_t *value)
{
    const char *key;
    const json_t *item;
    size_t i;

    if (json_is_string(value)) {
        buf_append(out, " ", 1);
        fold_text(json_string_value(value), out);
    }
    json_array_foreach (value, i, item)
        fold_all(out, item);
    json_object_foreach ((json_t *)value, key, item)
        fold_all(out, item);
}

static bool has_word(const char *texts, const char *word, size_t len)
{
    for (const char *at = texts; (at = strchr(at, ' ')); at++)
        if (strncmp(at + 1, word, len) == 0)
            return true;
    return false;
}

static bool has_words(const struct study *study, const char *const *paths, const char *wanted)
{
    _cleanup_buf_ struct buf texts = {0}, words = {0};

    for (; *paths; paths++)
        fold_all(&texts, record_at(study_record(study), *paths));
    fold_text(wanted, &words);
    for (const char *word = buf_string(&words); *word;) {
        size_t len = strcspn(word, " ");
        if (!has_word(buf_string(&texts), word, len))
            return false;
        word += len;
        word += strspn(word, " ");
    }
    return true;
}

bool findmatch_study(const struct findmatch *match, const struct study *study)
{
    if (match->condition && !has_words(study, condition_paths, match->condition))
        return false;
    return !match->intervention || has_words(study, intervention_paths, match->intervention);
}

static bool is_there(const json_t *countries, const json_t *location)
{
    const char *country = json_string_value(json_object_get(location, "country"));
    const json_t *spelling;
    size_t i;

    json_array_foreach (countries, i, spelling)
        if (country && strcasecmp(json_string_value(spelling), country) == 0)
            return true;
    return false;
}

bool findmatch_site(const struct findmatch *match, const struct study *study, size_t index, double *ret_km)
{
    const json_t *location = study_location(study, index);

    *ret_km = match->near.set ? watch_distance_km(&match->near, location) : -1;
    if (match->recruiting && strcmp(study_effective_status(study, index), "RECRUITING") != 0)
        return false;
    if (match->countries && !is_there(match->countries, location))
        return false;
    return match->near.within_km <= 0 || (*ret_km >= 0 && *ret_km <= match->near.within_km);
}
