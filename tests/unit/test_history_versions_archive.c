#include "history_fixture.h"

#include "history/versions_archive.h"

static void append(struct fixture *f, const struct study *study, long number, int expected)
{
    struct version version;

    assert_ok(f, store_begin(f->store, &f->e));
    int r = versions_archive_append(f->store, study, number, (number + 1) * USEC_PER_DAY, &version, &f->e);
    assert_int_equal(r, expected);
    if (r == 0) {
        assert_int_equal(version.number, number);
        assert_int_equal(version.origin, VERSION_ARCHIVE);
        assert_ok(f, store_commit(f->store, &f->e));
    }
    store_rollback(f->store);
}

static void versions_are_stored_in_order_even_when_alike(void **state)
{
    struct fixture *f = *state;
    _cleanup_study_ struct study *seen = make_study(NCT_1, "RECRUITING", 1, "seen");
    _cleanup_study_ struct study *old = make_study(NCT_1, "NOT_YET_RECRUITING", 1, "old");
    _cleanup_study_ struct study *read = NULL;
    struct version version;

    append(f, old, 0, -ENOENT);
    fixture_take_in(f, seen, NULL);
    assert_int_equal(versions_archive_newest(f->store, NCT_1, &version, &f->e), -ENOENT);
    append(f, old, 1, 0);
    append(f, old, 0, -EINVAL);
    append(f, old, 1, -EINVAL);
    append(f, old, 2, 0);
    append(f, seen, 5, 0);

    assert_ok(f, versions_archive_newest(f->store, NCT_1, &version, &f->e));
    assert_int_equal(version.number, 5);
    assert_int_equal(versions_archive_get(f->store, NCT_1, 3, &version, &f->e), -ENOENT);
    assert_non_null(strstr(f->e.text, "a3"));
    assert_int_equal(versions_archive_get(f->store, "no id at all", 3, &version, &f->e), -ENOENT);
    assert_ok(f, versions_archive_get(f->store, NCT_1, 2, &version, &f->e));
    assert_int_equal(version.seen_usec, 3 * USEC_PER_DAY);
    assert_ok(f, versions_study(f->store, &version, &read, &f->e));
    assert_memory_equal(study_hash(read), study_hash(old), STUDY_HASH_BYTES);
    assert_ok(f, ledger_verify(f->store, 0, NULL, NULL, &(struct ledger_report){0}, &f->e));
}

static void what_was_seen_stays_what_it_is(void **state)
{
    struct fixture *f = *state;
    _cleanup_study_ struct study *seen = make_study(NCT_1, "RECRUITING", 1, "seen");
    _cleanup_study_ struct study *next = make_study(NCT_1, "COMPLETED", 1, "seen");
    _cleanup_study_ struct study *old = make_study(NCT_1, "NOT_YET_RECRUITING", 1, "old");
    struct version found, first = fixture_take_in(f, seen, NULL);

    append(f, old, 0, 0);
    assert_ok(f, versions_newest(f->store, NCT_1, &found, &f->e));
    assert_int_equal(found.origin, VERSION_SEEN);
    struct version second = fixture_take_in(f, next, seen);
    assert_int_equal(second.number, first.number + 1);
    assert_ok(f, versions_at(f->store, NCT_1, first.seen_usec, &found, &f->e));
    assert_int_equal(found.origin, VERSION_SEEN);
    assert_ok(f, versions_at(f->store, NCT_1, first.seen_usec - 1, &found, &f->e));
    assert_int_equal(found.origin, VERSION_ARCHIVE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        test_with_history(versions_are_stored_in_order_even_when_alike),
        test_with_history(what_was_seen_stays_what_it_is),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
