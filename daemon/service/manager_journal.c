/* What the journal is told of a study that changed: one line with the names of all that it concerns, and one for each
 * change that is notable or urgent. Both are bounded: a look after which a registry's every record is different says
 * so in a hundred lines and a number. */
#include "service/manager_internal.h"

#include "alert/message_parts.h"
#include "alert/sink.h"
#include "base/events.h"
#include "base/log_fields.h"
#include "base/text.h"
#include "history/changes.h"
#include "history/outbox.h"

#include <string.h>

#define LINES_PER_STUDY ((size_t)10)
#define STUDIES_PER_LOOK 100

struct change_line {
    int64_t id;
    enum kind kind;
    char *text; /* owned */
};

/* Changes of one weight that get a line of their own, as they come. */
struct change_lines {
    struct change_line items[LINES_PER_STUDY];
    size_t count;
};

struct telling {
    struct manager *manager;
    const struct version *version;
    json_t *alerts;           /* {"id", "channel", "watches", "changes"} each */
    struct log_fields fields; /* of the line about the study */
    struct change_lines urgent, notable;
    size_t changes;     /* of the record */
    size_t membership;  /* listed and unlisted: news, but no change of the record */
    size_t worth_lines; /* those that are notable or urgent, whether or not there is room for their line */
};

static void lines_clear(struct change_lines *lines)
{
    for (size_t i = 0; i < lines->count; i++)
        free(lines->items[i].text);
}

static void telling_clear(struct telling *telling)
{
    json_decref(telling->alerts);
    log_fields_clear(&telling->fields);
    lines_clear(&telling->urgent);
    lines_clear(&telling->notable);
}

static void add_alert_fields(struct log_fields *fields, const json_t *alert)
{
    const json_t *watch;
    size_t i;

    log_fields_add(fields, "TRIALWATCH_ALERT", json_string_value(json_object_get(alert, "id")));
    log_fields_add(fields, "TRIALWATCH_CHANNEL", json_string_value(json_object_get(alert, "channel")));
    json_array_foreach (json_object_get(alert, "watches"), i, watch)
        if (json_is_string(watch))
            log_fields_add(fields, "TRIALWATCH_WATCH", json_string_value(watch));
}

static int take_alert(const struct alert_row *row, void *userdata)
{
    struct telling *telling = userdata;

    if (row->version != telling->version->number)
        return 0;
    json_t *alert = json_pack("{ss ss sO sO}", "id", row->id, "channel", row->channel, "watches", row->watches,
                              "changes", row->changes);
    if (!alert || json_array_append(telling->alerts, alert) < 0) {
        json_decref(alert);
        return 0;
    }
    add_alert_fields(&telling->fields, alert);
    json_decref(alert);
    return 0;
}

static void add_line(struct telling *telling, struct change_lines *lines, const struct change_row *row)
{
    struct change_line *line = &lines->items[lines->count];
    _cleanup_buf_ struct buf text = {0}, safe = {0};

    if (lines->count == LINES_PER_STUDY)
        return;
    message_append_stored_change(&text, telling->manager->store, row->nct_id, row->change);
    sink_append_journal(&safe, buf_string(&text));
    *line = (struct change_line){row->id, row->change->kind, buf_take(&safe)};
    lines->count += line->text != NULL;
}

static int take_change(const struct change_row *row, void *userdata)
{
    struct telling *telling = userdata;
    const struct change *change = row->change;

    if (change->kind == KIND_LISTED || change->kind == KIND_UNLISTED)
        telling->membership++;
    else
        telling->changes++;
    log_fields_add(&telling->fields, "TRIALWATCH_CHANGE", kind_info(change->kind)->name);
    if (change->weight < WEIGHT_NOTABLE || change->with_study)
        return 0;
    telling->worth_lines++;
    add_line(telling, change->weight == WEIGHT_URGENT ? &telling->urgent : &telling->notable, row);
    return 0;
}

