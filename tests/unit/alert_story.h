/* Records taken into a real history, and the messages that come of them. */
#pragma once

#include "registry_fixture.h"

#include "alert/message.h"
#include "base/clock.h"
#include "history/surges.h"
#include "registry/intake.h"

#include <stdlib.h>

struct story {
    struct fixture fixture;
    struct intake *intake;
};

static inline bool story_asked(const char *nct_id, void *userdata)
{
    (void)nct_id;
    (void)userdata;
    return true;
}

static inline void story_begin(struct story *story, const char *const *studies, size_t count)
{
    fixture_begin(&story->fixture, studies, count);
    assert_int_equal(intake_new(story->fixture.store, story->fixture.watches, story_asked, NULL, &story->intake), 0);
}

static inline void story_end(struct story *story)
{
    intake_free(story->intake);
    fixture_end(&story->fixture);
}

/* The refresh was read in full, of so many studies: what waited for that is due, or one of a surge. */
static inline void story_read_in_full(struct story *story, long studies)
{
    const struct surge_limits limits = {0};
    struct store *store = story->fixture.store;
    struct error e = {0};
    int r;

    assert_int_equal(store_begin(store, NULL), 0);
    while ((r = surges_judge(store, studies, &limits, clock_wall_usec(), &e)) > 0)
        ;
    if (r < 0)
        fail_msg("%s", e.text);
    assert_int_equal(store_commit(store, NULL), 0);
}

/* A refresh that brings this record, and is still being read. */
static inline void story_take_part(struct story *story, const char *refresh, const char *text, size_t len)
{
    struct store *store = story->fixture.store;
    struct poll poll = {.started_usec = clock_wall_usec()};
    struct intake_result result;
    struct error e;
    int r;

    assert_int_equal(store_begin(store, NULL), 0);
    assert_int_equal(polls_begin(store, &poll, NULL), 0);
    assert_int_equal(store_commit(store, NULL), 0);
    intake_set_poll(story->intake, poll.id, refresh);
    intake_begin(story->intake, text, len);
    do
        r = intake_step(story->intake, &result, &e);
    while (r > 0);
    if (r == 0)
        r = intake_commit(story->intake, &e);
    if (r < 0)
        fail_msg("%s", e.text);
    assert_int_not_equal(result.verdict, INTAKE_UNREADABLE);
}

/* One refresh that brings this record. */
static inline void story_take(struct story *story, const char *refresh, const char *text, size_t len)
{
    story_take_part(story, refresh, text, len);
    story_read_in_full(story, 1);
}

/* The record of that day of the story (tests/registry/story). */
static inline void story_take_day(struct story *story, const char *nct_id, const char *day)
{
    const char *source = getenv("srcdir");
    char path[512], refresh[REFRESH_BYTES];

    snprintf(path, sizeof(path), "%s/tests/registry/story/%s/%s.json", source ? source : ".", nct_id, day);
    json_t *record = json_load_file(path, 0, NULL);
    if (!record)
        fail_msg("no record %s", path);
    _cleanup_free_ char *text = json_dumps(record, 0);
    json_decref(record);
    snprintf(refresh, sizeof(refresh), "%.10sT09:00:00", day);
    story_take(story, refresh, text, strlen(text));
}

struct story_ids {
    char ids[16][ALERT_ID_BYTES];
    size_t count;
};

static inline int story_keep_id(const struct alert_row *row, void *userdata)
{
    struct story_ids *ids = userdata;

    assert_true(ids->count < ARRAY_SIZE(ids->ids));
    snprintf(ids->ids[ids->count++], ALERT_ID_BYTES, "%s", row->id);
    return 0;
}

/* The document of one message with all alerts due, NULL when none is. */
static inline json_t *story_message(struct story *story)
{
    struct store *store = story->fixture.store;
    struct alert_filter filter = {.states = 1u << ALERT_DUE};
    struct story_ids due = {.count = 0};
    const char *ids[ARRAY_SIZE(due.ids)];
    char message_id[MESSAGE_ID_BYTES];
    json_t *message = NULL;
    struct error e;

    assert_int_equal(outbox_each(store, &filter, story_keep_id, &due, NULL), 0);
    if (due.count == 0)
        return NULL;
    for (size_t i = 0; i < due.count; i++)
        ids[i] = due.ids[i];
    assert_int_equal(store_begin(store, NULL), 0);
    assert_int_equal(outbox_compose(store, "cardiology", ids, due.count, clock_wall_usec(), message_id, NULL), 0);
    assert_int_equal(store_commit(store, NULL), 0);
    if (message_build(store, story->fixture.watches, message_id, &message, &e) < 0)
        fail_msg("%s", e.text);
    return message;
}
