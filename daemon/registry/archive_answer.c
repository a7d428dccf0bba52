#include "registry/archive_answer.h"

#include "base/clock.h"
#include "trial/archived.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define API_PATH "/api/v2"
#define ARCHIVE_PATH "/api/int"
#define MAX_NUMBER 1000000

int archive_append_url(struct buf *out, const char *base_url, const char *nct_id, long number, struct error *e)
{
    size_t len = strlen(base_url), path_len = strlen(API_PATH);

    while (len > 0 && base_url[len - 1] == '/')
        len--;
    if (len < path_len || strncmp(base_url + len - path_len, API_PATH, path_len) != 0)
        return error_set(e, -EOPNOTSUPP,
                         "where the registry's archive is can only be told when registry.url ends in " API_PATH);
    buf_append(out, base_url, len - path_len);
    buf_printf(out, ARCHIVE_PATH "/studies/%s/history", nct_id);
    if (number != ARCHIVE_LISTING)
        buf_printf(out, "/%ld", number);
    return buf_status(out) < 0 ? error_set(e, buf_status(out), "there is no memory for a question") : 0;
}

static int other_shape(struct error *e)
{
    return error_set(e, -EBADMSG,
                     "the registry's archive answers in another form than it did: this version of trialwatch "
                     "does not understand it");
}

static json_t *parse(const char *text, size_t len)
{
    return json_loadb(text, len, JSON_REJECT_DUPLICATES, NULL);
}

static int read_entry(const json_t *change, struct archive_entry *ret)
{
    const json_t *number = json_object_get(change, "version");
    const char *date = json_string_value(json_object_get(change, "date"));

    if (!json_is_integer(number) || json_integer_value(number) < 0 || json_integer_value(number) > MAX_NUMBER ||
        !date || clock_parse_utc(date, &ret->submitted_usec) < 0)
        return -EBADMSG;
    ret->number = (long)json_integer_value(number);
    return 0;
}

static int compare_entries(const void *a, const void *b)
{
    const struct archive_entry *left = a, *right = b;

    return (left->number > right->number) - (left->number < right->number);
}

/* entries has room for all. */
static int read_entries(const json_t *changes, int64_t until_usec, struct archive_entry *entries, size_t *ret_count)
{
    const json_t *change;
    size_t i, count = 0;

    json_array_foreach (changes, i, change) {
        if (read_entry(change, &entries[count]) < 0)
            return -EBADMSG;
        if (entries[count].submitted_usec <= until_usec)
            count++;
    }
    qsort(entries, count, sizeof(*entries), compare_entries);
    for (i = 1; i < count; i++)
        if (entries[i].number == entries[i - 1].number)
            return -EBADMSG;
    *ret_count = count;
    return 0;
}

int archive_read_listing(const char *text, size_t len, int64_t until_usec, struct archive_entry **ret,
                         size_t *ret_count, struct error *e)
{
    json_auto_t *listing = parse(text, len);
    const json_t *changes = json_object_get(listing, "changes");
    size_t size = json_array_size(changes);

    if (size == 0 || size > ARCHIVE_MAX_VERSIONS)
        return other_shape(e);
    _cleanup_free_ struct archive_entry *entries = calloc(size, sizeof(*entries));
    if (!entries)
        return error_set(e, -ENOMEM, "there is no memory for the list of archived versions");
    if (read_entries(changes, until_usec, entries, ret_count) < 0)
        return other_shape(e);
    *ret = TAKE_PTR(entries);
    return 0;
}

int archive_read_version(const char *text, size_t len, long number, const struct study *seen, struct study **ret,
                         struct error *e)
{
    json_auto_t *answer = parse(text, len);
    const json_t *said = json_object_get(answer, "studyVersion");
    _cleanup_study_ struct study *study = NULL;

    if (!json_is_integer(said) || json_integer_value(said) != number)
        return other_shape(e);
    int r = archived_study(json_object_get(answer, "study"), seen, &study, e);
    if (r == -EBADMSG)
        return other_shape(e);
    if (r < 0)
        return r;
    if (strcmp(study_nct_id(study), study_nct_id(seen)) != 0)
        return error_set(e, -EBADMSG, "the registry's archive gave %s instead of %s", study_nct_id(study),
                         study_nct_id(seen));
    *ret = TAKE_PTR(study);
    return 0;
}
