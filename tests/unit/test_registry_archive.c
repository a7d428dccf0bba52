/* Fetches from the archive of a tiny registry, in simulated time, with and without looks of the poller between. */
#include "registry_server.h"

#include "base/log.h"
#include "history/ledger.h"
#include "history/versions_archive.h"
#include "registry/archive.h"
#include "registry/archive_answer.h"
#include "trial/archived.h"

#include <errno.h>
#include <stdlib.h>

#define ONE "NCT00000001"
#define TWO "NCT00000002"
#define STRANGER "NCT00000009"

/* Of the loop, which blocks for some milliseconds while the program waits: where nothing was asked in a turn, the next
 * may be twice as long. Several such go by while an answer is under way, and all of them must be less than a look. */
#define TURN_USEC (250 * USEC_PER_MSEC)
#define LONGEST_TURN_USEC (8 * USEC_PER_SEC)
#define MAX_TURNS 20000

static const char *const watched[] = {ONE, TWO};

struct setting {
    struct fixture fixture;
    struct event_base *base;
    struct http *http;
    struct server server;
    struct poller_settings settings;
    struct poller *poller;
    struct archive *archive;
    int64_t turn_usec;
    int asked; /* requests at the turn before */
    int looks;
    int tellings;
    char stages[64]; /* the first letters of the stages that were told, without repetitions */
};

/* Three versions of every study, the last of which is the one that the API gives, as far as it goes. */
static int answer_archive(const char *uri, struct buf *out)
{
    char nct_id[STUDY_NCT_ID_BYTES] = "", status[32];
    int number = -1;

    int read = sscanf(uri, "/api/int/studies/%11[^/]/history/%d", nct_id, &number);
    if (read < 1)
        return 404;
    if (read == 1) {
        buf_append_string(out,
                          "{\"changes\":[{\"version\":0,\"date\":\"2020-01-05\",\"status\":\"NOT_YET_RECRUITING\"},"
                          "{\"version\":1,\"date\":\"2020-06-05\"},{\"version\":2,\"date\":\"2021-01-05\"},"
                          "{\"version\":3,\"date\":\"9999-01-05\"}]}");
        return 200;
    }
    snprintf(status, sizeof(status), "%s", number == 0 ? "NOT_YET_RECRUITING" : "RECRUITING");
    buf_printf(out, "{\"studyVersion\":%d,\"study\":", number);
    fixture_append_record(out, nct_id, status, number, "");
    buf_append_string(out, "}");
    return 200;
}

static void on_progress(const struct archive_progress *progress, void *userdata)
{
    struct setting *setting = userdata;
    size_t len = strlen(setting->stages);
    char letter = archive_stage_name(progress->stage)[0];

    setting->tellings++;
    if ((len == 0 || setting->stages[len - 1] != letter) && len + 1 < sizeof(setting->stages))
        setting->stages[len] = letter;
}

static void on_finished(const struct poll *poll, void *userdata)
{
    struct setting *setting = userdata;

    (void)poll;
    setting->looks++;
}

static void drop_line(int priority, const struct log_event *event, const char *text, void *userdata)
{
    (void)priority, (void)event, (void)text, (void)userdata;
}

static void begin_archive(struct setting *setting)
{
    assert_int_equal(archive_new(setting->base, setting->http, setting->fixture.store, setting->poller,
                                 &setting->settings, on_progress, setting, &setting->archive, NULL),
                     0);
}

static void turn(struct setting *setting)
{
    int64_t longer = setting->turn_usec * 2 < LONGEST_TURN_USEC ? setting->turn_usec * 2 : LONGEST_TURN_USEC;

    event_base_loop(setting->base, EVLOOP_ONCE);
    setting->turn_usec = setting->asked == setting->server.requests ? longer : TURN_USEC;
    setting->asked = setting->server.requests;
    clock_advance_usec(setting->turn_usec);
}

static void run_until_looked(struct setting *setting, int looks)
{
    for (int i = 0; setting->looks < looks && i < MAX_TURNS; i++)
        turn(setting);
    assert_int_equal(setting->looks, looks);
}

static struct archive_progress progress_of(const struct setting *setting, const char *nct_id)
{
    struct archive_progress progress;

    assert_int_equal(archive_progress(setting->archive, nct_id, &progress, NULL), 0);
    return progress;
}

