#include "history_fixture.h"

#include "history/site_ranges.h"

/* A study whose locations are the facilities named, each in its own town; "Name!" recruits. */
static struct study *study_at(const char *status, const char *const *facilities)
{
    json_t *locations = json_array();
    struct study *study = NULL;

    for (; *facilities; facilities++) {
        size_t len = strcspn(*facilities, "!");
        json_t *location = json_pack("{s:s%, s:s%, s:s, s:s}", "facility", *facilities, len, "city", *facilities, len,
                                     "country", "France", "zip", "75000");
        if (strcmp(status, "RECRUITING") == 0)
            json_object_set_new(location, "status",
                                json_string((*facilities)[len] ? "RECRUITING" : "NOT_YET_RECRUITING"));
        json_array_append_new(locations, location);
    }
    json_t *record =
        json_pack("{s:{s:{s:s}, s:{s:s}, s:{s:o}}}", "protocolSection", "identificationModule", "nctId", NCT_1,
                  "statusModule", "overallStatus", status, "contactsLocationsModule", "locations", locations);
    assert_int_equal(study_from_json(record, &study, NULL), 0);
    json_decref(record);
    return study;
}

#define FACILITIES(...)                                                                                                \
    (const char *const[])                                                                                              \
    {                                                                                                                  \
        __VA_ARGS__, NULL                                                                                              \
    }

static int collect(const struct site_row *row, void *userdata)
{
    struct buf *text = userdata;

    return buf_printf(text, "%ld@%ld %s %s;", row->number, row->index, row->facility, row->status);
}

static void assert_sites(struct fixture *f, const char *expected)
{
    _cleanup_buf_ struct buf text = {0};

    assert_ok(f, history_sites_each(f->store, NCT_1, collect, &text, &f->e));
    assert_string_equal(buf_string(&text), expected);
}

static void assert_numbers(struct fixture *f, long version, const char *expected)
{
    _cleanup_free_ long *numbers = NULL;
    _cleanup_buf_ struct buf text = {0};
    size_t count;

    assert_ok(f, history_sites_of_version(f->store, NCT_1, version, &numbers, &count, &f->e));
    for (size_t i = 0; i < count; i++)
        buf_printf(&text, "%ld ", numbers[i]);
    assert_string_equal(buf_string(&text), expected);
}

static int keep(const struct site_row *row, void *userdata)
{
    *(struct site_row *)userdata = *row;
    return 0;
}

static void a_site_keeps_its_number_for_good(void **state)
{
    struct fixture *f = *state;
    _cleanup_study_ struct study *a = study_at("RECRUITING", FACILITIES("Alpha!", "Beta"));
    _cleanup_study_ struct study *b = study_at("RECRUITING", FACILITIES("Aaron", "Alpha!", "Beta!"));
    _cleanup_study_ struct study *c = study_at("RECRUITING", FACILITIES("Aaron", "Beta!"));
    _cleanup_study_ struct study *d = study_at("RECRUITING", FACILITIES("Alpha!", "Beta!", "Gamma"));

    fixture_take_in(f, a, NULL);
    assert_sites(f, "1@0 Alpha RECRUITING;2@1 Beta NOT_YET_RECRUITING;");
    fixture_take_in(f, b, a);
    assert_sites(f, "3@0 Aaron NOT_YET_RECRUITING;1@1 Alpha RECRUITING;2@2 Beta RECRUITING;");
    fixture_take_in(f, c, b);
    assert_sites(f, "3@0 Aaron NOT_YET_RECRUITING;2@1 Beta RECRUITING;1@-1 Alpha RECRUITING;");
    fixture_take_in(f, d, c);
    assert_sites(f, "4@0 Alpha RECRUITING;2@1 Beta RECRUITING;5@2 Gamma NOT_YET_RECRUITING;1@-1 Alpha RECRUITING;3@-1 "
                    "Aaron NOT_YET_RECRUITING;");
    assert_numbers(f, 1, "1 2 ");
    assert_numbers(f, 2, "3 1 2 ");
    assert_numbers(f, 3, "3 2 ");
    assert_numbers(f, 4, "4 2 5 ");
}

