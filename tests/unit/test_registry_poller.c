/* Looks at a tiny registry, in simulated time: hours pass between two turns of the loop. */
#include "outsider.h"
#include "registry_server.h"

#include "base/log.h"
#include "registry/poller.h"

#include <errno.h>
#include <stdlib.h>

#define ONE "NCT00000001"
#define TWO "NCT00000002"
#define THREE "NCT00000003"
#define LATER "2026-02-12T09:00:05"

/* Each turn of the loop takes this long in the tests' time. */
#define TURN_USEC (250 * USEC_PER_MSEC)
#define MAX_TURNS 200000

static const char *const watched[] = {ONE, TWO, THREE};

struct setting {
    struct fixture fixture;
    struct event_base *base;
    struct http *http;
    struct server server;
    struct poller_settings settings;
    struct poller *poller;
    int finished; /* looks */
    struct poll last;
    int committed;
    int warnings;
};

static void on_committed(const struct version *version, size_t alert_count, void *userdata)
{
    struct setting *setting = userdata;

    (void)alert_count;
    assert_true(version->number > 0);
    setting->committed++;
}

static void on_finished(const struct poll *poll, void *userdata)
{
    struct setting *setting = userdata;

    setting->finished++;
    setting->last = *poll;
}

static void count_warnings(int priority, const struct log_event *event, const char *text, void *userdata)
{
    struct setting *setting = userdata;

    (void)event;
    (void)text;
    if (priority <= LOG_WARNING)
        setting->warnings++;
}

static void begin_poller(struct setting *setting)
{
    const struct poller_events events = {on_committed, on_finished, setting};
    struct error e;

    if (poller_new(setting->base, setting->http, setting->fixture.store, &setting->settings, setting->fixture.watches,
                   &events, &setting->poller, &e) < 0)
        fail_msg("%s", e.text);
}

static int set_up(void **state)
{
    struct setting *setting = calloc(1, sizeof(*setting));

    setenv("TRIALWATCH_TEST_CLOCK", "/nonexistent", 1);
    fixture_begin(&setting->fixture, watched, ARRAY_SIZE(watched));
    setting->base = event_base_new();
    assert_int_equal(http_new(setting->base, &setting->http, NULL), 0);
    server_begin(&setting->server, setting->base);
    setting->server.studies[0] = (struct server_study){ONE, "RECRUITING", 2};
    setting->server.studies[1] = (struct server_study){TWO, "COMPLETED", 1};
    setting->server.studies[2] = (struct server_study){THREE, "NOT_YET_RECRUITING", 0};
    setting->server.study_count = 3;
    setting->settings = (struct poller_settings){
        .base_url = setting->server.base_url,
        .contact = (char *)"trials@example.org",
        .every_usec = 15 * USEC_PER_MINUTE,
        .spacing_usec = USEC_PER_SEC,
        .timeout_usec = 10 * USEC_PER_SEC,
    };
    begin_poller(setting);
    log_set_sink(count_warnings, setting);
    *state = setting;
    return 0;
}

static int tear_down(void **state)
{
    struct setting *setting = *state;

    log_set_sink(NULL, NULL);
    poller_free(setting->poller);
    http_free(setting->http);
    evhttp_free(setting->server.http);
    event_base_free(setting->base);
    fixture_end(&setting->fixture);
    free(setting);
    return 0;
}

static void turn(struct setting *setting)
{
    event_base_loop(setting->base, EVLOOP_ONCE);
    clock_advance_usec(TURN_USEC);
}

/* Until so many looks have ended since the start. */
static void run_until_finished(struct setting *setting, int finished)
{
    for (int i = 0; setting->finished < finished; i++) {
        if (i == MAX_TURNS)
            fail_msg("only %d looks ended", setting->finished);
        struct poller_status status;
        poller_status(setting->poller, &status);
        int64_t idle_usec = status.next_look_usec - clock_wall_usec() - TURN_USEC;
        if (status.next_look_usec != 0 && idle_usec > 0)
            clock_advance_usec(idle_usec);
        turn(setting);
    }
    assert_int_equal(setting->finished, finished);
}

static void run_until_asked(struct setting *setting, int requests)
{
    for (int i = 0; setting->server.requests < requests && i < MAX_TURNS; i++)
        turn(setting);
    assert_int_equal(setting->server.requests, requests);
}

static struct poller_status status_of(const struct setting *setting)
{
    struct poller_status status;

