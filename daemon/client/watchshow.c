/* trialwatch watch list and show: what the history says of the watches. */
#include "client/report.h"
#include "client/watch.h"
#include "history/members.h"
#include "history/mutes.h"
#include "history/watches.h"

#include <errno.h>
#include <string.h>

/* More studies than this are counted. */
#define DESCRIBED_STUDIES ((size_t)3)

static const struct report_column watch_columns[] = {
    {.key = "name", .title = "WATCH"},
    {.key = "state", .title = "STATE"},
    {.key = "asks", .title = "ASKS FOR", .cut = true},
    {.key = "notify", .title = "TELLS"},
    {.key = "from", .title = "FROM"},
    {.key = "since", .title = "SINCE", .format = COLUMN_TIME},
    {.key = NULL},
};

static const char *text_at(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));

    return text ? text : "";
}

static void append_texts(struct buf *out, const json_t *list, size_t most)
{
    size_t i;
    const json_t *text;

    json_array_foreach (list, i, text)
        if (i < most)
            buf_printf(out, "%s%s", i > 0 ? ", " : "", json_string_value(text) ? json_string_value(text) : "");
}

void watch_describe(struct buf *out, const json_t *settings)
{
    const json_t *studies = json_object_get(settings, "studies"), *value;
    size_t count = json_array_size(studies), before = out->len;
    const char *key;

    json_object_foreach (json_object_get(settings, "query"), key, value)
        buf_printf(out, "%s%s", out->len > before ? ", " : "",
                   json_string_value(value) ? json_string_value(value) : "");
    if (count + json_string_length(studies) > 0 && out->len > before)
        buf_append_string(out, "; ");
    if (json_is_string(studies))
        buf_append_string(out, "all studies");
    else if (count <= DESCRIBED_STUDIES)
        append_texts(out, studies, count);
    else
        buf_printf(out, "%zu studies", count);
}

static int refuse_memory(struct error *e)
{
    return error_set(e, -ENOMEM, "no memory for a watch");
}

static int note_mute(const struct mute *mute, void *userdata)
{
    if (mute->subject != MUTE_WATCH)
        return 0;
    json_t *words = json_pack("{s:o, s:s}", "muted_until", when_to_json(mute->until_usec), "muted_by", mute->who);
    return json_object_set_new(userdata, mute->name, words) < 0 ? -ENOMEM : 0;
}

/* The mutes of watches that are in force, by the names of these: what they add to a row. */
static int load_mutes(struct client *client, json_t **ret, struct error *e)
{
    json_t *mutes = json_object();
    int r = mutes ? mutes_each(client->history, true, clock_wall_usec(), note_mute, mutes, e) : refuse_memory(e);

    if (r < 0)
        json_decref(mutes);
    else
        *ret = mutes;
    return r;
}

/* The row as the daemon has it, and who muted it until when. NULL without memory. */
static json_t *row_with_mute(const struct watch_row *watch, const json_t *mutes)
{
    json_t *row = watches_row_to_json(watch), *none = json_pack("{s:n, s:s}", "muted_until", "muted_by", "");
    const json_t *mute = json_object_get(mutes, watch->name);

    if (!row || json_object_update(row, mute ? (json_t *)mute : none) < 0) {
        json_decref(row);
        row = NULL;
    }
    json_decref(none);
    return row;
}

static const char *state_of(const struct watch_row *watch, const json_t *row)
{
    if (*watch->trouble)
        return "not in force";
    if (watch->paused_usec > 0)
        return "paused";
    return *text_at(row, "muted_until") ? "muted" : "active";
}

/* A row of the table; for programs the daemon's own, with what people read beside it. */
static json_t *row_to_list(const struct watch_row *watch, const json_t *mutes)
{
    json_t *row = row_with_mute(watch, mutes);
    const json_t *settings = json_object_get(row, "settings");
    _cleanup_buf_ struct buf asks = {0}, tells = {0}, from = {0};
    const char *state = state_of(watch, row);

    watch_describe(&asks, settings);
    append_texts(&tells, json_object_get(settings, "notify"), SIZE_MAX);
    buf_printf(&from, "%s%s", watch->origin == WATCH_ADDED ? "added by " : "", watch->place);
    json_t *shown = json_pack("{s:s, s:s, s:s, s:s}", "state", state, "asks", buf_string(&asks), "notify",
                              buf_string(&tells), "from", buf_string(&from));
    if (!row || !shown || json_object_update(row, shown) < 0) {
        json_decref(row);
        row = NULL;
    }
    json_decref(shown);
    return row;
}

