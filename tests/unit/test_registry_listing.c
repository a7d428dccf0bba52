/* Which request comes next, and which ids were answered. */
#include "check.h"

#include "registry/ctgov.h"
#include "registry/listing.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BASE "https://clinicaltrials.gov/api/v2"
#define PREFIX BASE "/studies?pageSize=1000&countTotal=true&filter.ids="

static const char *const five[] = {"NCT00000001", "NCT00000002", "NCT00000003", "NCT00000004", "NCT00000005"};

/* Room for whatever the compiler believes a number may print as. */
struct id_text {
    char text[32];
};

static void make_ids(struct id_text *texts, const char **ids, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        snprintf(texts[i].text, sizeof(texts[i].text), "NCT%08zu", i + 1);
        ids[i] = texts[i].text;
    }
}

static struct listing *list(const char *const *ids, size_t count)
{
    struct listing *listing;

    assert_int_equal(listing_new(BASE, ids, count, &listing), 0);
    return listing;
}

/* The numbers of the ids that the next request asks for ("1 2 3"), with " +TOKEN" for a later page, or "". */
static const char *next(struct listing *listing)
{
    static char text[8192];
    _cleanup_buf_ struct buf url = {0};
    size_t used = 0;

    text[0] = '\0';
    if (listing_next(listing, &url, NULL) == 0)
        return text;
    assert_int_equal(strncmp(buf_string(&url), PREFIX, strlen(PREFIX)), 0);
    for (const char *id = strstr(buf_string(&url), "NCT"); id; id = strstr(id + 1, "NCT"))
        used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%ld", used ? " " : "", strtol(id + 3, NULL, 10));
    const char *token = strstr(buf_string(&url), "&pageToken=");
    if (token)
        snprintf(text + used, sizeof(text) - used, " +%s", token + strlen("&pageToken="));
    return text;
}

static int give(struct listing *listing, size_t records, long long total, const char *token)
{
    struct page page = {.records = records, .total = total};

    snprintf(page.token, sizeof(page.token), "%s", token);
    return listing_take_page(listing, &page, NULL);
}

static int refuse(struct listing *listing)
{
    static const struct error why = {.text = "refused"};

    return listing_take_refusal(listing, &why, NULL);
}

static bool answer(struct listing *listing, const char *nct_id, const char *alias)
{
    bool by_id = listing_take_id(listing, nct_id), by_alias = alias && listing_take_id(listing, alias);

    return by_id || by_alias;
}

/* As next(): the numbers of the missing ids. */
static const char *missing(const struct listing *listing)
{
    static char text[256];
    const char **ids;
    size_t count, used = 0;

    text[0] = '\0';
    assert_int_equal(listing_missing(listing, &ids, &count), 0);
    for (size_t i = 0; i < count; i++)
        used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%ld", i ? " " : "", strtol(ids[i] + 3, NULL, 10));
    free(ids);
    return text;
}

static void ids_are_asked_for_in_one_request_and_pages_follow(void **state)
{
    _cleanup_(listing_free_cleanup) struct listing *listing = list(five, 5);

    (void)state;
    assert_string_equal(next(listing), "1 2 3 4 5");
    assert_int_equal(give(listing, 3, 5, "a"), 0);
    assert_string_equal(next(listing), "1 2 3 4 5 +a");
    assert_int_equal(give(listing, 0, -1, "b"), 0); /* an empty page goes on */
    assert_string_equal(next(listing), "1 2 3 4 5 +b");
    assert_int_equal(give(listing, 2, -1, ""), 0);
    assert_string_equal(next(listing), "");
}

static void nothing_to_ask_is_done_at_once(void **state)
{
    _cleanup_(listing_free_cleanup) struct listing *listing = list(five, 0);

    (void)state;
    assert_string_equal(next(listing), "");
    assert_string_equal(missing(listing), "");
}

static void many_ids_go_into_the_fewest_requests(void **state)
{
    size_t per_request = ctgov_ids_per_request(BASE);
    size_t count = 2 * per_request + 1;
    struct id_text *texts = calloc(count, sizeof(*texts));
    const char **ids = calloc(count, sizeof(*ids));
    size_t asked = 0, requests = 0;

    (void)state;
    make_ids(texts, ids, count);
    struct listing *listing = list(ids, count);
    for (const char *text = next(listing); *text; text = next(listing)) {
        assert_int_equal(strtol(text, NULL, 10), asked + 1);
        for (; *text; text++)
            asked += *text == ' ';
        asked++;
        requests++;
        assert_int_equal(give(listing, 0, -1, ""), 0);
    }
    assert_int_equal(asked, count);
    assert_int_equal(requests, 3);
    listing_free(listing);
    free(ids);
    free(texts);
}