    poller_status(setting->poller, &status);
    return status;
}

static void first_look(struct setting *setting)
{
    poller_start(setting->poller);
    run_until_finished(setting, 1);
    if (setting->last.outcome != POLL_COMPLETE)
        fail_msg("%s", setting->last.reason);
}

static void the_first_look_is_a_baseline(void **state)
{
    struct setting *setting = *state;

    assert_int_equal(status_of(setting).state, POLLER_WAITING);
    first_look(setting);
    assert_int_equal(setting->server.requests, 3);
    assert_string_equal(setting->server.uris[0], "/api/v2/version");
    assert_string_equal(setting->server.uris[1],
                        "/api/v2/studies?pageSize=1000&countTotal=true&filter.ids=" ONE "," TWO "," THREE);
    assert_string_equal(setting->server.uris[2], "/api/v2/version");
    assert_non_null(strstr(setting->server.user_agent, "trialwatch/"));
    assert_non_null(strstr(setting->server.user_agent, "(+trials@example.org)"));
    for (size_t i = 0; i < ARRAY_SIZE(watched); i++)
        assert_int_equal(fixture_version(&setting->fixture, watched[i]), 1);
    assert_int_equal(setting->committed, 3);
    assert_int_equal(fixture_alerts_due(&setting->fixture), 0);
    assert_int_equal(fixture_polls(&setting->fixture, POLL_COMPLETE), 1);
    assert_int_equal(setting->last.requests, 3);
    assert_int_equal(setting->last.records, 3);
    assert_int_equal(setting->last.changed, 0);
    assert_true(setting->last.bytes > 500);
    assert_string_equal(setting->last.refresh, "2026-02-11T09:00:05");
    assert_string_equal(setting->last.api_version, "2.0.5");

    struct poller_status status = status_of(setting);
    assert_int_equal(status.state, POLLER_WAITING);
    assert_int_equal(status.studies, 3);
    assert_int_equal(status.missing_count, 0);
    assert_string_equal(status.refresh, "2026-02-11T09:00:05");
    assert_string_equal(status.trouble, "");
    assert_int_equal(status.last_good_usec, setting->last.finished_usec);
    assert_true(status.longest_slice_usec > 0);
    assert_int_equal(setting->warnings, 0);
}

static void requests_keep_their_distance(void **state)
{
    struct setting *setting = *state;

    setting->server.page_size = 1;
    first_look(setting);
    assert_int_equal(setting->server.requests, 5);
    for (int i = 1; i < setting->server.requests; i++)
        assert_true(setting->server.asked_usec[i] - setting->server.asked_usec[i - 1] >= USEC_PER_SEC);
}

static void an_unrefreshed_registry_is_asked_for_its_version_only(void **state)
{
    struct setting *setting = *state;

    first_look(setting);
    int64_t began = setting->server.asked_usec[0];
    run_until_finished(setting, 3);
    assert_int_equal(setting->server.requests, 5);
    assert_int_equal(setting->last.outcome, POLL_UNCHANGED);
    assert_int_equal(fixture_polls(&setting->fixture, POLL_UNCHANGED), 2);
    for (int i = 1; i <= 2; i++)
        assert_in_range(setting->server.asked_usec[2 + i] - began, i * 15 * USEC_PER_MINUTE - USEC_PER_SEC,
                        i * 15 * USEC_PER_MINUTE + 2 * USEC_PER_SEC);
}

static void a_refresh_brings_changes_and_alerts(void **state)
{
    struct setting *setting = *state;

    first_look(setting);
    setting->server.refresh = LATER;
    setting->server.studies[2].status = "RECRUITING";
    run_until_finished(setting, 2);
    assert_int_equal(setting->last.outcome, POLL_COMPLETE);
    assert_int_equal(setting->last.changed, 1);
    assert_int_equal(fixture_version(&setting->fixture, ONE), 1);
    assert_int_equal(fixture_version(&setting->fixture, THREE), 2);
    assert_int_equal(fixture_alerts_due(&setting->fixture), 1);
    assert_string_equal(status_of(setting).refresh, LATER);
}

static void a_refresh_that_only_moves_version_holders_is_silent(void **state)
{
    struct setting *setting = *state;

    first_look(setting);
    setting->server.refresh = LATER;
    run_until_finished(setting, 2);
    assert_int_equal(setting->last.outcome, POLL_COMPLETE);
    assert_int_equal(setting->last.changed, 0);
    assert_int_equal(setting->committed, 3);
    assert_int_equal(fixture_alerts_due(&setting->fixture), 0);
}

