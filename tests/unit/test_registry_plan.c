/* Which records a refresh fetches, and who enters and leaves. */
#include "check.h"

#include "registry/plan.h"

#include <stdio.h>
#include <stdlib.h>
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
    struct plan_question *question;
};

static void open_plan(struct setting *s)
{
    static char c[] = C, a[] = A, *studies[] = {c, a}, named[] = "named", cd34[] = "cd34", condition[] = "a";
    size_t count;

    *s = (struct setting){.named = {.name = named, .studies = studies, .study_count = 2},
                          .cd34 = {.name = cd34, .query = {.condition = condition}}};
    assert_int_equal(watch_set_new((const struct watch *const[]){&s->named, &s->cd34}, 2, &s->set), 0);
    assert_int_equal(plan_new(s->set, &s->plan), 0);
    s->query = plan_queries(s->plan, &count);
    assert_int_equal(count, 1);
    assert_ptr_equal(s->query->watch, &s->cd34);
    s->question = plan_questions(s->plan, &count);
    assert_int_equal(count, 1);
    assert_ptr_equal(s->query->question, s->question);
}

/* The query had A and C, and now finds A and B. */
static void open_moved(struct setting *s)
{
    open_plan(s);
    set_ids(&s->question->listed, &s->question->listed_count, A, B);
    set_ids(&s->query->before, &s->query->before_count, A, C);
    s->question->is_listed = true;
    assert_int_equal(plan_finish(s->plan), 0);
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
    open_moved(&s);
    const char *const *studies = plan_studies(s.plan, &count);
    assert_int_equal(count, 3);
    assert_string_equal(studies[0], A);
    assert_string_equal(studies[1], B);
    assert_string_equal(studies[2], C);
    close_plan(&s);
}

#define OUTSIDE (-1)

/* What the study is to the only query, and by which id. */
static int standing(const struct setting *s, const char *nct_id, const char *alias, const char *by)
{
    _cleanup_study_ struct study *study = make_record(nct_id, alias);
    _cleanup_free_ struct plan_answer *answers = NULL;
    size_t count;

    assert_int_equal(plan_answers(s->plan, study, &answers, &count), 0);
    if (count == 0)
        return OUTSIDE;
    assert_int_equal(count, 1);
    assert_ptr_equal(answers[0].query, s->query);
    assert_string_equal(answers[0].member, by);
    return (int)answers[0].standing;
}

static void studies_enter_stay_and_leave(void **state)
{
    struct setting s;

    (void)state;
    open_moved(&s);
    assert_int_equal(standing(&s, A, "", A), PLAN_STAYS);
    assert_int_equal(standing(&s, B, "", B), PLAN_ENTERS);
    assert_int_equal(standing(&s, C, "", C), PLAN_LEAVES);
    assert_int_equal(standing(&s, "NCT00000009", "", NULL), OUTSIDE);
    assert_int_equal(standing(&s, B, C, C), PLAN_STAYS); /* C has another id now */
    assert_int_equal(standing(&s, A, C, A), PLAN_STAYS);
    assert_true(plan_lost(s.plan, C));
    assert_false(plan_lost(s.plan, A));
    assert_false(plan_lost(s.plan, B));
    assert_false(plan_lost(s.plan, "NCT00000009"));
    close_plan(&s);
}

static void nobody_moves_without_a_complete_listing(void **state)
{
    struct setting s;

    (void)state;
    open_plan(&s);
    set_ids(&s.query->before, &s.query->before_count, A, C);
    assert_int_equal(plan_finish(s.plan), 0);
    assert_int_equal(standing(&s, A, "", A), PLAN_STAYS);
    assert_int_equal(standing(&s, B, "", NULL), OUTSIDE);
    assert_false(plan_lost(s.plan, C));
    close_plan(&s);
}

enum { QUERIES = 40, QUESTIONS = 25, STUDIES = 30 };

/* Queries at random: which of the studies each question finds, and each query had before. */
struct many {
    struct watch watches[QUERIES];
    char names[QUERIES][4];
    char conditions[QUESTIONS][2];
    bool is_listed[QUESTIONS], listed[QUESTIONS][STUDIES], before[QUERIES][STUDIES];
    struct watch_set *set;
    struct plan *plan;
    struct plan_query *queries;
};

static void make_id(int number, char ret[static STUDY_NCT_ID_BYTES])
{
    memcpy(ret, "NCT00000000", STUDY_NCT_ID_BYTES);
    ret[9] = (char)('0' + number / 10);
    ret[10] = (char)('0' + number % 10);
}

