/* What a message says: the document of changes that a real history holds. */
#include "alert_story.h"
#include "schema_check.h"

#include <errno.h>

#define FREEDOM "NCT04614467"
#define ESCAPE "NCT03508609"

static const char *const studies[] = {FREEDOM, ESCAPE, "NCT00000001", "NCT00000002"};

static int set_up(void **state)
{
    struct story *story = calloc(1, sizeof(*story));

    story_begin(story, studies, ARRAY_SIZE(studies));
    /* a place near Fort Lauderdale; whatever the distance, all sites are told */
    story->fixture.watch.near = (struct watch_near){true, 26.12, -80.14, 20000};
    *state = story;
    return 0;
}

static int tear_down(void **state)
{
    story_end(*state);
    free(*state);
    return 0;
}

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));

    if (!text)
        fail_msg("no %s", key);
    return text;
}

static const json_t *only_study(const json_t *message)
{
    assert_int_equal(json_array_size(json_object_get(message, "studies")), 1);
    return json_array_get(json_object_get(message, "studies"), 0);
}

static const json_t *change_of_kind(const json_t *study, const char *kind)
{
    size_t index;
    json_t *change;

    json_array_foreach (json_object_get(study, "changes"), index, change)
        if (strcmp(text_of(change, "kind"), kind) == 0)
            return change;
    fail_msg("no change of kind %s", kind);
    return NULL;
}

/* Takes in the days one after the other; only the last one's message is looked at. */
static json_t *message_of_day(struct story *story, const char *nct_id, const char *const *days, size_t count)
{
    json_t *message = NULL;

    for (size_t i = 0; i < count; i++) {
        json_decref(message);
        story_take_day(story, nct_id, days[i]);
        message = story_message(story);
    }
    if (message)
        assert_fits_alert_schema(message);
    return message;
}

static void every_step_of_the_story_has_its_headline(void **state)
{
    static const struct {
        const char *day, *headline; /* NULL: nobody is told */
    } steps[] = {
        {"2020-11-04", NULL},
        {"2021-01-19", "Now recruiting: Cedars-Sinai Medical Center, Los Angeles, California — 3748 km away"},
        {"2021-03-16", "Now recruiting: University of Florida, Gainesville, Florida — 448 km away"},
        {"2021-05-18", "Now recruiting: Emory University Hospital, Atlanta, Georgia — 942 km away"},
        {"2021-06-22", "Site renamed: The Christ Hospital, Cincinnati, Ohio → The Christ Hospital Health Network, "
                       "Cincinnati, Ohio"},
        {"2021-08-17", "Now recruiting: Mayo Clinic, Rochester, Minnesota — 2279 km away"},
        {"2021-09-14", NULL},
        {"2021-10-05", "Now recruiting: Memorial Regional Hospital, Hollywood, Florida — 12 km away"},
        {"2022-03-15", "Now recruiting: Research Site, Minneapolis, Minnesota — 2403 km away"},
        {"2022-06-14", "Status: Recruiting → Active, not recruiting"},
        {"2022-10-11", "Sponsor: Caladrius Biosciences, Inc. → Lisata Therapeutics, Inc."},
        {"2023-02-14",
         "Terminated: Ended early by the sponsor (reason worded for tests) (was: Active, not recruiting)"},
    };

    for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
        json_t *message = message_of_day(*state, FREEDOM, &steps[i].day, 1);
        assert_int_equal(message != NULL, steps[i].headline != NULL);
        if (!message)
            continue;
        assert_string_equal(text_of(message, "headline"), steps[i].headline);
        assert_string_equal(text_of(only_study(message), "headline"), steps[i].headline);
        assert_string_equal(text_of(message, "history_command"), "trialwatch history " FREEDOM);
        json_decref(message);
    }
}

static void posted_results_are_the_headline(void **state)
{
    static const char *const days[] = {"2020-06-16", "2021-01-08"};
    json_t *message = message_of_day(*state, ESCAPE, days, ARRAY_SIZE(days));

    assert_string_equal(text_of(message, "headline"), "Results posted");
    json_decref(message);
}