static void times_say_since_when(void **state)
{
    struct fixture *f = *state;
    _cleanup_study_ struct study *a = study_at("RECRUITING", FACILITIES("Alpha!", "Beta"));
    _cleanup_study_ struct study *b = study_at("RECRUITING", FACILITIES("Alpha!", "Beta!"));
    _cleanup_study_ struct study *c = study_at("COMPLETED", FACILITIES("Beta"));
    struct site_row alpha, beta;

    struct version first = fixture_take_in(f, a, NULL);
    struct version second = fixture_take_in(f, b, a);
    assert_ok(f, history_sites_get(f->store, NCT_1, 1, keep, &alpha, &f->e));
    assert_ok(f, history_sites_get(f->store, NCT_1, 2, keep, &beta, &f->e));
    assert_int_equal(alpha.listed_usec, first.seen_usec);
    assert_int_equal(alpha.status_usec, first.seen_usec);
    assert_int_equal(beta.listed_usec, first.seen_usec);
    assert_int_equal(beta.status_usec, second.seen_usec);
    assert_int_equal(beta.unlisted_usec, 0);
    assert_false(beta.has_geopoint);
    assert_null(beta.contacts);
    assert_string_equal(
        outsider_reads(f->path, "SELECT opened || ' ' || ifnull(closed, '-') FROM site_now WHERE number = 2"),
        "2026-02-11T11:00:05Z -");

    struct version third = fixture_take_in(f, c, b);
    assert_ok(f, history_sites_get(f->store, NCT_1, 1, keep, &alpha, &f->e));
    assert_int_equal(alpha.unlisted_usec, third.seen_usec);
    assert_int_equal(alpha.status_usec, first.seen_usec);
    assert_string_equal(outsider_reads(f->path, "SELECT count(*) FROM site_now"), "1");
    assert_string_equal(outsider_reads(f->path, "SELECT count(closed_usec) FROM sites"), "2");
    assert_int_equal(history_sites_get(f->store, NCT_1, 3, keep, &alpha, &f->e), -ENOENT);
    assert_string_equal(f->e.text, NCT_1 " has no site 3");
}

/* Their records are the same; what follows from others is not. */
static void sites_follow_their_study_and_their_order(void **state)
{
    static const char sites[] =
        "SELECT group_concat(facility || ' ' || position || ' ' || status || ' ' || status_usec) FROM sites";
    struct fixture *f = *state;
    _cleanup_study_ struct study *a = study_at("NOT_YET_RECRUITING", FACILITIES("Alpha", "Beta", "Gamma"));
    _cleanup_study_ struct study *b = study_at("SUSPENDED", FACILITIES("Alpha", "Beta", "Gamma"));
    _cleanup_study_ struct study *c = study_at("SUSPENDED", FACILITIES("Beta", "Alpha", "Gamma"));
    char expected[200];

    fixture_take_in(f, a, NULL);
    struct version second = fixture_take_in(f, b, a);
    snprintf(expected, sizeof(expected), "Alpha 0 SUSPENDED %1$lld,Beta 1 SUSPENDED %1$lld,Gamma 2 SUSPENDED %1$lld",
             (long long)second.seen_usec);
    assert_string_equal(outsider_reads(f->path, sites), expected);

    fixture_take_in(f, c, b);
    snprintf(expected, sizeof(expected), "Alpha 1 SUSPENDED %1$lld,Beta 0 SUSPENDED %1$lld,Gamma 2 SUSPENDED %1$lld",
             (long long)second.seen_usec);
    assert_string_equal(outsider_reads(f->path, sites), expected);
}

static int check_place(const struct site_row *row, void *userdata)
{
    (void)userdata;
    assert_true(row->has_geopoint && row->lat == 39.5 && row->lon == -84.25);
    assert_string_equal(json_string_value(json_object_get(json_array_get(row->contacts, 0), "name")), "A Person");
    assert_string_equal(row->city, "Cincinnati");
    assert_string_equal(row->state, "Ohio");
    assert_string_equal(row->zip, "");
    return 5;
}

static void what_is_said_of_a_site_is_kept(void **state)
{
    struct fixture *f = *state;
    _cleanup_study_ struct study *study = make_study(NCT_1, "RECRUITING", 2, "one");

    fixture_take_in(f, study, NULL);
    assert_int_equal(history_sites_each(f->store, NCT_1, check_place, NULL, &f->e), 5);
}

static int note_site(const struct change_row *row, void *userdata)
{
    struct buf *text = userdata;

    return buf_printf(text, "%s:%ld ", kind_info(row->change->kind)->name, row->change->site);
}

static void changes_name_the_site(void **state)
{
    struct fixture *f = *state;
    _cleanup_study_ struct study *a = study_at("RECRUITING", FACILITIES("Alpha!", "Beta"));
    _cleanup_study_ struct study *b = study_at("RECRUITING", FACILITIES("Aaron!", "Beta!"));
    _cleanup_buf_ struct buf text = {0};

    fixture_take_in(f, a, NULL);
    fixture_take_in(f, b, a);
    assert_ok(f, changes_each(f->store, &(struct change_filter){.kinds = UINT64_C(1) << KIND_SITE_OPENED}, note_site,
                              &text, &f->e));
    assert_string_equal(buf_string(&text), "site-opened:3 site-opened:2 ");
}