static void pages_are_followed_and_empty_ones_too(void **state)
{
    struct setting *setting = *state;

    setting->server.page_size = 2;
    server_fault_at(&setting->server,
                    (struct server_fault){.at = 1, .body = "{\"studies\":[],\"nextPageToken\":\"p0\"}"});
    first_look(setting);
    assert_int_equal(setting->server.requests, 5);
    assert_non_null(
        strstr(setting->server.uris[2], "&countTotal=true&filter.ids=" ONE "," TWO "," THREE "&pageToken=p0"));
    assert_non_null(strstr(setting->server.uris[3], "&pageToken=p2"));
    assert_int_equal(fixture_version(&setting->fixture, THREE), 1);
}

/* Bad days: what the n-th request of the second look meets. In none of them may a study count as gone or changed. */
static void whatever_goes_wrong_is_a_failed_look_and_nothing_else(void **state)
{
    static const struct {
        struct server_fault fault; /* at: 0 the version, 1 the page, 2 the version after */
        const char *says;
    } cases[] = {
        {{.at = 0, .status = 403, .body = "<html>blocked</html>"}, "refuses us for now (HTTP 403)"},
        {{.at = 1, .status = 403, .body = ""}, "refuses us for now (HTTP 403)"},
        {{.at = 1, .status = 429, .body = ""}, "slow down (HTTP 429)"},
        {{.at = 1, .status = 503, .body = "later"}, "not available for now (HTTP 503)"},
        {{.at = 2, .status = 500, .body = ""}, "HTTP 500"},
        {{.at = 1, .status = 404, .body = "<html>"}, "HTTP 404"},
        {{.at = 0, .body = "<html>maintenance</html>"}, "web page instead of data"},
        {{.at = 1, .body = "<html>maintenance</html>"}, "web page instead of data"},
        {{.at = 1, .body = ""}, "something else than JSON"},
        {{.at = 0, .body = "{\"dataTimestamp\":\"x\"}"}, "apiVersion"},
        {{.at = 1, .body = "{\"studies\":\"none today\"}"}, "listing"},
        {{.at = 1, .body = "{\"error\":\"maintenance\"}"}, "no studies"},
        {{.at = 1, .body = "{\"studies\":[],\"totalCount\":3}"}, "promised 3 records and gave 0"},
        {{.at = 1, .cut = 700}, "ends early"},
    };
    struct setting *setting = *state;

    first_look(setting);
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        char refresh[] = "2026-03-00T09:00:05";
        struct server_fault fault = cases[i].fault;
        refresh[8] = (char)('0' + i / 10);
        refresh[9] = (char)('0' + i % 10);
        setting->server.refresh = refresh;
        fault.at += setting->server.requests;
        server_fault_at(&setting->server, fault);
        run_until_finished(setting, setting->finished + 1);

        struct poller_status status = status_of(setting);
        assert_int_equal(setting->last.outcome, POLL_FAILED);
        if (!strstr(setting->last.reason, cases[i].says) || !strstr(status.trouble, cases[i].says))
            fail_msg("%zu: %s", i, setting->last.reason);
        assert_int_equal(status.state, POLLER_BACKING_OFF);
        assert_int_equal(status.failures, 1);
        assert_int_equal(status.missing_count, 0);
        assert_in_range(status.next_look_usec - setting->last.finished_usec, USEC_PER_MINUTE - USEC_PER_SEC,
                        75 * USEC_PER_SEC);
        assert_int_equal(setting->warnings, i + 1);

        run_until_finished(setting, setting->finished + 1);
        assert_int_equal(setting->last.outcome, POLL_COMPLETE);
        assert_int_equal(status_of(setting).failures, 0);
        assert_string_equal(status_of(setting).trouble, "");
    }
    assert_int_equal(setting->committed, 3);
    assert_int_equal(fixture_alerts_due(&setting->fixture), 0);
    assert_int_equal(fixture_polls(&setting->fixture, POLL_FAILED), (long)ARRAY_SIZE(cases));
}

