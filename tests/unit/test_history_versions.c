#include "history_fixture.h"

#include "trial_records.h"

#include "history/body_base.h"

static void study_read_back_by_resolve(struct fixture *f, const char *id)
{
    char nct_id[STUDY_NCT_ID_BYTES];

    assert_ok(f, versions_resolve(f->store, id, nct_id, &f->e));
    assert_string_equal(nct_id, NCT_1);
}

static void a_version_reads_back_byte_for_byte(void **state)
{
    struct fixture *f = *state;
    _cleanup_study_ struct study *study = make_study(NCT_1, "RECRUITING", 3, "Zürich \"and\" more");
    _cleanup_study_ struct study *again = NULL;
    struct version version = fixture_take_in(f, study, NULL), found;

    assert_int_equal(version.number, 1);
    assert_int_equal(version.change_count, 0);
    assert_body_is(f, &version, study);
    fixture_reopen(f);
    assert_ok(f, versions_newest(f->store, NCT_1, &found, &f->e));
    assert_int_equal(found.number, 1);
    assert_int_equal(found.poll, f->poll);
    assert_int_equal(found.seen_usec, version.seen_usec);
    assert_int_equal(found.canonical_bytes, version.canonical_bytes);
    assert_string_equal(found.refresh, REFRESH_1);
    assert_memory_equal(found.hash, study_hash(study), STUDY_HASH_BYTES);
    assert_ok(f, versions_study(f->store, &found, &again, &f->e));
    assert_memory_equal(study_hash(again), study_hash(study), STUDY_HASH_BYTES);
    study_read_back_by_resolve(f, NCT_1);
    study_read_back_by_resolve(f, "NCT00000042");
}

#define CHAIN 260 /* past the 256th, whose base is the first */

/* How many bases lie below each version. */
#define STEPS                                                                                                          \
    "WITH RECURSIVE down (id, base, steps) AS (SELECT id, base, 0 FROM versions UNION ALL"                             \
    " SELECT d.id, v.base, d.steps + 1 FROM down d JOIN versions v ON v.id = d.base)"                                  \
    " SELECT id, max(steps) AS steps FROM down GROUP BY id"

static void every_version_of_a_long_chain_reads_back(void **state)
{
    struct fixture *f = *state;
    struct study *studies[CHAIN + 1] = {0};
    struct version versions[CHAIN + 1];
    char text[64];

    for (int i = 1; i <= CHAIN; i++) {
        snprintf(text, sizeof(text), "Summary number %d", i);
        studies[i] = make_study(NCT_1, i % 3 ? "RECRUITING" : "SUSPENDED", (size_t)i % 5 + 1, text);
        versions[i] = fixture_take_in(f, studies[i], studies[i - 1]);
        assert_int_equal(versions[i].number, i);
    }
    for (int i = CHAIN; i >= 1; i--) {
        assert_body_is(f, &versions[i], studies[i]);
        study_free(studies[i]);
    }
    assert_string_equal(outsider_reads(f->path, "SELECT group_concat(number) FROM versions WHERE base IS NULL"), "1");
    assert_string_equal(outsider_reads(f->path, "SELECT max(steps) FROM (" STEPS ")"), "30"); /* 15 a digit */
    assert_string_equal(outsider_reads(f->path, "SELECT steps FROM (" STEPS ") ORDER BY id DESC LIMIT 1"), "4");
}

static void a_version_lies_few_steps_from_the_first(void **state)
{
    (void)state;
    assert_int_equal(body_base_distance(0), 0);
    assert_int_equal(body_base_distance(1), 1);
    assert_int_equal(body_base_distance(16), 16);
    assert_int_equal(body_base_distance(17), 1);
    assert_int_equal(body_base_distance(4096 + 256), 256);
    for (long index = 0; index < 1000000; index++) {
        int steps = 0;
        for (long at = index; at > 0; at -= body_base_distance(at))
            steps++;
        assert_true(steps <= 75);
    }
}

/* Long enough to be a pattern. */
static struct study *make_long_study(const char *nct_id, const char *words)
{
    _cleanup_buf_ struct buf text = {0};

