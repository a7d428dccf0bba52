/* The features of sites, and what of them only the whole list tells: which name or contact several sites have. */
#include "trial/site_list.h"

#include "trial/keysort.h"

#include <errno.h>
#include <stdlib.h>

static int read_features(struct site_list *list)
{
    size_t next = 0;

    list->features = malloc((list->unmatched + 1) * sizeof(*list->features));
    if (!list->features)
        return -ENOMEM;
    for (size_t i = 0; i < list->count; i++) {
        struct site *site = &list->sites[i];
        if (site->other != SITE_NONE)
            continue;
        site->features = &list->features[next++];
        if (site_read_features(study_location(list->study, site->index), site->features) < 0)
            return -ENOMEM;
    }
    return 0;
}

/* What a name is repeated within: the study, or a city. */
typedef uint64_t name_key(const struct site *site);

static uint64_t key_name(const struct site *site)
{
    return site->hashes.facility;
}

static uint64_t key_name_in_city(const struct site *site)
{
    return hash_combine(site->hashes.facility, site->hashes.city);
}

/* The sites, matched ones too, whose key no other has get false, all others true, at offset in their features. */
static int mark_repeated(struct site_list *list, name_key *key, size_t offset)
{
    _cleanup_free_ struct keyed *names = malloc((list->count + 1) * sizeof(*names));

    if (!names)
        return -ENOMEM;
    for (size_t i = 0; i < list->count; i++)
        names[i] = (struct keyed){key(&list->sites[i]), i};
    if (keyed_sort(names, list->count) < 0)
        return -ENOMEM;
    for (size_t i = 0, n; i < list->count; i += n) {
        n = keyed_run(names + i, list->count - i);
        for (size_t k = i; k < i + n; k++) {
            struct site_features *features = list->sites[names[k].place].features;
            if (features)
                *(bool *)((char *)features + offset) = n > 1;
        }
    }
    return 0;
}

/* Forgets the contacts that several sites of the list have, matched ones too: a sponsor's call centre. */
static int drop_repeated_contacts(struct site_list *list)
{
    _cleanup_free_ struct keyed *contacts = malloc((list->count * SITE_MAX_CONTACTS + 1) * sizeof(*contacts));
    size_t count = 0;

    if (!contacts)
        return -ENOMEM;
    for (size_t i = 0; i < list->count; i++) {
        uint64_t hashes[SITE_MAX_CONTACTS];
        size_t n = site_read_contacts(study_location(list->study, list->sites[i].index), hashes);
        for (size_t k = 0; k < n; k++)
            contacts[count++] = (struct keyed){hashes[k], i};
    }
    if (keyed_sort(contacts, count) < 0)
        return -ENOMEM;
    for (size_t i = 0, n; i < count; i += n) {
        n = keyed_run(contacts + i, count - i);
        struct site_features *features = list->sites[contacts[i].place].features;
        /* a site may name one person twice, but another site's is not its own */
        if (features && contacts[i].place == contacts[i + n - 1].place)
            features->contacts[features->contact_count++] = contacts[i].key;
    }
    return 0;
}

int sites_prepare(struct site_list *list)
{
    int r = read_features(list);

    if (r == 0)
        r = mark_repeated(list, key_name, offsetof(struct site_features, repeated));
    if (r == 0)
        r = mark_repeated(list, key_name_in_city, offsetof(struct site_features, repeated_here));
    return r < 0 ? r : drop_repeated_contacts(list);
}
