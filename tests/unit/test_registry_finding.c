/* The pages of one query, whole and not. */
#include "check.h"

#include "registry/finding.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define BASE "https://registry.example/api/v2"
#define FIRST BASE "/studies?pageSize=1000&countTotal=true&fields=NCTId&query.cond=a"
#define ONE(id) "{\"protocolSection\":{\"identificationModule\":{\"nctId\":\"" id "\"}}}"

static struct finding *begin(void)
{
    struct finding *finding;

    assert_int_equal(finding_new(BASE, "query.cond=a", &finding), 0);
    return finding;
}

static int take(struct finding *finding, const char *text)
{
    struct error e;

    return finding_take_page(finding, text, strlen(text), &e);
}

static void pages_are_followed_to_the_last(void **state)
{
    _cleanup_(finding_free_cleanup) struct finding *finding = begin();
    _cleanup_buf_ struct buf url = {0};
    struct error e;
    size_t count;

    (void)state;
    assert_int_equal(finding_next(finding, &url, &e), 1);
    assert_string_equal(buf_string(&url), FIRST);
    assert_int_equal(take(finding, "{\"totalCount\":2,\"studies\":[" ONE("NCT00000002") "],\"nextPageToken\":\"t/1\"}"),
                     0);
    assert_int_equal(finding_next(finding, &url, &e), 1);
    assert_string_equal(buf_string(&url), FIRST "&pageToken=t%2F1");
    assert_int_equal(take(finding, "{\"studies\":[" ONE("NCT00000001") "," ONE("NCT00000002") "]}"), 0);
    assert_int_equal(finding_next(finding, &url, &e), 0);
    char(*ids)[STUDY_NCT_ID_BYTES] = finding_take_ids(finding, &count);
    assert_int_equal(count, 2);
    assert_string_equal(ids[0], "NCT00000001");
    assert_string_equal(ids[1], "NCT00000002");
    free(ids);
}

static void nothing_found_is_complete(void **state)
{
    _cleanup_(finding_free_cleanup) struct finding *finding = begin();
    size_t count;

    (void)state;
    assert_int_equal(take(finding, "{\"totalCount\":0,\"studies\":[]}"), 0);
    assert_null(finding_take_ids(finding, &count));
    assert_int_equal(count, 0);
}

static void a_study_twice_instead_of_another_is_not_whole(void **state)
{
    _cleanup_(finding_free_cleanup) struct finding *finding = begin();

    (void)state;
    assert_int_equal(take(finding, "{\"totalCount\":2,\"studies\":[" ONE("NCT00000001") "," ONE("NCT00000001") "]}"),
                     -EBADMSG);
}

static void what_is_no_page_is_refused(void **state)
{
    static const char *const texts[] = {
        "",
        "[]",
        "{\"studies\":[" ONE("NCT00000001"),
        "{\"studies\":[{}]}",
        "{\"studies\":[" ONE("NCT1") "]}",
        "{\"studies\":[3]}",
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
        _cleanup_(finding_free_cleanup) struct finding *finding = begin();
        assert_int_equal(take(finding, texts[i]), -EBADMSG);
    }
}

static void a_token_for_the_second_time_has_no_end(void **state)
{
    _cleanup_(finding_free_cleanup) struct finding *finding = begin();

    (void)state;
    assert_int_equal(take(finding, "{\"studies\":[],\"nextPageToken\":\"a\"}"), 0);
    assert_int_equal(take(finding, "{\"studies\":[],\"nextPageToken\":\"a\"}"), -EBADMSG);
}

static void pages_end_at_the_limit(void **state)
{
    _cleanup_(finding_free_cleanup) struct finding *finding = begin();
    char text[64];

    (void)state;
    for (size_t i = 0; i + 1 < FINDING_MAX_PAGES; i++) {
        snprintf(text, sizeof(text), "{\"studies\":[],\"nextPageToken\":\"%zu\"}", i);
        assert_int_equal(take(finding, text), 0);
    }
    assert_int_equal(take(finding, "{\"studies\":[],\"nextPageToken\":\"last\"}"), -EBADMSG);
}

static void a_refusal_is_the_questions_or_the_tokens(void **state)
{
    _cleanup_(finding_free_cleanup) struct finding *finding = begin();
    struct error why = {.text = "no"}, e;

    (void)state;
    assert_int_equal(finding_take_refusal(finding, &why, &e), -EINVAL);
    assert_int_equal(take(finding, "{\"studies\":[],\"nextPageToken\":\"a\"}"), 0);
    assert_int_equal(finding_take_refusal(finding, &why, &e), -ESTALE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pages_are_followed_to_the_last),
        cmocka_unit_test(nothing_found_is_complete),
        cmocka_unit_test(a_study_twice_instead_of_another_is_not_whole),
        cmocka_unit_test(what_is_no_page_is_refused),
        cmocka_unit_test(a_token_for_the_second_time_has_no_end),
        cmocka_unit_test(pages_end_at_the_limit),
        cmocka_unit_test(a_refusal_is_the_questions_or_the_tokens),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