static void dates_are_called_as_people_call_them(void **state)
{
    static const char *const days[] = {"2021-10-05", "2022-03-15"};
    json_t *message = message_of_day(*state, FREEDOM, days, ARRAY_SIZE(days));
    size_t index, found = 0;
    json_t *change;

    json_array_foreach (json_object_get(only_study(message), "changes"), index, change) {
        found += strcmp(text_of(change, "text"), "Primary completion: 2022-04 (estimated) → 2022-12 (estimated)") == 0;
    }
    assert_int_equal(found, 1);
    json_decref(message);
}

static void changes_are_ordered_by_weight(void **state)
{
    static const char *const days[] = {"2022-10-11", "2023-02-14"};
    json_t *message = message_of_day(*state, FREEDOM, days, ARRAY_SIZE(days));
    enum weight last = WEIGHT_URGENT, weight;
    size_t index;
    json_t *change;

    json_array_foreach (json_object_get(only_study(message), "changes"), index, change) {
        assert_int_equal(weight_from_name(text_of(change, "weight"), &weight), 0);
        assert_true(weight <= last);
        last = weight;
    }
    assert_string_equal(text_of(only_study(message), "why_stopped"),
                        "Ended early by the sponsor (reason worded for tests)");
    json_decref(message);
}

static void sites_that_close_with_the_study_are_one_line(void **state)
{
    static const char *const days[] = {"2022-03-15", "2022-06-14"};
    json_t *message = message_of_day(*state, FREEDOM, days, ARRAY_SIZE(days));
    const json_t *closed = change_of_kind(only_study(message), "site-closed");

    assert_int_equal(json_integer_value(json_object_get(closed, "count")), 7);
    assert_string_equal(text_of(closed, "text"), "No longer recruiting at 7 sites, the nearest: Memorial Regional "
                                                 "Hospital, Hollywood, Florida — 12 km away");
    json_decref(message);
}

static void eligibility_lines_are_quoted(void **state)
{
    static const char *const days[] = {"2021-08-17", "2021-10-05"};
    struct story *story = *state;
    char *words[] = {(char *)"diabetes"};

    story->fixture.watch.highlight = words;
    story->fixture.watch.highlight_count = 1;
    json_t *message = message_of_day(story, FREEDOM, days, ARRAY_SIZE(days));
    const json_t *highlight = json_array_get(json_object_get(only_study(message), "highlights"), 0);
    assert_string_equal(text_of(highlight, "word"), "diabetes");
    assert_non_null(strstr(text_of(highlight, "line"), "diabetes mellitus"));
    json_decref(message);
}

/* Records made up for one purpose. */
static void take_record(struct story *story, const char *refresh, const char *nct_id, const char *status,
                        const char *more_modules, const char *locations)
{
    _cleanup_free_ char *text = NULL;

    assert_true(
        asprintf(&text,
                 "{\"protocolSection\":{\"identificationModule\":{\"nctId\":\"%s\",\"briefTitle\":\"Synthetic\"},"
                 "\"statusModule\":{\"overallStatus\":\"%s\"}%s,\"contactsLocationsModule\":{%s}}}",
                 nct_id, status, more_modules, locations) > 0);
    story_take(story, refresh, text, strlen(text));
}

static json_t *message_of_two(struct story *story, const char *before_status, const char *before_modules,
                              const char *before_locations, const char *after_status, const char *after_modules,
                              const char *after_locations)
{
    take_record(story, "2026-01-01T09:00:00", "NCT00000001", before_status, before_modules, before_locations);
    take_record(story, "2026-01-02T09:00:00", "NCT00000001", after_status, after_modules, after_locations);
    json_t *message = story_message(story);
    assert_non_null(message);
    assert_fits_alert_schema(message);
    return message;
}

#define SITE(facility, status, more)                                                                                   \
    "{\"facility\":\"" facility "\",\"status\":\"" status "\",\"city\":\"Paris\",\"country\":\"France\"" more "}"

