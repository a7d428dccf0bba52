/* The identity of every site from its first version on: a number per study, never used again. */
#pragma once

#include "history/store.h"
#include "history/versions.h"
#include "trial/diff.h"
#include "trial/sites.h"

/* Gives each location of a new version its site number: the one it had (by map), or a new one; keeps what is said of it
 * now, when it was first listed, when it opened and closed; and writes the number into changes[].site. before, the
 * study of the newest version until now, and map are NULL for a first version. */
int history_sites_update(struct store *store, const struct version *version, const struct study *before,
                         const struct study *after, const struct site_map *map, struct change_list *changes,
                         struct error *e);

struct site_row {
    char nct_id[STUDY_NCT_ID_BYTES];
    long number;
    long index; /* in the newest version's locations, -1 when no longer listed */
    const char *facility, *city, *state, *zip, *country; /* "" when missing; valid during the visit */
    const char *status;                                  /* effective */
    int64_t listed_usec;                                 /* first seen */
    int64_t status_usec;                                 /* since when the status is what it is, as far as was seen */
    int64_t unlisted_usec;                               /* 0 while listed */
    bool has_geopoint;
    double lat, lon;
    const json_t *contacts; /* array or NULL */
};

typedef int site_visitor(const struct site_row *row, void *userdata);

/* In the order of the newest version, then those no longer listed. */
int history_sites_each(struct store *store, const char *nct_id, site_visitor *visit, void *userdata, struct error *e);
int history_sites_get(struct store *store, const char *nct_id, long number, site_visitor *visit, void *userdata,
                      struct error *e);

/* Since when a site has this status, 0 when it now has another; without reading all that is known of it, for messages
 * about a thousand sites. -ENOENT. */
int history_sites_status_since(struct store *store, const char *nct_id, long number, const char *status,
                               int64_t *ret_usec, struct error *e);

/* The site numbers of a version's locations, by index: a new array. */
int history_sites_of_version(struct store *store, const char *nct_id, long version, long **ret, size_t *ret_count,
                             struct error *e);