static void run_until_stage(struct setting *setting, const char *nct_id, enum archive_stage stage)
{
    for (int i = 0; progress_of(setting, nct_id).stage != stage; i++) {
        if (i == MAX_TURNS)
            fail_msg("%s is %s", nct_id, archive_stage_name(progress_of(setting, nct_id).stage));
        turn(setting);
    }
}

/* Both studies were seen once, so that an archive is of use. */
static int set_up(void **state)
{
    struct setting *setting = calloc(1, sizeof(*setting));
    const struct poller_events events = {.finished = on_finished, .userdata = setting};

    setenv("TRIALWATCH_TEST_CLOCK", "/nonexistent", 1);
    log_set_sink(drop_line, NULL);
    fixture_begin(&setting->fixture, watched, ARRAY_SIZE(watched));
    setting->base = event_base_new();
    assert_int_equal(http_new(setting->base, &setting->http, NULL), 0);
    server_begin(&setting->server, setting->base);
    setting->server.studies[0] = (struct server_study){ONE, "RECRUITING", 2};
    setting->server.studies[1] = (struct server_study){TWO, "RECRUITING", 2};
    setting->server.study_count = 2;
    setting->turn_usec = TURN_USEC;
    setting->server.answers = answer_archive;
    setting->settings = (struct poller_settings){
        .base_url = setting->server.base_url,
        .contact = (char *)"trials@example.org",
        .every_usec = 15 * USEC_PER_MINUTE,
        .spacing_usec = USEC_PER_SEC,
        .timeout_usec = 10 * USEC_PER_SEC,
    };
    assert_int_equal(poller_new(setting->base, setting->http, setting->fixture.store, &setting->settings,
                                setting->fixture.watches, &events, &setting->poller, NULL),
                     0);
    begin_archive(setting);
    poller_start(setting->poller);
    run_until_looked(setting, 1);
    setting->server.requests = 0;
    *state = setting;
    return 0;
}

static int tear_down(void **state)
{
    struct setting *setting = *state;

    archive_free(setting->archive);
    poller_free(setting->poller);
    http_free(setting->http);
    evhttp_free(setting->server.http);
    event_base_free(setting->base);
    fixture_end(&setting->fixture);
    log_set_sink(NULL, NULL);
    free(setting);
    return 0;
}

static int append_name(const struct version *version, void *userdata)
{
    return buf_printf(userdata, "%s%ld ", version->origin == VERSION_ARCHIVE ? "a" : "", version->number);
}

static void assert_versions(struct setting *setting, const char *nct_id, const char *expected)
{
    _cleanup_buf_ struct buf names = {0};

    assert_int_equal(versions_each(setting->fixture.store, nct_id, append_name, &names, NULL), 0);
    assert_string_equal(buf_string(&names), expected);
}

static void assert_asked(const struct setting *setting, int request, const char *uri)
{
    assert_true(request < setting->server.requests);
    assert_string_equal(setting->server.uris[request], uri);
}

static void earlier_versions_are_fetched_and_stored(void **state)
{
    struct setting *setting = *state;
    struct store *store = setting->fixture.store;
    struct version version;
    _cleanup_study_ struct study *archived = NULL, *seen = NULL, *comparable = NULL;

    assert_int_equal(archive_ask(setting->archive, ONE, NULL), 0);
    run_until_stage(setting, ONE, ARCHIVE_COMPLETE);
    assert_string_equal(setting->stages, "fc");
    assert_int_equal(setting->tellings, 5);
    assert_int_equal(progress_of(setting, ONE).stored, 3);
    assert_int_equal(progress_of(setting, ONE).total, 3);
    assert_int_equal(setting->server.requests, 4);
    assert_asked(setting, 0, "/api/int/studies/" ONE "/history");
    assert_asked(setting, 1, "/api/int/studies/" ONE "/history/0");
    assert_asked(setting, 3, "/api/int/studies/" ONE "/history/2");
    assert_versions(setting, ONE, "a0 a1 a2 1 ");
    assert_int_equal(fixture_alerts_due(&setting->fixture), 0);
    assert_int_equal(ledger_verify(store, 0, NULL, NULL, &(struct ledger_report){0}, NULL), 0);

    assert_int_equal(versions_archive_get(store, ONE, 2, &version, NULL), 0);
    assert_int_equal(versions_study(store, &version, &archived, NULL), 0);
    assert_int_equal(versions_newest(store, ONE, &version, NULL), 0);
    assert_int_equal(version.number, 1);
    assert_int_equal(version.origin, VERSION_SEEN);
    assert_int_equal(versions_study(store, &version, &seen, NULL), 0);
    assert_int_equal(archived_comparable(seen, &comparable, NULL), 0);
    assert_memory_equal(study_hash(archived), study_hash(comparable), STUDY_HASH_BYTES);
}