static void a_full_disk_loses_nothing(void **state)
{
    struct setting *setting = *state;

    first_look(setting);
    setting->server.refresh = LATER;
    setting->server.studies[0].status = "SUSPENDED";
    struct rlimit before = fill_disk();
    run_until_finished(setting, 2);
    make_room_on_disk(&before);
    assert_int_equal(setting->last.outcome, POLL_FAILED);
    assert_non_null(strstr(status_of(setting).trouble, "history.db"));
    assert_int_equal(fixture_version(&setting->fixture, ONE), 1);

    run_until_finished(setting, 3);
    assert_int_equal(setting->last.outcome, POLL_COMPLETE);
    assert_int_equal(setting->last.changed, 1);
    assert_int_equal(fixture_alerts_due(&setting->fixture), 1);
}

/* All three have changed, and the request for their page is on its way. */
static void run_until_changes_come(struct setting *setting)
{
    first_look(setting);
    setting->server.refresh = LATER;
    setting->server.studies[0].status = "SUSPENDED";
    setting->server.studies[1].status = "TERMINATED";
    setting->server.studies[2].status = "RECRUITING";
    run_until_asked(setting, 5);
}

static void nobody_hears_of_what_a_full_disk_did_not_keep(void **state)
{
    struct setting *setting = *state;

    run_until_changes_come(setting);
    struct rlimit before = fill_disk();
    run_until_finished(setting, 2);
    make_room_on_disk(&before);
    assert_int_equal(setting->last.outcome, POLL_FAILED);
    assert_int_equal(setting->last.changed, 0);
    assert_int_equal(setting->committed, 3);
    assert_int_equal(fixture_alerts_due(&setting->fixture), 0);

    run_until_finished(setting, 3);
    assert_int_equal(setting->last.outcome, POLL_COMPLETE);
    assert_int_equal(setting->last.changed, 3);
    assert_int_equal(setting->committed, 6);
    assert_int_equal(fixture_alerts_due(&setting->fixture), 3);
}

static void a_damaged_study_costs_nobody_an_alert_and_nobody_hears_twice(void **state)
{
    struct setting *setting = *state;
    const char *path = setting->fixture.path;

    run_until_changes_come(setting);
    assert_int_equal(outsider_runs(path, "DROP TRIGGER versions_no_update;"
                                         "UPDATE versions SET body = CAST(body || X'00' AS BLOB) WHERE id = 2"),
                     SQLITE_OK);
    run_until_finished(setting, 2);
    assert_int_equal(setting->last.outcome, POLL_FAILED);
    assert_non_null(strstr(status_of(setting).trouble, "is damaged"));
    assert_int_equal(setting->last.changed, 1);
    assert_int_equal(setting->committed, 4);
    assert_int_equal(fixture_version(&setting->fixture, ONE), 2);
    assert_int_equal(fixture_version(&setting->fixture, TWO), 1);
    assert_int_equal(fixture_alerts_due(&setting->fixture), 1);

    assert_int_equal(outsider_runs(path, "UPDATE versions SET body = substr(body, 1, length(body) - 1) WHERE id = 2"),
                     SQLITE_OK);
    run_until_finished(setting, 3);
    assert_int_equal(setting->last.outcome, POLL_COMPLETE);
    assert_int_equal(setting->last.changed, 2);
    assert_int_equal(setting->committed, 6);
    assert_int_equal(fixture_alerts_due(&setting->fixture), 3);
}

static void a_long_outage_is_warned_of_once_and_asked_less_and_less(void **state)
{
    struct setting *setting = *state;

    first_look(setting);
    for (int i = 0; i < 9; i++)
        server_fault_at(&setting->server, (struct server_fault){.at = 3 + i, .status = 503, .body = ""});
    run_until_finished(setting, 10);
    assert_int_equal(status_of(setting).failures, 9);
    assert_int_equal(setting->warnings, 1);
    for (int i = 5; i < 12; i++) {
        int64_t wait = setting->server.asked_usec[i] - setting->server.asked_usec[i - 1];
        assert_in_range(wait, i < 10 ? (USEC_PER_MINUTE << (i - 4)) : USEC_PER_HOUR, 76 * USEC_PER_MINUTE);
    }
    run_until_finished(setting, 11);
    assert_int_equal(setting->last.outcome, POLL_UNCHANGED);
    assert_int_equal(status_of(setting).failures, 0);
    assert_string_equal(status_of(setting).trouble, "");
}

