#include "history_fixture.h"

static struct poll finish_at(struct fixture *f, int64_t finished_usec, enum poll_outcome outcome)
{
    f->now_usec = finished_usec - USEC_PER_SEC;
    fixture_poll(f);
    return fixture_poll_end(f, outcome);
}

static void a_finished_poll_reads_back_whole(void **state)
{
    static const char *const missing[] = {"NCT00000001", "NCT00000002"};
    struct fixture *f = *state;
    struct poll found, poll = {.finished_usec = 99,
                               .outcome = POLL_FAILED,
                               .requests = 1,
                               .records = 2,
                               .changed = 3,
                               .missing = 2,
                               .bytes = INT64_C(5000000000)};

    fixture_poll(f);
    poll.id = f->poll;
    strcpy(poll.refresh, REFRESH_1);
    strcpy(poll.api_version, "2.0.5");
    strcpy(poll.reason, "the registry's\tanswer\nwas \\ cut");
    assert_ok(f, store_begin(f->store, &f->e));
    assert_ok(f, polls_finish(f->store, &poll, missing, 2, &f->e));
    assert_ok(f, store_commit(f->store, &f->e));
    assert_ok(f, polls_newest(f->store, POLL_FAILED, &found, &f->e));
    poll.started_usec = f->now_usec;
    assert_int_equal(found.id, poll.id);
    assert_int_equal(found.started_usec, poll.started_usec);
    assert_int_equal(found.finished_usec, 99);
    assert_int_equal(found.requests + 10 * found.records + 100 * found.changed + 1000 * found.missing, 2321);
    assert_int_equal(found.bytes, poll.bytes);
    assert_string_equal(found.refresh, REFRESH_1);
    assert_string_equal(found.api_version, "2.0.5");
    assert_string_equal(found.reason, poll.reason);
    assert_string_equal(outsider_reads(f->path, "SELECT missing_ids FROM poll_log"),
                        "[\"NCT00000001\",\"NCT00000002\"]");
    assert_ok(f, ledger_verify(f->store, 0, NULL, NULL, &(struct ledger_report){0}, &f->e));
}

static void a_poll_ends_once_and_with_an_outcome(void **state)
{
    struct fixture *f = *state;
    struct poll poll = {.id = 1, .finished_usec = 5, .outcome = POLL_RUNNING};

    fixture_poll(f);
    assert_ok(f, store_begin(f->store, &f->e));
    assert_int_equal(polls_finish(f->store, &poll, NULL, 0, &f->e), -EINVAL);
    poll.outcome = POLL_COMPLETE;
    assert_ok(f, polls_finish(f->store, &poll, NULL, 0, &f->e));
    assert_int_equal(polls_finish(f->store, &poll, NULL, 0, &f->e), -EALREADY);
    poll.id = 2;
    assert_int_equal(polls_finish(f->store, &poll, NULL, 0, &f->e), -ENOENT);
    assert_ok(f, store_commit(f->store, &f->e));
}

static int collect(const struct poll *poll, void *userdata)
{
    struct buf *text = userdata;

    buf_printf(text, "%lld%c ", (long long)poll->id, poll_outcome_name(poll->outcome)[0]);
    return text->len > 100 ? 7 : 0;
}

static void polls_are_listed_newest_first(void **state)
{
    struct fixture *f = *state;
    _cleanup_buf_ struct buf all = {0}, some = {0}, limited = {0};

    finish_at(f, USEC_PER_DAY, POLL_UNCHANGED);
    finish_at(f, 2 * USEC_PER_DAY, POLL_COMPLETE);
    finish_at(f, 3 * USEC_PER_DAY, POLL_FAILED);
    fixture_poll(f);
    assert_ok(f, polls_each(f->store, 0, 0, collect, &all, &f->e));
    assert_string_equal(buf_string(&all), "4r 3f 2c 1u ");
    assert_ok(f, polls_each(f->store, 2 * USEC_PER_DAY, 0, collect, &some, &f->e));
    assert_string_equal(buf_string(&some), "3f 2c ");
    assert_ok(f, polls_each(f->store, 0, 1, collect, &limited, &f->e));
    assert_string_equal(buf_string(&limited), "4r ");
}

static int prune_in_the_middle(const struct poll *poll, void *userdata)
{
    struct fixture *f = userdata;

    (void)poll;
    assert_ok(f, store_begin(f->store, &f->e));
    assert_ok(f, polls_prune(f->store, 100 * USEC_PER_DAY, &f->e));
    assert_ok(f, store_commit(f->store, &f->e));
    return 0;
}

static void a_visitor_may_write(void **state)
{
    struct fixture *f = *state;

    for (int i = 0; i < 5; i++)
        finish_at(f, USEC_PER_DAY + i * USEC_PER_HOUR, POLL_UNCHANGED);
    assert_ok(f, polls_each(f->store, 0, 0, prune_in_the_middle, f, &f->e));
    assert_string_equal(outsider_reads(f->path, "SELECT count(*) FROM polls"), "1");
}

static void pruning_keeps_the_last_of_each_day_and_all_that_tell(void **state)
{
    struct fixture *f = *state;
    _cleanup_buf_ struct buf left = {0};
    struct ledger_report report;

    finish_at(f, 10 * USEC_PER_DAY + 1 * USEC_PER_HOUR, POLL_UNCHANGED); /* 1: pruned */
    finish_at(f, 10 * USEC_PER_DAY + 2 * USEC_PER_HOUR, POLL_COMPLETE);  /* 2 */
    finish_at(f, 10 * USEC_PER_DAY + 3 * USEC_PER_HOUR, POLL_UNCHANGED); /* 3: last of its day */
    finish_at(f, 11 * USEC_PER_DAY + 1 * USEC_PER_HOUR, POLL_UNCHANGED); /* 4: pruned */
    finish_at(f, 11 * USEC_PER_DAY + 2 * USEC_PER_HOUR, POLL_UNCHANGED); /* 5: last */
    finish_at(f, 12 * USEC_PER_DAY + 1 * USEC_PER_HOUR, POLL_UNCHANGED); /* 6: too new */
    finish_at(f, 12 * USEC_PER_DAY + 2 * USEC_PER_HOUR, POLL_UNCHANGED); /* 7 */
    assert_ok(f, store_begin(f->store, &f->e));
    assert_ok(f, polls_prune(f->store, 12 * USEC_PER_DAY, &f->e));
    assert_ok(f, store_commit(f->store, &f->e));
    assert_ok(f, polls_each(f->store, 0, 0, collect, &left, &f->e));
    assert_string_equal(buf_string(&left), "7u 6u 5u 3u 2c ");
    assert_ok(f, ledger_verify(f->store, 0, NULL, NULL, &report, &f->e));
    assert_int_equal(report.of[LEDGER_POLL], 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        test_with_history(a_finished_poll_reads_back_whole),
        test_with_history(a_poll_ends_once_and_with_an_outcome),
        test_with_history(polls_are_listed_newest_first),
        test_with_history(a_visitor_may_write),
        test_with_history(pruning_keeps_the_last_of_each_day_and_all_that_tell),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