static void requests_keep_their_distance(void **state)
{
    struct setting *setting = *state;

    assert_int_equal(archive_ask(setting->archive, ONE, NULL), 0);
    run_until_stage(setting, ONE, ARCHIVE_COMPLETE);
    for (int i = 1; i < setting->server.requests; i++)
        assert_true(setting->server.asked_usec[i] - setting->server.asked_usec[i - 1] >= USEC_PER_SEC);
}

static void a_look_goes_first(void **state)
{
    struct setting *setting = *state;
    struct error e;

    assert_int_equal(archive_ask(setting->archive, ONE, NULL), 0);
    for (int i = 0; setting->server.requests < 2 && i < MAX_TURNS; i++)
        turn(setting);
    assert_int_equal(poller_look_now(setting->poller, &e), 0);
    run_until_looked(setting, 2);
    run_until_stage(setting, ONE, ARCHIVE_COMPLETE);
    assert_asked(setting, 1, "/api/int/studies/" ONE "/history/0");
    assert_asked(setting, 2, "/api/v2/version");
    assert_non_null(strstr(setting->server.uris[3], "/api/v2/studies?"));
    assert_asked(setting, 4, "/api/v2/version");
    assert_asked(setting, 5, "/api/int/studies/" ONE "/history/1");
    for (int i = 1; i < setting->server.requests; i++)
        assert_true(setting->server.asked_usec[i] - setting->server.asked_usec[i - 1] >= USEC_PER_SEC);
}

static void what_is_stored_is_not_asked_for_again(void **state)
{
    struct setting *setting = *state;

    assert_int_equal(archive_ask(setting->archive, ONE, NULL), 0);
    for (int i = 0; progress_of(setting, ONE).stored < 1 && i < MAX_TURNS; i++)
        turn(setting);
    archive_free(setting->archive);
    begin_archive(setting);
    setting->server.requests = 0;
    assert_int_equal(archive_ask_idly(setting->archive, ONE, NULL), 0);
    run_until_stage(setting, ONE, ARCHIVE_COMPLETE);
    assert_int_equal(setting->server.requests, 3);
    assert_asked(setting, 1, "/api/int/studies/" ONE "/history/1");
    assert_int_equal(progress_of(setting, ONE).stored, 3);
    assert_versions(setting, ONE, "a0 a1 a2 1 ");

    assert_int_equal(archive_ask(setting->archive, ONE, NULL), 0);
    run_until_stage(setting, ONE, ARCHIVE_FETCHING);
    run_until_stage(setting, ONE, ARCHIVE_COMPLETE);
    assert_int_equal(setting->server.requests, 4);
}

static void what_a_person_wants_comes_first(void **state)
{
    struct setting *setting = *state;

    assert_int_equal(archive_ask_idly(setting->archive, ONE, NULL), 0);
    assert_int_equal(archive_ask(setting->archive, TWO, NULL), 0);
    assert_int_equal(archive_ask(setting->archive, TWO, NULL), -EALREADY);
    run_until_stage(setting, TWO, ARCHIVE_COMPLETE);
    assert_int_equal(progress_of(setting, ONE).stage, ARCHIVE_WAITING);
    run_until_stage(setting, ONE, ARCHIVE_COMPLETE);
    struct archive_status status;
    archive_status(setting->archive, &status);
    assert_null(status.fetching);
    assert_int_equal(status.complete, 2);
    assert_int_equal(status.waiting + status.failed, 0);
}

static void a_busy_archive_is_left_alone_and_tried_again(void **state)
{
    struct setting *setting = *state;

    server_fault_at(&setting->server, (struct server_fault){.at = 1, .status = 429, .body = "", .retry_after = "120"});
    assert_int_equal(archive_ask(setting->archive, ONE, NULL), 0);
    run_until_stage(setting, ONE, ARCHIVE_COMPLETE);
    assert_string_equal(setting->stages, "fwfc");
    assert_asked(setting, 2, "/api/int/studies/" ONE "/history");
    assert_true(setting->server.asked_usec[2] - setting->server.asked_usec[1] >= 120 * USEC_PER_SEC);
    assert_versions(setting, ONE, "a0 a1 a2 1 ");
}