struct listing {
    struct report report;
    json_t *mutes;
    struct error *e;
};

static int add_row(const struct watch_row *watch, void *userdata)
{
    struct listing *listing = userdata;

    return report_add(&listing->report, row_to_list(watch, listing->mutes), listing->e);
}

int watch_list_run(struct client *client, struct error *e)
{
    struct listing listing = {.e = e};
    int r = client_open_history(client, e);

    if (r == 0)
        r = load_mutes(client, &listing.mutes, e);
    if (r == 0)
        r = report_begin(&listing.report, client, watch_columns, e);
    if (r == 0)
        r = watches_each(client->history, add_row, &listing, e);
    if (r == 0)
        report_end(&listing.report, "Nothing is watched.");
    report_clear(&listing.report);
    json_decref(listing.mutes);
    return r;
}

struct showing {
    json_t *row, *mutes;
};

static int copy_row(const struct watch_row *watch, void *userdata)
{
    struct showing *showing = userdata;

    showing->row = row_with_mute(watch, showing->mutes);
    return showing->row ? 0 : -ENOMEM;
}

static const char *time_at(const struct client *client, const json_t *row, const char *key,
                           char text[static CLOCK_TEXT_BYTES])
{
    int64_t usec = 0;

    clock_parse_utc(text_at(row, key), &usec);
    return when_format(usec, client->utc, text);
}

/* How many studies answer a query now. */
static int say_members(struct client *client, const json_t *row, struct error *e)
{
    char(*ids)[STUDY_NCT_ID_BYTES] = NULL;
    size_t count;

    if (!json_object_get(json_object_get(row, "settings"), "query"))
        return 0;
    int r = members_load(client->history, text_at(row, "name"), &ids, &count, e);
    free(ids);
    if (r == 0)
        client_say(client, "# Its query finds %zu %s now.", count, count == 1 ? "study" : "studies");
    return r;
}

/* As it would stand in the settings: JSON is YAML. */
static int say_settings(const struct client *client, const json_t *settings, struct error *e)
{
    const char *key;
    const json_t *value;

    client_say(client, "- name: %s", text_at(settings, "name"));
    json_object_foreach ((json_t *)settings, key, value) {
        char *text = json_dumps(value, JSON_ENCODE_ANY | JSON_REAL_PRECISION(10));
        if (!text)
            return refuse_memory(e);
        if (strcmp(key, "name") != 0)
            client_say(client, "  %s: %s", key, text);
        free(text);
    }
    return 0;
}

static int show(struct client *client, const json_t *row, struct error *e)
{
    char time[CLOCK_TEXT_BYTES];
    bool added = strcmp(text_at(row, "origin"), "added") == 0;

    client_say(client, "# %s %s, since %s", added ? "Added by" : "In the settings at", text_at(row, "place"),
               time_at(client, row, "since", time));
    if (*text_at(row, "paused"))
        client_say(client, "# Paused by %s since %s: it tells nobody.", text_at(row, "paused_by"),
                   time_at(client, row, "paused", time));
    if (*text_at(row, "muted_until"))
        client_say(client, "# Muted by %s until %s: nothing of it is told.", text_at(row, "muted_by"),
                   time_at(client, row, "muted_until", time));
    if (*text_at(row, "trouble"))
        client_say(client, "# Not in force: %s", text_at(row, "trouble"));
    int r = say_members(client, row, e);
    return r < 0 ? r : say_settings(client, json_object_get(row, "settings"), e);
}

int watch_show_run(struct client *client, struct error *e)
{
    struct showing showing = {0};
    int r = client_open_history(client, e);

    if (r == 0)
        r = load_mutes(client, &showing.mutes, e);
    if (r == 0)
        r = watches_get(client->history, options_argument(&client->options, 1), copy_row, &showing, e);
    if (r == 0)
        r = client->json ? client_print_json(client, showing.row, e) : show(client, showing.row, e);
    json_decref(showing.row);
    json_decref(showing.mutes);
    return r;
}
