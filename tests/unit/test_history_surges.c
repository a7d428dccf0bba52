/* Very many alike: which alerts wait for the end of their refresh, and what becomes of them. */
#include "history_fixture.h"

#include "history/mutes.h"
#include "history/outbox.h"
#include "history/surges.h"

#define NOW (INT64_C(1770800405) * USEC_PER_SEC)
#define REFRESH "2025-08-12T09:00:05"

static const struct surge_limits defaults = {0};

static const char *nct_id(int number)
{
    static char id[STUDY_NCT_ID_BYTES];

    snprintf(id, sizeof(id), "NCT%08d", number);
    return id;
}

/* A study's first version with these kinds of change, and an alert of all of them to the channel. */
static void change(struct fixture *f, int number, const char *channel, const enum kind *kinds, size_t count)
{
    static const char *const watches[] = {"everything"};
    struct change items[4] = {0};
    struct change_list list = {.items = items, .count = count};
    struct version version = {.number = 1};
    int64_t ids[ARRAY_SIZE(items)];
    char id[ALERT_ID_BYTES];
    _cleanup_study_ struct study *study = make_study(nct_id(number), "RECRUITING", 1, "one");

    fixture_take_in(f, study, NULL);
    assert_ok(f, versions_newest(f->store, nct_id(number), &version, &f->e));
    for (size_t i = 0; i < count; i++)
        items[i] = (struct change){.kind = kinds[i],
                                   .weight = WEIGHT_ROUTINE,
                                   .path = (char *)"protocolSection",
                                   .old_index = SITE_NONE,
                                   .new_index = SITE_NONE};
    const struct alert_new alert = {.channel = channel,
                                    .nct_id = nct_id(number),
                                    .refresh = REFRESH,
                                    .version = 1,
                                    .watches = watches,
                                    .watch_count = 1,
                                    .changes = ids,
                                    .change_count = count,
                                    .weight = WEIGHT_ROUTINE,
                                    .created_usec = NOW,
                                    .gather_usec = SURGE_PATIENCE_USEC};
    assert_ok(f, store_begin(f->store, &f->e));
    assert_ok(f, changes_append(f->store, &version, &list, ids, &f->e));
    assert_ok(f, surges_note(f->store, REFRESH, &list, &f->e));
    assert_ok(f, outbox_add(f->store, &alert, id, &f->e));
    assert_ok(f, store_commit(f->store, &f->e));
}

static void flood(struct fixture *f, int count, const char *channel)
{
    static const enum kind kinds[] = {KIND_SITE_GEOPOINT};

    for (int i = 0; i < count; i++)
        change(f, i + 1, channel, kinds, 1);
}

/* One step, committed. */
static int judge(struct fixture *f, long studies)
{
    assert_ok(f, store_begin(f->store, &f->e));
    int r = surges_judge(f->store, studies, &defaults, NOW + 1, &f->e);
    assert_ok(f, store_commit(f->store, &f->e));
    return r;
}

/* Puts all that is judged to be one of a surge into messages; how many. */
static int compose(struct fixture *f)
{
    struct surge_due due;
    int messages = 0;

    assert_ok(f, store_begin(f->store, &f->e));
    for (; surges_next_due(f->store, &due, &f->e) == 0; messages++)
        assert_ok(f, surges_compose(f->store, &due, NOW + 2, NOW + 2, &f->e));
    assert_ok(f, store_commit(f->store, &f->e));
    return messages;
}

static struct outbox_counts counts(struct fixture *f, const char *channel)
{
    struct outbox_counts result = {0};

    assert_ok(f, outbox_count(f->store, channel, &result, &f->e));
    return result;
}

static void gathered_alerts_are_held_until_their_refresh_was_read(void **state)
{
    struct fixture *f = *state;

    flood(f, 2, "a");
    assert_int_equal(counts(f, "a").held, 2);
    assert_int_equal(judge(f, 10), 1);
    assert_int_equal(judge(f, 10), 0);
    assert_int_equal(counts(f, "a").due, 2);
    assert_int_equal(compose(f), 0);
}

static void at_the_share_and_the_minimum_it_is_a_surge(void **state)
{
    struct fixture *f = *state;

    flood(f, 30, "a");
    while (judge(f, 150) > 0)
        ;
    assert_int_equal(compose(f), 1);
    assert_int_equal(counts(f, "a").sending, 30);
}

