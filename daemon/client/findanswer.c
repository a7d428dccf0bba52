#include "client/findanswer.h"

#include "base/buf.h"
#include "client/record.h"
#include "client/siterow.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

/* One study under question. */
struct asking {
    struct store *store;
    const struct findmatch *match;
    const json_t *known;
    struct version version;
    struct study *study; /* owned */
    struct error *e;
};

static void asking_clear(struct asking *asking)
{
    study_free(asking->study);
}
#define _cleanup_asking_ _cleanup_(asking_clear)

/* "Jane Doe, 513-555-0100, jane@example.org" of the first contact. */
static json_t *contact_text(const json_t *contacts)
{
    static const char *const keys[] = {"name", "phone", "email"};
    const json_t *contact = json_array_get(contacts, 0);
    _cleanup_buf_ struct buf text = {0};

    for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
        const char *part = json_string_value(json_object_get(contact, keys[i]));
        if (part)
            buf_printf(&text, "%s%s", text.len > 0 ? ", " : "", part);
    }
    return json_string(buf_string(&text));
}

/* Sites without contacts of their own have the study's. */
static int set_contacts(json_t *site, const struct study *study)
{
    const json_t *own = json_object_get(site, "contacts");
    const json_t *central = record_at(study_record(study), "protocolSection.contactsLocationsModule.centralContacts");
    const json_t *contacts = json_array_size(own) > 0 || !central ? own : central;
    int r = json_object_set_new(site, "contact", contact_text(contacts));

    return r | json_object_set(site, "contacts", (json_t *)contacts);
}

static int append_centre(const struct asking *asking, json_t *centres, size_t index, long number, double km)
{
    json_auto_t *site = siterow_of_version(asking->store, asking->study, &asking->version, index, number);
    int r = site ? set_contacts(site, asking->study) : -1;

    r |= json_object_set_new(site, "distance_km", km < 0 ? json_null() : json_real(round(km * 10) / 10));
    r |= json_array_append(centres, site);
    return r < 0 ? error_set(asking->e, -ENOMEM, "no memory for a centre") : 0;
}

/* The centres that fit, as they stand in the record. */
static int find_centres(const struct asking *asking, json_t *centres)
{
    _cleanup_free_ long *numbers = NULL;
    size_t count = 0;
    int r = history_sites_of_version(asking->store, asking->version.nct_id, asking->version.number, &numbers, &count,
                                     asking->e);

    for (size_t i = 0; r == 0 && i < study_location_count(asking->study); i++) {
        double km;
        if (findmatch_site(asking->match, asking->study, i, &km))
            r = append_centre(asking, centres, i, i < count ? numbers[i] : 0, km);
    }
    return r;
}

static double distance_of(const json_t *site)
{
    const json_t *km = json_object_get(site, "distance_km");

    return json_is_number(km) ? json_number_value(km) : INFINITY;
}

static int by_distance(const void *a, const void *b)
{
    double x = distance_of(*(json_t *const *)a), y = distance_of(*(json_t *const *)b);

    return x < y ? -1 : x > y;
}

/* A new array, nearest first; NULL without memory. */
static json_t *sorted_by_distance(const json_t *centres)
{
    size_t count = json_array_size(centres);
    _cleanup_free_ json_t **items = calloc(count + 1, sizeof(json_t *));
    json_auto_t *sorted = json_array();

    if (!items || !sorted)
        return NULL;
    for (size_t i = 0; i < count; i++)
        items[i] = json_array_get(centres, i);
    qsort(items, count, sizeof(json_t *), by_distance);
    for (size_t i = 0; i < count; i++)
        json_array_append(sorted, items[i]);
    return json_incref(sorted);
}

static int build(const struct asking *asking, json_t **ret)
{
    const struct study *study = asking->study;
    const char *why_stopped = study_string_at(study, "protocolSection.statusModule.whyStopped");
    char seen[CLOCK_TEXT_BYTES];
    json_auto_t *centres = json_array();
    int r = centres ? find_centres(asking, centres) : error_set(asking->e, -ENOMEM, "no memory for an answer");

    if (r < 0)
        return r;
    json_auto_t *sorted = asking->match->near.set ? sorted_by_distance(centres) : json_incref(centres);
    json_auto_t *mentions = watch_highlights(asking->match->words, asking->match->word_count, study);
    *ret = json_pack("{s:s, s:s, s:s, s:s, s:s, s:i, s:s, s:O, s:O, s:i, s:O, s:O}", "nct_id", study_nct_id(study),
                     "title", study_title(study), "status", study_overall_status(study), "why_stopped",
                     why_stopped ? why_stopped : "", "sponsor", study_sponsor(study), "version",
                     (int)asking->version.number, "version_seen", clock_format_utc(asking->version.seen_usec, seen),
                     "refresh", json_object_get(asking->known, "refresh"), "last_seen",
                     json_object_get(asking->known, "last_seen"), "site_count", (int)study_location_count(study),
                     "mentions", mentions, "sites", sorted);
    return *ret ? 0 : error_set(asking->e, -ENOMEM, "no memory for an answer");
}

int findanswer_build(struct store *store, const struct findmatch *match, const json_t *known, json_t **ret,
                     struct error *e)
{
    const char *nct_id = json_string_value(json_object_get(known, "nct_id"));
    _cleanup_asking_ struct asking asking = {.store = store, .match = match, .known = known, .e = e};
    int r = versions_newest(store, nct_id, &asking.version, e);

    *ret = NULL;
    if (r == 0)
        r = versions_study(store, &asking.version, &asking.study, e);
    if (r < 0 || !findmatch_study(match, asking.study))
        return r;
    return build(&asking, ret);
}
