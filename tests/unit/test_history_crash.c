#include "history_fixture.h"

#include "history/outbox.h"

#include <signal.h>
#include <sys/wait.h>

#define ROUNDS 25

/* Takes in versions with an alert each, and tells of every commit, until it is killed. */
static int write_for_ever(const char *path, int told)
{
    struct fixture f = {.now_usec = USEC_PER_DAY};
    struct study *last = NULL;
    struct version version = {0};
    char text[32], id[ALERT_ID_BYTES];

    strcpy(f.path, path);
    if (store_open(path, STORE_WRITE, &f.store, &f.e) < 0)
        return 1;
    if (versions_newest(f.store, NCT_1, &version, NULL) >= 0 && versions_study(f.store, &version, &last, &f.e) < 0)
        return 2;
    fixture_poll(&f);
    for (long n = version.number + 1;; n++) {
        snprintf(text, sizeof(text), "version %ld", n);
        struct study *next = make_study(NCT_1, n % 2 ? "RECRUITING" : "SUSPENDED", (size_t)n % 20 + 1, text);
        struct alert_new alert = {.channel = "cardiology", .nct_id = NCT_1, .refresh = REFRESH_1, .version = n};
        if (store_begin(f.store, &f.e) < 0 || take_in(&f, next, last, &version, NULL) < 0 ||
            outbox_add(f.store, &alert, id, &f.e) < 0 || store_commit(f.store, &f.e) < 0)
            return 3;
        if (write(told, &n, sizeof(n)) != sizeof(n))
            return 4;
        study_free(last);
        last = next;
    }
}

static long last_told(int told)
{
    long n, last = 0;

    while (read(told, &n, sizeof(n)) == sizeof(n))
        last = n;
    return last;
}

/* Lets it get going, then some more, then kills it. Returns the last commit that it told of. */
static long write_and_die(const char *path, useconds_t after_usec)
{
    int told[2], status;
    long first = 0;

    assert_int_equal(pipe(told), 0);
    pid_t child = fork();
    if (child == 0) {
        close(told[0]);
        _exit(write_for_ever(path, told[1]));
    }
    close(told[1]);
    assert_int_equal(read(told[0], &first, sizeof(first)), sizeof(first));
    usleep(after_usec);
    kill(child, SIGKILL);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    long last = last_told(told[0]);
    close(told[0]);
    return last > first ? last : first;
}

static void assert_consistent(struct fixture *f, long told)
{
    struct version newest;
    struct ledger_report report;
    struct outbox_counts counts;
    long *numbers = NULL;
    size_t count;

    assert_ok(f, store_check(f->path, true, &f->e));
    assert_ok(f, ledger_verify(f->store, 0, NULL, NULL, &report, &f->e));
    assert_ok(f, versions_newest(f->store, NCT_1, &newest, &f->e));
    assert_true(newest.number == told || newest.number == told + 1); /* it may have died between commit and telling */
    assert_int_equal(report.of[LEDGER_VERSION], newest.number);
    assert_ok(f, outbox_count(f->store, "cardiology", &counts, &f->e));
    assert_int_equal(counts.due, newest.number);
    assert_ok(f, history_sites_of_version(f->store, NCT_1, newest.number, &numbers, &count, &f->e));
    assert_int_equal(count, newest.number % 20 + 1);
    free(numbers);
    assert_string_equal(outsider_reads(f->path, "SELECT count(*) FROM versions v WHERE change_count <>"
                                                " (SELECT count(*) FROM changes WHERE version = v.id)"),
                        "0");
    assert_string_equal(outsider_reads(f->path, "SELECT site_count - (SELECT count(*) FROM site_now) FROM studies"),
                        "0");
}

static void a_writer_that_is_killed_leaves_whole_transactions(void **state)
{
    struct fixture *f = *state;

    for (unsigned i = 0; i < ROUNDS; i++) {
        fixture_close(f);
        long told = write_and_die(f->path, (i * 7919) % 40000);
        assert_ok(f, store_open(f->path, STORE_WRITE, &f->store, &f->e));
        assert_true(store_was_unclean(f->store));
        assert_consistent(f, told);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        test_with_history(a_writer_that_is_killed_leaves_whole_transactions),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
