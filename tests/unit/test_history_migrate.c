#include "history_fixture.h"

#include "history/connection.h"
#include "history/migrate.h"
#include "history/sql.h"

static const char *const steps[] = {
    NULL,
    "CREATE TABLE first_new (a INTEGER) STRICT; ALTER TABLE polls ADD COLUMN second INTEGER;",
    "INSERT INTO first_new VALUES (3);",
};

static void older_files_are_brought_up_after_a_copy(void **state)
{
    struct fixture *f = *state;
    char copy[128];

    fixture_poll(f);
    snprintf(copy, sizeof(copy), "%s.schema-1", f->path);
    spill(copy, "left by one that was interrupted", 32);
    assert_ok(f, migrate_run(f->store->db, f->path, steps, 1, 3, &f->e));
    assert_string_equal(outsider_reads(f->path, "PRAGMA user_version"), "3");
    assert_string_equal(outsider_reads(f->path, "SELECT a FROM first_new"), "3");
    assert_string_equal(outsider_reads(f->path, "SELECT count(second) + count(*) FROM polls"), "1");
    assert_string_equal(outsider_reads(copy, "PRAGMA user_version"), "1");
    assert_string_equal(outsider_reads(copy, "SELECT count(*) FROM polls"), "1");
    int64_t foreign_keys = 0;
    assert_ok(f, sql_execute_integer(f->store->db, f->path, "PRAGMA foreign_keys", &foreign_keys, &f->e));
    assert_int_equal(foreign_keys, 1);
}

static void a_step_that_fails_leaves_the_file_as_it_was(void **state)
{
    static const char *const failing[] = {NULL, "CREATE TABLE first_new (a INTEGER) STRICT",
                                          "INSERT INTO nowhere VALUES (1)"};
    struct fixture *f = *state;

    assert_true(migrate_run(f->store->db, f->path, failing, 1, 3, &f->e) < 0);
    assert_non_null(strstr(f->e.text, "from schema 1 to 3"));
    assert_string_equal(outsider_reads(f->path, "PRAGMA user_version"), "1");
    assert_string_equal(outsider_reads(f->path, "SELECT count(*) FROM sqlite_schema WHERE name = 'first_new'"), "0");
    fixture_reopen(f);
}

static void a_step_that_breaks_a_reference_is_refused(void **state)
{
    static const char *const breaking[] = {NULL, "INSERT INTO aliases VALUES ('NCT00000099', 99)"};
    struct fixture *f = *state;

    assert_int_equal(migrate_run(f->store->db, f->path, breaking, 1, 2, &f->e), -EUCLEAN);
    assert_string_equal(outsider_reads(f->path, "SELECT count(*) FROM aliases"), "0");
    assert_string_equal(outsider_reads(f->path, "PRAGMA user_version"), "1");
}

static void a_schema_that_no_step_leaves_is_refused(void **state)
{
    static const char *const missing[] = {NULL, NULL};
    struct fixture *f = *state;

    assert_int_equal(migrate_run(f->store->db, f->path, missing, 1, 2, &f->e), -EUCLEAN);
    assert_non_null(strstr(f->e.text, "no way from schema 1"));
}

static void our_own_file_without_a_schema_number_is_damaged(void **state)
{
    struct fixture *f = *state;
    struct store *store = NULL;

    fixture_close(f);
    assert_int_equal(outsider_runs(f->path, "PRAGMA user_version = 0"), SQLITE_OK);
    assert_int_equal(store_open(f->path, STORE_WRITE, &store, &f->e), -EUCLEAN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        test_with_history(older_files_are_brought_up_after_a_copy),
        test_with_history(a_step_that_fails_leaves_the_file_as_it_was),
        test_with_history(a_step_that_breaks_a_reference_is_refused),
        test_with_history(a_schema_that_no_step_leaves_is_refused),
        test_with_history(our_own_file_without_a_schema_number_is_damaged),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