static void an_archive_that_stays_busy_has_failed(void **state)
{
    struct setting *setting = *state;

    for (int i = 0; i < SERVER_MAX_FAULTS; i++)
        server_fault_at(&setting->server, (struct server_fault){.at = i, .status = 503, .body = ""});
    setting->settings.every_usec = 365 * USEC_PER_DAY;
    poller_configure(setting->poller, &setting->settings, setting->fixture.watches);
    for (int i = 0; i < SERVER_MAX_FAULTS; i++)
        setting->server.faults[i].at += 3;
    run_until_looked(setting, 2);
    setting->server.requests = 3;
    archive_configure(setting->archive, &setting->settings);
    assert_int_equal(archive_ask(setting->archive, ONE, NULL), 0);
    run_until_stage(setting, ONE, ARCHIVE_FAILED);
    assert_int_equal(setting->server.requests, 3 + ARCHIVE_MAX_TRIES);
    assert_non_null(strstr(progress_of(setting, ONE).trouble, "not available"));
}

/* body, or status, is what the archive answers at the request with this number. */
static void check_failure(struct setting *setting, int at, int status, const char *body, const char *sentence,
                          const char *versions)
{
    server_fault_at(&setting->server, (struct server_fault){.at = at, .status = status, .body = body});
    assert_int_equal(archive_ask(setting->archive, ONE, NULL), 0);
    run_until_stage(setting, ONE, ARCHIVE_FAILED);
    if (!strstr(progress_of(setting, ONE).trouble, sentence))
        fail_msg("%s", progress_of(setting, ONE).trouble);
    assert_int_equal(setting->server.requests, at + 1);
    assert_versions(setting, ONE, versions);
}

static void a_missing_archive_is_a_sentence_and_can_come_back(void **state)
{
    struct setting *setting = *state;

    check_failure(setting, 0, 404, "<html>", "nothing at the address", "1 ");
    assert_int_equal(archive_ask(setting->archive, ONE, NULL), 0);
    run_until_stage(setting, ONE, ARCHIVE_COMPLETE);
    assert_true(setting->server.asked_usec[1] - setting->server.asked_usec[0] >= USEC_PER_MINUTE);
    assert_versions(setting, ONE, "a0 a1 a2 1 ");
}

static void a_listing_of_another_shape_is_a_sentence(void **state)
{
    check_failure(*state, 0, 0, "{\"versions\":[]}", "another form", "1 ");
}

static void a_version_of_another_shape_is_a_sentence(void **state)
{
    check_failure(*state, 2, 0, "{\"studyVersion\":1,\"study\":{\"protocol\":{}}}", "another form", "a0 1 ");
}

static void another_study_is_not_taken(void **state)
{
    check_failure(*state, 1, 0,
                  "{\"studyVersion\":0,\"study\":{\"protocolSection\":{\"identificationModule\":{\"nctId\":\"" TWO
                  "\"}}}}",
                  "gave " TWO, "1 ");
}

static void a_web_page_is_a_sentence(void **state)
{
    check_failure(*state, 0, 0, "<html></html>", "web page", "1 ");
}

static void who_was_never_seen_is_not_asked_for(void **state)
{
    struct setting *setting = *state;
    struct archive_progress progress;

    assert_int_equal(archive_ask(setting->archive, STRANGER, NULL), -ENOENT);
    assert_int_equal(archive_ask_idly(setting->archive, STRANGER, NULL), -ENOENT);
    assert_int_equal(archive_progress(setting->archive, STRANGER, &progress, NULL), -ENOENT);
    setting->settings.base_url = (char *)"http://127.0.0.1:1/mirror";
    assert_int_equal(archive_ask(setting->archive, ONE, NULL), -EOPNOTSUPP);
    setting->settings.base_url = setting->server.base_url;
}

