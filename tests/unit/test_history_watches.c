/* The watches that the history knows. */
#include "history_fixture.h"

#include "history/members.h"
#include "history/watches.h"

static int append_row(const struct watch_row *row, void *userdata)
{
    char *text = userdata;
    size_t len = strlen(text);

    snprintf(text + len, 1024 - len, "%s %d %s %lld %lld %s %s;", row->name, (int)row->origin, row->place,
             (long long)row->since_usec, (long long)row->paused_usec, row->paused_by, row->trouble);
    return 0;
}

static void check_rows(struct fixture *f, const char *expected)
{
    char text[1024] = "";

    assert_ok(f, watches_each(f->store, append_row, text, &f->e));
    assert_string_equal(text, expected);
}

static void put(struct fixture *f, const char *name, enum watch_origin origin, const char *place, int64_t since_usec,
                const char *trouble)
{
    const struct watch_row row = {
        .name = name, .settings = "{}", .origin = origin, .place = place, .since_usec = since_usec, .trouble = trouble};

    assert_ok(f, watches_put(f->store, &row, &f->e));
}

static void watches_are_kept_with_their_origin_and_pause(void **state)
{
    struct fixture *f = *state;

    assert_ok(f, store_begin(f->store, &f->e));
    put(f, "b", WATCH_ADDED, "root", 1, "");
    put(f, "a", WATCH_OF_SETTINGS, "t.yaml:3", 2, "");
    assert_ok(f, watches_pause(f->store, "a", 5, "anna", &f->e));
    check_rows(f, "a 0 t.yaml:3 2 5 anna ;b 1 root 1 0  ;");
    put(f, "a", WATCH_OF_SETTINGS, "t.yaml:9", 7, "no channel"); /* the pause and since stay */
    check_rows(f, "a 0 t.yaml:9 2 5 anna no channel;b 1 root 1 0  ;");
    put(f, "b", WATCH_OF_SETTINGS, "t.yaml:4", 8, ""); /* the settings took it over */
    assert_ok(f, watches_pause(f->store, "a", 0, NULL, &f->e));
    check_rows(f, "a 0 t.yaml:9 2 0  no channel;b 0 t.yaml:4 8 0  ;");
    assert_ok(f, watches_remove(f->store, "a", &f->e));
    assert_ok(f, store_commit(f->store, &f->e));
    check_rows(f, "b 0 t.yaml:4 8 0  ;");
    assert_string_equal(outsider_reads(f->path, "SELECT name || origin || place FROM watch_now"), "bsettingst.yaml:4");
}

static void an_unknown_watch_is_said_so(void **state)
{
    struct fixture *f = *state;
    char text[1024] = "";

    assert_int_equal(watches_get(f->store, "x", append_row, text, &f->e), -ENOENT);
    assert_string_equal(f->e.text, "there is no watch x");
    assert_ok(f, store_begin(f->store, &f->e));
    assert_int_equal(watches_pause(f->store, "x", 1, "anna", &f->e), -ENOENT);
    assert_int_equal(watches_remove(f->store, "x", &f->e), -ENOENT);
    store_rollback(f->store);
}

static void who_answered_a_removed_watch_leaves(void **state)
{
    struct fixture *f = *state;
    bool running = true;

    assert_ok(f, store_begin(f->store, &f->e));
    assert_ok(f, members_set_running(f->store, "x", "q", 1, &f->e));
    assert_ok(f, members_end(f->store, "x", 2, &f->e));
    assert_ok(f, store_commit(f->store, &f->e));
    assert_ok(f, members_is_running(f->store, "x", "q", &running, &f->e));
    assert_false(running);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(watches_are_kept_with_their_origin_and_pause, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(an_unknown_watch_is_said_so, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(who_answered_a_removed_watch_leaves, fixture_setup, fixture_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