static void answers_count_by_id_and_by_alias(void **state)
{
    _cleanup_(listing_free_cleanup) struct listing *listing = list(five, 5);

    (void)state;
    assert_true(answer(listing, "NCT00000001", NULL));
    assert_true(answer(listing, "NCT00000001", NULL)); /* a duplicate survives */
    assert_true(answer(listing, "NCT00000099", "NCT00000003"));
    assert_true(answer(listing, "NCT00000004", "NCT00000005"));
    assert_false(answer(listing, "NCT00000077", NULL));
    assert_int_equal(give(listing, 4, 4, ""), 0);
    assert_string_equal(missing(listing), "2");
}

static void a_listing_that_gives_less_than_it_promised_fails(void **state)
{
    _cleanup_(listing_free_cleanup) struct listing *short_of_one = list(five, 5);
    _cleanup_(listing_free_cleanup) struct listing *with_a_duplicate = list(five, 5);

    (void)state;
    assert_int_equal(give(short_of_one, 2, 5, "a"), 0);
    assert_int_equal(give(short_of_one, 2, -1, ""), -EBADMSG);
    assert_int_equal(give(with_a_duplicate, 2, 5, "a"), 0);
    assert_int_equal(give(with_a_duplicate, 4, -1, ""), 0);
}

static void a_token_given_twice_is_an_error(void **state)
{
    _cleanup_(listing_free_cleanup) struct listing *listing = list(five, 5);

    (void)state;
    assert_int_equal(give(listing, 1, -1, "a"), 0);
    assert_int_equal(give(listing, 1, -1, "b"), 0);
    assert_int_equal(give(listing, 1, -1, "a"), -EBADMSG);
}

static void pages_have_a_limit(void **state)
{
    _cleanup_(listing_free_cleanup) struct listing *listing = list(five, 5);
    char token[16];

    (void)state;
    for (size_t pages = 1; pages < 5 + LISTING_SPARE_PAGES; pages++) {
        snprintf(token, sizeof(token), "t%zu", pages);
        assert_int_equal(give(listing, 0, -1, token), 0);
    }
    assert_int_equal(give(listing, 0, -1, "one more"), -EBADMSG);
}

static void the_one_bad_id_is_found_by_halving(void **state)
{
    _cleanup_(listing_free_cleanup) struct listing *listing = list(five, 5);
    static const struct {
        const char *asked;
        bool refused;
    } steps[] = {{"1 2 3 4 5", true}, {"1 2", false}, {"3 4 5", true}, {"3", false},
                 {"4 5", true},       {"4", true},    {"5", false}};

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
        assert_string_equal(next(listing), steps[i].asked);
        for (const char *c = steps[i].asked; *c && !steps[i].refused; c++)
            if (*c != ' ')
                assert_true(answer(listing, five[*c - '1'], NULL));
        assert_int_equal(steps[i].refused ? refuse(listing) : give(listing, 1, -1, ""), 0);
    }
    assert_string_equal(next(listing), "");
    assert_string_equal(missing(listing), "4");
}

static void a_refused_token_means_list_anew(void **state)
{
    _cleanup_(listing_free_cleanup) struct listing *listing = list(five, 5);

    (void)state;
    assert_int_equal(give(listing, 1, -1, "a"), 0);
    assert_int_equal(refuse(listing), -ESTALE);
}

static void a_registry_that_refuses_everything_is_not_asked_for_ever(void **state)
{
    struct id_text texts[100];
    const char *ids[100];
    int refusals = 0;

    (void)state;
    make_ids(texts, ids, ARRAY_SIZE(ids));
    _cleanup_(listing_free_cleanup) struct listing *listing = list(ids, 100);
    while (refuse(listing) == 0)
        refusals++;
    assert_int_equal(refusals, LISTING_MAX_REFUSALS);
}