    buf_append_string(&text, words);
    for (int i = 0; i < 700; i++)
        buf_printf(&text, " This is sentence %d.", i);
    return make_study(nct_id, "RECRUITING", 1, buf_string(&text));
}

static void a_first_version_is_what_differs_from_another_studys(void **state)
{
    struct fixture *f = *state;
    _cleanup_study_ struct study *small = make_study("NCT00009000", "RECRUITING", 1, "small");
    char id[16];

    fixture_take_in(f, small, NULL);
    for (int i = 1; i <= BODY_PATTERN_STUDIES + 2; i++) {
        snprintf(id, sizeof(id), "NCT%08d", i);
        _cleanup_study_ struct study *study = make_long_study(id, i % 2 ? "odd" : "even");
        struct version version = fixture_take_in(f, study, NULL);
        assert_body_is(f, &version, study);
    }
    /* The small one is none, the next serves 256 studies, itself counted. */
    assert_string_equal(outsider_reads(f->path, "SELECT group_concat(id) FROM versions WHERE base IS NULL"), "1,2,258");
    assert_string_equal(outsider_reads(f->path, "SELECT group_concat(DISTINCT base) FROM versions"), "2,258");
    assert_string_equal(outsider_reads(f->path, "SELECT max(length(body)) < 500 FROM versions WHERE base IS NOT NULL"),
                        "1");
    assert_ok(f, ledger_verify(f->store, 0, NULL, NULL, &(struct ledger_report){0}, &f->e));
}

static void the_version_before_must_be_the_newest(void **state)
{
    struct fixture *f = *state;
    _cleanup_study_ struct study *one = make_study(NCT_1, "RECRUITING", 1, "one");
    _cleanup_study_ struct study *two = make_study(NCT_1, "RECRUITING", 1, "two");
    struct version version = {.poll = 1, .seen_usec = 1};

    fixture_poll(f);
    assert_ok(f, store_begin(f->store, &f->e));
    assert_int_equal(versions_append(f->store, two, one, 0, &version, &f->e), -EINVAL);
    assert_ok(f, versions_append(f->store, one, NULL, 0, &version, &f->e));
    assert_int_equal(versions_append(f->store, two, NULL, 0, &version, &f->e), -EINVAL);
    assert_int_equal(versions_append(f->store, two, two, 0, &version, &f->e), -EINVAL);
    assert_int_equal(versions_append(f->store, one, one, 0, &version, &f->e), -EALREADY);
    version.poll = 0;
    assert_int_equal(versions_append(f->store, two, one, 0, &version, &f->e), -EINVAL);
    assert_int_equal(version.number, 1);
    assert_ok(f, store_commit(f->store, &f->e));
}

static void a_version_needs_a_poll_that_is_there(void **state)
{
    struct fixture *f = *state;
    _cleanup_study_ struct study *study = make_study(NCT_1, "RECRUITING", 1, "one");
    struct version version = {.poll = 77, .seen_usec = 1};

    assert_ok(f, store_begin(f->store, &f->e));
    assert_int_equal(versions_append(f->store, study, NULL, 0, &version, &f->e), -EPERM);
    store_rollback(f->store);
    assert_int_equal(versions_newest(f->store, NCT_1, &version, &f->e), -ENOENT);
    assert_string_equal(f->e.text, NCT_1 " was never seen");
}

static void the_version_valid_at_a_time_is_found(void **state)
{
    struct fixture *f = *state;
    _cleanup_study_ struct study *one = make_study(NCT_1, "RECRUITING", 1, "one");
    _cleanup_study_ struct study *two = make_study(NCT_1, "RECRUITING", 1, "two");
    struct version first = fixture_take_in(f, one, NULL), second = fixture_take_in(f, two, one), found;

    assert_int_equal(versions_at(f->store, NCT_1, first.seen_usec - 1, &found, &f->e), -ENOENT);
    assert_ok(f, versions_at(f->store, NCT_1, first.seen_usec, &found, &f->e));
    assert_int_equal(found.number, 1);
    assert_ok(f, versions_at(f->store, NCT_1, second.seen_usec - 1, &found, &f->e));
    assert_int_equal(found.number, 1);
    assert_ok(f, versions_at(f->store, NCT_1, second.seen_usec, &found, &f->e));
    assert_int_equal(found.number, 2);
}

