#include "trial/watch.h"

#include <errno.h>
#include <string.h>

static void free_strings(char **strings, size_t count)
{
    for (size_t i = 0; i < count; i++)
        free(strings[i]);
    free(strings);
}

void watch_clear(struct watch *watch)
{
    char *texts[] = {watch->name,        watch->query.condition, watch->query.intervention, watch->query.term,
                     watch->query.title, watch->query.sponsor,   watch->query.location,     watch->query.patient,
                     watch->query.id,    watch->query.status,    watch->query.phase,        watch->query.advanced,
                     watch->when};

    for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
        free(texts[i]);
    free_strings(watch->studies, watch->study_count);
    free_strings(watch->countries, watch->country_count);
    free_strings(watch->states, watch->state_count);
    free_strings(watch->cities, watch->city_count);
    free_strings(watch->facilities, watch->facility_count);
    free_strings(watch->highlight, watch->highlight_count);
    free_strings(watch->channels, watch->channel_count);
    *watch = (struct watch){0};
}

static uint64_t kind_bit(enum kind kind)
{
    return UINT64_C(1) << kind;
}

uint64_t watch_default_kinds(void)
{
    return kind_bit(KIND_LISTED) | kind_bit(KIND_UNLISTED);
}

unsigned watch_weights_from(enum weight weight)
{
    unsigned weights = 0;

    for (; weight <= WEIGHT_URGENT; weight++)
        weights |= 1u << weight;
    return weights;
}

unsigned watch_default_weights(void)
{
    return watch_weights_from(WEIGHT_NOTABLE);
}

int watch_add_change_word(struct watch *watch, const char *word)
{
    enum kind kind = kind_from_name(word);
    enum weight weight;

    if (kind != KIND_COUNT) {
        watch->kinds |= kind_bit(kind);
        return 0;
    }
    if (weight_from_name(word, &weight) < 0)
        return -EINVAL;
    watch->weights |= watch_weights_from(weight);
    return 0;
}

size_t watch_change_words(const char *ret[static WATCH_CHANGE_WORDS])
{
    size_t count = 0;

    for (enum kind kind = 0; kind < KIND_COUNT; kind++)
        ret[count++] = kind_info(kind)->name;
    for (enum weight weight = WEIGHT_SILENT; weight <= WEIGHT_URGENT; weight++)
        ret[count++] = weight_name(weight);
    return count;
}

bool watch_has_query(const struct watch *watch)
{
    return watch->query.condition || watch->query.intervention || watch->query.term || watch->query.title ||
           watch->query.sponsor || watch->query.location || watch->query.patient || watch->query.id ||
           watch->query.status || watch->query.phase || watch->query.advanced;
}

/* A study enters or leaves one watch's query, which the change names. */
static bool is_of_other_query(const struct watch *watch, const struct change *change)
{
    const json_t *side = change->kind == KIND_UNLISTED ? change->before : change->after;
    const char *name = json_string_value(json_object_get(side, "watch"));

    if (change->kind != KIND_LISTED && change->kind != KIND_UNLISTED)
        return false;
    return name && strcmp(name, watch->name) != 0;
}

bool watch_kinds_pass(uint64_t kinds, unsigned weights, const struct change *change)
{
    if (!(kinds & kind_bit(change->kind)) && !(weights & 1u << change->weight))
        return false;
    return change->weight > WEIGHT_SILENT || kind_info(change->kind)->weight == WEIGHT_SILENT;
}

static bool wants_kind(const struct watch *watch, const struct change *change)
{
    if (is_of_other_query(watch, change))
        return false;
    if (change->kind == KIND_LISTED && watch_has_query(watch))
        return true;
    return watch_kinds_pass(watch->kinds, watch->weights, change);
}

const json_t *watch_site_of(const struct study *after, const struct change *change)
{
    if (change->new_index != SITE_NONE)
        return study_location(after, change->new_index);
    return change->old_index != SITE_NONE ? change->before : NULL;
}

/* A study without sites may be anywhere; but that is not what makes a watch of all studies concern it. */
static bool has_site_there(const struct watch *watch, const struct study *after)
{
    size_t count = study_location_count(after);
    bool found = count == 0 && !watch->all_studies;

    for (size_t i = 0; !found && i < count; i++)
        found = watch_wants_place(watch, after, study_location(after, i));
    return found;
}

/* Whether the study has a site where the watch looks, once somebody asked. */
enum presence { NOT_ASKED, THERE, ELSEWHERE };

/* Who names a study wants what becomes of it wherever it is. */
static bool wants_study(const struct watch *watch, const struct study *after, const struct change *change,
                        enum presence *presence)
{
    if (!watch->all_studies && change->kind != KIND_LISTED && change->kind != KIND_UNLISTED)
        return true;
    if (*presence == NOT_ASKED)
        *presence = has_site_there(watch, after) ? THERE : ELSEWHERE;
    return *presence == THERE;
}

static bool wants(const struct watch *watch, const struct study *after, const struct change *change,
                  enum presence *presence)
{
    if (!wants_kind(watch, change))
        return false;
    if (!watch_has_place(watch))
        return true;
    const json_t *location = watch_site_of(after, change);
    return location ? watch_wants_place(watch, after, location) : wants_study(watch, after, change, presence);
}

bool watch_wants(const struct watch *watch, const struct study *after, const struct change *change)
{
    enum presence presence = NOT_ASKED;

    return wants(watch, after, change, &presence);
}

bool watch_wants_which(const struct watch *watch, const struct study *after, const struct change_list *changes,
                       uint64_t *bits)
{
    enum presence presence = NOT_ASKED;
    bool any = false;

    for (size_t i = 0; i < changes->count; i++)
        if (wants(watch, after, &changes->items[i], &presence)) {
            bits[i / 64] |= UINT64_C(1) << i % 64;
            any = true;
        }
    return any;
}
