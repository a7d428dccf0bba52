#include "alert/filter.h"
#include "base/suggest.h"
#include "base/text.h"
#include "registry/question.h"
#include "service/config_build.h"
#include "trial/fold.h"
#include "trial/kinds.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#define WITHIN_MAX_KM 20040.0 /* half way round the earth */

struct watch_build {
    struct config_build *build;
    struct config_file *file;
    struct watch *watch;
    size_t index; /* in the file's draft */
};

static void tell(struct watch_build *b, const char *key, const char *sentence)
{
    char where[CONFIG_WHERE_BYTES];

    config_where(where, "watches[%zu].%s", b->index, key);
    config_mistake(b->build->mistakes, b->file, where, "watch %s: %s",
                   b->watch->name ? b->watch->name : "without a name", sentence);
}

static void check_studies(struct watch_build *b, bool has_query)
{
    char key[64], sentence[ERROR_TEXT_BYTES];

    if (b->watch->all_studies && has_query)
        tell(b, "studies", "all studies answer any query; leave out studies or query");
    if (!has_query && !b->watch->all_studies && b->watch->study_count == 0)
        tell(b, "studies", "names no studies; write for example studies: [NCT04614467]");
    for (size_t i = 0; i < b->watch->study_count; i++) {
        if (text_is_nct_id(b->watch->studies[i]))
            continue;
        snprintf(key, sizeof(key), "studies[%zu]", i);
        snprintf(sentence, sizeof(sentence), "\"%s\" is no NCT id; one is NCT and eight digits, such as NCT04614467%s",
                 b->watch->studies[i],
                 strcmp(b->watch->studies[i], "all") == 0 ? "; studies: all watches the whole registry" : "");
        tell(b, key, sentence);
    }
}

/* Words of the registry's, which may be new ones: letters, digits and underscores. */
static void check_query_words(struct watch_build *b, const char *key, const char *words)
{
    char sentence[ERROR_TEXT_BYTES];

    for (const char *c = words ? words : ""; *c; c++) {
        if (isalnum((unsigned char)*c) || strchr("_, |", *c))
            continue;
        snprintf(sentence, sizeof(sentence), "\"%s\" is no list of words such as RECRUITING, COMPLETED", words);
        tell(b, key, sentence);
        return;
    }
}

static void take_query(struct watch *watch, struct query_draft *draft)
{
    watch->query.condition = TAKE_PTR(draft->condition);
    watch->query.intervention = TAKE_PTR(draft->intervention);
    watch->query.term = TAKE_PTR(draft->term);
    watch->query.title = TAKE_PTR(draft->title);
    watch->query.sponsor = TAKE_PTR(draft->sponsor);
    watch->query.location = TAKE_PTR(draft->location);
    watch->query.patient = TAKE_PTR(draft->patient);
    watch->query.id = TAKE_PTR(draft->id);
    watch->query.status = TAKE_PTR(draft->status);
    watch->query.phase = TAKE_PTR(draft->phase);
    watch->query.advanced = TAKE_PTR(draft->advanced);
}

static void check_query(struct watch_build *b)
{
    _cleanup_buf_ struct buf question = {0};

    check_query_words(b, "query.status", b->watch->query.status);
    check_query_words(b, "query.phase", b->watch->query.phase);
    if (!watch_has_query(b->watch))
        tell(b, "query", "asks nothing; write for example query: {condition: angina}");
    else if (question_append(&question, b->watch) == 0 && question.len > QUESTION_MAX_BYTES)
        tell(b, "query", "is too long to be asked of the registry");
}

static void check_announce(struct watch_build *b, const char *announce)
{
    b->watch->announce_existing = true;
    if (strcmp(announce, "existing") != 0)
        tell(b, "announce", "announce should be existing, or be left out");
    if (!watch_has_query(b->watch))
        tell(b, "announce", "announce is for a watch with a query");
}

static void tell_unknown_kind(struct watch_build *b, size_t index, const char *word)
{
    const char *names[WATCH_CHANGE_WORDS];
    const char *meant = suggest_nearest(word, names, watch_change_words(names));
    char key[64], sentence[ERROR_TEXT_BYTES];

    snprintf(key, sizeof(key), "changes[%zu]", index);
    if (meant)
        snprintf(sentence, sizeof(sentence), "\"%s\" is no kind of change; did you mean %s?", word, meant);
    else
        snprintf(sentence, sizeof(sentence),
                 "\"%s\" is no kind of change; write for example site-opened, status or notable", word);
    tell(b, key, sentence);
}

