/* What somebody wants to know, and which watches a study's changes concern.
 *
 * A watch is plain data that service/config fills; a watch_set indexes many of them by study, place and kind, so that a
 * change finds its watches without trying all. */
#pragma once

#include "base/err.h"
#include "trial/diff.h"
#include "trial/kinds.h"
#include "trial/study.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

_Static_assert(KIND_COUNT <= 64, "a set of kinds is 64 bits");

struct watch_near {
    bool set;
    double lat, lon; /* degrees, WGS 84 */
    double within_km;
};

struct watch {
    char *name;     /* owned, unique */
    char **studies; /* owned, NCT ids or aliases */
    size_t study_count;
    bool all_studies; /* the whole registry */
    struct {
        char *condition, *intervention, *term, *title, *sponsor, *location, *patient, *id, *status, *phase, *advanced;
    } query;                /* owned; all NULL when the watch names its studies */
    bool announce_existing; /* what the query's first listing finds is told, once */
    uint64_t kinds;         /* bit 1 << kind: those that were named */
    unsigned weights;       /* bit 1 << weight: changes of that weight of their own, whatever their kind */
    /* Only sites there; changes that are not about a site pass, of all_studies by the study's sites. By the registry's
     * names, case and accents folded; none: everywhere. All owned. */
    char **countries, **states, **cities;
    char **facilities; /* words or phrases of the facility's name */
    size_t country_count, state_count, city_count, facility_count;
    struct watch_near near;
    char *when;       /* owned; a jq condition on the alert's document, for alert/clause; NULL: none */
    char **highlight; /* owned; words whose eligibility lines are quoted */
    size_t highlight_count;
    char **channels; /* owned; names */
    size_t channel_count;
};

void watch_clear(struct watch *watch);

/* What a watch without changes: gets: what is urgent or notable itself, and of a query who is listed and unlisted. */
uint64_t watch_default_kinds(void);
unsigned watch_default_weights(void);

/* The set of this weight and all above it. */
unsigned watch_weights_from(enum weight weight);

/* Adds what a word of changes: stands for: a kind by its name, or a weight, which is all changes of that weight or
 * more. -EINVAL for another word. */
int watch_add_change_word(struct watch *watch, const char *word);

/* All such words. Returns how many. */
#define WATCH_CHANGE_WORDS (KIND_COUNT + WEIGHT_URGENT + 1)
size_t watch_change_words(const char *ret[static WATCH_CHANGE_WORDS]);

bool watch_has_query(const struct watch *watch);

/* Whether the watch asks to be told of this change of a study (after is the newer version).
 *
 * Its kind must be among the watch's, or its own weight (re-wrapped eligibility is routine); listed always is for a
 * query. A study that enters or leaves a query concerns the watch whose query it is, by its name in after or before. A
 * change of weight silent passes only when its kind is silent as such. Places hold for changes of a site, by where it
 * is now, or was when it is no longer listed; and for a study that enters or leaves a query, by any of its sites. Of a
 * watch of all studies they hold for every change: the study must have a site there. */
bool watch_wants(const struct watch *watch, const struct study *after, const struct change *change);

/* The same for all changes of the study: sets the bits of the wanted, by their numbers, in bits that are all clear.
 * Whether there is one. */
bool watch_wants_which(const struct watch *watch, const struct study *after, const struct change_list *changes,
                       uint64_t *bits);

/* Whether these kinds and weights of a watch have the change. */
bool watch_kinds_pass(uint64_t kinds, unsigned weights, const struct change *change);

/* Where the site of the change is, or was when it is no longer listed; NULL when it is not about one site. */
const json_t *watch_site_of(const struct study *after, const struct change *change);

/* Whether the watch looks at some places only. */
bool watch_has_place(const struct watch *watch);

/* Whether a location, of the study or of its version before, is where the watch looks: in one of the countries, states
 * and cities, of a facility whose name mentions one of the words, and near. No alert is lost for lack of data: what a
 * site does not say passes. A site without state or geoPoint is taken to be where the study's other sites in its city
 * and country are, and passes if none says. */
bool watch_wants_place(const struct watch *watch, const struct study *after, const json_t *location);

/* Kilometres along the great circle from near to a location's geoPoint, negative when it has none. */
double watch_distance_km(const struct watch_near *near, const json_t *location);

/* The eligibility lines of the study that mention one of the words (or phrases), whole and with case and accents
 * folded: a new array of {"word","line"}, a line once with the first of the words. NULL without memory. */
json_t *watch_highlights(char *const *words, size_t word_count, const struct study *study);

struct watch_set;

/* Keeps pointers to the watches, which must outlive it. Finds and visits take time by the logarithm of count. 0 or
 * -ENOMEM. */
int watch_set_new(const struct watch *const *watches, size_t count, struct watch_set **ret);
/* Takes NULL. */
void watch_set_free(struct watch_set *set);
DEFINE_CLEANUP(struct watch_set *, watch_set_free)

/* Every study id that some watch names, sorted, each once. Owned by the set. */
const char *const *watch_set_studies(const struct watch_set *set, size_t *ret_count);

/* The watches with a query, by name. Owned by the set. */
const struct watch *const *watch_set_queries(const struct watch_set *set, size_t *ret_count);

/* The watches of the whole registry, by name. Owned by the set. */
const struct watch *const *watch_set_of_all(const struct watch_set *set, size_t *ret_count);

/* Calls visit once for every watch that names the study by id or alias, or watches all; not for those that only have a
 * query, since which studies answer it is the registry's to say. */
typedef void watch_visitor(const struct watch *watch, void *userdata);
void watch_set_visit(const struct watch_set *set, const struct study *study, watch_visitor *visit, void *userdata);

/* The same, but without most of those watches of all studies that want none of the changes. 0 or -ENOMEM. */
int watch_set_visit_concerned(const struct watch_set *set, const struct study *after, const struct change_list *changes,
                              watch_visitor *visit, void *userdata);

/* NULL when no watch has this name. */
const struct watch *watch_set_find(const struct watch_set *set, const char *name);

/* What one channel is to be told about one study: the outcome of matching. */
struct notice {
    const char *channel;          /* borrowed from a watch */
    const struct watch **watches; /* owned array: the watches that lead to it */
    size_t watch_count;
    size_t *changes; /* owned array: indexes into the change list, ascending, each once */
    size_t change_count;
};

struct notice_list {
    struct notice *items;
    size_t count;
};

void notice_list_free(struct notice_list *list);
#define _cleanup_notice_list_ _cleanup_(notice_list_free)

/* One notice a channel, in the order of channel names, its watches in the order of theirs; from the watches that
 * watch_set_visit() visits and from members: the query watches that the study answers or just left. 0 or -ENOMEM. */
int watch_set_notices(const struct watch_set *set, const struct study *after, const struct watch *const *members,
                      size_t member_count, const struct change_list *changes, struct notice_list *ret);
