#include "history_fixture.h"

static struct version take_in_with_ids(struct fixture *f, const struct study *study, const struct study *before,
                                       int64_t *ids)
{
    struct version version;

    if (f->poll == 0)
        fixture_poll(f);
    assert_ok(f, store_begin(f->store, &f->e));
    assert_ok(f, take_in(f, study, before, &version, ids));
    assert_ok(f, store_commit(f->store, &f->e));
    return version;
}

static int collect(const struct change_row *row, void *userdata)
{
    struct buf *text = userdata;

    return buf_printf(text, "%s v%ld %s;", row->nct_id, row->version, kind_info(row->change->kind)->name);
}

struct found {
    struct change_list list;
    int64_t ids[64];
    char title[64], refresh[64];
};

static int keep(const struct change_row *row, void *userdata)
{
    struct found *found = userdata;
    json_t *json = change_to_json(row->change);

    assert_true(found->list.count < ARRAY_SIZE(found->ids));
    found->ids[found->list.count] = row->id;
    found->list.items = reallocarray(found->list.items, found->list.count + 1, sizeof(*found->list.items));
    assert_int_equal(change_from_json(json, &found->list.items[found->list.count++], NULL), 0);
    json_decref(json);
    snprintf(found->title, sizeof(found->title), "%s", row->title);
    snprintf(found->refresh, sizeof(found->refresh), "%s", row->refresh);
    return 0;
}

static void changes_read_back_as_they_were(void **state)
{
    struct fixture *f = *state;
    _cleanup_study_ struct study *a = make_study(NCT_1, "RECRUITING", 3, "one");
    _cleanup_study_ struct study *b = make_study(NCT_1, "SUSPENDED", 2, "another");
    _cleanup_site_map_ struct site_map map = {0};
    _cleanup_change_list_ struct change_list expected = {0};
    struct found found = {0};
    int64_t ids[64] = {0};

    fixture_take_in(f, a, NULL);
    struct version version = take_in_with_ids(f, b, a, ids);
    assert_int_equal(sites_match(a, b, &map), 0);
    assert_ok(f, diff_studies(a, b, &map, &expected, &f->e));
    fixture_reopen(f);
    assert_ok(f, changes_each(f->store, &(struct change_filter){.nct_id = NCT_1, .version = 2}, keep, &found, &f->e));
    assert_int_equal(found.list.count, expected.count);
    assert_int_equal(version.change_count, expected.count);
    for (size_t i = 0; i < expected.count; i++) {
        assert_int_equal(found.ids[i], ids[i]);
        expected.items[i].site = found.list.items[i].site;
        json_t *json = change_to_json(&expected.items[i]), *again = change_to_json(&found.list.items[i]);
        if (!json_equal(json, again))
            fail_msg("%s\n%s", json_dumps(json, 0), json_dumps(again, 0));
        json_decref(json);
        json_decref(again);
    }
    assert_string_equal(found.title, "A trial of cells");
    assert_string_equal(found.refresh, REFRESH_1);

    json_t *applied = NULL;
    assert_ok(f, diff_apply(study_record(a), &found.list, &applied, &f->e));
    assert_true(json_equal(applied, study_record(b)));
    json_decref(applied);
    change_list_free(&found.list);
}

static void assert_listed(struct fixture *f, const struct change_filter *filter, const char *expected)
{
    _cleanup_buf_ struct buf text = {0};

    assert_ok(f, changes_each(f->store, filter, collect, &text, &f->e));
    assert_string_equal(buf_string(&text), expected);
}

static void filters_choose_changes(void **state)
{
    struct fixture *f = *state;
    _cleanup_study_ struct study *a = make_study(NCT_1, "RECRUITING", 0, "one");
    _cleanup_study_ struct study *b = make_study(NCT_1, "SUSPENDED", 0, "one");
    _cleanup_study_ struct study *c = make_study(NCT_1, "SUSPENDED", 0, "two");
    _cleanup_study_ struct study *d = make_study(NCT_2, "SUSPENDED", 0, "two");
    _cleanup_study_ struct study *d2 = make_study(NCT_2, "SUSPENDED", 0, "three");

    fixture_take_in(f, a, NULL);
    fixture_take_in(f, d, NULL);
    struct version second = fixture_take_in(f, b, a);
    struct version third = fixture_take_in(f, c, b);
    fixture_take_in(f, d2, d);
    const char *s2 = NCT_1 " v2 status;", *s3 = NCT_1 " v3 description;";

    assert_listed(f, &(struct change_filter){0}, NCT_1 " v2 status;" NCT_1 " v3 description;" NCT_2 " v2 description;");
    assert_listed(f, &(struct change_filter){.newest_first = true, .limit = 2},
                  NCT_2 " v2 description;" NCT_1 " v3 description;");
    assert_listed(f, &(struct change_filter){.nct_id = NCT_1, .newest_first = true},
                  NCT_1 " v3 description;" NCT_1 " v2 status;");
    assert_listed(f, &(struct change_filter){.nct_id = NCT_1, .version = 2}, s2);
    assert_listed(f, &(struct change_filter){.nct_id = NCT_1, .version = 9}, "");
    assert_listed(f, &(struct change_filter){.nct_id = NCT_1, .since_usec = third.seen_usec}, s3);
    assert_listed(f, &(struct change_filter){.nct_id = NCT_1, .until_usec = third.seen_usec}, s2);
    assert_listed(f, &(struct change_filter){.since_usec = second.seen_usec, .until_usec = second.seen_usec + 1}, s2);
    assert_listed(f, &(struct change_filter){.kinds = UINT64_C(1) << KIND_STATUS}, s2);
    assert_listed(f, &(struct change_filter){.min_weight = WEIGHT_URGENT}, s2);
    assert_listed(f, &(struct change_filter){.nct_id = "NCT99999999"}, "");
    assert_int_equal(changes_each(f->store, &(struct change_filter){.version = 2}, collect, NULL, &f->e), -EINVAL);
}