static void retry_after_is_honoured_also_against_people(void **state)
{
    struct setting *setting = *state;
    struct error e;

    first_look(setting);
    server_fault_at(&setting->server, (struct server_fault){.at = 3, .status = 429, .body = "", .retry_after = "7200"});
    run_until_finished(setting, 2);
    assert_int_equal(poller_look_now(setting->poller, &e), -EAGAIN);
    assert_non_null(strstr(e.text, "asked us to wait until"));
    run_until_finished(setting, 3);
    assert_in_range(setting->server.asked_usec[4] - setting->server.asked_usec[3], 7200 * USEC_PER_SEC,
                    7210 * USEC_PER_SEC);
}

static void people_may_look_during_our_own_backoff(void **state)
{
    struct setting *setting = *state;
    struct error e;

    first_look(setting);
    server_fault_at(&setting->server, (struct server_fault){.at = 3, .status = 503, .body = ""});
    run_until_finished(setting, 2);
    assert_int_equal(poller_look_now(setting->poller, &e), 0);
    run_until_finished(setting, 3);
    assert_int_equal(setting->last.outcome, POLL_COMPLETE);
    assert_true(setting->server.asked_usec[4] - setting->server.asked_usec[3] < 10 * USEC_PER_SEC);
}

static void a_look_on_demand_fetches_without_a_refresh(void **state)
{
    struct setting *setting = *state;
    struct error e;

    first_look(setting);
    setting->server.studies[0].status = "SUSPENDED";
    assert_int_equal(poller_look_now(setting->poller, &e), 0);
    run_until_asked(setting, 4);
    assert_int_equal(poller_look_now(setting->poller, &e), -EALREADY);
    run_until_finished(setting, 2);
    assert_int_equal(setting->last.changed, 1);
    run_until_finished(setting, 3);
    assert_int_equal(setting->last.outcome, POLL_UNCHANGED);
}

static void left_out_ids_are_missing_and_stay_what_they_were(void **state)
{
    struct setting *setting = *state;

    first_look(setting);
    setting->server.refresh = LATER;
    setting->server.study_count = 2;
    run_until_finished(setting, 2);
    assert_int_equal(setting->last.outcome, POLL_COMPLETE);
    assert_int_equal(setting->last.missing, 1);
    struct poller_status status = status_of(setting);
    assert_int_equal(status.missing_count, 1);
    assert_string_equal(status.missing[0], THREE);
    assert_int_equal(fixture_version(&setting->fixture, THREE), 1);
    assert_int_equal(fixture_alerts_due(&setting->fixture), 0);
    assert_int_equal(setting->warnings, 1);

    setting->server.refresh = "2026-02-13T09:00:05";
    run_until_finished(setting, 3);
    assert_int_equal(status_of(setting).missing_count, 1);
    assert_int_equal(setting->warnings, 1);

    setting->server.refresh = "2026-02-14T09:00:05";
    setting->server.study_count = 3;
    run_until_finished(setting, 4);
    assert_int_equal(status_of(setting).missing_count, 0);
}

static void one_refused_id_does_not_cost_the_others(void **state)
{
    struct setting *setting = *state;

    setting->server.refuses_id = TWO;
    first_look(setting);
    assert_int_equal(setting->last.missing, 1);
    assert_string_equal(status_of(setting).missing[0], TWO);
    assert_int_equal(fixture_version(&setting->fixture, ONE), 1);
    assert_int_equal(fixture_version(&setting->fixture, TWO), 0);
    assert_int_equal(fixture_version(&setting->fixture, THREE), 1);
}

static void a_refresh_amid_the_listing_lists_anew(void **state)
{
    static const struct {
        struct server_fault fault;
        int requests;
    } cases[] = {
        /* the version after tells */
        {{.at = 3, .refresh = LATER}, 8},
        /* the second page's ETag hints, and the version asked for then tells */
        {{.at = 2, .refresh = LATER, .etag = "\"2\""}, 8},
        /* the token is refused */
        {{.at = 2, .refresh = LATER, .status = 400, .body = "pageToken expired"}, 7},
    };
    struct setting *setting = *state;

    setting->server.page_size = 2;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        setting->server.requests = 0;
        setting->server.fault_count = 0;
        setting->server.refresh = "2026-02-11T09:00:05";
        server_fault_at(&setting->server, cases[i].fault);
        poller_free(setting->poller);
        setting->finished = 0;
        begin_poller(setting);
        first_look(setting);
        assert_string_equal(setting->last.refresh, LATER);
        assert_string_equal(status_of(setting).refresh, LATER);
        assert_int_equal(setting->server.requests, cases[i].requests);
    }
}