static void it_can_end_at_any_time(void **state)
{
    struct setting *setting = *state;

    for (int turns = 0; turns < 25; turns++) {
        archive_ask(setting->archive, ONE, NULL);
        archive_ask(setting->archive, TWO, NULL);
        for (int i = 0; i < turns; i++)
            turn(setting);
        archive_free(setting->archive);
        begin_archive(setting);
    }
    archive_ask(setting->archive, TWO, NULL);
    run_until_stage(setting, TWO, ARCHIVE_COMPLETE);
    assert_versions(setting, TWO, "a0 a1 a2 1 ");
}

static void addresses_are_made_from_that_of_the_api(void **state)
{
    static const struct {
        const char *base_url;
        long number;
        const char *expected;
    } cases[] = {
        {"https://clinicaltrials.gov/api/v2", ARCHIVE_LISTING,
         "https://clinicaltrials.gov/api/int/studies/" ONE "/history"},
        {"https://clinicaltrials.gov/api/v2//", 17, "https://clinicaltrials.gov/api/int/studies/" ONE "/history/17"},
        {"https://clinicaltrials.gov/api/v3", 0, NULL},
        {"api/v2", 0, NULL},
        {"", 0, NULL},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        _cleanup_buf_ struct buf url = {0};
        int r = archive_append_url(&url, cases[i].base_url, ONE, cases[i].number, NULL);
        assert_int_equal(r, cases[i].expected ? 0 : -EOPNOTSUPP);
        assert_string_equal(buf_string(&url), cases[i].expected ? cases[i].expected : "");
    }
}

static void listings_are_read_by_number_up_to_a_day(void **state)
{
    static const char text[] =
        "{\"changes\":[{\"version\":2,\"date\":\"2021-01-06\"},{\"version\":1,\"date\":\"2021-01-05\"},"
        "{\"version\":0,\"date\":\"2020-01-05\"}]}";
    _cleanup_free_ struct archive_entry *entries = NULL;
    int64_t until_usec;
    size_t count;

    (void)state;
    assert_int_equal(clock_parse_utc("2021-01-05", &until_usec), 0);
    assert_int_equal(archive_read_listing(text, strlen(text), until_usec, &entries, &count, NULL), 0);
    assert_int_equal(count, 2);
    assert_int_equal(entries[0].number, 0);
    assert_int_equal(entries[1].number, 1);
    assert_int_equal(entries[1].submitted_usec, until_usec);
}

static void what_is_no_listing_is_refused(void **state)
{
    static const char *const texts[] = {
        "",
        "[]",
        "{}",
        "{\"changes\":{}}",
        "{\"changes\":[]}",
        "{\"changes\":[1]}",
        "{\"changes\":[{\"version\":0}]}",
        "{\"changes\":[{\"version\":-1,\"date\":\"2020-01-05\"}]}",
        "{\"changes\":[{\"version\":\"0\",\"date\":\"2020-01-05\"}]}",
        "{\"changes\":[{\"version\":0,\"date\":\"soon\"}]}",
        "{\"changes\":[{\"version\":1000001,\"date\":\"2020-01-05\"}]}",
        "{\"changes\":[{\"version\":0,\"date\":\"2020-01-05\"},{\"version\":0,\"date\":\"2020-01-05\"}]}",
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
        struct archive_entry *entries = NULL;
        struct error e = {0};
        size_t count;
        assert_int_equal(archive_read_listing(texts[i], strlen(texts[i]), INT64_MAX, &entries, &count, &e), -EBADMSG);
        assert_null(entries);
        assert_string_not_equal(e.text, "");
    }
}

#define archive_test(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        archive_test(earlier_versions_are_fetched_and_stored),
        archive_test(requests_keep_their_distance),
        archive_test(a_look_goes_first),
        archive_test(what_is_stored_is_not_asked_for_again),
        archive_test(what_a_person_wants_comes_first),
        archive_test(a_busy_archive_is_left_alone_and_tried_again),
        archive_test(an_archive_that_stays_busy_has_failed),
        archive_test(a_missing_archive_is_a_sentence_and_can_come_back),
        archive_test(a_listing_of_another_shape_is_a_sentence),
        archive_test(a_version_of_another_shape_is_a_sentence),
        archive_test(another_study_is_not_taken),
        archive_test(a_web_page_is_a_sentence),
        archive_test(who_was_never_seen_is_not_asked_for),
        archive_test(it_can_end_at_any_time),
        cmocka_unit_test(addresses_are_made_from_that_of_the_api),
        cmocka_unit_test(listings_are_read_by_number_up_to_a_day),
        cmocka_unit_test(what_is_no_listing_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
