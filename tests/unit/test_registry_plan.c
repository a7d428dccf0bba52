/* Which records a refresh fetches, and who enters and leaves. */
#include "check.h"

#include "registry/plan.h"

#include <stdio.h>
#include <string.h>

#define A "NCT00000001"
#define B "NCT00000002"
#define C "NCT00000003"

static void set_ids(char (**ids)[STUDY_NCT_ID_BYTES], size_t *count, const char *first, const char *second)
{
    *ids = calloc(2, sizeof(**ids));
    assert_non_null(*ids);
    snprintf((*ids)[0], STUDY_NCT_ID_BYTES, "%s", first);
    snprintf((*ids)[1], STUDY_NCT_ID_BYTES, "%s", second ? second : "");
    *count = second ? 2 : 1;
}

static struct study *make_record(const char *nct_id, const char *alias)
{
    char text[256];
    struct study *study;
    struct error e;

    snprintf(text, sizeof(text),
             "{\"protocolSection\":{\"identificationModule\":{\"nctId\":\"%s\",\"nctIdAliases\":[\"%s\"]}}}", nct_id,
             alias);
    assert_int_equal(study_from_text(text, strlen(text), &study, &e), 0);
    return study;
}

struct setting {
    struct watch named, cd34;
    struct watch_set *set;
    struct plan *plan;
    struct plan_query *query;
};

static void open_plan(struct setting *s)
{
    static char c[] = C, a[] = A, *studies[] = {c, a};
    size_t count;

    *s = (struct setting){.named = {.name = (char[]){"named"}, .studies = studies, .study_count = 2},
                          .cd34 = {.name = (char[]){"cd34"}, .query = {.condition = (char[]){"a"}}}};
    assert_int_equal(watch_set_new((const struct watch *const[]){&s->named, &s->cd34}, 2, &s->set), 0);
    assert_int_equal(plan_new(s->set, &s->plan), 0);
    s->query = plan_queries(s->plan, &count);
    assert_int_equal(count, 1);
    assert_ptr_equal(s->query->watch, &s->cd34);
}

static void close_plan(struct setting *s)
{
    plan_free(s->plan);
    watch_set_free(s->set);
}

static void a_study_is_fetched_once_for_all_watches(void **state)
{
    struct setting s;
    size_t count;

    (void)state;
    open_plan(&s);
    set_ids(&s.query->listed, &s.query->listed_count, A, B);
    set_ids(&s.query->before, &s.query->before_count, A, C);
    assert_int_equal(plan_finish(s.plan), 0);
    const char *const *studies = plan_studies(s.plan, &count);
    assert_int_equal(count, 3);
    assert_string_equal(studies[0], A);
    assert_string_equal(studies[1], B);
    assert_string_equal(studies[2], C);
    close_plan(&s);
}

static enum plan_standing standing(const struct setting *s, const char *nct_id, const char *alias, const char *by)
{
    _cleanup_study_ struct study *study = make_record(nct_id, alias);
    const char *member;
    enum plan_standing got = plan_standing(s->query, study, &member);

    assert_string_equal(member, by);
    return got;
}

static void studies_enter_stay_and_leave(void **state)
{
    struct setting s;

    (void)state;
    open_plan(&s);
    set_ids(&s.query->listed, &s.query->listed_count, A, B);
    set_ids(&s.query->before, &s.query->before_count, A, C);
    s.query->is_listed = true;
    assert_int_equal(standing(&s, A, "", A), PLAN_STAYS);
    assert_int_equal(standing(&s, B, "", B), PLAN_ENTERS);
    assert_int_equal(standing(&s, C, "", C), PLAN_LEAVES);
    assert_int_equal(standing(&s, "NCT00000009", "", "NCT00000009"), PLAN_OUTSIDE);
    assert_int_equal(standing(&s, B, C, C), PLAN_STAYS); /* C has another id now */
    assert_true(plan_lost(s.query, C));
    assert_false(plan_lost(s.query, A));
    assert_false(plan_lost(s.query, B));
    close_plan(&s);
}

static void nobody_moves_without_a_complete_listing(void **state)
{
    struct setting s;

    (void)state;
    open_plan(&s);
    set_ids(&s.query->before, &s.query->before_count, A, C);
    assert_int_equal(standing(&s, A, "", A), PLAN_STAYS);
    assert_int_equal(standing(&s, B, "", B), PLAN_OUTSIDE);
    assert_false(plan_lost(s.query, C));
    close_plan(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_study_is_fetched_once_for_all_watches),
        cmocka_unit_test(studies_enter_stay_and_leave),
        cmocka_unit_test(nobody_moves_without_a_complete_listing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