static size_t count_in(struct fixture *f, const char *country)
{
    struct found found = {0};

    assert_ok(f, changes_each(f->store, &(struct change_filter){.country = country}, keep, &found, &f->e));
    size_t count = found.list.count;
    change_list_free(&found.list);
    return count;
}

static void changes_of_a_version_are_counted_by_kind(void **state)
{
    struct fixture *f = *state;
    _cleanup_study_ struct study *a = make_study(NCT_1, "RECRUITING", 3, "one");
    _cleanup_study_ struct study *b = make_study(NCT_1, "SUSPENDED", 1, "another");
    _cleanup_study_ struct study *other = make_study(NCT_2, "RECRUITING", 0, "one");
    _cleanup_study_ struct study *other_after = make_study(NCT_2, "SUSPENDED", 0, "one");
    long counts[KIND_COUNT], all = 0;

    fixture_take_in(f, a, NULL);
    fixture_take_in(f, other, NULL);
    struct version second = fixture_take_in(f, b, a);
    fixture_take_in(f, other_after, other);
    fixture_take_in(f, a, b);

    assert_ok(f, changes_count(f->store, NCT_1, 2, second.seen_usec, counts, &f->e));
    assert_int_equal(counts[KIND_STATUS], 1);
    assert_int_equal(counts[KIND_DESCRIPTION], 1);
    assert_int_equal(counts[KIND_SITE_REMOVED], 2);
    for (int kind = 0; kind < KIND_COUNT; kind++)
        all += counts[kind];
    assert_int_equal(all, second.change_count);

    assert_ok(f, changes_count(f->store, NCT_1, 2, second.seen_usec + 1, counts, &f->e));
    assert_int_equal(counts[KIND_STATUS], 0);
    assert_ok(f, changes_count(f->store, NCT_1, 1, 0, counts, &f->e));
    assert_int_equal(counts[KIND_STATUS], 0);
}

static void a_country_is_known_by_name_and_code(void **state)
{
    struct fixture *f = *state;
    _cleanup_study_ struct study *a = make_study(NCT_1, "RECRUITING", 1, "one");
    _cleanup_study_ struct study *b = make_study(NCT_1, "RECRUITING", 4, "one");

    fixture_take_in(f, a, NULL);
    fixture_take_in(f, b, a);
    /* sites 2 and 4 are in Germany, 3 in the United States */
    size_t germany = count_in(f, "Germany"), states = count_in(f, "United States");
    assert_true(germany >= 2 && states >= 1);
    assert_int_equal(count_in(f, "DE"), germany);
    assert_int_equal(count_in(f, "de"), germany);
    assert_int_equal(count_in(f, "germany"), germany);
    assert_int_equal(count_in(f, "US"), states);
    assert_int_equal(count_in(f, "FR"), 0);
    assert_int_equal(count_in(f, "Atlantis"), 0);
}

static int write_in_between(const struct change_row *row, void *userdata)
{
    struct fixture *f = userdata;
    _cleanup_buf_ struct buf text = {0};

    fixture_poll(f);
    return changes_each(f->store, &(struct change_filter){.nct_id = row->nct_id}, collect, &text, &f->e) < 0 ? -1 : 0;
}

static int stop_at_first(const struct change_row *row, void *userdata)
{
    (void)row;
    return ++*(int *)userdata == 1 ? 42 : -1;
}

static void a_visitor_may_write_look_and_stop(void **state)
{
    struct fixture *f = *state;
    _cleanup_study_ struct study *a = make_study(NCT_1, "RECRUITING", 2, "one");
    _cleanup_study_ struct study *b = make_study(NCT_1, "SUSPENDED", 1, "two");
    int calls = 0;

    fixture_take_in(f, a, NULL);
    fixture_take_in(f, b, a);
    assert_ok(f, changes_each(f->store, &(struct change_filter){0}, write_in_between, f, &f->e));
    assert_int_equal(changes_each(f->store, &(struct change_filter){0}, stop_at_first, &calls, &f->e), 42);
}

static void changes_of_a_version_that_is_not_there_are_refused(void **state)
{
    struct fixture *f = *state;
    struct version version = {.number = 3};
    struct change_list none = {0};

    strcpy(version.nct_id, NCT_1);
    assert_ok(f, store_begin(f->store, &f->e));
    assert_int_equal(changes_append(f->store, &version, &none, NULL, &f->e), -ENOENT);
}

static void the_log_reads_well_in_sqlite3(void **state)
{
    struct fixture *f = *state;
    _cleanup_study_ struct study *a = make_study(NCT_1, "RECRUITING", 0, "one");
    _cleanup_study_ struct study *b = make_study(NCT_1, "SUSPENDED", 0, "one");

    fixture_take_in(f, a, NULL);
    fixture_take_in(f, b, a);
    assert_string_equal(outsider_reads(f->path,
                                       "SELECT nct_id || ' ' || version || ' ' || seen || ' ' || kind || ' ' ||"
                                       " before || ' ' || after FROM change_log"),
                        NCT_1 " 2 2026-02-11T11:00:05Z status \"RECRUITING\" \"SUSPENDED\"");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        test_with_history(changes_read_back_as_they_were),
        test_with_history(filters_choose_changes),
        test_with_history(changes_of_a_version_are_counted_by_kind),
        test_with_history(a_country_is_known_by_name_and_code),
        test_with_history(a_visitor_may_write_look_and_stop),
        test_with_history(changes_of_a_version_that_is_not_there_are_refused),
        test_with_history(the_log_reads_well_in_sqlite3),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