static void check_changes(struct watch_build *b, const struct watch_draft *draft)
{
    if (draft->change_count == 0) {
        b->watch->kinds = watch_default_kinds();
        b->watch->weights = watch_default_weights();
    }
    for (size_t i = 0; i < draft->change_count; i++)
        if (watch_add_change_word(b->watch, draft->changes[i]) < 0)
            tell_unknown_kind(b, i, draft->changes[i]);
}

static void check_near(struct watch_build *b, const struct near_draft *draft)
{
    struct watch_near *near = &b->watch->near;
    char sentence[ERROR_TEXT_BYTES];

    *near = (struct watch_near){.set = true, .lat = draft->lat, .lon = draft->lon};
    /* Written so that "not a number" fails too. */
    if (!(near->lat >= -90 && near->lat <= 90))
        tell(b, "near.lat", "near.lat should be between -90 and 90 degrees");
    if (!(near->lon >= -180 && near->lon <= 180))
        tell(b, "near.lon", "near.lon should be between -180 and 180 degrees");
    if (!draft->within) {
        tell(b, "near", "near needs within, such as within: 300km");
    } else if (text_parse_distance(draft->within, &near->within_km) < 0 || !(near->within_km > 0) ||
               !(near->within_km <= WITHIN_MAX_KM)) {
        snprintf(sentence, sizeof(sentence), "near.within: \"%s\" is no distance; write for example 300km or 50mi",
                 draft->within);
        tell(b, "near.within", sentence);
    }
}

/* lat and lon are numbers, whose absence a draft does not show. */
static void check_near_is_whole(struct watch_build *b)
{
    static const char *const keys[] = {"lat", "lon"};
    char where[CONFIG_WHERE_BYTES], sentence[ERROR_TEXT_BYTES];

    for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
        config_where(where, "watches[%zu].near.%s", b->index, keys[i]);
        if (config_file_has(b->file, where))
            continue;
        snprintf(sentence, sizeof(sentence), "near needs %s in degrees", keys[i]);
        tell(b, "near", sentence);
    }
}

/* A text without letters and digits would be found everywhere. */
static bool has_word(const char *text)
{
    _cleanup_buf_ struct buf folded = {0};

    return fold_text(text, &folded) < 0 || folded.len > 0;
}

static void check_words(struct watch_build *b, const char *list, char *const *words, size_t count)
{
    char key[64], sentence[ERROR_TEXT_BYTES];

    for (size_t i = 0; i < count; i++) {
        if (has_word(words[i]))
            continue;
        snprintf(key, sizeof(key), "%s[%zu]", list, i);
        snprintf(sentence, sizeof(sentence), "an entry of %s %s", list, words[i][0] ? "has no word" : "is empty");
        tell(b, key, sentence);
    }
}

static void tell_unknown_channel(struct watch_build *b, size_t index, const char *name)
{
    const struct config *config = b->build->config;
    const char *names[CONFIG_MAX_CHANNELS];
    size_t count = 0;
    char key[64], sentence[ERROR_TEXT_BYTES];

    for (size_t i = 0; i < config->channel_count; i++)
        if (config->channels[i].name)
            names[count++] = config->channels[i].name;
    const char *meant = suggest_nearest(name, names, count);
    snprintf(key, sizeof(key), "notify[%zu]", index);
    snprintf(sentence, sizeof(sentence), "no channel is named \"%s\"%s%s%s", name,
             meant ? "; did you mean " : ": define it under channels:", meant ? meant : "", meant ? "?" : "");
    tell(b, key, sentence);
}

static bool channel_exists(const struct config *config, const char *name)
{
    for (size_t i = 0; i < config->channel_count; i++)
        if (config->channels[i].name && strcmp(config->channels[i].name, name) == 0)
            return true;
    return false;
}

static void check_when(struct watch_build *b)
{
    char sentence[ERROR_TEXT_BYTES];
    struct error e = {0};

    if (!b->watch->when || filter_check(b->watch->when, &e) == 0)
        return;
    snprintf(sentence, sizeof(sentence), "when: %.900s", e.text);
    tell(b, "when", sentence);
}

