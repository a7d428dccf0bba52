/* Sites that are the same by an equal key: quickly, and as a multiset, so that what is there twice and twice is matched
 * twice. */
#include "trial/site_list.h"

#include "trial/keysort.h"

#include <errno.h>

/* A site's key for a pass. */
typedef uint64_t site_key(const struct site *site);

static uint64_t key_content(const struct site *site)
{
    return site->hashes.content;
}

static uint64_t key_address(const struct site *site)
{
    return site->hashes.address;
}

static uint64_t key_address_contacts(const struct site *site)
{
    return hash_combine(key_address(site), site->hashes.contacts);
}

static uint64_t key_address_status(const struct site *site)
{
    return hash_combine(key_address(site), site->hashes.status);
}

static uint64_t key_address_contacts_status(const struct site *site)
{
    return hash_combine(key_address_contacts(site), site->hashes.status);
}

/* The folded name and address; of a site whose name says nothing, too. */
static uint64_t key_folded(const struct site *site)
{
    return site->features->address;
}

static uint64_t key_folded_contacts(const struct site *site)
{
    return hash_combine(key_folded(site), site->hashes.contacts);
}

static uint64_t key_folded_status(const struct site *site)
{
    return hash_combine(key_folded(site), site->hashes.status);
}

static uint64_t key_folded_contacts_status(const struct site *site)
{
    return hash_combine(key_folded_contacts(site), site->hashes.status);
}

/* The unmatched sites sorted by key. */
static int sort_sites(const struct site_list *list, site_key *key, struct keyed *ret)
{
    size_t count = 0;

    for (size_t i = 0; i < list->count; i++)
        if (list->sites[i].other == SITE_NONE)
            ret[count++] = (struct keyed){key(&list->sites[i]), i};
    return keyed_sort(ret, count);
}

static int match_by_key(struct matcher *matcher, site_key *key)
{
    size_t left_count = matcher->left.unmatched, right_count = matcher->right.unmatched;
    _cleanup_free_ struct keyed *left = malloc((left_count + 1) * sizeof(*left));
    _cleanup_free_ struct keyed *right = malloc((right_count + 1) * sizeof(*right));

    if (!left || !right || sort_sites(&matcher->left, key, left) < 0 || sort_sites(&matcher->right, key, right) < 0)
        return -ENOMEM;
    for (size_t i = 0, j = 0; i < left_count && j < right_count;) {
        bool left_first = left[i].key <= right[j].key, right_first = right[j].key <= left[i].key;
        if (left_first && right_first)
            matcher_pair(matcher, left[i].place, right[j].place);
        i += left_first;
        j += right_first;
    }
    return 0;
}

static int match_by_keys(struct matcher *matcher, site_key *const *keys, size_t count)
{
    int r = 0;

    for (size_t i = 0; r == 0 && i < count && matcher->left.unmatched > 0 && matcher->right.unmatched > 0; i++)
        r = match_by_key(matcher, keys[i]);
    return r;
}

/* Among those of one address, those that changed least. */
int sites_match_equal(struct matcher *matcher)
{
    static site_key *const keys[] = {key_content, key_address_contacts_status, key_address_contacts, key_address_status,
                                     key_address};

    return match_by_keys(matcher, keys, ARRAY_SIZE(keys));
}

int sites_match_folded(struct matcher *matcher)
{
    static site_key *const keys[] = {key_folded_contacts_status, key_folded_contacts, key_folded_status, key_folded};

    return match_by_keys(matcher, keys, ARRAY_SIZE(keys));
}