static void an_unchanged_list_is_written_once(void **state)
{
    struct fixture *f = *state;
    _cleanup_study_ struct study *a = make_study(NCT_1, "RECRUITING", 40, "one");
    _cleanup_study_ struct study *b = make_study(NCT_1, "RECRUITING", 40, "two");

    fixture_take_in(f, a, NULL);
    fixture_take_in(f, b, a);
    assert_string_equal(outsider_reads(f->path, "SELECT group_concat(version || '=' || numbers) FROM site_maps"),
                        "1=1-40");
    _cleanup_free_ long *numbers = NULL;
    size_t count;
    assert_ok(f, history_sites_of_version(f->store, NCT_1, 2, &numbers, &count, &f->e));
    assert_int_equal(count, 40);
    assert_int_equal(history_sites_of_version(f->store, NCT_1, 3, &numbers, &count, &f->e), -ENOENT);
}

static void a_study_without_sites_may_get_some(void **state)
{
    struct fixture *f = *state;
    _cleanup_study_ struct study *a = make_study(NCT_1, "NOT_YET_RECRUITING", 0, "one");
    _cleanup_study_ struct study *b = make_study(NCT_1, "RECRUITING", 2, "one");
    _cleanup_study_ struct study *c = make_study(NCT_1, "WITHDRAWN", 0, "one");

    fixture_take_in(f, a, NULL);
    fixture_take_in(f, b, a);
    fixture_take_in(f, c, b);
    assert_numbers(f, 1, "");
    assert_numbers(f, 2, "1 2 ");
    assert_numbers(f, 3, "");
}

static void a_map_of_something_else_is_refused(void **state)
{
    struct fixture *f = *state;
    _cleanup_study_ struct study *a = make_study(NCT_1, "RECRUITING", 2, "one");
    _cleanup_study_ struct study *b = make_study(NCT_1, "RECRUITING", 3, "one");
    _cleanup_site_map_ struct site_map map = {0};
    struct change_list changes = {0};
    struct version version = fixture_take_in(f, a, NULL);

    assert_int_equal(sites_match(b, b, &map), 0);
    assert_ok(f, store_begin(f->store, &f->e));
    version.number = 2;
    assert_int_equal(history_sites_update(f->store, &version, NULL, b, NULL, &changes, &f->e), -EINVAL);
    assert_int_equal(history_sites_update(f->store, &version, a, b, &map, &changes, &f->e), -EINVAL);
    assert_int_equal(history_sites_update(f->store, &version, a, a, &map, &changes, &f->e), -EINVAL);
}

static void ranges_are_written_and_read(void **state)
{
    static const long numbers[] = {1, 2, 3, 55, 4, 5, 9, 8};
    _cleanup_buf_ struct buf text = {0};
    _cleanup_free_ long *again = NULL;
    size_t count;

    (void)state;
    site_ranges_write(numbers, ARRAY_SIZE(numbers), &text);
    assert_string_equal(buf_string(&text), "1-3,55,4-5,9,8");
    assert_int_equal(site_ranges_read(buf_string(&text), ARRAY_SIZE(numbers), &again, &count), 0);
    assert_int_equal(count, ARRAY_SIZE(numbers));
    assert_memory_equal(again, numbers, sizeof(numbers));
    assert_int_equal(site_ranges_read(buf_string(&text), ARRAY_SIZE(numbers) - 1, &again, &count), -EBADMSG);
}

static void what_is_no_range_is_refused(void **state)
{
    static const char *const texts[] = {"0",  "-1",   "3-1", "1,",           ",1",  "1;2",
                                        "1-", "1--2", "x",   "1-1000000000", "1-9", " 1"};
    long *numbers = NULL;
    size_t count;

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
        if (site_ranges_read(texts[i], 8, &numbers, &count) != -EBADMSG)
            fail_msg("read: %s", texts[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        test_with_history(a_site_keeps_its_number_for_good),
        test_with_history(times_say_since_when),
        test_with_history(a_site_keeps_its_number_for_good),
        test_with_history(sites_follow_their_study_and_their_order),
        test_with_history(what_is_said_of_a_site_is_kept),
        test_with_history(changes_name_the_site),
        test_with_history(an_unchanged_list_is_written_once),
        test_with_history(a_study_without_sites_may_get_some),
        test_with_history(a_map_of_something_else_is_refused),
        cmocka_unit_test(ranges_are_written_and_read),
        cmocka_unit_test(what_is_no_range_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