static void one_below_the_share_it_is_none(void **state)
{
    struct fixture *f = *state;

    flood(f, 30, "a");
    while (judge(f, 151) > 0)
        ;
    assert_int_equal(compose(f), 0);
    assert_int_equal(counts(f, "a").due, 30);
}

static void one_below_the_minimum_it_is_none(void **state)
{
    struct fixture *f = *state;

    flood(f, 29, "a");
    while (judge(f, 29) > 0)
        ;
    assert_int_equal(compose(f), 0);
    assert_int_equal(counts(f, "a").due, 29);
}

static void what_changed_in_another_way_too_is_told_on_its_own(void **state)
{
    static const enum kind kinds[] = {KIND_SITE_GEOPOINT, KIND_SITE_CONTACT};
    struct fixture *f = *state;

    flood(f, 40, "a");
    change(f, 41, "a", kinds, 2);
    while (judge(f, 41) > 0)
        ;
    assert_int_equal(compose(f), 1);
    assert_int_equal(counts(f, "a").due, 1);
    assert_int_equal(counts(f, "a").sending, 40);
}

static void each_channel_gets_one_message_that_says_what_it_stands_for(void **state)
{
    struct fixture *f = *state;
    struct surge surge;
    char id[MESSAGE_ID_BYTES];

    flood(f, 35, "a");
    change(f, 36, "b", (const enum kind[]){KIND_SITE_GEOPOINT}, 1);
    while (judge(f, 40) > 0)
        ;
    assert_int_equal(compose(f), 2);
    struct message_row row;
    assert_ok(f, outbox_next_message(f->store, "a", &row, &f->e));
    strcpy(id, row.id);
    assert_ok(f, surges_of_message(f->store, id, &surge, &f->e));
    assert_string_equal(surge.refresh, REFRESH);
    assert_string_equal(surge.channel, "a");
    assert_int_equal(surge.studies, 40);
    assert_int_equal(surge.alerts, 35);
    assert_int_equal(json_integer_value(json_object_get(surge.kinds, "site-geopoint")), 36);
    assert_string_equal(json_string_value(json_array_get(surge.watches, 0)), "everything");
    surge_clear(&surge);
    assert_int_equal(surges_of_message(f->store, "msg_none", &surge, &f->e), -ENOENT);
}

static void a_crash_between_two_steps_finds_the_same_surge(void **state)
{
    struct fixture *f = *state;

    flood(f, 130, "a");
    assert_int_equal(judge(f, 130), 1); /* a hundred of them */
    fixture_reopen(f);
    while (judge(f, 130) > 0)
        ;
    assert_int_equal(compose(f), 1);
    assert_int_equal(counts(f, "a").sending, 130);
    fixture_close(f);
    assert_string_equal(outsider_reads(f->path, "SELECT count(*) FROM surges"), "1");
    assert_string_equal(outsider_reads(f->path, "SELECT alerts FROM surge_log"), "130");
    assert_string_equal(outsider_reads(f->path, "SELECT reason FROM alert_log LIMIT 1"),
                        "130 of 130 studies changed alike in this refresh (site-geopoint): told in one message");
}

static int keep_id(const struct alert_row *row, void *userdata)
{
    strcpy(userdata, row->id);
    return 1;
}

static void what_a_person_wants_now_is_not_judged(void **state)
{
    struct fixture *f = *state;
    char id[ALERT_ID_BYTES];

    flood(f, 31, "a");
    assert_int_equal(outbox_each(f->store, &(struct alert_filter){.channel = "a"}, keep_id, id, &f->e), 1);
    assert_ok(f, store_begin(f->store, &f->e));
    assert_ok(f, outbox_retry(f->store, id, NOW, &f->e));
    assert_ok(f, store_commit(f->store, &f->e));
    while (judge(f, 31) > 0)
        ;
    assert_int_equal(compose(f), 1);
    assert_int_equal(counts(f, "a").due, 1);
}

