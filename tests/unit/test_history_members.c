/* Who answers a query watch, and since when. */
#include "history_fixture.h"

#include "history/members.h"

static void see(struct fixture *f, const char *nct_id)
{
    _cleanup_study_ struct study *study = make_study(nct_id, "RECRUITING", 1, "");
    struct version version = {.seen_usec = f->now_usec, .poll = f->poll};

    assert_ok(f, store_begin(f->store, &f->e));
    assert_ok(f, versions_append(f->store, study, NULL, 0, &version, &f->e));
    assert_ok(f, store_commit(f->store, &f->e));
}

static size_t count_members(struct fixture *f, const char *watch)
{
    char(*ids)[STUDY_NCT_ID_BYTES];
    size_t count;

    assert_ok(f, members_load(f->store, watch, &ids, &count, &f->e));
    free(ids);
    return count;
}

static void members_come_and_go_and_every_stay_is_kept(void **state)
{
    struct fixture *f = *state;

    fixture_poll(f);
    see(f, NCT_1);
    assert_ok(f, store_begin(f->store, &f->e));
    assert_ok(f, members_join(f->store, "cd34", NCT_1, 1, &f->e));
    assert_int_equal(count_members(f, "cd34"), 1);
    assert_int_equal(count_members(f, "other"), 0);
    assert_ok(f, members_leave(f->store, "cd34", NCT_1, 2, &f->e));
    assert_int_equal(count_members(f, "cd34"), 0);
    assert_int_equal(members_leave(f->store, "cd34", NCT_1, 3, &f->e), -ENOENT);
    assert_ok(f, members_join(f->store, "cd34", NCT_1, 4, &f->e));
    assert_ok(f, store_commit(f->store, &f->e));
    assert_string_equal(outsider_reads(f->path, "SELECT group_concat(joined_usec) FROM members"), "1,4");
    _cleanup_free_ struct member_stay *stays = NULL;
    size_t count;
    assert_ok(f, members_stays(f->store, "cd34", &stays, &count, &f->e));
    assert_int_equal(count, 2);
    assert_string_equal(stays[0].nct_id, NCT_1);
    assert_int_equal(stays[0].joined_usec, 1);
    assert_int_equal(stays[0].left_usec, 2);
    assert_int_equal(stays[1].joined_usec, 4);
    assert_int_equal(stays[1].left_usec, 0);
}

static void a_member_joins_once_and_must_be_known(void **state)
{
    struct fixture *f = *state;

    fixture_poll(f);
    see(f, NCT_1);
    assert_ok(f, store_begin(f->store, &f->e));
    assert_ok(f, members_join(f->store, "cd34", NCT_1, 1, &f->e));
    assert_int_equal(members_join(f->store, "cd34", NCT_1, 2, &f->e), -EALREADY);
    assert_int_equal(members_join(f->store, "cd34", NCT_2, 2, &f->e), -EALREADY);
    store_rollback(f->store);
    assert_int_equal(count_members(f, "cd34"), 0);
}

static void another_question_begins_anew(void **state)
{
    struct fixture *f = *state;
    bool running;

    assert_ok(f, members_is_running(f->store, "cd34", "a", &running, &f->e));
    assert_false(running);
    assert_ok(f, store_begin(f->store, &f->e));
    assert_ok(f, members_set_running(f->store, "cd34", "a", 1, &f->e));
    assert_ok(f, members_is_running(f->store, "cd34", "a", &running, &f->e));
    assert_true(running);
    assert_ok(f, members_is_running(f->store, "cd34", "b", &running, &f->e));
    assert_false(running);
    assert_ok(f, members_set_running(f->store, "cd34", "b", 2, &f->e));
    assert_ok(f, members_is_running(f->store, "cd34", "a", &running, &f->e));
    assert_false(running);
    assert_ok(f, store_commit(f->store, &f->e));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(members_come_and_go_and_every_stay_is_kept, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(a_member_joins_once_and_must_be_known, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(another_question_begins_anew, fixture_setup, fixture_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
