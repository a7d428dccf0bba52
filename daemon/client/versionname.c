#include "client/versionname.h"

#include "history/versions_archive.h"

#include <errno.h>
#include <stdio.h>

const char *versionname_format(const struct version *version, char text[static VERSIONNAME_BYTES])
{
    snprintf(text, VERSIONNAME_BYTES, "%s%ld", version->origin == VERSION_ARCHIVE ? "a" : "", version->number);
    return text;
}

int versionname_find(struct client *client, const char *nct_id, const char *name, const char *what, struct version *ret,
                     struct error *e)
{
    bool archived = name[0] == 'a';
    long number;
    int r = options_parse_number(name + archived, what, 0, &number, e);

    if (r < 0)
        return r;
    r = archived ? versions_archive_get(client->history, nct_id, number, ret, e)
                 : versions_get(client->history, nct_id, number, ret, e);
    if (r == -ENOENT)
        return error_set(e, r, "%s has no version %s; trialwatch history %s lists them", nct_id, name, nct_id);
    return r;
}

struct search {
    const struct version *version;
    struct version before;
    bool found;
};

/* 1: it is the one, and search->before was the last that is not. */
static int look_at(const struct version *version, void *userdata)
{
    struct search *search = userdata;

    if (version->origin == search->version->origin && version->number == search->version->number)
        return 1;
    search->before = *version;
    search->found = true;
    return 0;
}

int versionname_before(struct client *client, const struct version *version, struct version *ret, struct error *e)
{
    struct search search = {.version = version};
    char name[VERSIONNAME_BYTES];
    int r = versions_each(client->history, version->nct_id, look_at, &search, e);

    if (r < 0)
        return r;
    if (!search.found)
        return error_set(e, -ENOENT, "there is no version of %s before version %s", version->nct_id,
                         versionname_format(version, name));
    *ret = search.before;
    return 0;
}