static void choose_ids(bool chosen[static STUDIES], char (**ids)[STUDY_NCT_ID_BYTES], size_t *count)
{
    *ids = calloc(STUDIES, sizeof(**ids));
    for (int i = 0; i < STUDIES; i++)
        if ((chosen[i] = rand() % 3 == 0))
            make_id(i, (*ids)[(*count)++]);
}

/* The first of them have a question each, the others ask as the first. */
static void make_watches(struct many *many)
{
    const struct watch *pointers[QUERIES];

    for (int i = 0; i < QUERIES; i++) {
        char *condition = many->conditions[i % QUESTIONS];
        condition[0] = (char)('a' + i % QUESTIONS);
        memcpy(many->names[i], (char[]){'q', (char)('0' + i / 10), (char)('0' + i % 10), '\0'}, 4);
        many->watches[i] = (struct watch){.name = many->names[i], .query = {.condition = condition}};
        pointers[i] = &many->watches[i];
    }
    assert_int_equal(watch_set_new(pointers, QUERIES, &many->set), 0);
}

static void open_many(struct many *many)
{
    size_t count;

    make_watches(many);
    assert_int_equal(plan_new(many->set, &many->plan), 0);
    struct plan_question *questions = plan_questions(many->plan, &count);
    assert_int_equal(count, QUESTIONS);
    for (int i = 0; i < QUESTIONS; i++) {
        assert_int_equal(questions[i].query_count, i < QUERIES - QUESTIONS ? 2 : 1);
        questions[i].is_listed = many->is_listed[i] = rand() % 4 > 0;
        choose_ids(many->listed[i], &questions[i].listed, &questions[i].listed_count);
    }
    many->queries = plan_queries(many->plan, &count);
    assert_int_equal(count, QUERIES);
    for (int i = 0; i < QUERIES; i++) {
        assert_ptr_equal(many->queries[i].question, &questions[i % QUESTIONS]);
        choose_ids(many->before[i], &many->queries[i].before, &many->queries[i].before_count);
    }
    assert_int_equal(plan_finish(many->plan), 0);
}

static void check_answers(const struct many *many, int number)
{
    char nct_id[STUDY_NCT_ID_BYTES];
    size_t at = 0, count;
    bool lost = false;

    make_id(number, nct_id);
    _cleanup_study_ struct study *study = make_record(nct_id, "");
    _cleanup_free_ struct plan_answer *answers = NULL;
    assert_int_equal(plan_answers(many->plan, study, &answers, &count), 0);
    for (int i = 0; i < QUERIES; i++) {
        bool before = many->before[i][number];
        bool now = many->is_listed[i % QUESTIONS] ? many->listed[i % QUESTIONS][number] : before;
        if (!now && !before)
            continue;
        assert_true(at < count);
        assert_ptr_equal(answers[at].query, &many->queries[i]);
        assert_int_equal(answers[at++].standing, !before ? PLAN_ENTERS : now ? PLAN_STAYS : PLAN_LEAVES);
        lost = lost || !now;
    }
    assert_int_equal(at, count);
    assert_int_equal(plan_lost(many->plan, nct_id), lost);
}

static void a_study_finds_the_same_queries_as_by_trying_all(void **state)
{
    static struct many many;

    (void)state;
    srand(6);
    open_many(&many);
    for (int i = 0; i < STUDIES; i++)
        check_answers(&many, i);
    plan_free(many.plan);
    watch_set_free(many.set);
}