static int collect_versions(const struct version *version, void *userdata)
{
    struct buf *text = userdata;

    return buf_printf(text, "%s%ld ", version->origin == VERSION_ARCHIVE ? "a" : "", version->number);
}

static void archived_versions_stand_beside_seen_ones(void **state)
{
    struct fixture *f = *state;
    _cleanup_buf_ struct buf text = {0};
    _cleanup_study_ struct study *seen = make_study(NCT_1, "RECRUITING", 1, "seen");
    _cleanup_study_ struct study *old = make_study(NCT_1, "RECRUITING", 1, "archived");
    _cleanup_study_ struct study *older = make_study(NCT_1, "NOT_YET_RECRUITING", 1, "archived");
    struct version archived = {.origin = VERSION_ARCHIVE, .number = 0, .seen_usec = 1000}, found;

    assert_ok(f, store_begin(f->store, &f->e));
    assert_int_equal(versions_append(f->store, older, NULL, 0, &archived, &f->e), -ENOENT);
    store_rollback(f->store);
    struct version version = fixture_take_in(f, seen, NULL);
    assert_ok(f, store_begin(f->store, &f->e));
    assert_ok(f, versions_append(f->store, older, NULL, 0, &archived, &f->e));
    archived.number = 0;
    assert_int_equal(versions_append(f->store, old, older, 3, &archived, &f->e), -EINVAL);
    archived.number = 1;
    archived.seen_usec = 2000;
    assert_ok(f, versions_append(f->store, old, older, 3, &archived, &f->e));
    assert_ok(f, store_commit(f->store, &f->e));

    assert_body_is(f, &archived, old);
    assert_body_is(f, &version, seen);
    assert_ok(f, versions_newest(f->store, NCT_1, &found, &f->e));
    assert_int_equal(found.origin, VERSION_SEEN);
    assert_ok(f, versions_at(f->store, NCT_1, 1999, &found, &f->e));
    assert_int_equal(found.origin, VERSION_ARCHIVE);
    assert_int_equal(found.number, 0);
    assert_ok(f, versions_each(f->store, NCT_1, collect_versions, &text, &f->e));
    assert_string_equal(buf_string(&text), "a0 a1 1 ");
    assert_ok(f, ledger_verify(f->store, 0, NULL, NULL, &(struct ledger_report){0}, &f->e));
}

static int collect_studies(const struct study_row *row, void *userdata)
{
    struct buf *text = userdata;

    return buf_printf(text, "%s %s %ld %ld/%ld %s;", row->nct_id, row->overall_status, row->versions,
                      row->recruiting_sites, row->sites, row->refresh);
}

static void studies_are_listed_with_what_is_known(void **state)
{
    struct fixture *f = *state;
    _cleanup_buf_ struct buf text = {0};
    _cleanup_study_ struct study *a = make_study(NCT_1, "RECRUITING", 3, "one");
    _cleanup_study_ struct study *b = make_study(NCT_1, "TERMINATED", 2, "one");
    _cleanup_study_ struct study *c = make_study(NCT_2, "COMPLETED", 2, "two");

    fixture_take_in(f, a, NULL);
    fixture_take_in(f, b, a);
    fixture_take_in(f, c, NULL);
    assert_int_equal(versions_count_studies(f->store), 2);
    assert_ok(f, versions_each_study(f->store, collect_studies, &text, &f->e));
    assert_string_equal(buf_string(&text),
                        NCT_2 " COMPLETED 1 0/2 " REFRESH_1 ";" NCT_1 " TERMINATED 2 0/2 " REFRESH_1 ";");
    buf_reset(&text);
    assert_ok(f, versions_visit_study(f->store, NCT_1, collect_studies, &text, &f->e));
    assert_string_equal(buf_string(&text), NCT_1 " TERMINATED 2 0/2 " REFRESH_1 ";");
    assert_int_equal(versions_visit_study(f->store, "NCT09999999", collect_studies, &text, &f->e), -ENOENT);
    assert_string_equal(outsider_reads(f->path, "SELECT first_seen FROM study WHERE nct_id = '" NCT_1 "'"),
                        "2026-02-11T10:00:05Z");
}