static void a_site_that_opened_says_whom_to_call(void **state)
{
    json_t *message = message_of_two(
        *state, "RECRUITING", "", "\"locations\":[" SITE("Cochin", "NOT_YET_RECRUITING", "") "]", "RECRUITING", "",
        "\"locations\":[" SITE("Cochin", "RECRUITING",
                               ",\"contacts\":[{\"name\":\"A. Nurse\",\"phone\":\"555-0100\"}]") "]");
    const json_t *site = json_object_get(change_of_kind(only_study(message), "site-opened"), "site");

    assert_string_equal(text_of(json_array_get(json_object_get(site, "contacts"), 0), "name"), "A. Nurse");
    assert_string_equal(text_of(message, "headline"), "Now recruiting: Cochin, Paris, France");
    json_decref(message);
}

static void the_study_is_called_where_the_site_names_nobody(void **state)
{
    json_t *message = message_of_two(
        *state, "RECRUITING", "", "\"locations\":[" SITE("Cochin", "NOT_YET_RECRUITING", "") "]", "RECRUITING", "",
        "\"centralContacts\":[{\"name\":\"Study desk\"}],\"locations\":[" SITE("Cochin", "RECRUITING", "") "]");
    const json_t *site = json_object_get(change_of_kind(only_study(message), "site-opened"), "site");

    assert_string_equal(text_of(json_array_get(json_object_get(site, "contacts"), 0), "name"), "Study desk");
    json_decref(message);
}

static void several_sites_are_named_and_counted(void **state)
{
    json_t *message =
        message_of_two(*state, "RECRUITING", "", "\"locations\":[" SITE("Z", "RECRUITING", "") "]", "RECRUITING", "",
                       "\"locations\":[" SITE("Z", "RECRUITING", "") "," SITE("A", "RECRUITING", "") "," SITE(
                           "B", "RECRUITING", "") "," SITE("C", "RECRUITING", "") "," SITE("D", "RECRUITING", "") "]");

    assert_string_equal(text_of(message, "headline"),
                        "Now recruiting at 4 sites: A, Paris, France; B, Paris, France; C, Paris, France; and 1 more");
    json_decref(message);
}

static void a_whole_study_that_opens_is_one_line(void **state)
{
    json_t *message = message_of_two(
        *state, "NOT_YET_RECRUITING", "",
        "\"locations\":[{\"facility\":\"A\",\"city\":\"Paris\",\"country\":\"France\"},{\"facility\":\"B\",\"city\":"
        "\"Paris\",\"country\":\"France\"}]",
        "RECRUITING", "", "\"locations\":[" SITE("A", "RECRUITING", "") "," SITE("B", "RECRUITING", "") "]");

    assert_string_equal(text_of(message, "headline"), "Now recruiting at 2 sites");
    json_decref(message);
}

static void long_texts_show_their_difference(void **state)
{
    json_t *message = message_of_two(
        *state, "RECRUITING",
        ",\"descriptionModule\":{\"briefSummary\":\"This study compares the old treatment with the older treatment in "
        "adults who live in cities and have had no treatment at all for at least the last eleven months or so.\"}",
        "", "RECRUITING",
        ",\"descriptionModule\":{\"briefSummary\":\"This study compares the new treatment with the older treatment in "
        "adults who live in cities and have had no treatment at all for at least the last twelve months or so.\"}",
        "");
    const json_t *change = change_of_kind(only_study(message), "description");
    const json_t *difference = json_object_get(change, "difference");
    const json_t *struck = json_array_get(difference, 1), *same = json_array_get(difference, 3);

    assert_string_equal(text_of(change, "text"), "Brief summary reworded");
    assert_string_equal(json_string_value(json_array_get(struck, 0)), "struck");
    assert_non_null(strstr(json_string_value(json_array_get(struck, 1)), "old"));
    assert_string_equal(json_string_value(json_array_get(same, 0)), "same");
    assert_non_null(strstr(json_string_value(json_array_get(same, 1)), " … "));
    json_decref(message);
}

static void lists_say_what_came_and_what_went(void **state)
{
    json_t *message = message_of_two(
        *state, "RECRUITING", ",\"conditionsModule\":{\"conditions\":[\"Angina\",\"Stroke\"]}", "", "RECRUITING",
        ",\"conditionsModule\":{\"conditions\":[\"Angina\",\"Microvascular angina\"]}", "");

    assert_string_equal(text_of(message, "headline"), "Conditions: added: Microvascular angina; removed: Stroke");
    json_decref(message);
}