static void one_that_failed_and_is_tried_again_is_told_on_its_own(void **state)
{
    struct fixture *f = *state;
    struct message_row row;
    char id[ALERT_ID_BYTES];
    struct attempt failed = {.started_usec = NOW + 3, .outcome = ATTEMPT_FAILED, .answer = "HTTP 410"};

    flood(f, 30, "a");
    while (judge(f, 30) > 0)
        ;
    assert_int_equal(compose(f), 1);
    assert_int_equal(outbox_each(f->store, &(struct alert_filter){.channel = "a"}, keep_id, id, &f->e), 1);
    assert_ok(f, outbox_next_message(f->store, "a", &row, &f->e));
    assert_ok(f, store_begin(f->store, &f->e));
    assert_ok(f, outbox_record_attempt(f->store, row.id, &failed, &f->e));
    assert_ok(f, outbox_retry(f->store, id, NOW + 4, &f->e));
    assert_ok(f, outbox_hold(f->store, id, NOW + 9, NOW + 5, &f->e)); /* quiet hours */
    assert_ok(f, store_commit(f->store, &f->e));
    assert_int_equal(judge(f, 30), 0);
    assert_int_equal(compose(f), 0);
    assert_int_equal(counts(f, "a").held, 1);
}

static int covers(struct fixture *f, const char *watches, int64_t now_usec)
{
    json_auto_t *names = json_loads(watches, 0, NULL);
    char sentence[160];

    return mutes_cover(f->store, NCT_1, names, now_usec, sentence, sizeof(sentence), &f->e);
}

static void a_mute_covers_from_its_begin_to_its_end(void **state)
{
    struct fixture *f = *state;
    struct mute mute = {.subject = MUTE_WATCH, .name = "a", .who = "root", .begun_usec = NOW, .until_usec = NOW + 10};

    assert_ok(f, store_begin(f->store, &f->e));
    assert_ok(f, mutes_begin(f->store, &mute, &f->e));
    assert_int_equal(covers(f, "[\"a\"]", NOW - 1), 0);
    assert_int_equal(covers(f, "[\"a\"]", NOW), 1);
    assert_int_equal(covers(f, "[\"a\"]", NOW + 9), 1);
    assert_int_equal(covers(f, "[\"a\"]", NOW + 10), 0);
    assert_int_equal(covers(f, "[\"a\", \"b\"]", NOW), 0); /* b still wants it */
    assert_int_equal(covers(f, "[\"b\"]", NOW), 0);
    mute.subject = MUTE_STUDY;
    mute.name = NCT_1;
    assert_ok(f, mutes_begin(f->store, &mute, &f->e));
    assert_int_equal(covers(f, "[\"b\"]", NOW), 1);
    assert_ok(f, mutes_end(f->store, MUTE_STUDY, NCT_1, "alice", NOW + 1, &f->e));
    assert_int_equal(covers(f, "[\"b\"]", NOW + 1), 0);
    assert_int_equal(mutes_end(f->store, MUTE_STUDY, NCT_1, "alice", NOW + 2, &f->e), -ENOENT);
    assert_ok(f, store_commit(f->store, &f->e));
}

static void a_second_mute_takes_the_place_of_the_first(void **state)
{
    struct fixture *f = *state;
    struct mute mute = {.subject = MUTE_WATCH, .name = "a", .who = "root", .begun_usec = NOW, .until_usec = NOW + 99};

    assert_ok(f, store_begin(f->store, &f->e));
    assert_ok(f, mutes_begin(f->store, &mute, &f->e));
    mute.begun_usec = NOW + 1;
    mute.until_usec = NOW + 5;
    assert_ok(f, mutes_begin(f->store, &mute, &f->e));
    assert_int_equal(covers(f, "[\"a\"]", NOW + 4), 1);
    assert_int_equal(covers(f, "[\"a\"]", NOW + 6), 0);
    assert_ok(f, store_commit(f->store, &f->e));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        test_with_history(gathered_alerts_are_held_until_their_refresh_was_read),
        test_with_history(at_the_share_and_the_minimum_it_is_a_surge),
        test_with_history(one_below_the_share_it_is_none),
        test_with_history(one_below_the_minimum_it_is_none),
        test_with_history(what_changed_in_another_way_too_is_told_on_its_own),
        test_with_history(each_channel_gets_one_message_that_says_what_it_stands_for),
        test_with_history(a_crash_between_two_steps_finds_the_same_surge),
        test_with_history(what_a_person_wants_now_is_not_judged),
        test_with_history(one_that_failed_and_is_tried_again_is_told_on_its_own),
        test_with_history(a_mute_covers_from_its_begin_to_its_end),
        test_with_history(a_second_mute_takes_the_place_of_the_first),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