static int keep_study(const struct study_row *row, void *userdata)
{
    *(struct study_row *)userdata = *row;
    return strcmp(row->nct_id, NCT_1) == 0;
}

static void seeing_a_study_again_moves_its_times_only(void **state)
{
    struct fixture *f = *state;
    _cleanup_study_ struct study *study = make_study(NCT_1, "RECRUITING", 3, "one");
    struct version version = fixture_take_in(f, study, NULL);
    struct study_row row;

    fixture_poll(f);
    assert_ok(f, store_begin(f->store, &f->e));
    assert_ok(f, versions_note_seen(f->store, NCT_1, f->poll, NULL, &f->e));
    assert_int_equal(versions_note_seen(f->store, NCT_2, f->poll, NULL, &f->e), -ENOENT);
    assert_ok(f, store_commit(f->store, &f->e));
    assert_int_equal(versions_each_study(f->store, keep_study, &row, &f->e), 1);
    assert_int_equal(row.versions, 1);
    assert_int_equal(row.last_changed_usec, version.seen_usec);
    assert_true(row.last_seen_usec > version.seen_usec);
}

static void assert_same_glance(const struct glance *one, const struct glance *two)
{
    assert_string_equal(one->nct_id, two->nct_id);
    assert_memory_equal(one->hash, two->hash, sizeof(one->hash));
    assert_int_equal(one->bytes, two->bytes);
    assert_int_equal(one->day_at, two->day_at);
}

static void what_a_text_looked_like_is_kept_until_the_next_version(void **state)
{
    static const struct glance one = {NCT_1, {1}, 100, 50}, two = {NCT_1, {2}, 200, 0};
    struct fixture *f = *state;
    _cleanup_study_ struct study *study = make_study(NCT_1, "RECRUITING", 3, "one");
    _cleanup_study_ struct study *next = make_study(NCT_1, "COMPLETED", 3, "one");
    struct glance got;

    struct glance_key key = {0}, again = {0}, none = {0};

    assert_ok(f, versions_glance_key(f->store, &key, &f->e));
    assert_memory_not_equal(&key, &none, sizeof(key));
    fixture_reopen(f);
    assert_ok(f, versions_glance_key(f->store, &again, &f->e));
    assert_memory_equal(&key, &again, sizeof(key));
    assert_int_equal(versions_glance(f->store, NCT_1, &got, &f->e), -ENOENT);
    fixture_take_in(f, study, NULL);
    assert_int_equal(versions_glance(f->store, NCT_1, &got, &f->e), -ENOENT);
    assert_ok(f, store_begin(f->store, &f->e));
    assert_ok(f, versions_set_glance(f->store, NCT_1, &one, &f->e));
    assert_int_equal(versions_set_glance(f->store, NCT_2, &one, &f->e), -ENOENT);
    assert_ok(f, versions_note_seen(f->store, NCT_1, f->poll, NULL, &f->e));
    assert_ok(f, versions_glance(f->store, NCT_1, &got, &f->e));
    assert_same_glance(&got, &one);
    assert_ok(f, versions_note_seen(f->store, NCT_1, f->poll, &two, &f->e));
    assert_ok(f, versions_glance(f->store, NCT_1, &got, &f->e));
    assert_same_glance(&got, &two);
    assert_ok(f, store_commit(f->store, &f->e));
    fixture_take_in(f, next, study);
    assert_int_equal(versions_glance(f->store, NCT_1, &got, &f->e), -ENOENT);
}