static void check_notify(struct watch_build *b)
{
    if (b->watch->channel_count == 0)
        tell(b, "notify", "tells nobody; write for example notify: [cardiology]");
    for (size_t i = 0; b->build->complete && i < b->watch->channel_count; i++)
        if (!channel_exists(b->build->config, b->watch->channels[i]))
            tell_unknown_channel(b, i, b->watch->channels[i]);
}

static int take_studies(struct watch_build *b)
{
    char where[CONFIG_WHERE_BYTES];

    config_where(where, "watches[%zu].studies", b->index);
    b->watch->all_studies = config_file_says_all(b->file, where);
    return config_file_texts(b->file, where, &b->watch->studies, &b->watch->study_count);
}

static int build_watch(struct watch_build *b, struct watch_draft *draft)
{
    struct watch *watch = b->watch;

    *watch = (struct watch){
        .name = TAKE_PTR(draft->name),
        .countries = TAKE_PTR(draft->countries),
        .country_count = draft->country_count,
        .states = TAKE_PTR(draft->states),
        .state_count = draft->state_count,
        .cities = TAKE_PTR(draft->cities),
        .city_count = draft->city_count,
        .facilities = TAKE_PTR(draft->facilities),
        .facility_count = draft->facility_count,
        .when = TAKE_PTR(draft->when),
        .highlight = TAKE_PTR(draft->highlight),
        .highlight_count = draft->highlight_count,
        .channels = TAKE_PTR(draft->notify),
        .channel_count = draft->notify_count,
    };
    draft->country_count = draft->state_count = draft->city_count = draft->facility_count = 0;
    draft->highlight_count = draft->notify_count = 0;
    if (draft->query)
        take_query(watch, draft->query);
    if (take_studies(b) < 0)
        return -ENOMEM;
    check_studies(b, draft->query != NULL);
    check_changes(b, draft);
    if (draft->near) {
        check_near_is_whole(b);
        check_near(b, draft->near);
    }
    if (draft->query)
        check_query(b);
    if (draft->announce)
        check_announce(b, draft->announce);
    check_words(b, "countries", watch->countries, watch->country_count);
    check_words(b, "states", watch->states, watch->state_count);
    check_words(b, "cities", watch->cities, watch->city_count);
    check_words(b, "facilities", watch->facilities, watch->facility_count);
    check_words(b, "highlight", watch->highlight, watch->highlight_count);
    check_when(b);
    check_notify(b);
    return 0;
}

static bool is_taken(const struct config *config, const char *name)
{
    for (size_t i = 0; i < config->watch_count; i++)
        if (name && config->watches[i].name && strcmp(config->watches[i].name, name) == 0)
            return true;
    return false;
}

int config_build_watches(struct config_build *build, struct config_file *file)
{
    struct config *config = build->config;
    size_t count = file->draft->watch_count;

    if (count == 0)
        return 0;
    if (config->watch_count + count > CONFIG_MAX_WATCHES) {
        config_mistake(build->mistakes, file, "watches", "there may be at most %zu watches", CONFIG_MAX_WATCHES);
        return 0;
    }
    struct watch *watches = reallocarray(config->watches, config->watch_count + count, sizeof(*watches));
    if (!watches)
        return -ENOMEM;
    config->watches = watches;
    char **places = reallocarray(config->watch_places, config->watch_count + count, sizeof(*places));
    if (!places)
        return -ENOMEM;
    config->watch_places = places;
    for (size_t i = 0; i < count; i++) {
        struct watch_draft *draft = &file->draft->watches[i];
        char where[CONFIG_WHERE_BYTES];
        struct config_name name = {"watch", draft->name, config_where(where, "watches[%zu].name", i),
                                   is_taken(config, draft->name)};
        config_check_name(build, file, &name);
        places[config->watch_count] = config_file_place(file, where);
        if (!places[config->watch_count])
            return -ENOMEM;
        struct watch_build b = {.build = build, .file = file, .watch = &watches[config->watch_count++], .index = i};
        int r = build_watch(&b, draft);
        if (r < 0)
            return r;
    }
    return 0;
}
