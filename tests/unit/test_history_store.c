#include "full_disk.h"
#include "history_fixture.h"

#include "history/checkpoint.h"
#include "history/sql.h"

#include <pthread.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>

static const char *beside(const struct fixture *f, const char *suffix)
{
    static char path[128];

    snprintf(path, sizeof(path), "%s%s", f->path, suffix);
    return path;
}

static void a_new_history_has_our_settings_and_modes(void **state)
{
    struct fixture *f = *state;
    struct stat st;
    const char *const files[] = {"", "-wal", "-shm"};

    for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
        assert_int_equal(stat(beside(f, files[i]), &st), 0);
        assert_int_equal(st.st_mode & 0777, 0640);
    }
    assert_int_equal(stat(beside(f, ".lock"), &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(stat(beside(f, ".new"), &st), -1);
    assert_int_equal(store_schema_version(f->store), 1);
    assert_string_equal(store_path(f->store), f->path);
    assert_string_equal(outsider_reads(f->path, "PRAGMA application_id"), "1416784983");
    assert_string_equal(outsider_reads(f->path, "PRAGMA journal_mode"), "wal");
    assert_false(store_was_unclean(f->store));
}

static int64_t setting(struct fixture *f, const char *pragma)
{
    int64_t value = -1;

    assert_ok(f, sql_execute_integer(f->store->db, f->path, pragma, &value, &f->e));
    return value;
}

static void the_writer_has_its_settings(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(setting(f, "PRAGMA synchronous"), 2);
    assert_int_equal(setting(f, "PRAGMA foreign_keys"), 1);
    assert_int_equal(setting(f, "PRAGMA trusted_schema"), 0);
    assert_int_equal(setting(f, "PRAGMA cell_size_check"), 1);
    assert_int_equal(setting(f, "PRAGMA temp_store"), 2);
    assert_int_equal(setting(f, "PRAGMA busy_timeout"), 250);
    assert_int_equal(setting(f, "PRAGMA journal_size_limit"), 16777216);
    assert_int_equal(sqlite3_exec(f->store->db, "SELECT \"no such column\"", NULL, NULL, NULL), SQLITE_ERROR);
}

static void nothing_is_written_outside_a_transaction(void **state)
{
    struct fixture *f = *state;
    struct poll poll = {.started_usec = 1};

    assert_int_equal(polls_begin(f->store, &poll, &f->e), -EPERM);
    assert_int_equal(store_commit(f->store, &f->e), -EPERM);
    store_rollback(f->store);
    assert_ok(f, store_begin(f->store, &f->e));
    assert_int_equal(store_begin(f->store, &f->e), -EALREADY);
    assert_ok(f, polls_begin(f->store, &poll, &f->e));
    store_rollback(f->store);
    assert_string_equal(outsider_reads(f->path, "SELECT count(*) FROM polls"), "0");
}

static void a_transaction_with_a_failed_statement_is_not_committed(void **state)
{
    struct fixture *f = *state;
    _cleanup_study_ struct study *study = make_study(NCT_1, "RECRUITING", 1, "one");
    struct version version = {.seen_usec = 1, .poll = 77};
    struct poll poll = {.started_usec = 1};

    assert_ok(f, store_begin(f->store, &f->e));
    assert_ok(f, polls_begin(f->store, &poll, &f->e));
    assert_int_equal(versions_append(f->store, study, NULL, 0, &version, &f->e), -EPERM); /* no such poll */
    assert_int_equal(polls_begin(f->store, &poll, &f->e), -EPERM);
    assert_int_equal(store_commit(f->store, &f->e), -EPERM);
    assert_non_null(strstr(f->e.text, "a version is of a poll"));
    assert_string_equal(outsider_reads(f->path, "SELECT count(*) FROM polls"), "0");
    fixture_poll(f);
}

static const char *count_polls(const struct fixture *f)
{
    return outsider_reads(f->path, "SELECT count(*) FROM polls");
}

static void a_part_that_failed_is_undone_without_the_rest(void **state)
{
    struct fixture *f = *state;
    _cleanup_study_ struct study *study = make_study(NCT_1, "RECRUITING", 1, "one");
    struct version version = {.seen_usec = 1, .poll = 77};
    struct poll poll = {.started_usec = 1};

    assert_int_equal(store_begin_part(f->store, &f->e), -EPERM);
    assert_ok(f, store_begin(f->store, &f->e));
    assert_ok(f, store_begin_part(f->store, &f->e));
    assert_ok(f, polls_begin(f->store, &poll, &f->e));
    assert_ok(f, store_end_part(f->store, &f->e));
    assert_ok(f, store_begin_part(f->store, &f->e));
    assert_ok(f, polls_begin(f->store, &poll, &f->e));
    assert_int_equal(versions_append(f->store, study, NULL, 0, &version, &f->e), -EPERM); /* no such poll */
    assert_int_equal(store_end_part(f->store, &f->e), -EPERM);
    store_undo_part(f->store);
    assert_ok(f, store_begin_part(f->store, &f->e));
    assert_ok(f, polls_begin(f->store, &poll, &f->e));
    assert_ok(f, store_end_part(f->store, &f->e));
    assert_string_equal(count_polls(f), "0");
    assert_ok(f, store_commit(f->store, &f->e));
    assert_string_equal(count_polls(f), "2");
    assert_ok(f, store_begin(f->store, &f->e));
    store_undo_part(f->store);
    assert_true(store_commit(f->store, &f->e) < 0); /* there was no part to undo */
}

/* With little memory for pages, reading makes room by writing changed ones to the full disk, and SQLite gives up. */
static int read_on_full_disk(struct fixture *f)
{
    struct rlimit before = fill_disk();

    assert_int_equal(sqlite3_exec(f->store->db, "PRAGMA cache_size = 1", NULL, NULL, NULL), SQLITE_OK);
    int r = ledger_verify(f->store, 0, NULL, NULL, &(struct ledger_report){0}, &f->e);
    make_room_on_disk(&before);
    return r;
}

static void nothing_is_committed_once_sqlite_has_undone_the_transaction(void **state)
{
    struct fixture *f = *state;
    _cleanup_study_ struct study *study = make_study(NCT_1, "RECRUITING", 1, "one");
    _cleanup_study_ struct study *other = make_study(NCT_2, "RECRUITING", 300, "many sites");
    struct poll poll = {.started_usec = 1};
    struct version version;

    fixture_take_in(f, study, NULL);
    fixture_reopen(f);
    assert_ok(f, store_begin(f->store, &f->e));
    assert_ok(f, polls_begin(f->store, &poll, &f->e));
    assert_ok(f, store_begin_part(f->store, &f->e));
    assert_ok(f, take_in(f, other, NULL, &version, NULL));
    assert_int_equal(read_on_full_disk(f), -ENOSPC);
    assert_true(sqlite3_get_autocommit(f->store->db));
    store_undo_part(f->store);
    assert_int_equal(polls_begin(f->store, &poll, &f->e), -ENOSPC);
    assert_int_equal(store_begin_part(f->store, &f->e), -ENOSPC);
    assert_int_equal(store_commit(f->store, &f->e), -ENOSPC);
    assert_string_equal(count_polls(f), "1");
    fixture_poll(f);
    assert_string_equal(count_polls(f), "2");
}

static void a_second_writer_is_told_who_has_it(void **state)
{
    struct fixture *f = *state;
    struct store *second = NULL;
    char pid[32];

    snprintf(pid, sizeof(pid), "by process %ld:", (long)getpid());
    assert_int_equal(store_open(f->path, STORE_WRITE, &second, &f->e), -EBUSY);
    assert_null(second);
    assert_non_null(strstr(f->e.text, pid));
    fixture_poll(f); /* and the first still writes */
}

static void a_history_that_was_not_closed_is_known(void **state)
{
    struct fixture *f = *state;

    fixture_reopen(f);
    assert_false(store_was_unclean(f->store));
    fixture_close(f);
    pid_t child = fork();
    if (child == 0) {
        struct store *store = NULL;
        _exit(store_open(f->path, STORE_WRITE, &store, NULL) < 0 ? 1 : 0);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_ok(f, store_open(f->path, STORE_WRITE, &f->store, &f->e));
    assert_true(store_was_unclean(f->store));
    fixture_reopen(f);
    assert_false(store_was_unclean(f->store));
}

/* Whatever is refused stays as it was, and nothing new stands beside it. */
static void assert_refused(struct fixture *f, const char *path, int expected, const char *words)
{
    struct store *store = NULL;
    size_t before_len, after_len;
    char *before = slurp(path, &before_len);

    for (int mode = STORE_READ; mode <= STORE_WRITE; mode++) {
        int r = store_open(path, (enum store_mode)mode, &store, &f->e);
        if (r != expected || !strstr(f->e.text, words))
            fail_msg("%s: mode %d: %d \"%s\"", path, mode, r, r < 0 ? f->e.text : "");
        assert_null(store);
    }
    char *after = slurp(path, &after_len);
    assert_int_equal(before_len, after_len);
    if (before_len > 0)
        assert_memory_equal(before, after, before_len);
    free(before);
    free(after);
}

static void foreign_files_are_refused_untouched(void **state)
{
    struct fixture *f = *state;
    char path[96];
    char noise[9000];

    snprintf(path, sizeof(path), "%s/foreign", f->dir);
    memset(noise, 'x', sizeof(noise));
    spill(path, noise, sizeof(noise));
    assert_refused(f, path, -EMEDIUMTYPE, "not a trialwatch history");
    spill(path, "short", 5);
    assert_refused(f, path, -EMEDIUMTYPE, "not a trialwatch history");
    unlink(path);
    sqlite3 *db;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "PRAGMA journal_mode = WAL; CREATE TABLE t (a)", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
    assert_refused(f, path, -EMEDIUMTYPE, "not a trialwatch history");
    assert_refused(f, f->dir, -EMEDIUMTYPE, "not a file");
    assert_int_equal(access(strcat(path, ".lock"), F_OK), -1);
}

static void a_newer_schema_is_refused_untouched(void **state)
{
    struct fixture *f = *state;

    fixture_close(f);
    assert_int_equal(outsider_runs(f->path, "PRAGMA user_version = 2"), SQLITE_OK);
    assert_refused(f, f->path, -EPROTONOSUPPORT, "has schema 2, newer than the 1");
}

static void a_newer_schema_that_is_only_in_the_log_is_refused_untouched(void **state)
{
    struct fixture *f = *state;
    size_t len, wal_len;

    fixture_close(f);
    pid_t child = fork();
    if (child == 0) {
        sqlite3 *db;
        sqlite3_open(f->path, &db);
        _exit(sqlite3_exec(db, "PRAGMA user_version = 2", NULL, NULL, NULL));
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    char *wal = slurp(beside(f, "-wal"), &wal_len);
    assert_true(wal_len > 0);
    assert_refused(f, f->path, -EPROTONOSUPPORT, "has schema 2");
    char *again = slurp(beside(f, "-wal"), &len);
    assert_int_equal(len, wal_len);
    assert_memory_equal(wal, again, len);
    free(wal);
    free(again);
}

static void damaged_files_are_refused_untouched(void **state)
{
    struct fixture *f = *state;
    size_t len;

    fixture_close(f);
    char *bytes = slurp(f->path, &len);
    memset(bytes + 100, 0x5A, 3000);
    spill(f->path, bytes, len);
    assert_refused(f, f->path, -EUCLEAN, "is damaged");
    free(bytes);
}

static void a_file_cut_short_is_refused_untouched(void **state)
{
    struct fixture *f = *state;
    size_t len;

    fixture_close(f);
    char *bytes = slurp(f->path, &len);
    spill(f->path, bytes, len / 2);
    assert_refused(f, f->path, -EUCLEAN, "is damaged");
    free(bytes);
}

static void a_file_without_one_of_our_tables_is_refused(void **state)
{
    struct fixture *f = *state;

    fixture_close(f);
    assert_int_equal(outsider_runs(f->path, "DROP TABLE site_maps"), SQLITE_OK);
    assert_refused(f, f->path, -EUCLEAN, "no such table: site_maps");
}

static void reading_what_is_not_there_says_so(void **state)
{
    struct fixture *f = *state;
    struct store *store = NULL;

    assert_int_equal(store_open("/nonexistent/history.db", STORE_READ, &store, &f->e), -ENOENT);
    assert_string_equal(f->e.text, "no history at /nonexistent/history.db");
    assert_int_equal(store_open("/nonexistent/history.db", STORE_WRITE, &store, &f->e), -ENOENT);
}

static void an_interrupted_creation_leaves_nothing_behind(void **state)
{
    struct fixture *f = *state;

    fixture_close(f);
    assert_int_equal(rename(f->path, beside(f, ".new")), 0);
    assert_int_equal(truncate(beside(f, ".new"), 5000), 0);
    unlink(beside(f, "-wal"));
    unlink(beside(f, "-shm"));
    assert_ok(f, store_open(f->path, STORE_WRITE, &f->store, &f->e));
    assert_int_equal(access(beside(f, ".new"), F_OK), -1);
    fixture_poll(f);
}

static void a_reader_sees_what_is_committed_and_cannot_write(void **state)
{
    struct fixture *f = *state;
    struct store *reader = NULL;
    struct poll poll;

    assert_ok(f, store_open(f->path, STORE_READ, &reader, &f->e));
    assert_int_equal(polls_newest(reader, POLL_RUNNING, &poll, &f->e), -ENOENT);
    fixture_poll(f);
    assert_ok(f, polls_newest(reader, POLL_RUNNING, &poll, &f->e));
    assert_int_equal(store_begin(reader, &f->e), -EROFS);
    store_close(reader);
}

/* As user nobody of group root, whose files are closed to it. Returns an exit status. */
static int read_as_nobody(const char *path)
{
    struct store *store = NULL;
    struct error e = {0};
    struct poll poll;

    if (setgid(0) < 0 || setuid(65534) < 0)
        return 10;
    int r = store_open(path, STORE_READ, &store, &e);
    if (r >= 0)
        r = polls_newest(store, POLL_RUNNING, &poll, &e);
    if (r < 0)
        fprintf(stderr, "%s\n", e.text);
    store_close(store);
    return r < 0 ? 1 : 0;
}

static int in_child(int (*run)(const char *path), const char *path)
{
    int status;
    pid_t child = fork();

    if (child == 0)
        _exit(run(path));
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void count_files(const struct fixture *f, char *ret, size_t size)
{
    char command[128];

    snprintf(command, sizeof(command), "ls -ln %s | awk 'NR > 1 {print $1, $3, $4, $9}'", f->dir);
    FILE *list = popen(command, "r");
    assert_non_null(list);
    ret[fread(ret, 1, size - 1, list)] = '\0';
    pclose(list);
}

static void the_group_reads_a_history_whose_daemon_is_stopped(void **state)
{
    struct fixture *f = *state;
    char before[1024], after[1024];

    if (geteuid() != 0) {
        print_message("skipped: needs root to become somebody else\n");
        return;
    }
    assert_int_equal(chmod(f->dir, 0750), 0);
    fixture_poll(f);
    assert_int_equal(in_child(read_as_nobody, f->path), 0); /* while it runs */
    fixture_close(f);
    count_files(f, before, sizeof(before));
    assert_int_equal(in_child(read_as_nobody, f->path), 0);
    count_files(f, after, sizeof(after));
    assert_string_equal(before, after);
}

static int write_as_nobody(const char *path)
{
    struct store *store = NULL;
    struct error e = {0};

    if (setgid(0) < 0 || setuid(65534) < 0)
        return 10;
    int r = store_open(path, STORE_WRITE, &store, &e);
    return r == -EACCES && strstr(e.text, path) ? 0 : 1;
}

static void who_may_not_write_is_told(void **state)
{
    struct fixture *f = *state;

    if (geteuid() != 0) {
        print_message("skipped: needs root to become somebody else\n");
        return;
    }
    fixture_close(f);
    assert_int_equal(chmod(f->dir, 0750), 0);
    assert_int_equal(in_child(write_as_nobody, f->path), 0);
    assert_int_equal(chmod(f->dir, 0700), 0);
    assert_int_equal(in_child(write_as_nobody, f->path), 0);
}

static int die_while_writing(const char *path)
{
    struct store *store = NULL;
    struct poll poll = {.started_usec = 1};

    if (store_open(path, STORE_WRITE, &store, NULL) < 0 || store_begin(store, NULL) < 0 ||
        polls_begin(store, &poll, NULL) < 0 || store_commit(store, NULL) < 0)
        return 1;
    return 0; /* the caller ends the process, the store still open */
}

static void root_reads_after_a_crash_and_leaves_nothing_of_its_own(void **state)
{
    struct fixture *f = *state;
    char before[1024], after[1024];
    struct store *reader = NULL;
    struct poll poll;

    fixture_close(f);
    assert_int_equal(in_child(die_while_writing, f->path), 0);
    count_files(f, before, sizeof(before));
    assert_ok(f, store_open(f->path, STORE_READ, &reader, &f->e));
    assert_ok(f, polls_newest(reader, POLL_RUNNING, &poll, &f->e));
    store_close(reader);
    count_files(f, after, sizeof(after));
    assert_string_equal(before, after);
    assert_ok(f, store_open(f->path, STORE_WRITE, &f->store, &f->e));
    assert_ok(f, polls_newest(f->store, POLL_RUNNING, &poll, &f->e));
}

/* Takes versions in until one fails. Returns its error. */
static int fill_up(struct fixture *f, struct study **last)
{
    char text[20000];
    struct version version;
    int r = 0;

    for (int i = 0; r >= 0; i++) {
        for (size_t j = 0; j < sizeof(text) - 1; j++)
            text[j] = (char)('a' + ((size_t)i * 31 + j * j * 7) % 26);
        text[sizeof(text) - 1] = '\0';
        snprintf(text, 16, "%d", i);
        struct study *next = make_study(NCT_1, "RECRUITING", 200, text);
        assert_ok(f, store_begin(f->store, &f->e));
        r = take_in(f, next, *last, &version, NULL);
        if (r >= 0)
            r = store_commit(f->store, &f->e);
        else if (i % 2 == 0) /* a caller that commits all the same gets the error, nothing half written */
            assert_int_equal(store_commit(f->store, NULL), r);
        store_rollback(f->store);
        study_free(r >= 0 ? *last : next);
        if (r >= 0)
            *last = next;
    }
    return r;
}

static void a_full_disk_loses_nothing_and_says_so(struct fixture *f, int (*make_room)(struct fixture *f))
{
    struct study *last = NULL;
    struct store_health health;
    struct version version;

    fixture_poll(f);
    assert_int_equal(fill_up(f, &last), -ENOSPC);
    assert_non_null(strstr(f->e.text, "no room to write"));
    store_health(f->store, &health);
    assert_int_equal(health.error, -ENOSPC);
    assert_non_null(strstr(health.error_text, "no room to write"));
    assert_true(health.file_bytes > 0);
    assert_ok(f, versions_newest(f->store, NCT_1, &version, &f->e));
    assert_body_is(f, &version, last);
    assert_ok(f, ledger_verify(f->store, 0, NULL, NULL, &(struct ledger_report){0}, &f->e));

    assert_int_equal(make_room(f), 0);
    _cleanup_study_ struct study *next = make_study(NCT_1, "SUSPENDED", 1, "room again");
    fixture_take_in(f, next, last);
    store_health(f->store, &health);
    assert_int_equal(health.error, 0);
    assert_string_equal(health.error_text, "");
    assert_true(health.last_commit_usec > 0);
    assert_true(health.slowest_commit_usec > 0);
    assert_ok(f, ledger_verify(f->store, 0, NULL, NULL, &(struct ledger_report){0}, &f->e));
    study_free(last);
}

static int lift_page_limit(struct fixture *f)
{
    return sqlite3_exec(f->store->db, "PRAGMA max_page_count = 1000000", NULL, NULL, NULL);
}

static void a_full_file_loses_nothing_and_says_so(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(sqlite3_exec(f->store->db, "PRAGMA max_page_count = 120", NULL, NULL, NULL), SQLITE_OK);
    a_full_disk_loses_nothing_and_says_so(f, lift_page_limit);
}

static int grow_disk(struct fixture *f)
{
    return mount(NULL, f->dir, NULL, MS_REMOUNT, "size=64m");
}

static void a_full_file_system_loses_nothing_and_says_so(void **state)
{
    struct fixture *f = *state;

    fixture_close(f);
    if (mount("tmpfs", f->dir, "tmpfs", 0, "size=2m") < 0) {
        print_message("skipped: cannot mount a small file system: %s\n", strerror(errno));
        return;
    }
    assert_ok(f, store_open(f->path, STORE_WRITE, &f->store, &f->e));
    a_full_disk_loses_nothing_and_says_so(f, grow_disk);
    assert_ok(f, store_check(f->path, true, &f->e));
    fixture_close(f);
    assert_int_equal(umount(f->dir), 0);
}

static void *back_up(void *userdata)
{
    struct fixture *f = userdata;
    struct error e = {0};
    char copy[128];
    intptr_t r = 0;

    for (int i = 0; i < 5 && r == 0; i++) {
        snprintf(copy, sizeof(copy), "%s/copy-%d.db", f->dir, i);
        r = store_backup(f->path, copy, &e);
        if (r == 0)
            r = store_check(copy, true, &e);
    }
    if (r < 0)
        print_error("%s\n", e.text);
    return (void *)r;
}

static void a_backup_made_while_writing_is_whole(void **state)
{
    struct fixture *f = *state;
    struct study *last = NULL;
    struct store *copy = NULL;
    struct ledger_report report;
    struct stat st;
    pthread_t thread;
    void *result;
    char text[32];

    fixture_poll(f);
    assert_int_equal(pthread_create(&thread, NULL, back_up, f), 0);
    for (int i = 0; i < 60; i++) {
        snprintf(text, sizeof(text), "version %d", i);
        struct study *next = make_study(NCT_1, "RECRUITING", 50, text);
        fixture_take_in(f, next, last);
        study_free(last);
        last = next;
    }
    pthread_join(thread, &result);
    assert_null(result);
    study_free(last);
    snprintf(f->path, sizeof(f->path), "%s/copy-4.db", f->dir);
    assert_int_equal(stat(f->path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0640);
    assert_ok(f, store_open(f->path, STORE_WRITE, &copy, &f->e));
    assert_ok(f, ledger_verify(copy, 0, NULL, NULL, &report, &f->e));
    store_close(copy);
}

static void a_backup_replaces_nothing(void **state)
{
    struct fixture *f = *state;
    char copy[128];
    size_t len;

    snprintf(copy, sizeof(copy), "%s/precious", f->dir);
    spill(copy, "precious", 8);
    assert_int_equal(store_backup(f->path, copy, &f->e), -EEXIST);
    char *bytes = slurp(copy, &len);
    assert_memory_equal(bytes, "precious", 8);
    free(bytes);
    assert_int_equal(store_backup("/nonexistent", copy, &f->e), -ENOENT);
}

static void a_check_names_damage(void **state)
{
    struct fixture *f = *state;
    struct study *last = NULL;
    size_t len;
    char text[3000];

    for (int i = 0; i < 40; i++) {
        memset(text, 'a' + i % 26, sizeof(text) - 1);
        text[sizeof(text) - 1] = '\0';
        struct study *next = make_study(NCT_1, "RECRUITING", 30, text);
        fixture_take_in(f, next, last);
        study_free(last);
        last = next;
    }
    study_free(last);
    assert_ok(f, store_check(f->path, false, &f->e));
    assert_ok(f, store_check(f->path, true, &f->e));
    fixture_close(f);
    char *bytes = slurp(f->path, &len);
    memset(bytes + len - 8192, 0xFF, 8192);
    spill(f->path, bytes, len);
    free(bytes);
    assert_int_equal(store_check(f->path, true, &f->e), -EUCLEAN);
    assert_non_null(strstr(f->e.text, "is damaged"));
}

static void a_checkpoint_moves_as_much_as_takes_little(void **state)
{
    int pages = CHECKPOINT_FIRST_PAGES;

    (void)state;
    assert_true(checkpoint_learn(pages, 0) > pages);
    assert_int_equal(checkpoint_learn(pages, 8 * USEC_PER_MSEC), pages);
    assert_true(checkpoint_learn(pages, 300 * USEC_PER_MSEC) < pages);
    for (int i = 0; i < 20; i++)
        pages = checkpoint_learn(pages, 300 * USEC_PER_MSEC);
    assert_true(pages >= 50); /* on a slow disk, too, it is worth the wait */
    for (int i = 0; i < 20; i++)
        pages = checkpoint_learn(pages, 0);
    assert_true(pages <= 2000);
}

/* It is used again from its beginning once all of it is in the file. */
static void the_log_does_not_grow_with_the_commits(void **state)
{
    struct fixture *f = *state;
    size_t log_len, file_len, file_len_before;

    free(slurp(f->path, &file_len_before));
    for (int i = 0; i < 3000; i++) {
        struct poll poll = {.started_usec = i};
        assert_ok(f, store_begin(f->store, &f->e));
        assert_ok(f, polls_begin(f->store, &poll, &f->e));
        assert_ok(f, store_commit(f->store, &f->e));
    }
    free(slurp(beside(f, "-wal"), &log_len));
    free(slurp(f->path, &file_len));
    assert_true(log_len < (size_t)5 * 1024 * 1024);
    assert_true(file_len > file_len_before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        test_with_history(a_new_history_has_our_settings_and_modes),
        test_with_history(the_writer_has_its_settings),
        test_with_history(nothing_is_written_outside_a_transaction),
        test_with_history(a_transaction_with_a_failed_statement_is_not_committed),
        test_with_history(a_part_that_failed_is_undone_without_the_rest),
        test_with_history(nothing_is_committed_once_sqlite_has_undone_the_transaction),
        test_with_history(a_second_writer_is_told_who_has_it),
        test_with_history(a_history_that_was_not_closed_is_known),
        test_with_history(foreign_files_are_refused_untouched),
        test_with_history(a_newer_schema_is_refused_untouched),
        test_with_history(a_newer_schema_that_is_only_in_the_log_is_refused_untouched),
        test_with_history(damaged_files_are_refused_untouched),
        test_with_history(a_file_cut_short_is_refused_untouched),
        test_with_history(a_file_without_one_of_our_tables_is_refused),
        test_with_history(reading_what_is_not_there_says_so),
        test_with_history(an_interrupted_creation_leaves_nothing_behind),
        cmocka_unit_test(a_checkpoint_moves_as_much_as_takes_little),
        test_with_history(the_log_does_not_grow_with_the_commits),
        test_with_history(a_reader_sees_what_is_committed_and_cannot_write),
        test_with_history(the_group_reads_a_history_whose_daemon_is_stopped),
        test_with_history(who_may_not_write_is_told),
        test_with_history(root_reads_after_a_crash_and_leaves_nothing_of_its_own),
        test_with_history(a_full_file_loses_nothing_and_says_so),
        test_with_history(a_full_file_system_loses_nothing_and_says_so),
        test_with_history(a_backup_made_while_writing_is_whole),
        test_with_history(a_backup_replaces_nothing),
        test_with_history(a_check_names_damage),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
