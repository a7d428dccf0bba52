/* Every alert arrives, once: dispatch with a real history, a real HTTP receiver, and simulated time. */
#include "alert_documents.h"
#include "alert_receiver.h"
#include "alert_story.h"
#include "schema_check.h"

#include "alert/dispatch.h"
#include "base/log.h"

#include <errno.h>
#include <sqlite3.h>
#include <sys/stat.h>

#define WAIT_REAL_USEC (20 * USEC_PER_SEC)

struct setting {
    struct story story;
    struct event_base *base;
    struct http *http;
    struct smtp *smtp;
    struct receiver receiver;
    struct channel channels[2];
    struct dispatch_settings settings;
    struct dispatch *dispatch;
    int day; /* of the next refresh */
};

static const char *const studies[] = {"NCT00000001", "NCT00000002", "NCT00000003"};

static void quiet_log(int priority, const struct log_event *event, const char *text, void *userdata)
{
    (void)event;
    (void)userdata;
    if (getenv("TRIALWATCH_TEST_LOG"))
        print_message("<%d> %s\n", priority, text);
}

static void make_webhook(struct setting *setting, size_t index, const char *name, const char *path)
{
    struct channel *channel = &setting->channels[index];
    char url[64];

    channel_make(channel, "webhook");
    free(channel->name);
    channel->name = strdup(name);
    snprintf(url, sizeof(url), "http://127.0.0.1:%d%s", setting->receiver.port, path);
    channel_set(channel, "url", url);
    channel_set(channel, "secret", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
    channel->pace.zone = strdup("UTC");
}

static int set_up(void **state)
{
    struct setting *setting = calloc(1, sizeof(*setting));

    log_set_sink(quiet_log, NULL);
    setenv("TRIALWATCH_TEST_CLOCK", "/nonexistent", 1); /* timers follow clock_advance_usec() */
    story_begin(&setting->story, studies, ARRAY_SIZE(studies));
    setting->base = event_base_new();
    assert_int_equal(http_new(setting->base, &setting->http, NULL), 0);
    assert_int_equal(smtp_new(setting->base, &setting->smtp, NULL), 0);
    receiver_begin(&setting->receiver, setting->base);
    make_webhook(setting, 0, "cardiology", "/a");
    make_webhook(setting, 1, "coordinators", "/b");
    setting->settings = (struct dispatch_settings){.channels = setting->channels, .channel_count = 1};
    *state = setting;
    return 0;
}

static int tear_down(void **state)
{
    struct setting *setting = *state;

    dispatch_free(setting->dispatch);
    receiver_end(&setting->receiver);
    http_free(setting->http);
    smtp_free(setting->smtp);
    event_base_free(setting->base);
    for (size_t i = 0; i < ARRAY_SIZE(setting->channels); i++)
        channel_clear(&setting->channels[i]);
    story_end(&setting->story);
    free(setting);
    log_set_sink(NULL, NULL);
    return 0;
}

static void start(struct setting *setting)
{
    struct error e;

    setting->settings.watches = setting->story.fixture.watches;
    dispatch_free(setting->dispatch);
    setting->dispatch = NULL;
    if (dispatch_new(setting->base, setting->http, setting->smtp, setting->story.fixture.store, &setting->settings,
                     &setting->dispatch, &e) < 0)
        fail_msg("%s", e.text);
}

/* A refresh in which the study's status becomes that one. */
static void change(struct setting *setting, const char *nct_id, const char *status)
{
    char refresh[REFRESH_BYTES];
    _cleanup_free_ char *text = NULL;

    snprintf(refresh, sizeof(refresh), "2026-01-%02dT09:00:00", ++setting->day % 28 + 1);
    assert_true(asprintf(&text,
                         "{\"protocolSection\":{\"identificationModule\":{\"nctId\":\"%s\",\"briefTitle\":\"Title\"},"
                         "\"statusModule\":{\"overallStatus\":\"%s\"}}}",
                         nct_id, status) > 0);
    story_take(&setting->story, refresh, text, strlen(text));
}

/* A study that was seen before opens: one alert for each channel of the watch. */
static void make_alert(struct setting *setting, size_t study)
{
    change(setting, studies[study], "NOT_YET_RECRUITING");
    change(setting, studies[study], "RECRUITING");
}

static struct outbox_counts counts(const struct setting *setting, const char *channel)
{
    struct outbox_counts result = {0};

    assert_int_equal(outbox_count(setting->story.fixture.store, channel, &result, NULL), 0);
    return result;
}

/* Lets the loop turn for a while without moving the clock. */
static void settle(struct setting *setting)
{
    for (int64_t end = clock_stopwatch_usec() + 100 * USEC_PER_MSEC; clock_stopwatch_usec() < end;) {
        struct timeval soon = {.tv_usec = 5000};
        event_base_loopexit(setting->base, &soon);
        event_base_loop(setting->base, 0);
    }
}

#define WAIT_UNTIL(setting, condition)                                                                                 \
    do {                                                                                                               \
        int64_t end_ = clock_stopwatch_usec() + WAIT_REAL_USEC;                                                        \
        while (!(condition)) {                                                                                         \
            if (clock_stopwatch_usec() > end_)                                                                         \
                fail_msg("never came: %s", #condition);                                                                \
            event_base_loop((setting)->base, EVLOOP_ONCE);                                                             \
        }                                                                                                              \
    } while (0)

static void advance(struct setting *setting, int64_t usec)
{
    clock_advance_usec(usec);
    settle(setting);
}

static void an_alert_is_delivered_once_with_its_id_and_signature(void **state)
{
    struct setting *setting = *state;

    make_alert(setting, 0);
    start(setting);
    WAIT_UNTIL(setting, counts(setting, "cardiology").delivered == 1);
    advance(setting, USEC_PER_DAY);
    dispatch_wake(setting->dispatch);
    settle(setting);
    assert_int_equal(setting->receiver.count, 1);
    const struct received *got = receiver_get(&setting->receiver, "/a", 0);
    assert_memory_equal(got->id, "msg_", 4);
    assert_memory_equal(got->signature, "v1,", 3);
    json_t *document = json_loads(got->body, 0, NULL);
    assert_string_equal(json_string_value(json_object_get(document, "id")), got->id);
    assert_string_equal(json_string_value(json_object_get(document, "headline")),
                        "Status: Not yet recruiting → Recruiting");
    json_decref(document);
}

static void an_alert_that_comes_later_needs_only_a_wake(void **state)
{
    struct setting *setting = *state;

    start(setting);
    settle(setting);
    make_alert(setting, 0);
    dispatch_wake(setting->dispatch);
    WAIT_UNTIL(setting, counts(setting, "cardiology").delivered == 1);
}

static void a_refusal_is_tried_again_under_the_same_id(void **state)
{
    struct setting *setting = *state;

    receiver_plan(&setting->receiver, "/a", 500, NULL);
    make_alert(setting, 0);
    start(setting);
    WAIT_UNTIL(setting, receiver_count(&setting->receiver, "/a") == 1);
    settle(setting);
    advance(setting, 29 * USEC_PER_SEC);
    assert_int_equal(receiver_count(&setting->receiver, "/a"), 1);
    advance(setting, 9 * USEC_PER_SEC);
    assert_int_equal(receiver_count(&setting->receiver, "/a"), 2);
    advance(setting, 59 * USEC_PER_SEC);
    assert_int_equal(receiver_count(&setting->receiver, "/a"), 2);
    receiver_plan(&setting->receiver, "/a", 200, NULL);
    advance(setting, 17 * USEC_PER_SEC);
    WAIT_UNTIL(setting, counts(setting, "cardiology").delivered == 1);
    assert_int_equal(receiver_count(&setting->receiver, "/a"), 3);
    for (size_t i = 1; i < 3; i++)
        assert_string_equal(receiver_get(&setting->receiver, "/a", i)->id,
                            receiver_get(&setting->receiver, "/a", 0)->id);
}

static void a_receiver_that_names_a_time_is_asked_then(void **state)
{
    struct setting *setting = *state;

    receiver_plan(&setting->receiver, "/a", 429, "600");
    make_alert(setting, 0);
    start(setting);
    WAIT_UNTIL(setting, receiver_count(&setting->receiver, "/a") == 1);
    receiver_plan(&setting->receiver, "/a", 200, NULL);
    settle(setting);
    advance(setting, 590 * USEC_PER_SEC);
    assert_int_equal(receiver_count(&setting->receiver, "/a"), 1);
    advance(setting, 15 * USEC_PER_SEC);
    WAIT_UNTIL(setting, counts(setting, "cardiology").delivered == 1);
}

struct seen_status {
    bool ill;
    long failures;
    int64_t next_attempt_usec;
    char answer[256];
};

static void look(const struct channel_status *status, void *userdata)
{
    struct seen_status *seen = userdata;

    if (strcmp(status->name, "cardiology") != 0)
        return;
    seen->ill = status->ill;
    seen->failures = status->failures;
    seen->next_attempt_usec = status->next_attempt_usec;
    snprintf(seen->answer, sizeof(seen->answer), "%s", status->last_answer);
}

static void a_receiver_that_is_gone_fails_fast_and_the_others_are_told(void **state)
{
    struct setting *setting = *state;
    struct seen_status seen;

    setting->settings.channel_count = 2;
    receiver_plan(&setting->receiver, "/a", 410, NULL);
    make_alert(setting, 0);
    start(setting);
    WAIT_UNTIL(setting, counts(setting, "cardiology").failed == 1);
    WAIT_UNTIL(setting, receiver_count(&setting->receiver, "/b") == 1);
    dispatch_each_status(setting->dispatch, look, &seen);
    assert_true(seen.ill);
    assert_string_equal(seen.answer, "HTTP 410");
    assert_non_null(strstr(receiver_get(&setting->receiver, "/b", 0)->body, "Channel cardiology is in trouble"));

    make_alert(setting, 1); /* told once, not with every alert */
    dispatch_wake(setting->dispatch);
    WAIT_UNTIL(setting, counts(setting, "cardiology").failed == 2);
    settle(setting);
    assert_int_equal(receiver_count(&setting->receiver, "/b"), 1);

    receiver_plan(&setting->receiver, "/a", 200, NULL);
    make_alert(setting, 2);
    dispatch_wake(setting->dispatch);
    WAIT_UNTIL(setting, counts(setting, "cardiology").delivered == 1);
    WAIT_UNTIL(setting, receiver_count(&setting->receiver, "/b") == 2);
    assert_non_null(strstr(receiver_get(&setting->receiver, "/b", 1)->body, "well again"));
    dispatch_each_status(setting->dispatch, look, &seen);
    assert_false(seen.ill);
}

static void three_days_of_refusals_are_enough(void **state)
{
    struct setting *setting = *state;

    setting->settings.channel_count = 2;
    receiver_plan(&setting->receiver, "/a", 503, NULL);
    make_alert(setting, 0);
    start(setting);
    WAIT_UNTIL(setting, receiver_count(&setting->receiver, "/a") == 1);
    /* it is given up when the next try, at most an hour and its jitter away, would come after three days */
    for (int hours = 0; hours < 69; hours++)
        advance(setting, USEC_PER_HOUR);
    assert_int_equal(counts(setting, "cardiology").sending, 1);
    for (int hours = 0; hours < 6; hours++)
        advance(setting, USEC_PER_HOUR);
    assert_int_equal(counts(setting, "cardiology").failed, 1);
    assert_true(receiver_count(&setting->receiver, "/a") > 30);
    assert_true(receiver_count(&setting->receiver, "/a") < 90);
    /* after a day, then daily; the jitter decides whether a third time comes before the end */
    assert_in_range(receiver_count(&setting->receiver, "/b"), 2, 3);
}

static void a_channel_that_hangs_does_not_delay_another(void **state)
{
    struct setting *setting = *state;
    char *both[] = {(char *)"cardiology", (char *)"coordinators"};

    setting->story.fixture.watch.channels = both;
    setting->story.fixture.watch.channel_count = 2;
    setting->settings.channel_count = 2;
    receiver_plan(&setting->receiver, "/a", 0, NULL);
    make_alert(setting, 0);
    make_alert(setting, 1);
    start(setting);
    WAIT_UNTIL(setting, counts(setting, "coordinators").delivered == 2);
    assert_int_equal(receiver_count(&setting->receiver, "/a"), 1);
    assert_int_equal(counts(setting, "cardiology").sending, 2);
}

static void a_crash_after_sending_repeats_the_same_id(void **state)
{
    struct setting *setting = *state;

    receiver_plan(&setting->receiver, "/a", 0, NULL);
    make_alert(setting, 0);
    start(setting);
    WAIT_UNTIL(setting, receiver_count(&setting->receiver, "/a") == 1);
    receiver_plan(&setting->receiver, "/a", 200, NULL);
    start(setting); /* nothing of the first one's attempt was written */
    WAIT_UNTIL(setting, counts(setting, "cardiology").delivered == 1);
    assert_int_equal(receiver_count(&setting->receiver, "/a"), 2);
    assert_string_equal(receiver_get(&setting->receiver, "/a", 1)->id, receiver_get(&setting->receiver, "/a", 0)->id);
}

static void a_history_that_cannot_be_written_does_not_make_us_repeat(void **state)
{
    struct setting *setting = *state;
    sqlite3 *other = NULL;

    make_alert(setting, 0);
    start(setting);
    receiver_plan(&setting->receiver, "/a", 0, NULL);
    WAIT_UNTIL(setting, setting->receiver.unanswered);
    assert_int_equal(sqlite3_open(setting->story.fixture.path, &other), SQLITE_OK);
    assert_int_equal(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
    evhttp_send_reply(setting->receiver.unanswered, 200, "", NULL);
    settle(setting);
    for (int i = 0; i < 3; i++)
        advance(setting, USEC_PER_MINUTE);
    assert_int_equal(counts(setting, "cardiology").delivered, 0);
    assert_int_equal(receiver_count(&setting->receiver, "/a"), 1);
    assert_int_equal(sqlite3_close(other), SQLITE_OK);
    advance(setting, USEC_PER_MINUTE);
    WAIT_UNTIL(setting, counts(setting, "cardiology").delivered == 1);
    assert_int_equal(receiver_count(&setting->receiver, "/a"), 1);
}

/* The simulated clock becomes that time of some day to come, UTC. */
static void go_to(int hour, int minute)
{
    int64_t of_day = clock_wall_usec() % USEC_PER_DAY;
    int64_t wanted = hour * USEC_PER_HOUR + minute * USEC_PER_MINUTE;

    clock_advance_usec(wanted > of_day ? wanted - of_day : wanted - of_day + USEC_PER_DAY);
}

static size_t studies_in(const struct received *got)
{
    json_t *document = json_loads(got->body, 0, NULL);
    size_t count = json_array_size(json_object_get(document, "studies"));

    json_decref(document);
    return count;
}

static void a_digest_collects_until_its_hour(void **state)
{
    struct setting *setting = *state;

    setting->channels[0].pace.digest = DIGEST_DAILY;
    setting->channels[0].pace.digest_minute = 8 * 60;
    go_to(9, 0);
    make_alert(setting, 0);
    start(setting);
    settle(setting);
    advance(setting, 5 * USEC_PER_HOUR);
    make_alert(setting, 1);
    dispatch_wake(setting->dispatch);
    settle(setting);
    assert_int_equal(counts(setting, "cardiology").held, 2);
    go_to(7, 58);
    settle(setting);
    assert_int_equal(setting->receiver.count, 0);
    advance(setting, 3 * USEC_PER_MINUTE);
    WAIT_UNTIL(setting, counts(setting, "cardiology").delivered == 2);
    assert_int_equal(setting->receiver.count, 1);
    assert_int_equal(studies_in(receiver_get(&setting->receiver, "/a", 0)), 2);
}

static void quiet_hours_hold_what_may_wait(void **state)
{
    struct setting *setting = *state;

    setting->channels[0].pace.quiet_from_minute = 22 * 60;
    setting->channels[0].pace.quiet_until_minute = 7 * 60;
    go_to(23, 0);
    make_alert(setting, 0);
    make_alert(setting, 1);
    start(setting);
    settle(setting);
    assert_int_equal(setting->receiver.count, 0);
    assert_int_equal(counts(setting, "cardiology").held, 2);
    go_to(7, 1);
    settle(setting);
    WAIT_UNTIL(setting, counts(setting, "cardiology").delivered == 2);
    assert_int_equal(setting->receiver.count, 1);
}

static void urgent_alerts_pass_quiet_hours_that_say_so(void **state)
{
    struct setting *setting = *state;

    setting->channels[0].pace.quiet_from_minute = 22 * 60;
    setting->channels[0].pace.quiet_until_minute = 7 * 60;
    setting->channels[0].pace.quiet_urgent_passes = true;
    go_to(23, 0);
    make_alert(setting, 0);
    start(setting);
    WAIT_UNTIL(setting, counts(setting, "cardiology").delivered == 1);
}

/* A refresh, still being read, in which every study has another title, which is routine. */
static void retitle_all(struct setting *setting, const char *title)
{
    for (size_t i = 0; i < ARRAY_SIZE(studies); i++) {
        _cleanup_free_ char *text = NULL;
        assert_true(asprintf(&text,
                             "{\"protocolSection\":{\"identificationModule\":{\"nctId\":\"%s\",\"briefTitle\":\"%s\"},"
                             "\"statusModule\":{\"overallStatus\":\"COMPLETED\"}}}",
                             studies[i], title) > 0);
        story_take_part(&setting->story, title, text, strlen(text));
    }
}

static void routine_alerts_wait_until_their_refresh_was_read(void **state)
{
    struct setting *setting = *state;

    retitle_all(setting, "One");
    retitle_all(setting, "Two");
    start(setting);
    settle(setting);
    assert_int_equal(counts(setting, "cardiology").held, 3);
    assert_int_equal(setting->receiver.count, 0);
    dispatch_judge(setting->dispatch, 3);
    WAIT_UNTIL(setting, counts(setting, "cardiology").delivered == 3);
    assert_false(dispatch_is_judging(setting->dispatch));
    assert_int_equal(setting->receiver.count, 3);
}

static void a_refresh_that_is_never_read_in_full_delays_by_hours_only(void **state)
{
    struct setting *setting = *state;

    retitle_all(setting, "One");
    retitle_all(setting, "Two");
    start(setting);
    settle(setting);
    advance(setting, SURGE_PATIENCE_USEC - USEC_PER_MINUTE);
    assert_int_equal(setting->receiver.count, 0);
    advance(setting, 2 * USEC_PER_MINUTE);
    WAIT_UNTIL(setting, counts(setting, "cardiology").delivered == 3);
}

static void a_surge_is_one_message_and_waits_for_the_end_of_quiet_hours(void **state)
{
    struct setting *setting = *state;

    setting->settings.surges = (struct surge_limits){.percent = 50, .studies = 2};
    setting->channels[0].pace.quiet_from_minute = 22 * 60;
    setting->channels[0].pace.quiet_until_minute = 7 * 60;
    go_to(23, 0);
    retitle_all(setting, "One");
    retitle_all(setting, "Two");
    start(setting);
    dispatch_judge(setting->dispatch, 3);
    settle(setting);
    assert_int_equal(setting->receiver.count, 0);
    start(setting); /* nor does a restart change that */
    settle(setting);
    assert_int_equal(setting->receiver.count, 0);
    go_to(7, 1);
    settle(setting);
    WAIT_UNTIL(setting, counts(setting, "cardiology").delivered == 3);
    assert_int_equal(setting->receiver.count, 1);
    json_t *document = json_loads(receiver_get(&setting->receiver, "/a", 0)->body, 0, NULL);
    assert_string_equal(json_string_value(json_object_get(document, "headline")), "3 of 3 studies changed in title");
    assert_int_equal(json_integer_value(json_object_get(json_object_get(document, "surge"), "alerts")), 3);
    assert_fits_alert_schema(document);
    json_decref(document);
}

static void what_exceeds_the_rate_is_told_together(void **state)
{
    struct setting *setting = *state;

    setting->channels[0].pace.rate_messages = 1;
    setting->channels[0].pace.rate_usec = USEC_PER_HOUR;
    for (size_t i = 0; i < 3; i++)
        make_alert(setting, i);
    start(setting);
    WAIT_UNTIL(setting, counts(setting, "cardiology").delivered == 1);
    settle(setting);
    assert_int_equal(counts(setting, "cardiology").held, 2);
    advance(setting, 59 * USEC_PER_MINUTE);
    assert_int_equal(setting->receiver.count, 1);
    advance(setting, 2 * USEC_PER_MINUTE);
    WAIT_UNTIL(setting, counts(setting, "cardiology").delivered == 3);
    assert_int_equal(setting->receiver.count, 2);
    assert_int_equal(studies_in(receiver_get(&setting->receiver, "/a", 1)), 2);
}

static void what_a_query_finds_in_one_refresh_is_one_message(void **state)
{
    struct setting *setting = *state;

    setting->story.fixture.watch.query.condition = (char *)"angina";
    for (size_t i = 0; i < 3; i++) {
        change(setting, studies[i], "NOT_YET_RECRUITING");
        setting->day--;
    }
    setting->day++;
    for (size_t i = 0; i < 3; i++) {
        change(setting, studies[i], "RECRUITING");
        setting->day--;
    }
    start(setting);
    settle(setting);
    assert_int_equal(setting->receiver.count, 0); /* more may come while the refresh is read */
    advance(setting, 11 * USEC_PER_SEC);
    WAIT_UNTIL(setting, counts(setting, "cardiology").delivered == 3);
    assert_int_equal(setting->receiver.count, 1);
    setting->story.fixture.watch.query.condition = NULL;
}

static void what_is_too_large_is_sent_again_shorter(void **state)
{
    struct setting *setting = *state;

    receiver_plan(&setting->receiver, "/a", 413, NULL);
    make_alert(setting, 0);
    start(setting);
    WAIT_UNTIL(setting, counts(setting, "cardiology").failed == 1);
    assert_int_equal(receiver_count(&setting->receiver, "/a"), 2); /* and never the same size again */
    assert_non_null(strstr(receiver_get(&setting->receiver, "/a", 0)->body, "\"before\""));
    assert_null(strstr(receiver_get(&setting->receiver, "/a", 1)->body, "\"before\""));
}

static void alerts_of_a_channel_that_is_gone_stay_due(void **state)
{
    struct setting *setting = *state;

    setting->settings.channel_count = 0;
    make_alert(setting, 0);
    start(setting);
    settle(setting);
    assert_int_equal(counts(setting, "cardiology").due, 1);
    setting->settings.channel_count = 1;
    dispatch_configure(setting->dispatch, &setting->settings);
    WAIT_UNTIL(setting, counts(setting, "cardiology").delivered == 1);
}

static void keep_verdict(const struct verdict *verdict, void *userdata)
{
    struct verdict *kept = userdata;

    *kept = *verdict;
    kept->thread = NULL;
}

static void a_test_message_is_marked_and_tells_how_it_went(void **state)
{
    struct setting *setting = *state;
    struct verdict verdict = {.code = -1};
    struct error e;

    start(setting);
    assert_int_equal(dispatch_test(setting->dispatch, "nobody", keep_verdict, &verdict, &e), -ENOENT);
    assert_int_equal(dispatch_test(setting->dispatch, "cardiology", keep_verdict, &verdict, &e), 0);
    WAIT_UNTIL(setting, verdict.code == 200);
    assert_non_null(strstr(receiver_get(&setting->receiver, "/a", 0)->body, "\"test\":true"));
    receiver_plan(&setting->receiver, "/a", 403, NULL);
    assert_int_equal(dispatch_test(setting->dispatch, "cardiology", keep_verdict, &verdict, &e), 0);
    WAIT_UNTIL(setting, verdict.code == 403);
    assert_int_equal(verdict.outcome, ATTEMPT_FAILED);
    assert_int_equal(counts(setting, NULL).failed, 0);
}

static void the_console_prints(void **state)
{
    struct setting *setting = *state;
    char *printed = NULL;
    size_t len = 0;

    channel_clear(&setting->channels[0]);
    channel_make(&setting->channels[0], "console");
    setting->settings.terminal = open_memstream(&printed, &len);
    make_alert(setting, 0);
    start(setting);
    WAIT_UNTIL(setting, counts(setting, "cardiology").delivered == 1);
    assert_non_null(strstr(printed, "Status: Not yet recruiting → Recruiting"));
    fclose(setting->settings.terminal);
    free(printed);
}

static void use_program(struct setting *setting, const char *script)
{
    channel_clear(&setting->channels[0]);
    channel_make(&setting->channels[0], "command");
    channel_add(&setting->channels[0], "run", "/bin/sh");
    channel_add(&setting->channels[0], "run", "-c");
    channel_add(&setting->channels[0], "run", script);
    channel_set(&setting->channels[0], "timeout", "5s");
}

static void a_program_gets_the_document_and_a_clean_environment(void **state)
{
    struct setting *setting = *state;
    struct seen_status seen;

    setenv("TRIALWATCH_SECRET_OF_TEST", "1", 1);
    use_program(setting,
                "grep -q trialwatch.alert/1 /dev/stdin || exit 3; test -z \"$TRIALWATCH_SECRET_OF_TEST\" || exit 4;"
                " test \"$(pwd)\" = / || exit 5; test -z \"$(ls /proc/self/fd | grep -v '^[0-3]$')\" || exit 6;"
                " echo fine");
    make_alert(setting, 0);
    start(setting);
    WAIT_UNTIL(setting, counts(setting, "cardiology").sending == 0 && counts(setting, "cardiology").due == 0);
    dispatch_each_status(setting->dispatch, look, &seen);
    assert_string_equal(seen.answer, "exit status 0: fine");
    assert_int_equal(counts(setting, "cardiology").delivered, 1);
}

static void a_program_may_ask_to_be_run_again(void **state)
{
    struct setting *setting = *state;
    struct seen_status seen = {0};

    use_program(setting, "exit 75");
    make_alert(setting, 0);
    start(setting);
    WAIT_UNTIL(setting, (dispatch_each_status(setting->dispatch, look, &seen), seen.failures == 1));
    assert_int_equal(counts(setting, "cardiology").sending, 1);
    advance(setting, 40 * USEC_PER_SEC);
    WAIT_UNTIL(setting, (dispatch_each_status(setting->dispatch, look, &seen), seen.failures == 2));
}

static void a_program_that_fails_has_failed(void **state)
{
    struct setting *setting = *state;

    use_program(setting, "echo broken >&2; exit 1");
    make_alert(setting, 0);
    start(setting);
    WAIT_UNTIL(setting, counts(setting, "cardiology").failed == 1);
}

static void a_program_that_hangs_is_killed_with_its_children(void **state)
{
    struct setting *setting = *state;
    struct seen_status seen = {0};

    use_program(setting, "sleep 1000 & sleep 1000");
    make_alert(setting, 0);
    start(setting);
    settle(setting);
    advance(setting, 6 * USEC_PER_SEC);
    WAIT_UNTIL(setting, (dispatch_each_status(setting->dispatch, look, &seen), seen.failures == 1));
    assert_string_equal(seen.answer, "did not end in time: killed");
}

static void a_program_that_is_not_there_makes_the_channel_ill(void **state)
{
    struct setting *setting = *state;
    struct seen_status seen = {0};

    channel_clear(&setting->channels[0]);
    channel_make(&setting->channels[0], "command");
    channel_add(&setting->channels[0], "run", "/nonexistent/program");
    make_alert(setting, 0);
    start(setting);
    WAIT_UNTIL(setting, counts(setting, "cardiology").failed == 1);
    dispatch_each_status(setting->dispatch, look, &seen);
    assert_true(seen.ill);
    assert_non_null(strstr(seen.answer, "/nonexistent/program"));
}

/* The reason that the only dropped alert has. */
static int keep_reason(const struct alert_row *row, void *userdata)
{
    snprintf(userdata, 256, "%s", row->reason);
    return 0;
}

static void what_a_condition_declines_is_kept_as_dropped_with_the_reason(void **state)
{
    struct setting *setting = *state;
    struct alert_filter filter = {.states = 1u << ALERT_DROPPED};
    char reason[256] = "";

    setting->story.fixture.watch.when = (char *)".studies[0].nct_id == \"NCT00000002\"";
    make_alert(setting, 0);
    make_alert(setting, 1);
    start(setting);
    WAIT_UNTIL(setting, counts(setting, "cardiology").delivered + counts(setting, "cardiology").dropped == 2);
    assert_int_equal(setting->receiver.count, counts(setting, "cardiology").delivered);
    assert_int_equal(outbox_each(setting->story.fixture.store, &filter, keep_reason, reason, NULL), 0);
#ifdef HAVE_JQ
    assert_int_equal(counts(setting, "cardiology").dropped, 1);
    assert_string_equal(reason, "when: of watch freedom said no");
#endif
}

static void what_conditions_decline_is_taken_out_of_a_digest(void **state)
{
    struct setting *setting = *state;

    setting->channels[0].pace.digest = DIGEST_DAILY;
    setting->story.fixture.watch.when = (char *)".studies[0].nct_id != \"NCT00000002\"";
    make_alert(setting, 0);
    make_alert(setting, 1);
    make_alert(setting, 2);
    start(setting);
    WAIT_UNTIL(setting, counts(setting, "cardiology").held == 3);
    advance(setting, USEC_PER_DAY);
    WAIT_UNTIL(setting, setting->receiver.count == 1);
    WAIT_UNTIL(setting, counts(setting, "cardiology").sending == 0);
#ifdef HAVE_JQ
    assert_int_equal(counts(setting, "cardiology").dropped, 1);
    assert_null(strstr(receiver_get(&setting->receiver, "/a", 0)->body, "NCT00000002"));
#endif
    assert_non_null(strstr(receiver_get(&setting->receiver, "/a", 0)->body, "NCT00000003"));
}

static void a_condition_that_never_ends_loses_no_alert_and_delays_no_other_channel(void **state)
{
    struct setting *setting = *state;
    char *both[] = {(char *)"cardiology", (char *)"coordinators"};

    setting->story.fixture.watch.channels = both;
    setting->story.fixture.watch.channel_count = 2;
    setting->settings.channel_count = 2;
    setting->story.fixture.watch.when = (char *)"if .channel == \"cardiology\" then def f: f; f else true end";
    make_alert(setting, 0);
    start(setting);
    WAIT_UNTIL(setting, counts(setting, "coordinators").delivered == 1);
#ifdef HAVE_JQ
    assert_int_equal(counts(setting, "cardiology").delivered, 0);
#endif
    WAIT_UNTIL(setting, counts(setting, "cardiology").delivered == 1);
}

static void a_payload_that_never_ends_makes_its_channel_ill_and_no_other(void **state)
{
    struct setting *setting = *state;
    char *both[] = {(char *)"cardiology", (char *)"coordinators"};
    struct seen_status seen;

    setting->story.fixture.watch.channels = both;
    setting->story.fixture.watch.channel_count = 2;
    setting->settings.channel_count = 2;
    setting->channels[0].payload = strdup("def f: f; f");
    make_alert(setting, 0);
    start(setting);
    WAIT_UNTIL(setting, counts(setting, "coordinators").delivered == 1);
    WAIT_UNTIL(setting, counts(setting, "cardiology").failed == 1);
    dispatch_each_status(setting->dispatch, look, &seen);
    assert_true(seen.ill);
#ifdef HAVE_JQ
    assert_non_null(strstr(seen.answer, "took longer than 2 s"));
#endif
    assert_int_equal(receiver_count(&setting->receiver, "/a"), 0);
}

static void new_settings_stop_a_payload_that_runs(void **state)
{
    struct setting *setting = *state;

    setting->channels[0].payload = strdup("def f: f; f");
    make_alert(setting, 0);
    start(setting);
    settle(setting);
    free(TAKE_PTR(setting->channels[0].payload));
    dispatch_configure(setting->dispatch, &setting->settings);
#ifdef HAVE_JQ
    WAIT_UNTIL(setting, counts(setting, "cardiology").delivered == 1);
#endif
}

static void an_announcement_reaches_every_channel_but_one(void **state)
{
    struct setting *setting = *state;

    setting->settings.channel_count = 2;
    start(setting);
    dispatch_announce(setting->dispatch, "cardiology", "health_1", "The registry is unread for a day",
                      "It answers 503.");
    WAIT_UNTIL(setting, receiver_count(&setting->receiver, "/b") == 1);
    dispatch_announce(setting->dispatch, NULL, "health_2", "The registry is read again", "All is well.");
    WAIT_UNTIL(setting, setting->receiver.count == 3);
    assert_non_null(strstr(receiver_get(&setting->receiver, "/a", 0)->body, "The registry is read again"));
}

static void an_announcement_survives_a_restart_under_its_id(void **state)
{
    struct setting *setting = *state;

    receiver_plan(&setting->receiver, "/a", 503, NULL);
    start(setting);
    dispatch_announce(setting->dispatch, NULL, "health_1", "The registry cannot be read", "It answers 503.");
    WAIT_UNTIL(setting, receiver_count(&setting->receiver, "/a") == 1);
    settle(setting);
    receiver_plan(&setting->receiver, "/a", 200, NULL);
    start(setting); /* anew */
    advance(setting, USEC_PER_MINUTE);
    WAIT_UNTIL(setting, receiver_count(&setting->receiver, "/a") == 2);
    const struct received *second = receiver_get(&setting->receiver, "/a", 1);
    assert_string_equal(second->id, receiver_get(&setting->receiver, "/a", 0)->id);
    assert_non_null(strstr(second->body, "The registry cannot be read"));
    advance(setting, USEC_PER_DAY);
    start(setting);
    settle(setting);
    assert_int_equal(receiver_count(&setting->receiver, "/a"), 2);
}

/* How often the second channel was told these words. */
static int told(const struct setting *setting, const char *words)
{
    int count = 0;

    for (size_t i = 0; i < receiver_count(&setting->receiver, "/b"); i++)
        count += strstr(receiver_get(&setting->receiver, "/b", i)->body, words) != NULL;
    return count;
}

static void an_ill_channel_is_told_once_then_daily_and_no_restart_changes_that(void **state)
{
    struct setting *setting = *state;

    setting->settings.channel_count = 2;
    receiver_plan(&setting->receiver, "/a", 410, NULL);
    make_alert(setting, 0);
    start(setting);
    WAIT_UNTIL(setting, told(setting, "Channel cardiology is in trouble") == 1);
    settle(setting); /* that it was told is written down */
    for (int i = 0; i < 3; i++) {
        start(setting);
        advance(setting, 2 * USEC_PER_HOUR);
        dispatch_check_health(setting->dispatch);
        settle(setting);
    }
    assert_int_equal(told(setting, "in trouble"), 1);
    advance(setting, 18 * USEC_PER_HOUR);
    dispatch_check_health(setting->dispatch); /* although nothing is due to it */
    WAIT_UNTIL(setting, told(setting, "in trouble") == 2);
    settle(setting);
    start(setting);
    receiver_plan(&setting->receiver, "/a", 200, NULL);
    make_alert(setting, 1);
    dispatch_wake(setting->dispatch);
    WAIT_UNTIL(setting, told(setting, "Channel cardiology is well again") == 1);
    settle(setting);
    start(setting);
    advance(setting, 2 * USEC_PER_DAY);
    dispatch_check_health(setting->dispatch);
    settle(setting);
    assert_int_equal(told(setting, "in trouble"), 2);
    assert_int_equal(told(setting, "well again"), 1);
}

static void what_the_history_cannot_take_is_told_all_the_same(void **state)
{
    struct setting *setting = *state;
    struct store *store = setting->story.fixture.store;

    start(setting);
    settle(setting);
    assert_int_equal(store_begin(store, NULL), 0); /* another transaction does not begin, as on a full disk */
    dispatch_announce(setting->dispatch, NULL, "health_1", "The history cannot be written", "The disk is full.");
    store_rollback(store);
    WAIT_UNTIL(setting, receiver_count(&setting->receiver, "/a") == 1);
    assert_non_null(strstr(receiver_get(&setting->receiver, "/a", 0)->body, "The history cannot be written"));
}

#define DISPATCH_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        DISPATCH_TEST(an_alert_is_delivered_once_with_its_id_and_signature),
        DISPATCH_TEST(an_alert_that_comes_later_needs_only_a_wake),
        DISPATCH_TEST(a_refusal_is_tried_again_under_the_same_id),
        DISPATCH_TEST(a_receiver_that_names_a_time_is_asked_then),
        DISPATCH_TEST(a_receiver_that_is_gone_fails_fast_and_the_others_are_told),
        DISPATCH_TEST(three_days_of_refusals_are_enough),
        DISPATCH_TEST(a_channel_that_hangs_does_not_delay_another),
        DISPATCH_TEST(a_crash_after_sending_repeats_the_same_id),
        DISPATCH_TEST(a_history_that_cannot_be_written_does_not_make_us_repeat),
        DISPATCH_TEST(a_digest_collects_until_its_hour),
        DISPATCH_TEST(quiet_hours_hold_what_may_wait),
        DISPATCH_TEST(urgent_alerts_pass_quiet_hours_that_say_so),
        DISPATCH_TEST(routine_alerts_wait_until_their_refresh_was_read),
        DISPATCH_TEST(a_refresh_that_is_never_read_in_full_delays_by_hours_only),
        DISPATCH_TEST(a_surge_is_one_message_and_waits_for_the_end_of_quiet_hours),
        DISPATCH_TEST(what_exceeds_the_rate_is_told_together),
        DISPATCH_TEST(what_a_query_finds_in_one_refresh_is_one_message),
        DISPATCH_TEST(what_is_too_large_is_sent_again_shorter),
        DISPATCH_TEST(alerts_of_a_channel_that_is_gone_stay_due),
        DISPATCH_TEST(a_test_message_is_marked_and_tells_how_it_went),
        DISPATCH_TEST(the_console_prints),
        DISPATCH_TEST(a_program_gets_the_document_and_a_clean_environment),
        DISPATCH_TEST(a_program_may_ask_to_be_run_again),
        DISPATCH_TEST(a_program_that_fails_has_failed),
        DISPATCH_TEST(a_program_that_hangs_is_killed_with_its_children),
        DISPATCH_TEST(a_program_that_is_not_there_makes_the_channel_ill),
        DISPATCH_TEST(what_a_condition_declines_is_kept_as_dropped_with_the_reason),
        DISPATCH_TEST(what_conditions_decline_is_taken_out_of_a_digest),
        DISPATCH_TEST(a_condition_that_never_ends_loses_no_alert_and_delays_no_other_channel),
        DISPATCH_TEST(a_payload_that_never_ends_makes_its_channel_ill_and_no_other),
        DISPATCH_TEST(new_settings_stop_a_payload_that_runs),
        DISPATCH_TEST(an_announcement_reaches_every_channel_but_one),
        DISPATCH_TEST(an_announcement_survives_a_restart_under_its_id),
        DISPATCH_TEST(an_ill_channel_is_told_once_then_daily_and_no_restart_changes_that),
        DISPATCH_TEST(what_the_history_cannot_take_is_told_all_the_same),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