static void a_question_of_two_watches_is_asked_once_and_their_members_are_their_own(void **state)
{
    struct watch first = {.name = (char[]){"first"}, .query = {.condition = (char[]){"angina"}}};
    struct watch other = {.name = (char[]){"other"}, .query = {.term = (char[]){"angina"}}};
    struct watch second = {.name = (char[]){"second"}, .query = {.condition = (char[]){"angina"}}};
    struct setting s = {0};
    size_t count;

    (void)state;
    assert_int_equal(watch_set_new((const struct watch *const[]){&second, &first, &other}, 3, &s.set), 0);
    assert_int_equal(plan_new(s.set, &s.plan), 0);
    s.query = plan_queries(s.plan, &count);
    s.question = plan_questions(s.plan, &count);
    assert_int_equal(count, 2);
    assert_int_equal(s.question[0].query_count, 2);
    assert_ptr_equal(s.question[0].queries[0]->watch, &first);
    assert_ptr_equal(s.question[0].queries[1]->watch, &second);
    assert_ptr_equal(s.question[1].queries[0]->watch, &other);
    set_ids(&s.question[0].listed, &s.question[0].listed_count, A, B);
    s.question[0].is_listed = true;
    set_ids(&s.query[0].before, &s.query[0].before_count, A, NULL);
    set_ids(&s.query[2].before, &s.query[2].before_count, B, C);
    assert_int_equal(plan_finish(s.plan), 0);

    _cleanup_study_ struct study *study = make_record(B, "");
    _cleanup_free_ struct plan_answer *answers = NULL;
    assert_int_equal(plan_answers(s.plan, study, &answers, &count), 0);
    assert_int_equal(count, 2);
    assert_ptr_equal(answers[0].query->watch, &first);
    assert_int_equal(answers[0].standing, PLAN_ENTERS);
    assert_ptr_equal(answers[1].query->watch, &second);
    assert_int_equal(answers[1].standing, PLAN_STAYS);
    assert_true(plan_moves(s.plan, A)); /* enters the second */
    assert_true(plan_lost(s.plan, C));
    close_plan(&s);
}

static void one_id_tells_whether_its_study_moves(void **state)
{
    struct setting s;

    (void)state;
    open_moved(&s);
    assert_false(plan_moves(s.plan, A));
    assert_true(plan_moves(s.plan, B));
    assert_true(plan_moves(s.plan, C));
    assert_false(plan_moves(s.plan, "NCT00000009"));
    close_plan(&s);
}

static void a_study_that_moved_does_not_move_again(void **state)
{
    _cleanup_study_ struct study *enters = make_record(B, ""), *leaves = make_record(C, "");
    _cleanup_free_ struct plan_answer *answers = NULL, *none = NULL;
    struct setting s;
    size_t count;

    (void)state;
    open_moved(&s);
    plan_note_moved(s.plan, enters);
    assert_false(plan_moves(s.plan, B));
    assert_true(plan_moves(s.plan, C));
    assert_int_equal(plan_answers(s.plan, enters, &answers, &count), 0);
    assert_int_equal(count, 1);
    assert_int_equal(answers[0].standing, PLAN_STAYS);
    plan_note_moved(s.plan, leaves);
    assert_false(plan_moves(s.plan, C) || plan_lost(s.plan, C));
    assert_int_equal(plan_answers(s.plan, leaves, &none, &count), 0);
    assert_int_equal(count, 0);
    close_plan(&s);
}

static void a_plan_is_told_from_one_with_another_question(void **state)
{
    char first[PLAN_DIGEST_BYTES], again[PLAN_DIGEST_BYTES], other[PLAN_DIGEST_BYTES];
    struct setting s;

    (void)state;
    open_plan(&s);
    assert_int_equal(plan_digest(s.plan, first), 0);
    assert_int_equal(strlen(first), PLAN_DIGEST_BYTES - 1);
    assert_int_equal(plan_digest(s.plan, again), 0);
    assert_string_equal(first, again);
    plan_free(s.plan);
    s.cd34.query.condition = (char[]){"b"};
    assert_int_equal(plan_new(s.set, &s.plan), 0);
    assert_int_equal(plan_digest(s.plan, other), 0);
    assert_string_not_equal(first, other);
    close_plan(&s);
}

static void a_watch_of_everything_is_in_the_plan(void **state)
{
    struct watch whole = {.name = (char[]){"whole"}, .all_studies = true};
    struct watch_set *set;
    struct plan *plan;
    size_t count;

    (void)state;
    assert_int_equal(watch_set_new((const struct watch *const[]){&whole}, 1, &set), 0);
    assert_int_equal(plan_new(set, &plan), 0);
    assert_ptr_equal(plan_wholes(plan, &count)->watch, &whole);
    assert_int_equal(count, 1);
    plan_free(plan);
    watch_set_free(set);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_study_is_fetched_once_for_all_watches),
        cmocka_unit_test(studies_enter_stay_and_leave),
        cmocka_unit_test(nobody_moves_without_a_complete_listing),
        cmocka_unit_test(a_study_finds_the_same_queries_as_by_trying_all),
        cmocka_unit_test(a_question_of_two_watches_is_asked_once_and_their_members_are_their_own),
        cmocka_unit_test(one_id_tells_whether_its_study_moves),
        cmocka_unit_test(a_study_that_moved_does_not_move_again),
        cmocka_unit_test(a_plan_is_told_from_one_with_another_question),
        cmocka_unit_test(a_watch_of_everything_is_in_the_plan),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