/* A text of that many bytes as JSON writes it has two quotes more. */
static json_t *message_of_text(struct story *story, size_t json_bytes)
{
    _cleanup_free_ char *module = NULL;
    _cleanup_free_ char *text = calloc(json_bytes, 1);

    memset(text, 'x', json_bytes - 2);
    assert_true(asprintf(&module, ",\"descriptionModule\":{\"detailedDescription\":\"%s\"}", text) > 0);
    return message_of_two(story, "RECRUITING", ",\"descriptionModule\":{\"detailedDescription\":\"short\"}", "",
                          "RECRUITING", module, "");
}

static void a_value_at_the_limit_is_sent(void **state)
{
    json_t *message = message_of_text(*state, 16 * 1024);

    assert_non_null(json_object_get(change_of_kind(only_study(message), "description"), "after"));
    json_decref(message);
}

static void a_value_one_past_the_limit_is_left_out(void **state)
{
    json_t *message = message_of_text(*state, 16 * 1024 + 1);
    const json_t *change = change_of_kind(only_study(message), "description");

    assert_null(json_object_get(change, "after"));
    assert_true(json_is_true(json_object_get(change, "values_omitted")));
    json_decref(message);
}

static void two_refreshes_of_a_study_are_one_entry_of_a_digest(void **state)
{
    struct story *story = *state;

    take_record(story, "2026-01-01T09:00:00", "NCT00000001", "NOT_YET_RECRUITING", "", "");
    take_record(story, "2026-01-01T09:00:00", "NCT00000002", "RECRUITING", "", "");
    take_record(story, "2026-01-02T09:00:00", "NCT00000001", "RECRUITING", "", "");
    take_record(story, "2026-01-03T09:00:00", "NCT00000001", "SUSPENDED", "", "");
    take_record(story, "2026-01-03T09:00:00", "NCT00000002", "COMPLETED", "", "");
    json_t *message = story_message(story);
    const json_t *first = json_array_get(json_object_get(message, "studies"), 0);

    assert_fits_alert_schema(message);
    assert_int_equal(json_array_size(json_object_get(message, "studies")), 2);
    assert_int_equal(json_array_size(json_object_get(first, "alerts")), 2);
    assert_int_equal(json_array_size(json_object_get(first, "changes")), 2);
    assert_int_equal(json_integer_value(json_object_get(first, "version")), 3);
    assert_non_null(strstr(text_of(message, "headline"), "Changes in 2 studies: "));
    json_decref(message);
}

static void a_digest_is_headed_by_what_is_so_now(void **state)
{
    struct story *story = *state;

    take_record(story, "2026-01-01T09:00:00", "NCT00000001", "RECRUITING", "", "");
    take_record(story, "2026-01-02T09:00:00", "NCT00000001", "SUSPENDED", "", "");
    take_record(story, "2026-01-03T09:00:00", "NCT00000001", "RECRUITING", "", "");
    json_t *message = story_message(story);
    assert_string_equal(text_of(message, "headline"), "Status: Suspended → Recruiting");
    json_decref(message);
}

static void a_watch_that_is_gone_is_still_named(void **state)
{
    struct story *story = *state;
    struct watch_set *none = NULL;
    struct alert_filter filter = {.states = 1u << ALERT_DUE};
    struct story_ids due = {.count = 0};
    const char *ids[1];
    char message_id[MESSAGE_ID_BYTES];
    json_t *message;

    take_record(story, "2026-01-01T09:00:00", "NCT00000001", "NOT_YET_RECRUITING", "", "");
    take_record(story, "2026-01-02T09:00:00", "NCT00000001", "RECRUITING", "", "");
    assert_int_equal(outbox_each(story->fixture.store, &filter, story_keep_id, &due, NULL), 0);
    ids[0] = due.ids[0];
    assert_int_equal(store_begin(story->fixture.store, NULL), 0);
    assert_int_equal(outbox_compose(story->fixture.store, "cardiology", ids, 1, 1, message_id, NULL), 0);
    assert_int_equal(store_commit(story->fixture.store, NULL), 0);
    assert_int_equal(watch_set_new(NULL, 0, &none), 0);
    assert_int_equal(message_build(story->fixture.store, none, message_id, &message, NULL), 0);
    assert_string_equal(json_string_value(json_array_get(json_object_get(only_study(message), "watches"), 0)),
                        "freedom");
    json_decref(message);
    watch_set_free(none);
}