static void nobody_is_missing_while_a_record_does_not_say_whose_it_is(void **state)
{
    _cleanup_(listing_free_cleanup) struct listing *known = list(five, 2);
    _cleanup_(listing_free_cleanup) struct listing *nameless = list(five, 2);

    (void)state;
    listing_take_unreadable(known, "NCT00000001");
    assert_string_equal(missing(known), "2");
    assert_true(answer(nameless, "NCT00000001", NULL));
    listing_take_unreadable(nameless, NULL);
    assert_string_equal(missing(nameless), "");
}

static void etags_that_move_are_a_hint_until_they_prove_wrong(void **state)
{
    _cleanup_(listing_free_cleanup) struct listing *listing = list(five, 5);

    (void)state;
    assert_false(listing_etag_moved(listing, ""));
    assert_false(listing_etag_moved(listing, "\"a\""));
    assert_false(listing_etag_moved(listing, "\"a\""));
    assert_false(listing_etag_moved(listing, ""));
    assert_true(listing_etag_moved(listing, "\"b\""));
    listing_distrust_etags(listing);
    assert_false(listing_etag_moved(listing, "\"c\""));
}

#define WHOLE_URL BASE "/studies?pageSize=1000&countTotal=true"

static void assert_next(struct listing *listing, const char *url)
{
    _cleanup_buf_ struct buf got = {0};

    assert_int_equal(listing_next(listing, &got, NULL), url ? 1 : 0);
    if (url)
        assert_string_equal(buf_string(&got), url);
}

static void the_whole_registry_is_one_request_that_goes_on_where_it_was(void **state)
{
    static const char *const ids[] = {"NCT00000001", "NCT00000002"};
    struct listing *listing;
    struct listing_place place;

    (void)state;
    assert_int_equal(listing_new_whole(BASE, ids, ARRAY_SIZE(ids), NULL, &listing), 0);
    assert_false(listing_place(listing, &place));
    assert_next(listing, WHOLE_URL);
    assert_true(listing_take_id(listing, "NCT00000007"));
    assert_int_equal(give(listing, 1000, 2500, "a b"), 0);
    assert_next(listing, WHOLE_URL "&pageToken=a%20b");
    assert_true(listing_place(listing, &place));
    assert_string_equal(place.token, "a b");
    listing_free(listing);

    assert_int_equal(listing_new_whole(BASE, ids, ARRAY_SIZE(ids), &place, &listing), 0);
    assert_next(listing, WHOLE_URL "&pageToken=a%20b");
    assert_true(listing_take_id(listing, ids[1]));
    assert_int_equal(give(listing, 1000, -1, "a b"), -EBADMSG); /* it has no end */
    assert_int_equal(give(listing, 0, -1, "c"), 0);
    assert_int_equal(give(listing, 500, -1, ""), 0);
    assert_next(listing, NULL);
    assert_false(listing_place(listing, &place));
    assert_string_equal(missing(listing), "1");
    listing_free(listing);
}

static void a_whole_that_is_refused_or_short_is_none(void **state)
{
    struct listing *listing;

    (void)state;
    assert_int_equal(listing_new_whole(BASE, NULL, 0, NULL, &listing), 0);
    assert_int_equal(refuse(listing), -EINVAL);
    assert_int_equal(give(listing, 1000, 1001, "a"), 0);
    assert_int_equal(refuse(listing), -ESTALE);
    assert_int_equal(give(listing, 0, -1, ""), -EBADMSG);
    listing_free(listing);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ids_are_asked_for_in_one_request_and_pages_follow),
        cmocka_unit_test(nothing_to_ask_is_done_at_once),
        cmocka_unit_test(many_ids_go_into_the_fewest_requests),
        cmocka_unit_test(answers_count_by_id_and_by_alias),
        cmocka_unit_test(a_listing_that_gives_less_than_it_promised_fails),
        cmocka_unit_test(a_token_given_twice_is_an_error),
        cmocka_unit_test(pages_have_a_limit),
        cmocka_unit_test(the_one_bad_id_is_found_by_halving),
        cmocka_unit_test(a_refused_token_means_list_anew),
        cmocka_unit_test(a_registry_that_refuses_everything_is_not_asked_for_ever),
        cmocka_unit_test(nobody_is_missing_while_a_record_does_not_say_whose_it_is),
        cmocka_unit_test(etags_that_move_are_a_hint_until_they_prove_wrong),
        cmocka_unit_test(the_whole_registry_is_one_request_that_goes_on_where_it_was),
        cmocka_unit_test(a_whole_that_is_refused_or_short_is_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