static void nothing_may_be_rewritten(void **state)
{
    static const char *const attempts[] = {
        "UPDATE versions SET refresh = 1",
        "UPDATE refreshes SET name = 'x'",
        "DELETE FROM refreshes",
        "INSERT OR REPLACE INTO refreshes SELECT * FROM refreshes",
        "DELETE FROM versions",
        "INSERT OR REPLACE INTO versions SELECT * FROM versions",
        ("REPLACE INTO versions SELECT NULL, study, origin, number, seen_usec, refresh, poll, change_count, hash,"
         " canonical_bytes, base, body FROM versions"),
        "UPDATE changes SET weight = 0",
        "DELETE FROM changes",
        "INSERT OR REPLACE INTO changes SELECT * FROM changes",
        "UPDATE site_maps SET numbers = ''",
        "DELETE FROM site_maps",
        "INSERT OR REPLACE INTO site_maps SELECT * FROM site_maps",
        "UPDATE ledger SET row = 2",
        "DELETE FROM ledger",
        "INSERT OR REPLACE INTO ledger SELECT * FROM ledger",
        "UPDATE polls SET requests = 0",
        "DELETE FROM polls",
    };
    struct fixture *f = *state;
    _cleanup_study_ struct study *one = make_study(NCT_1, "RECRUITING", 3, "one");
    _cleanup_study_ struct study *two = make_study(NCT_1, "SUSPENDED", 2, "two");

    fixture_take_in(f, one, NULL);
    fixture_take_in(f, two, one);
    fixture_poll_end(f, POLL_COMPLETE);
    for (size_t i = 0; i < ARRAY_SIZE(attempts); i++)
        if (outsider_runs(f->path, attempts[i]) != SQLITE_CONSTRAINT)
            fail_msg("not refused: %s", attempts[i]);
    assert_ok(f, ledger_verify(f->store, 0, NULL, NULL, &(struct ledger_report){0}, &f->e));
}

static void a_body_that_does_not_fit_its_hash_is_not_given_out(void **state)
{
    struct fixture *f = *state;
    _cleanup_study_ struct study *study = make_study(NCT_1, "RECRUITING", 3, "one");
    struct version version = fixture_take_in(f, study, NULL);
    char *body = (char *)f;
    size_t len;

    assert_int_equal(outsider_runs(f->path, "DROP TRIGGER versions_no_update;"
                                            "UPDATE versions SET hash = zeroblob(32)"),
                     SQLITE_OK);
    assert_int_equal(versions_body(f->store, &version, &body, &len, &f->e), -EUCLEAN);
    assert_non_null(strstr(f->e.text, "version 1 of " NCT_1 " does not fit its hash"));
    assert_ptr_equal(body, f);
}

static void the_real_versions_read_back(void **state)
{
    struct fixture *f = *state;
    _cleanup_study_ struct study *before = NULL;
    size_t raw = 0, pairs = 0;
    int64_t store_usec = 0;
    glob_t files;

    if (!registry_folder())
        return;
    registry_files("versions/*/*.json", &files);
    for (size_t i = 0; i < files.gl_pathc; i++) {
        struct study *study = study_of(json_of_file(files.gl_pathv[i]));
        if (before && strcmp(study_nct_id(before), study_nct_id(study)) != 0) {
            study_free(before);
            before = NULL;
        }
        int64_t start_usec = clock_stopwatch_usec();
        struct version version = fixture_take_in(f, study, before);
        store_usec += clock_stopwatch_usec() - start_usec;
        assert_body_is(f, &version, study);
        raw += before ? version.canonical_bytes : 0;
        pairs += before ? 1 : 0;
        study_free(before);
        before = study;
    }
    print_message("%zu pairs: %zu bytes of canonical JSON stored in %s; %lld usec a version\n", pairs, raw,
                  outsider_reads(f->path, "SELECT sum(length(body)) FROM versions WHERE base IS NOT NULL"),
                  (long long)store_usec / (long long)files.gl_pathc);
    globfree(&files);
    assert_ok(f, ledger_verify(f->store, 0, NULL, NULL, &(struct ledger_report){0}, &f->e));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        test_with_history(a_version_reads_back_byte_for_byte),
        test_with_history(every_version_of_a_long_chain_reads_back),
        cmocka_unit_test(a_version_lies_few_steps_from_the_first),
        test_with_history(a_first_version_is_what_differs_from_another_studys),
        test_with_history(the_version_before_must_be_the_newest),
        test_with_history(a_version_needs_a_poll_that_is_there),
        test_with_history(the_version_valid_at_a_time_is_found),
        test_with_history(archived_versions_stand_beside_seen_ones),
        test_with_history(studies_are_listed_with_what_is_known),
        test_with_history(seeing_a_study_again_moves_its_times_only),
        test_with_history(what_a_text_looked_like_is_kept_until_the_next_version),
        test_with_history(nothing_may_be_rewritten),
        test_with_history(a_body_that_does_not_fit_its_hash_is_not_given_out),
        test_with_history(the_real_versions_read_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
