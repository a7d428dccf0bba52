#include "client/record.h"

#include "client/versionname.h"

#include <errno.h>
#include <string.h>

#define LONGEST_KEY 64

const json_t *record_at(const json_t *record, const char *path)
{
    while (record && *path) {
        char key[LONGEST_KEY];
        size_t len = strcspn(path, ".");

        if (len >= sizeof(key))
            return NULL;
        memcpy(key, path, len);
        key[len] = '\0';
        record = json_object_get(record, key);
        path += len + (path[len] == '.');
    }
    return record;
}

int record_version_at(struct client *client, const char *nct_id, const char *when, struct version *ret, struct error *e)
{
    char text[CLOCK_TEXT_BYTES];
    int64_t usec;
    int r = when_parse(when, client->utc, WHEN_DAY_ENDS, &usec, e);

    if (r < 0)
        return r;
    r = versions_at(client->history, nct_id, usec, ret, e);
    if (r == -ENOENT)
        return error_set(e, r, "%s was not seen before %s", nct_id, when_format(usec, client->utc, text));
    return r;
}

int record_choose_version(struct client *client, const char *nct_id, struct version *ret, struct error *e)
{
    const char *number_text = options_text(&client->options, "version"), *at = options_text(&client->options, "at");

    if (number_text && at)
        return error_set(e, -EINVAL, "--version and --at exclude each other");
    if (at)
        return record_version_at(client, nct_id, at, ret, e);
    if (!number_text)
        return versions_newest(client->history, nct_id, ret, e);
    return versionname_find(client, nct_id, number_text, "--version", ret, e);
}

void record_append_provenance(struct buf *out, const struct client *client, const struct version *version)
{
    char seen[CLOCK_TEXT_BYTES], name[VERSIONNAME_BYTES];

    buf_printf(out, "version %s, %s %s", versionname_format(version, name),
               version->origin == VERSION_ARCHIVE ? "from the registry's archive, submitted" : "seen",
               when_format(version->seen_usec, client->utc, seen));
    if (version->refresh[0])
        buf_printf(out, ", as of the registry's refresh %s", version->refresh);
}
