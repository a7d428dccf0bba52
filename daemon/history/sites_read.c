/* Reading what is known of the sites of a study. */
#include "history/rows.h"
#include "history/sites.h"
#include "history/sql.h"

#include <errno.h>
#include <string.h>

/* A row and what its pointers point to. */
struct loaded_site {
    struct site_row row;
    struct keep keep;
    json_t *contacts;
};

static void loaded_site_clear(struct loaded_site *loaded)
{
    json_decref(loaded->contacts);
    keep_free(&loaded->keep);
}

static int load_contacts(const struct query *query, struct loaded_site *ret)
{
    const char *text;
    int r = query_keep_text_or_null(query, 13, &ret->keep, &text);

    if (r < 0 || !text)
        return r;
    ret->contacts = json_loads(text, 0, NULL);
    ret->row.contacts = ret->contacts;
    if (!json_is_array(ret->contacts))
        return error_set(query->e, -EUCLEAN, "history %s is damaged: a site's contacts are no JSON array",
                         query->store->path);
    return 0;
}

static int load_texts(const struct query *query, struct loaded_site *ret)
{
    const char **const fields[] = {&ret->row.facility, &ret->row.city,    &ret->row.state,
                                   &ret->row.zip,      &ret->row.country, &ret->row.status};
    int r = 0;

    for (size_t i = 0; r >= 0 && i < ARRAY_SIZE(fields); i++)
        r = query_keep_text(query, (int)i + 2, &ret->keep, fields[i]);
    return r;
}

/* -ENOENT without a sentence. */
static int load_site(struct store *store, const char *nct_id, long number, struct loaded_site *ret, struct error *e)
{
    _cleanup_query_ struct query query = {0};
    int r = query_row(&query, store, SQL_SITE_GET, e, TEXT(nct_id), INT(number));

    if (r < 0)
        return r;
    ret->row = (struct site_row){
        .number = number,
        .index = query_is_null(&query, 1) ? -1 : query_integer(&query, 1),
        .listed_usec = query_integer(&query, 8),
        .status_usec = query_integer(&query, 9),
        .unlisted_usec = query_integer(&query, 10),
        .has_geopoint = !query_is_null(&query, 11),
        .lat = query_real(&query, 11),
        .lon = query_real(&query, 12),
    };
    strncpy(ret->row.nct_id, nct_id, sizeof(ret->row.nct_id) - 1);
    r = load_texts(&query, ret);
    return r < 0 ? r : load_contacts(&query, ret);
}

int history_sites_each(struct store *store, const char *nct_id, site_visitor *visit, void *userdata, struct error *e)
{
    _cleanup_keys_ struct keys keys = {0};
    int r = keys_find(store, SQL_SITE_KEYS, &keys, e, TEXT(nct_id));

    for (size_t i = 0; r == 0 && i < keys.count; i++) {
        _cleanup_(loaded_site_clear) struct loaded_site loaded = {0};
        r = load_site(store, nct_id, keys.ids[i], &loaded, e);
        if (r >= 0)
            r = visit(&loaded.row, userdata);
    }
    return r;
}

int history_sites_get(struct store *store, const char *nct_id, long number, site_visitor *visit, void *userdata,
                      struct error *e)
{
    _cleanup_(loaded_site_clear) struct loaded_site loaded = {0};
    int r = load_site(store, nct_id, number, &loaded, e);

    if (r == -ENOENT)
        return error_set(e, r, "%s has no site %ld", nct_id, number);
    return r < 0 ? r : visit(&loaded.row, userdata);
}

int history_sites_status_since(struct store *store, const char *nct_id, long number, const char *status,
                               int64_t *ret_usec, struct error *e)
{
    _cleanup_query_ struct query query = {0};
    int r = query_row(&query, store, SQL_SITE_STATUS_SINCE, e, TEXT(nct_id), INT(number), TEXT(status));

    if (r == -ENOENT)
        return error_set(e, r, "%s has no site %ld", nct_id, number);
    if (r >= 0)
        *ret_usec = query_integer(&query, 0);
    return r;
}
