#include "alert/message.h"

#include "alert/message_groups.h"
#include "history/ledger.h"

#include <errno.h>
#include <string.h>

bool message_has_name(const json_t *names, const char *name)
{
    size_t index;
    json_t *other;

    json_array_foreach (names, index, other)
        if (name && json_is_string(other) && strcmp(json_string_value(other), name) == 0)
            return true;
    return false;
}

static int add_study(struct store *store, const struct watch_set *watches, const struct group *group, json_t *studies,
                     struct error *e)
{
    struct study_request request = {
        .nct_id = group->nct_id,
        .refresh = group->refresh,
        .alerts = group->alerts,
        .watches = group->watches,
        .parts = group->parts,
        .part_count = group->part_count,
        .narrowed = group->narrowed,
    };
    json_t *entry;

    int r = message_study_build(store, watches, &request, &entry, e);
    if (r < 0)
        return r;
    return json_array_append_new(studies, entry) < 0 ? error_set(e, -ENOMEM, "Out of memory") : 0;
}

/* The most urgent studies first, else in the order of their alerts. */
static int add_studies(struct store *store, const struct watch_set *watches, const struct groups *groups,
                       json_t *studies, struct error *e)
{
    for (int weight = WEIGHT_URGENT; weight >= WEIGHT_SILENT; weight--)
        for (size_t i = 0; i < groups->count; i++) {
            int r =
                (int)groups->items[i].weight == weight ? add_study(store, watches, &groups->items[i], studies, e) : 0;
            if (r < 0)
                return r;
        }
    return 0;
}

static int complete(struct store *store, json_t *document, json_t *studies, struct error *e)
{
    _cleanup_buf_ struct buf headline = {0};
    char head[LEDGER_HEAD_BYTES];

    int r = ledger_head(store, head, e);
    if (r < 0)
        return r;
    message_append_headline(&headline, studies);
    r = json_object_set_new(document, "headline", json_string(buf_string(&headline)));
    r |= json_object_set(document, "studies", studies);
    r |= json_object_set_new(document, "ledger_head", json_string(head));
    if (json_array_size(studies) == 1) {
        const char *nct_id = json_string_value(json_object_get(json_array_get(studies, 0), "nct_id"));
        r |= json_object_set_new(document, "history_command", json_sprintf("trialwatch history %s", nct_id));
    }
    return r < 0 || buf_status(&headline) < 0 ? error_set(e, -ENOMEM, "Out of memory") : 0;
}

static int build_groups(struct store *store, const struct watch_set *watches, const char *id,
                        const struct groups *groups, json_t **ret, struct error *e)
{
    enum weight weight = WEIGHT_SILENT;

    for (size_t i = 0; i < groups->count; i++)
        if (groups->items[i].weight > weight)
            weight = groups->items[i].weight;
    json_t *document = message_document_new(groups->channel, id, weight_name(weight), "");
    json_t *studies = json_array();
    int r = document && studies ? 0 : error_set(e, -ENOMEM, "Out of memory");
    if (r >= 0)
        r = add_studies(store, watches, groups, studies, e);
    if (r >= 0)
        r = complete(store, document, studies, e);
    json_decref(studies);
    if (r < 0) {
        json_decref(document);
        return r;
    }
    *ret = document;
    return 0;
}

static int take_bulletin(const char *channel, const struct bulletin *bulletin, void *userdata)
{
    json_t **document = userdata;

    *document = message_health(channel, bulletin->name, bulletin->headline, bulletin->text);
    return *document ? 0 : -ENOMEM;
}

int message_build_without(struct store *store, const struct watch_set *watches, const char *message_id,
                          const json_t *declined, json_t **ret, struct error *e)
{
    _cleanup_(groups_clear) struct groups groups = {.declined = declined};
    struct alert_filter filter = {.message_id = message_id, .states = ~(1u << ALERT_DROPPED)};

    _cleanup_(surge_clear) struct surge surge = {0};

    int r = outbox_bulletin(store, message_id, take_bulletin, ret, e);
    if (r != -ENOENT)
        return r;
    r = surges_of_message(store, message_id, &surge, e);
    if (r != -ENOENT)
        return r < 0 ? r : message_surge_build(store, message_id, &surge, ret, e);
    r = outbox_each(store, &filter, groups_add_alert, &groups, e);
    if (r < 0)
        return r;
    if (groups.count == 0)
        return error_set(e, -ENOENT, "No alert is in a message %s", message_id);
    return build_groups(store, watches, message_id, &groups, ret, e);
}

int message_build(struct store *store, const struct watch_set *watches, const char *message_id, json_t **ret,
                  struct error *e)
{
    return message_build_without(store, watches, message_id, NULL, ret, e);
}

struct leading {
    const char *channel;
    json_t *names;
};

static void on_watch(const struct watch *watch, void *userdata)
{
    struct leading *leading = userdata;

    for (size_t i = 0; i < watch->channel_count; i++)
        if (strcmp(watch->channels[i], leading->channel) == 0) {
            json_array_append_new(leading->names, json_string(watch->name));
            return;
        }
}

/* The weight of an alert is that of its weightiest change, which comes first. */
static int weigh(json_t *document)
{
    const json_t *study = json_array_get(json_object_get(document, "studies"), 0);
    json_t *weight = json_object_get(json_array_get(json_object_get(study, "changes"), 0), "weight");

    return weight ? json_object_set(document, "weight", weight) : 0;
}

int message_preview(struct store *store, const struct watch_set *watches, const char *channel, const char *nct_id,
                    long version, json_t **ret, struct error *e)
{
    _cleanup_(groups_clear) struct groups groups = {0};
    _cleanup_study_ struct study *study = NULL;
    struct version found;

    int r = version > 0 ? versions_get(store, nct_id, version, &found, e) : versions_newest(store, nct_id, &found, e);
    if (r >= 0)
        r = versions_study(store, &found, &study, e);
    if (r < 0)
        return r;
    snprintf(groups.channel, sizeof(groups.channel), "%s", channel);
    struct group *group = groups_have(&groups, found.nct_id);
    if (!group || group_add_part(group, found.number, NULL) < 0)
        return error_set(e, -ENOMEM, "Out of memory");
    snprintf(group->refresh, sizeof(group->refresh), "%s", found.refresh);
    group->weight = WEIGHT_NOTABLE;
    struct leading leading = {.channel = channel, .names = group->watches};
    watch_set_visit(watches, study, on_watch, &leading);
    r = build_groups(store, watches, "preview", &groups, ret, e);
    return r >= 0 && weigh(*ret) < 0 ? error_set(e, -ENOMEM, "Out of memory") : r;
}
