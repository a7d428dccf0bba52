#include "trial/archived.h"

#include "base/buf.h"
#include "trial/richtext.h"

#include <errno.h>
#include <string.h>

/* The fields of a protocolSection whose text is rich ("markup" in the registry's list of fields): those that have
 * escapes or several lines in 1,708 records of the API. Items of a list stand under the list's name. */
static const char *const rich_fields[] = {
    "armsInterventionsModule.armGroups.description",
    "armsInterventionsModule.interventions.description",
    "descriptionModule.briefSummary",
    "descriptionModule.detailedDescription",
    "designModule.bioSpec.description",
    "designModule.designInfo.interventionModelDescription",
    "designModule.designInfo.maskingInfo.maskingDescription",
    "eligibilityModule.eligibilityCriteria",
    "eligibilityModule.genderDescription",
    "eligibilityModule.studyPopulation",
    "ipdSharingStatementModule.accessCriteria",
    "ipdSharingStatementModule.description",
    "ipdSharingStatementModule.timeFrame",
    "outcomesModule.otherOutcomes.description",
    "outcomesModule.primaryOutcomes.description",
    "outcomesModule.secondaryOutcomes.description",
    "referencesModule.seeAlsoLinks.label",
};

/* What reviewers of the registry asked for, which the API never gives. */
static const char reviewers_notes[] = "reviewUnit";

struct conversion {
    json_t *known; /* the keys of the seen version's rich texts, with the texts; owned */
    struct buf path;
};

static bool is_rich(const char *path)
{
    for (size_t i = 0; i < ARRAY_SIZE(rich_fields); i++)
        if (strcmp(rich_fields[i], path) == 0)
            return true;
    return false;
}

/* Goes down to a member, and returns how long the path was. */
static size_t enter(struct buf *path, const char *key)
{
    size_t len = path->len;

    if (len > 0)
        buf_append(path, ".", 1);
    buf_append_string(path, key);
    return len;
}

static void leave(struct buf *path, size_t len)
{
    path->len = len;
    if (path->data)
        path->data[len] = '\0';
}

static int learn_text(struct conversion *conversion, json_t *text)
{
    _cleanup_buf_ struct buf key = {0};

    richtext_append_key(&key, json_string_value(text));
    if (buf_status(&key) < 0)
        return buf_status(&key);
    if (json_object_get(conversion->known, buf_string(&key)))
        return 0;
    return json_object_set(conversion->known, buf_string(&key), text) < 0 ? -ENOMEM : 0;
}

static int learn(struct conversion *conversion, json_t *value)
{
    const char *key;
    json_t *member;
    size_t i;
    int r = 0;

    json_object_foreach (value, key, member) {
        size_t len = enter(&conversion->path, key);
        if (r == 0)
            r = learn(conversion, member);
        leave(&conversion->path, len);
    }
    json_array_foreach (value, i, member)
        if (r == 0)
            r = learn(conversion, member);
    if (json_is_string(value) && is_rich(buf_string(&conversion->path)))
        r = learn_text(conversion, value);
    return r;
}

/* A new reference, or NULL without memory. */
static json_t *convert_rich(const struct conversion *conversion, const char *html)
{
    _cleanup_buf_ struct buf text = {0}, key = {0};

    richtext_append_markdown(&text, html);
    richtext_append_key(&key, buf_string(&text));
    if (buf_status(&text) < 0 || buf_status(&key) < 0)
        return NULL;
    json_t *known = json_object_get(conversion->known, buf_string(&key));
    return known ? json_incref(known) : json_string(buf_string(&text));
}

static json_t *convert_plain(const char *escaped)
{
    _cleanup_buf_ struct buf text = {0};

    richtext_append_plain(&text, escaped);
    return buf_status(&text) < 0 ? NULL : json_string(buf_string(&text));
}

static json_t *convert(struct conversion *conversion, const json_t *value);

static json_t *convert_object(struct conversion *conversion, const json_t *object)
{
    json_t *converted = json_object(), *member;
    const char *key;
    bool failed = !converted;

    json_object_foreach ((json_t *)object, key, member) {
        if (strcmp(key, reviewers_notes) == 0)
            continue;
        size_t len = enter(&conversion->path, key);
        failed = failed || json_object_set_new(converted, key, convert(conversion, member)) < 0;
        leave(&conversion->path, len);
    }
    if (failed)
        json_decref(converted);
    return failed ? NULL : converted;
}

static json_t *convert_array(struct conversion *conversion, const json_t *array)
{
    json_t *converted = json_array(), *item;
    size_t i;
    bool failed = !converted;

    json_array_foreach (array, i, item)
        failed = failed || json_array_append_new(converted, convert(conversion, item)) < 0;
    if (failed)
        json_decref(converted);
    return failed ? NULL : converted;
}

static json_t *convert(struct conversion *conversion, const json_t *value)
{
    if (json_is_object(value))
        return convert_object(conversion, value);
    if (json_is_array(value))
        return convert_array(conversion, value);
    if (!json_is_string(value))
        return json_deep_copy(value);
    return is_rich(buf_string(&conversion->path)) ? convert_rich(conversion, json_string_value(value))
                                                  : convert_plain(json_string_value(value));
}

int archived_study(const json_t *archived, const struct study *seen, struct study **ret, struct error *e)
{
    const json_t *section = json_object_get(archived, "protocolSection");
    struct conversion conversion = {.known = json_object()};
    json_t *record = NULL;
    int r = conversion.known ? 0 : -ENOMEM;

    if (!json_is_object(section))
        r = error_set(e, -EBADMSG, "the archived record has no protocolSection");
    if (r == 0 && seen)
        r = learn(&conversion, json_object_get(study_record(seen), "protocolSection"));
    if (r == 0 && !(record = json_pack("{s:o}", "protocolSection", convert(&conversion, section))))
        r = error_set(e, -ENOMEM, "there is no memory for an archived record");
    if (r == 0)
        r = study_from_json(record, ret, e);
    json_decref(record);
    json_decref(conversion.known);
    buf_free(&conversion.path);
    return r;
}

int archived_comparable(const struct study *study, struct study **ret, struct error *e)
{
    json_t *section = json_object_get(study_record(study), "protocolSection");
    json_t *record = json_pack("{s:O}", "protocolSection", section);
    int r = record ? study_from_json(record, ret, e) : error_set(e, -ENOMEM, "there is no memory to compare versions");

    json_decref(record);
    return r;
}
