/* When the watchdog is told that the daemon is alive, and when not. */
#include "check.h"

#include "base/clock.h"
#include "base/events.h"
#include "base/log.h"
#include "history/polls.h"
#include "history/sql.h"
#include "service/manager_internal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct fixture {
    char directory[64], settings[96];
    struct manager *manager;
    int told; /* lines that explain why the watchdog is refused */
    char text[512];
    struct error e;
};

#define assert_ok(f, call)                                                                                             \
    do {                                                                                                               \
        if ((call) < 0)                                                                                                \
            fail_msg("%s", (f)->e.text);                                                                               \
    } while (0)

static void hear(int priority, const struct log_event *event, const char *text, void *userdata)
{
    struct fixture *f = userdata;

    (void)priority;
    if (!event || !event->message_id || strcmp(event->message_id, EVENT_STUCK) != 0)
        return;
    f->told++;
    snprintf(f->text, sizeof(f->text), "%s", text);
}

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    struct manager_options options = {.config_path = f->settings};

    strcpy(f->directory, "/tmp/trialwatch-watchdog-XXXXXX");
    assert_non_null(mkdtemp(f->directory));
    snprintf(f->settings, sizeof(f->settings), "%s/t.yaml", f->directory);
    FILE *file = fopen(f->settings, "w");
    assert_non_null(file);
    fprintf(file,
            "registry: {contact: a@b, url: \"http://127.0.0.1:1/api/v2\"}\n"
            "history: {path: %s/h.db}\ncontrol: {socket: %s/c.sock}\n"
            "watches: [{name: w, studies: [NCT04614467], notify: [here]}]\n"
            "channels: [{name: here, console: {}}]\n",
            f->directory, f->directory);
    assert_int_equal(fclose(file), 0);
    log_set_sink(hear, f);
    assert_ok(f, manager_new(&options, &f->manager, &f->e));
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    static const char *const names[] = {"t.yaml", "h.db", "h.db-wal", "h.db-shm", "h.db.lock"};
    struct fixture *f = *state;
    char path[128];

    manager_free(f->manager);
    log_set_sink(NULL, NULL);
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        snprintf(path, sizeof(path), "%s/%s", f->directory, names[i]);
        unlink(path);
    }
    assert_int_equal(rmdir(f->directory), 0);
    free(f);
    return 0;
}

/* As a commit that failed. */
static void fail_to_write(struct fixture *f, int err)
{
    const struct error why = {.text = "the disk answers no more"};

    assert_int_equal(sql_note_failure(f->manager->store, err, &why, &f->e), err);
}

static void fail_for(struct fixture *f, int err, int64_t usec)
{
    fail_to_write(f, err);
    clock_advance_usec(usec);
    fail_to_write(f, err);
}

static void write_something(struct fixture *f)
{
    struct poll poll = {.started_usec = 1};

    assert_ok(f, store_begin(f->manager->store, &f->e));
    assert_ok(f, polls_begin(f->manager->store, &poll, &f->e));
    assert_ok(f, store_commit(f->manager->store, &f->e));
}

static void a_daemon_with_nothing_to_do_is_alive(void **state)
{
    struct fixture *f = *state;

    assert_true(manager_gets_on(f->manager));
    write_something(f);
    clock_advance_usec(30 * USEC_PER_DAY);
    assert_true(manager_gets_on(f->manager));
    assert_int_equal(f->told, 0);
}

static void half_an_hour_without_a_commit_is_told_once_and_refused(void **state)
{
    struct fixture *f = *state;

    fail_for(f, -EIO, 29 * USEC_PER_MINUTE);
    assert_true(manager_gets_on(f->manager));
    clock_advance_usec(USEC_PER_MINUTE);
    assert_true(manager_gets_on(f->manager)); /* nobody has tried since */
    fail_to_write(f, -EIO);
    assert_false(manager_gets_on(f->manager));
    assert_false(manager_gets_on(f->manager));
    assert_int_equal(f->told, 1);
    assert_non_null(strstr(f->text, "the disk answers no more"));
}

static void a_commit_in_between_begins_anew(void **state)
{
    struct fixture *f = *state;

    fail_for(f, -EIO, 20 * USEC_PER_MINUTE);
    write_something(f);
    fail_for(f, -EIO, 20 * USEC_PER_MINUTE);
    assert_true(manager_gets_on(f->manager));
    fail_for(f, -EIO, 10 * USEC_PER_MINUTE);
    assert_false(manager_gets_on(f->manager));
    write_something(f);
    assert_true(manager_gets_on(f->manager));
}

static void a_transaction_that_nobody_ends_is_refused(void **state)
{
    struct fixture *f = *state;

    assert_ok(f, store_begin(f->manager->store, &f->e));
    assert_true(manager_gets_on(f->manager));
    clock_advance_usec(30 * USEC_PER_MINUTE);
    assert_false(manager_gets_on(f->manager));
    store_rollback(f->manager->store);
    assert_true(manager_gets_on(f->manager));
}

static void what_a_restart_does_not_mend_is_no_reason(void **state)
{
    static const int errors[] = {-ENOSPC, -EROFS, -EACCES, -EBUSY};
    struct fixture *f = *state;

    for (size_t i = 0; i < ARRAY_SIZE(errors); i++) {
        fail_for(f, errors[i], USEC_PER_DAY);
        assert_true(manager_gets_on(f->manager));
    }
    assert_int_equal(f->told, 0);
}

static void a_look_that_hangs_is_refused(void **state)
{
    struct fixture *f = *state;

    poller_start(f->manager->poller);
    assert_int_equal(event_base_loop(f->manager->base, EVLOOP_ONCE), 0);
    assert_true(manager_gets_on(f->manager));
    f->manager->progress_usec -= 30 * USEC_PER_MINUTE;
    struct poller_status status;
    poller_status(f->manager->poller, &status);
    assert_int_equal(status.state, POLLER_ASKING);
    assert_false(manager_gets_on(f->manager));
    assert_non_null(strstr(f->text, "a look at the registry"));
}

#define WATCHDOG_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WATCHDOG_TEST(a_daemon_with_nothing_to_do_is_alive),
        WATCHDOG_TEST(half_an_hour_without_a_commit_is_told_once_and_refused),
        WATCHDOG_TEST(a_commit_in_between_begins_anew),
        WATCHDOG_TEST(a_transaction_that_nobody_ends_is_refused),
        WATCHDOG_TEST(what_a_restart_does_not_mend_is_no_reason),
        WATCHDOG_TEST(a_look_that_hangs_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