static void etags_that_differ_without_a_refresh_are_ignored(void **state)
{
    struct setting *setting = *state;

    setting->server.page_size = 1;
    server_fault_at(&setting->server, (struct server_fault){.at = 2, .etag = "\"2\""});
    server_fault_at(&setting->server, (struct server_fault){.at = 4, .etag = "\"3\""});
    first_look(setting);
    assert_int_equal(setting->server.requests, 6); /* version, page, page, version, page, version */
}

static void a_registry_that_always_refreshes_is_left_alone_for_a_while(void **state)
{
    static const char *const refreshes[] = {"2026-02-12T09:00:05", "2026-02-13T09:00:05", "2026-02-14T09:00:05",
                                            "2026-02-15T09:00:05"};
    struct setting *setting = *state;

    for (int i = 0; i < 4; i++)
        server_fault_at(&setting->server, (struct server_fault){.at = 2 + 3 * i, .refresh = refreshes[i]});
    poller_start(setting->poller);
    run_until_finished(setting, 1);
    assert_int_equal(setting->last.outcome, POLL_FAILED);
    assert_non_null(strstr(setting->last.reason, "changed 4 times"));
    assert_int_equal(setting->server.requests, 12);
    run_until_finished(setting, 2);
    assert_int_equal(setting->last.outcome, POLL_COMPLETE);
}

static void a_bad_record_costs_only_itself(void **state)
{
    struct setting *setting = *state;

    setting->server.study_count = 2;
    setting->server.adds = "{\"protocolSection\":{\"identificationModule\":{\"nctId\":\"" THREE "\"},"
                           "\"contactsLocationsModule\":{\"locations\":[7]}}},";
    first_look(setting);
    assert_int_equal(setting->last.records, 3);
    assert_int_equal(fixture_version(&setting->fixture, ONE), 1);
    assert_int_equal(fixture_version(&setting->fixture, TWO), 1);
    assert_int_equal(fixture_version(&setting->fixture, THREE), 0);
    assert_int_equal(status_of(setting).missing_count, 0);
    assert_non_null(strstr(status_of(setting).trouble, THREE));
    run_until_finished(setting, 2);
    assert_int_equal(setting->last.outcome, POLL_UNCHANGED);
    assert_non_null(strstr(status_of(setting).trouble, THREE));
    assert_int_equal(setting->warnings, 1);
}

static void records_that_nobody_asked_for_are_left_alone(void **state)
{
    struct setting *setting = *state;

    setting->server.adds = "{\"protocolSection\":{\"identificationModule\":{\"nctId\":\"NCT00000077\"}}},";
    first_look(setting);
    assert_int_equal(fixture_version(&setting->fixture, "NCT00000077"), 0);
    assert_int_equal(setting->committed, 3);
    assert_string_equal(status_of(setting).trouble, "");
}

static void without_a_timestamp_every_look_fetches(void **state)
{
    struct setting *setting = *state;

    setting->server.refresh = NULL;
    first_look(setting);
    run_until_finished(setting, 3);
    assert_int_equal(setting->server.requests, 6);
    assert_int_equal(fixture_polls(&setting->fixture, POLL_COMPLETE), 3);
}

static void an_older_timestamp_is_believed_the_second_time(void **state)
{
    struct setting *setting = *state;

    setting->server.refresh = LATER;
    first_look(setting);
    setting->server.refresh = "2026-02-11T09:00:05";
    run_until_finished(setting, 2);
    assert_int_equal(setting->last.outcome, POLL_UNCHANGED);
    run_until_finished(setting, 3);
    assert_int_equal(setting->last.outcome, POLL_COMPLETE);
}

static void new_settings_begin_a_look_anew(void **state)
{
    static const char *const other[] = {THREE};
    struct setting *setting = *state;

    poller_start(setting->poller);
    run_until_asked(setting, 2);
    fixture_watch(&setting->fixture, other, 1);
    poller_configure(setting->poller, &setting->settings, setting->fixture.watches);
    assert_int_equal(setting->finished, 1);
    assert_int_equal(setting->last.outcome, POLL_FAILED);
    assert_int_equal(status_of(setting).failures, 0);
    run_until_finished(setting, 2);
    assert_int_equal(setting->last.outcome, POLL_COMPLETE);
    assert_int_equal(status_of(setting).studies, 1);
    assert_int_equal(fixture_version(&setting->fixture, ONE), 0);
    assert_int_equal(fixture_version(&setting->fixture, THREE), 1);
}

