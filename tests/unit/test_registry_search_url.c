/* Addresses of searches, as people paste them. */
#include "check.h"

#include "registry/search_url.h"
#include "trial/watch_json.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define SITE "https://clinicaltrials.gov/"

/* The settings that become of it, with what was left out. */
static void check_becomes(const char *url, const char *expected, const char *expected_left_out)
{
    json_t *left_out = json_array();
    struct watch watch;
    struct error e;

    if (search_url_read(url, &watch, left_out, &e) < 0)
        fail_msg("%s: %s", url, e.text);
    json_t *settings = watch_to_json(&watch);
    json_object_del(settings, "name");
    char *text = json_dumps(settings, JSON_COMPACT | JSON_REAL_PRECISION(6));
    char *rest = json_dumps(left_out, JSON_COMPACT);
    assert_string_equal(text, expected);
    assert_string_equal(rest, expected_left_out);
    free(text);
    free(rest);
    json_decref(settings);
    json_decref(left_out);
    watch_clear(&watch);
}

static void check_refused(const char *url, const char *sentence)
{
    json_t *left_out = json_array();
    struct watch watch;
    struct error e;

    assert_int_equal(search_url_read(url, &watch, left_out, &e), -EINVAL);
    if (!strstr(e.text, sentence))
        fail_msg("%s: %s", url, e.text);
    json_decref(left_out);
}

static void a_search_becomes_a_query(void **state)
{
    (void)state;
    check_becomes(SITE "search?cond=Heart+failure&intr=CD34%2B&term=x%20y&titles=FREEDOM&spons=Mayo&locn=Ohio&id=A1",
                  "{\"query\":{\"condition\":\"Heart failure\",\"intervention\":\"CD34+\",\"term\":\"x y\","
                  "\"title\":\"FREEDOM\",\"sponsor\":\"Mayo\",\"location\":\"Ohio\",\"id\":\"A1\"}}",
                  "[]");
    check_becomes(
        "https://www.clinicaltrials.gov/api/v2/studies?query.cond=angina&filter.overallStatus=RECRUITING&pageSize=9",
        "{\"query\":{\"condition\":\"angina\",\"status\":\"RECRUITING\"}}", "[]");
    check_becomes(SITE "api/rss?cond=angina&dateField=LastUpdatePostDate", "{\"query\":{\"condition\":\"angina\"}}",
                  "[]");
}

static void filters_become_statuses_and_phases_or_are_left_out(void **state)
{
    (void)state;
    check_becomes(SITE "search?cond=x&aggFilters=status:rec%20com,phase:0%203,results:with,ages:child",
                  "{\"query\":{\"condition\":\"x\",\"status\":\"RECRUITING, COMPLETED\","
                  "\"phase\":\"EARLY_PHASE1, PHASE3\"}}",
                  "[\"results=with\",\"ages=child\"]");
    check_becomes(SITE "search?cond=x&lead=Mayo&primComp=2020-01-01_&rank=1&viewType=Table",
                  "{\"query\":{\"condition\":\"x\"}}", "[\"lead=Mayo\",\"primComp=2020-01-01_\"]");
}

static void a_place_is_near_where_it_has_coordinates(void **state)
{
    (void)state;
    check_becomes(SITE "search?cond=x&locStr=Cincinnati,%20OH&country=United%20States&lat=39.1&lng=-84.5&distance=100",
                  "{\"query\":{\"condition\":\"x\"},\"near\":{\"lat\":39.1,\"lon\":-84.5,"
                  "\"within\":\"160.9344km\"}}",
                  "[]");
    check_becomes(SITE "search?cond=x&lat=39.1&lon=-84.5",
                  "{\"query\":{\"condition\":\"x\"},\"near\":{\"lat\":39.1,\"lon\":-84.5,\"within\":\"80.4672km\"}}",
                  "[]");
    check_becomes(SITE "search?cond=x&locStr=Ohio&state=Ohio&country=United%20States&distance=50",
                  "{\"query\":{\"condition\":\"x\",\"location\":\"Ohio\"}}", "[\"distance=50\"]");
    check_becomes(SITE "search?cond=x&country=France&city=Paris&lat=91&lng=0",
                  "{\"query\":{\"condition\":\"x\",\"location\":\"Paris, France\"}}", "[]");
    check_refused(SITE "search?cond=x&lat=39.1&lng=-84.5&distance=far", "no distance");
}

static void the_page_of_a_study_is_that_study(void **state)
{
    (void)state;
    check_becomes(SITE "study/NCT04614467?cond=x", "{\"studies\":[\"NCT04614467\"]}", "[]");
    check_becomes(SITE "ct2/show/NCT04614467", "{\"studies\":[\"NCT04614467\"]}", "[]");
}

static void what_is_no_search_is_refused(void **state)
{
    char *endless = malloc(SEARCH_URL_MAX_BYTES + 2);

    (void)state;
    check_refused("https://example.org/search?cond=x", "not one of clinicaltrials.gov");
    check_refused("https://notclinicaltrials.gov/search?cond=x", "not one of clinicaltrials.gov");
    check_refused("angina", "not one of clinicaltrials.gov");
    check_refused(SITE "search", "asks for nothing");
    check_refused(SITE "search?cond=&viewType=Card", "asks for nothing");
    memset(endless, 'x', SEARCH_URL_MAX_BYTES + 1);
    memcpy(endless, SITE "search?cond=", strlen(SITE "search?cond="));
    endless[SEARCH_URL_MAX_BYTES + 1] = '\0';
    check_refused(endless, "no address");
    endless[SEARCH_URL_MAX_BYTES] = '\0';
    json_t *left_out = json_array();
    struct watch watch;
    assert_int_equal(search_url_read(endless, &watch, left_out, NULL), 0);
    watch_clear(&watch);
    json_decref(left_out);
    free(endless);
}

static void bytes_behind_percent_signs_become_text_or_are_refused(void **state)
{
    (void)state;
    check_refused(SITE "search?cond=%ff%fe", "cond of the address is not UTF-8 text");
    check_refused(SITE "search?cond=a&lat=1&lng=2&distance=000000000000000000000030x", "is no distance");
    check_refused(SITE "search?cond=a&city=%c3", "city of the address is not UTF-8 text");
    check_refused(SITE "search?cond=%20&intr=+", "asks for nothing");
    check_becomes(SITE "search?cond=Angine%20de%20po%C3%AFtrine%0Ax&locStr=%20",
                  "{\"query\":{\"condition\":\"Angine de po\xC3\xAFtrine x\"}}", "[]");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_search_becomes_a_query),
        cmocka_unit_test(filters_become_statuses_and_phases_or_are_left_out),
        cmocka_unit_test(a_place_is_near_where_it_has_coordinates),
        cmocka_unit_test(the_page_of_a_study_is_that_study),
        cmocka_unit_test(what_is_no_search_is_refused),
        cmocka_unit_test(bytes_behind_percent_signs_become_text_or_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
