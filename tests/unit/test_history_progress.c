/* Where a listing of the whole registry stands, and who was seen since it began. */
#include "history_fixture.h"

#include "history/progress.h"

#include <errno.h>

static void the_last_place_is_kept_until_it_is_cleared(void **state)
{
    struct fixture *f = *state;
    struct progress first = {.refresh = REFRESH_1, .token = "a", .records = 1000, .total = 2500, .first_poll = 7};
    struct progress second = {.refresh = REFRESH_1, .token = "b", .records = 2000, .total = -1, .questions = "x"};
    struct progress got = {0};

    assert_int_equal(progress_load(f->store, &got, &f->e), -ENOENT);
    assert_ok(f, store_begin(f->store, &f->e));
    assert_ok(f, progress_save(f->store, &first, &f->e));
    assert_ok(f, progress_save(f->store, &second, &f->e));
    assert_ok(f, store_commit(f->store, &f->e));
    assert_ok(f, progress_load(f->store, &got, &f->e));
    assert_memory_equal(&got, &second, sizeof(got));
    assert_ok(f, store_begin(f->store, &f->e));
    assert_ok(f, progress_clear(f->store, &f->e));
    assert_ok(f, progress_clear(f->store, &f->e));
    assert_ok(f, store_commit(f->store, &f->e));
    assert_int_equal(progress_load(f->store, &got, &f->e), -ENOENT);
}

static void a_study_was_seen_since_a_poll_by_its_id(void **state)
{
    struct fixture *f = *state;
    _cleanup_study_ struct study *study = make_study(NCT_1, "RECRUITING", 1, "one");
    bool seen;

    fixture_take_in(f, study, NULL);
    assert_ok(f, versions_seen_since(f->store, NCT_1, f->poll, &seen, &f->e));
    assert_true(seen);
    assert_ok(f, versions_seen_since(f->store, NCT_1, f->poll + 1, &seen, &f->e));
    assert_false(seen);
    assert_ok(f, versions_seen_since(f->store, NCT_2, 0, &seen, &f->e));
    assert_false(seen);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        test_with_history(the_last_place_is_kept_until_it_is_cleared),
        test_with_history(a_study_was_seen_since_a_poll_by_its_id),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