static void an_unknown_message_is_refused(void **state)
{
    struct story *story = *state;
    json_t *message;

    assert_int_equal(message_build(story->fixture.store, story->fixture.watches, "msg_0", &message, NULL), -ENOENT);
}

static void a_preview_shows_any_version(void **state)
{
    static const char *const days[] = {"2021-08-17", "2021-10-05"};
    struct story *story = *state;
    json_t *message = NULL;

    json_decref(message_of_day(story, FREEDOM, days, ARRAY_SIZE(days)));
    assert_int_equal(
        message_preview(story->fixture.store, story->fixture.watches, "cardiology", FREEDOM, 0, &message, NULL), 0);
    assert_fits_alert_schema(message);
    assert_string_equal(text_of(message, "headline"),
                        "Now recruiting: Memorial Regional Hospital, Hollywood, Florida — 12 km away");
    assert_int_equal(json_array_size(json_object_get(only_study(message), "watches")), 1);
    json_decref(message);
    assert_int_equal(
        message_preview(story->fixture.store, story->fixture.watches, "cardiology", FREEDOM, 1, &message, NULL), 0);
    assert_fits_alert_schema(message);
    assert_string_equal(text_of(message, "headline"), "As it is now: Recruiting");
    json_decref(message);
    assert_int_equal(
        message_preview(story->fixture.store, story->fixture.watches, "cardiology", "NCT99999999", 0, &message, NULL),
        -ENOENT);
}

static void messages_of_the_daemon_itself_fit_the_schema(void **state)
{
    json_t *test = message_test("cardiology");
    json_t *health = message_health("cardiology", "health_1", "Channel cardiology is in trouble", "It says no.");

    (void)state;
    assert_fits_alert_schema(test);
    assert_true(json_is_true(json_object_get(test, "test")));
    assert_fits_alert_schema(health);
    json_decref(test);
    json_decref(health);
}

static void a_shortened_message_fits_the_schema(void **state)
{
    static const char *const days[] = {"2021-08-17", "2021-10-05"};
    json_t *message = message_of_day(*state, FREEDOM, days, ARRAY_SIZE(days));
    json_t *shorter = message_shorten(message, 1, 1);

    assert_fits_alert_schema(shorter);
    assert_int_equal(json_array_size(json_object_get(only_study(shorter), "changes")), 1);
    assert_true(json_integer_value(json_object_get(only_study(shorter), "changes_omitted")) > 0);
    assert_true(json_array_size(json_object_get(only_study(message), "changes")) > 1); /* a copy */
    json_decref(message);
    json_decref(shorter);
}

#define STORY_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORY_TEST(every_step_of_the_story_has_its_headline),
        STORY_TEST(posted_results_are_the_headline),
        STORY_TEST(dates_are_called_as_people_call_them),
        STORY_TEST(changes_are_ordered_by_weight),
        STORY_TEST(sites_that_close_with_the_study_are_one_line),
        STORY_TEST(eligibility_lines_are_quoted),
        STORY_TEST(a_site_that_opened_says_whom_to_call),
        STORY_TEST(the_study_is_called_where_the_site_names_nobody),
        STORY_TEST(several_sites_are_named_and_counted),
        STORY_TEST(a_whole_study_that_opens_is_one_line),
        STORY_TEST(long_texts_show_their_difference),
        STORY_TEST(lists_say_what_came_and_what_went),
        STORY_TEST(a_value_at_the_limit_is_sent),
        STORY_TEST(a_value_one_past_the_limit_is_left_out),
        STORY_TEST(two_refreshes_of_a_study_are_one_entry_of_a_digest),
        STORY_TEST(a_digest_is_headed_by_what_is_so_now),
        STORY_TEST(a_watch_that_is_gone_is_still_named),
        STORY_TEST(an_unknown_message_is_refused),
        STORY_TEST(a_preview_shows_any_version),
        cmocka_unit_test(messages_of_the_daemon_itself_fit_the_schema),
        STORY_TEST(a_shortened_message_fits_the_schema),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
