#include "client/diff_files.h"

#include "base/buf.h"
#include "base/text.h"
#include "client/safetext.h"
#include "client/wordsdiff.h"
#include "trial/diff.h"
#include "trial/sites.h"
#include "trial/study.h"

#include <errno.h>
#include <string.h>

/* Longest value shown to people, in bytes; the JSON form has all of it. */
#define SHOWN_BYTES 200

/* Columns before what a change is from and to. */
#define VALUE_INDENT 4

static int read_study(const char *path, struct study **ret, struct error *e)
{
    _cleanup_buf_ struct buf text = {.max_bytes = STUDY_MAX_RECORD_BYTES + 1};
    char piece[65536];
    size_t n;

    FILE *file = fopen(path, "re");
    if (!file)
        return error_set(e, -EIO, "cannot open %s: %s", path, strerror(errno));
    while ((n = fread(piece, 1, sizeof(piece), file)) > 0 && buf_append(&text, piece, n) == 0)
        ;
    bool failed = ferror(file);
    fclose(file);
    if (failed)
        return error_set(e, -EIO, "cannot read %s", path);
    if (buf_status(&text) == -ENOMEM)
        return error_set(e, -ENOMEM, "no memory to read %s", path);
    if (buf_status(&text) < 0)
        return error_set(e, -EFBIG, "%s is over the limit of %zu bytes for a study record", path,
                         STUDY_MAX_RECORD_BYTES);
    int r = study_from_text(buf_string(&text), text.len, ret, e);
    return r < 0 ? error_prefix(e, r, "%s", path) : 0;
}

static void write_index(FILE *out, size_t index)
{
    if (index == SITE_NONE)
        fputs("null", out);
    else
        fprintf(out, "%zu", index);
}

static void write_site(FILE *out, size_t old_index, size_t new_index)
{
    fputs("{\"old\":", out);
    write_index(out, old_index);
    fputs(",\"new\":", out);
    write_index(out, new_index);
    fputs("}\n", out);
}

/* In the order of the new record, then what is no longer listed. */
static void write_site_map(FILE *out, const struct site_map *map)
{
    for (size_t j = 0; j < map->new_count; j++)
        write_site(out, map->old_of_new[j], j);
    for (size_t i = 0; i < map->old_count; i++)
        if (map->new_of_old[i] == SITE_NONE)
            write_site(out, i, SITE_NONE);
}

static int write_json(FILE *out, const struct change_list *changes, struct error *e)
{
    for (size_t i = 0; i < changes->count; i++) {
        json_t *json = change_to_json(&changes->items[i]);
        _cleanup_free_ char *line = json ? study_canonical_value(json) : NULL;
        json_decref(json);
        if (!line)
            return error_set(e, -ENOMEM, "no memory to write the changes");
        fprintf(out, "%s\n", line);
    }
    return 0;
}

/* "The Christ Hospital, Cincinnati": which site a change is about. */
static void append_site(struct buf *text, const struct study *study, size_t index)
{
    const char *facility = json_string_value(json_object_get(study_location(study, index), "facility"));
    const char *city = json_string_value(json_object_get(study_location(study, index), "city"));

    safetext_append(text, facility ? facility : "");
    if (facility && city)
        buf_append_string(text, ", ");
    safetext_append(text, city ? city : "");
}

/* A value for people: a text as it is, all else as JSON, cut where it is long. */
static void append_value(struct buf *text, const char *sign, const json_t *value)
{
    _cleanup_free_ char *dumped = value && !json_is_string(value) ? study_canonical_value(value) : NULL;
    _cleanup_buf_ struct buf safe = {0};
    const char *shown = dumped ? dumped : json_string_value(value);

    if (!shown)
        return;
    safetext_append(&safe, shown);
    size_t cut = safe.len > SHOWN_BYTES ? text_cut_at_word(buf_string(&safe), SHOWN_BYTES) : safe.len;
    buf_printf(text, "%*s%s %.*s%s\n", VALUE_INDENT, "", sign, (int)cut, buf_string(&safe), cut < safe.len ? " …" : "");
}

/* Two values, either of which may be absent: of texts the words that differ, of objects the members. */
static void append_difference(struct buf *text, const json_t *before, const json_t *after)
{
    static const struct terminal plain = {.out = NULL};
    const char *key;
    json_t *value;

    if (json_is_string(before) && json_is_string(after)) {
        wordsdiff_append(text, &plain, json_string_value(before), json_string_value(after), VALUE_INDENT);
        return;
    }
    if (!json_is_object(before) || !json_is_object(after)) {
        append_value(text, "-", before);
        append_value(text, "+", after);
        return;
    }
    json_object_foreach ((json_t *)before, key, value) {
        const json_t *other = json_object_get(after, key);
        if (!other || !json_equal(value, (json_t *)other))
            append_difference(text, value, other);
    }
    json_object_foreach ((json_t *)after, key, value)
        if (!json_object_get(before, key))
            append_difference(text, NULL, value);
}

static int write_change(FILE *out, const struct change *change, const struct study *before, const struct study *after,
                        struct error *e)
{
    _cleanup_buf_ struct buf text = {0};

    buf_printf(&text, "%s  ", kind_info(change->kind)->label);
    if (change->new_index != SITE_NONE)
        append_site(&text, after, change->new_index);
    else if (change->old_index != SITE_NONE)
        append_site(&text, before, change->old_index);
    else
        safetext_append(&text, change->path);
    if (change->note)
        buf_printf(&text, " (%s)", change->note);
    buf_append_string(&text, "\n");
    append_difference(&text, change->before, change->after);
    if (buf_status(&text) < 0)
        return error_set(e, -ENOMEM, "no memory to write the changes");
    fputs(buf_string(&text), out);
    return 0;
}

static int write_text(FILE *out, const struct change_list *changes, const struct study *before,
                      const struct study *after, struct error *e)
{
    int r = 0;

    if (changes->count == 0)
        fprintf(out, "No changes in %s.\n", study_nct_id(after));
    for (size_t i = 0; r == 0 && i < changes->count; i++)
        r = write_change(out, &changes->items[i], before, after, e);
    return r;
}

static int compare(const struct study *before, const struct study *after, enum diff_files_form form, FILE *out,
                   struct error *e)
{
    _cleanup_site_map_ struct site_map map = {0};
    _cleanup_change_list_ struct change_list changes = {0};

    if (sites_match(before, after, &map) < 0)
        return error_set(e, -ENOMEM, "no memory to compare the sites");
    int r = diff_studies(before, after, &map, &changes, e);
    if (r < 0)
        return r;
    if (form == DIFF_FILES_SITE_MAP)
        write_site_map(out, &map);
    else if (form == DIFF_FILES_JSON)
        r = write_json(out, &changes, e);
    else
        r = write_text(out, &changes, before, after, e);
    if (r == 0 && (fflush(out) != 0 || ferror(out)))
        return error_set(e, -EIO, "cannot write the changes: %s", strerror(errno));
    return r;
}

int diff_files(const char *old_path, const char *new_path, enum diff_files_form form, FILE *out, struct error *e)
{
    _cleanup_study_ struct study *before = NULL;
    _cleanup_study_ struct study *after = NULL;

    int r = read_study(old_path, &before, e);
    if (r == 0)
        r = read_study(new_path, &after, e);
    return r < 0 ? r : compare(before, after, form, out, e);
}