static bool tells_of(const json_t *alert, int64_t change_id)
{
    const json_t *id;
    size_t i;

    json_array_foreach (json_object_get(alert, "changes"), i, id)
        if (json_integer_value(id) == change_id)
            return true;
    return false;
}

static void write_change(const struct telling *telling, const struct change_line *line)
{
    _cleanup_log_fields_ struct log_fields fields = {0};
    const struct log_event event = {
        .message_id = EVENT_CHANGE,
        .fields = {{"TRIALWATCH_STUDY", telling->version->nct_id}, {"TRIALWATCH_CHANGE", kind_info(line->kind)->name}},
        .more = &fields,
        .to_be_found = true,
    };
    const json_t *alert;
    size_t i;

    json_array_foreach (telling->alerts, i, alert)
        if (tells_of(alert, line->id))
            add_alert_fields(&fields, alert);
    log_write(LOG_INFO, &event, "%s: %s", telling->version->nct_id, line->text);
}

static size_t write_changes(const struct telling *telling, const struct change_lines *lines, size_t max)
{
    size_t count = size_min(lines->count, max);

    for (size_t i = 0; i < count; i++)
        write_change(telling, &lines->items[i]);
    return count;
}

static void write_study(const struct telling *telling)
{
    const struct log_event event = {
        .message_id = EVENT_STUDY_CHANGED,
        .fields = {{"TRIALWATCH_STUDY", telling->version->nct_id}},
        .more = &telling->fields,
    };
    char changes[TEXT_COUNT_BYTES], alerts[TEXT_COUNT_BYTES];

    log_write(LOG_INFO, &event, "%s has changed: version %ld, %s, %s due", telling->version->nct_id,
              telling->version->number, text_format_count(telling->changes + telling->membership, "change", changes),
              text_format_count(json_array_size(telling->alerts), "alert", alerts));
}

static void write_rest(const struct telling *telling, size_t rest)
{
    const char *nct_id = telling->version->nct_id;
    char count[TEXT_COUNT_BYTES];

    log_about(LOG_INFO, "TRIALWATCH_STUDY", nct_id, "%s: %s: trialwatch diff %s", nct_id,
              text_format_count(rest, "more notable or urgent change", count), nct_id);
}

static void write_lines(struct telling *telling)
{
    if (telling->changes > 0)
        write_study(telling);
    size_t written = write_changes(telling, &telling->urgent, LINES_PER_STUDY);
    written += write_changes(telling, &telling->notable, LINES_PER_STUDY - written);
    if (telling->worth_lines > written)
        write_rest(telling, telling->worth_lines - written);
}

static void say_changes(struct manager *manager, const struct version *version, size_t alert_count)
{
    const struct change_filter changes = {
        .nct_id = version->nct_id, .version = version->number, .since_usec = version->seen_usec};
    const struct alert_filter alerts = {.nct_id = version->nct_id, .since_usec = version->seen_usec};
    _cleanup_(telling_clear) struct telling telling = {.manager = manager, .version = version, .alerts = json_array()};

    if (alert_count > 0)
        outbox_each(manager->store, &alerts, take_alert, &telling, NULL);
    changes_each(manager->store, &changes, take_change, &telling, NULL);
    write_lines(&telling);
}

/* Reading changes back takes long: only those that are told are read. */
void manager_say_changes(struct manager *manager, const struct version *version, size_t alert_count)
{
    long counts[KIND_COUNT] = {0}, all = 0;

    changes_count(manager->store, version->nct_id, version->number, version->seen_usec, counts, NULL);
    for (int kind = 0; kind < KIND_COUNT; kind++) {
        manager->changes[kind] += counts[kind];
        all += counts[kind];
    }
    if (all > 0 && manager->said_changed++ < STUDIES_PER_LOOK)
        say_changes(manager, version, alert_count);
}

void manager_say_rest(struct manager *manager)
{
    long rest = manager->said_changed - STUDIES_PER_LOOK;

    manager->said_changed = 0;
    if (rest > 0)
        log_info("%ld more %s changed in this look: trialwatch changes lists all of them", rest,
                 rest == 1 ? "study has" : "studies have");
}