static void an_unreachable_registry_is_said(void **state)
{
    struct setting *setting = *state;

    evhttp_free(setting->server.http);
    setting->server.http = evhttp_new(setting->base);
    poller_start(setting->poller);
    run_until_finished(setting, 1);
    assert_int_equal(setting->last.outcome, POLL_FAILED);
    assert_non_null(strstr(setting->last.reason, "does not accept connections"));
    assert_int_equal(status_of(setting).last_good_usec, 0);
}

static void what_an_earlier_run_knew_is_recalled_and_fetched_once_more(void **state)
{
    struct setting *setting = *state;

    first_look(setting);
    int64_t good = status_of(setting).last_good_usec;
    poller_free(setting->poller);
    begin_poller(setting);
    assert_int_equal(status_of(setting).last_good_usec, good);
    assert_string_equal(status_of(setting).refresh, "2026-02-11T09:00:05");
    poller_start(setting->poller);
    run_until_finished(setting, 2);
    assert_int_equal(setting->last.outcome, POLL_COMPLETE);
    assert_int_equal(setting->committed, 3);
}

static void it_ends_at_any_moment(void **state)
{
    struct setting *setting = *state;

    setting->server.page_size = 1;
    for (int turns = 0; turns < 36; turns++) {
        poller_free(setting->poller);
        begin_poller(setting);
        poller_start(setting->poller);
        setting->server.requests = 0;
        for (int i = 0; i < turns; i++)
            turn(setting);
    }
}

static void a_foreign_address_without_tls_is_refused(void **state)
{
    struct setting *setting = *state;
    const struct poller_events events = {0};
    struct poller *poller;
    struct error e;

    setting->settings.base_url = (char *)"http://clinicaltrials.gov/api/v2";
    assert_int_equal(poller_new(setting->base, setting->http, setting->fixture.store, &setting->settings,
                                setting->fixture.watches, &events, &poller, &e),
                     -EINVAL);
}

#define POLLER_TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        POLLER_TEST(the_first_look_is_a_baseline),
        POLLER_TEST(requests_keep_their_distance),
        POLLER_TEST(an_unrefreshed_registry_is_asked_for_its_version_only),
        POLLER_TEST(a_refresh_brings_changes_and_alerts),
        POLLER_TEST(a_refresh_that_only_moves_version_holders_is_silent),
        POLLER_TEST(pages_are_followed_and_empty_ones_too),
        POLLER_TEST(whatever_goes_wrong_is_a_failed_look_and_nothing_else),
        POLLER_TEST(a_full_disk_loses_nothing),
        POLLER_TEST(nobody_hears_of_what_a_full_disk_did_not_keep),
        POLLER_TEST(a_damaged_study_costs_nobody_an_alert_and_nobody_hears_twice),
        POLLER_TEST(a_long_outage_is_warned_of_once_and_asked_less_and_less),
        POLLER_TEST(retry_after_is_honoured_also_against_people),
        POLLER_TEST(people_may_look_during_our_own_backoff),
        POLLER_TEST(a_look_on_demand_fetches_without_a_refresh),
        POLLER_TEST(left_out_ids_are_missing_and_stay_what_they_were),
        POLLER_TEST(one_refused_id_does_not_cost_the_others),
        POLLER_TEST(a_refresh_amid_the_listing_lists_anew),
        POLLER_TEST(etags_that_differ_without_a_refresh_are_ignored),
        POLLER_TEST(a_registry_that_always_refreshes_is_left_alone_for_a_while),
        POLLER_TEST(a_bad_record_costs_only_itself),
        POLLER_TEST(records_that_nobody_asked_for_are_left_alone),
        POLLER_TEST(without_a_timestamp_every_look_fetches),
        POLLER_TEST(an_older_timestamp_is_believed_the_second_time),
        POLLER_TEST(new_settings_begin_a_look_anew),
        POLLER_TEST(an_unreachable_registry_is_said),
        POLLER_TEST(what_an_earlier_run_knew_is_recalled_and_fetched_once_more),
        POLLER_TEST(it_ends_at_any_moment),
        POLLER_TEST(a_foreign_address_without_tls_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
