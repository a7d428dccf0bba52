/* Reading one page of a listing, a record at a time. */
#include "check.h"

#include "base/buf.h"
#include "registry/page.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

/* With everything that could lead a scanner astray: brackets, quotes and backslashes in strings, nesting, odd spaces.
 */
#define RECORD_A "{\"id\":\"A\",\"t\":\"]}, \\\"{[ \\\\\",\"deep\":[{\"x\":[[1,2],{}]}]}"
#define RECORD_B "{ \"id\" : \"B\", \"u\" : \"\\u005d\\u007d\", \"n\" : -1.5e3, \"z\":null }"
#define PAGE                                                                                                           \
    "{\"totalCount\":2,\"studies\":[" RECORD_A " ,\n\t" RECORD_B "] , \"nextPageToken\":\"abra\\u0063adabra\"}\n"

/* Reads the page to its end; the records are joined in seen by newlines. */
static int read_all(const char *text, size_t len, struct page *page, struct buf *seen, struct error *e)
{
    const char *record;
    size_t record_len;
    int r;

    page_open(page, text, len);
    while ((r = page_next(page, &record, &record_len, e)) > 0) {
        buf_append(seen, record, record_len);
        buf_append_string(seen, "\n");
    }
    return r;
}

static void records_and_envelope_are_read(void **state)
{
    _cleanup_buf_ struct buf seen = {0};
    struct page page;
    struct error e;
    const char *record;
    size_t len;

    (void)state;
    assert_int_equal(read_all(PAGE, strlen(PAGE), &page, &seen, &e), 0);
    assert_string_equal(buf_string(&seen), RECORD_A "\n" RECORD_B "\n");
    assert_string_equal(page.token, "abracadabra");
    assert_int_equal(page.total, 2);
    assert_int_equal(page.records, 2);
    assert_int_equal(page_next(&page, &record, &len, &e), 0);
}

static void keys_come_in_any_order_and_unknown_ones_are_skipped(void **state)
{
    static const char *const members[] = {
        "\"studies\":[" RECORD_A "," RECORD_B "]",
        "\"nextPageToken\":\"t\"",
        "\"totalCount\":7",
        "\"note\":{\"studies\":[{\"id\":\"C\"}],\"text\":\"}\"}",
    };

    (void)state;
    for (int order = 0; order < 256; order++) {
        int a = order & 3, b = order >> 2 & 3, c = order >> 4 & 3, d = order >> 6;
        if ((1 << a | 1 << b | 1 << c | 1 << d) != 15)
            continue;
        _cleanup_buf_ struct buf text = {0};
        _cleanup_buf_ struct buf seen = {0};
        struct page page;
        struct error e;
        buf_printf(&text, "{%s,%s,%s,%s}", members[a], members[b], members[c], members[d]);
        assert_int_equal(read_all(buf_string(&text), text.len, &page, &seen, &e), 0);
        assert_string_equal(buf_string(&seen), RECORD_A "\n" RECORD_B "\n");
        assert_string_equal(page.token, "t");
        assert_int_equal(page.total, 7);
    }
}

static void a_page_cut_anywhere_is_an_error_and_yields_only_whole_records(void **state)
{
    size_t whole = strlen(PAGE) - 1; /* without the newline, which may be missing */

    (void)state;
    for (size_t len = 0; len < whole; len++) {
        /* a copy of just that size, so that the sanitizer sees a byte too far */
        _cleanup_free_ char *cut = malloc(size_max(len, 1));
        _cleanup_buf_ struct buf seen = {0};
        struct page page;
        struct error e = {.text = ""};

        assert_non_null(cut);
        memcpy(cut, PAGE, len);
        assert_int_equal(read_all(cut, len, &page, &seen, &e), -EBADMSG);
        assert_non_null(strstr(e.text, "ends early"));
        const char *text = buf_string(&seen);
        assert_true(strcmp(text, "") == 0 || strcmp(text, RECORD_A "\n") == 0 ||
                    strcmp(text, RECORD_A "\n" RECORD_B "\n") == 0);
    }
}

static void empty_pages_may_go_on(void **state)
{
    static const struct {
        const char *text;
        const char *token;
        long long total;
    } cases[] = {
        {"{\"studies\":[]}", "", -1},
        {"{\"studies\":[ ],\"nextPageToken\":\"n\"}", "n", -1},
        {"{\"studies\":[],\"nextPageToken\":null,\"totalCount\":0}", "", 0},
        {"{\"studies\":[],\"nextPageToken\":\"\"}", "", -1},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        _cleanup_buf_ struct buf seen = {0};
        struct page page;
        struct error e;
        assert_int_equal(read_all(cases[i].text, strlen(cases[i].text), &page, &seen, &e), 0);
        assert_int_equal(seen.len, 0);
        assert_string_equal(page.token, cases[i].token);
        assert_int_equal(page.total, cases[i].total);
    }
}

static void what_is_no_listing_is_refused(void **state)
{
    static const char *const cases[] = {
        "",
        " ",
        "null",
        "[]",
        "[{\"id\":\"A\"}]",
        "<!DOCTYPE html><html>{\"studies\":[]}</html>",
        "{}",
        "{\"error\":\"maintenance\"}",
        "{\"studies\":null}",
        "{\"studies\":{}}",
        "{\"studies\":\"none today\"}",
        "{\"studies\":[}",
        "{\"studies\":[,]}",
        "{\"studies\":[{},]}",
        "{\"studies\":[{} {}]}",
        "{\"studies\":[{}]]}",
        "{\"studies\":[]}{\"studies\":[]}",
        "{\"studies\":[],\"studies\":[]}",
        "{\"studies\":[],}",
        "{\"studies\" []}",
        "{studies:[]}",
        "{\"studies\":[] \"nextPageToken\":\"x\"}",
        "{\"studies\":[],\"nextPageToken\":5}",
        "{\"studies\":[],\"nextPageToken\":\"a\",\"nextPageToken\":\"b\"}",
        "{\"studies\":[],\"nextPageToken\":\"\\ud800\"}",
        "{\"studies\":[],\"totalCount\":-1}",
        "{\"studies\":[],\"totalCount\":\"many\"}",
        "{\"studies\":[],\"more\":}",
        "\xef\xbb\xbf{\"studies\":[]}",
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        _cleanup_buf_ struct buf seen = {0};
        struct page page;
        struct error e = {.text = ""};
        if (read_all(cases[i], strlen(cases[i]), &page, &seen, &e) != -EBADMSG)
            fail_msg("%s", cases[i]);
        assert_true(strlen(e.text) > 20);
    }
}

static void a_nul_byte_is_no_space(void **state)
{
    static const char text[] = "{\"studies\":[\0]}";
    _cleanup_buf_ struct buf seen = {0};
    struct page page;
    struct error e;

    (void)state;
    assert_int_equal(read_all(text, sizeof(text) - 1, &page, &seen, &e), -EBADMSG);
}

/* Left to whoever decodes it: a bad record costs itself, not its page. */
static void a_record_that_is_not_json_does_not_sink_its_page(void **state)
{
    static const char text[] = "{\"studies\":[{\"id\":\"\\u0000\",bad},17,\"x\",{\"id\":\"B\"}]}";
    _cleanup_buf_ struct buf seen = {0};
    struct page page;
    struct error e;

    (void)state;
    assert_int_equal(read_all(text, sizeof(text) - 1, &page, &seen, &e), 0);
    assert_string_equal(buf_string(&seen), "{\"id\":\"\\u0000\",bad}\n17\n\"x\"\n{\"id\":\"B\"}\n");
}

static void tokens_have_a_limit(void **state)
{
    (void)state;
    for (size_t len = CTGOV_TOKEN_BYTES - 1; len <= CTGOV_TOKEN_BYTES; len++) {
        _cleanup_buf_ struct buf text = {0};
        _cleanup_buf_ struct buf seen = {0};
        struct page page;
        struct error e;
        buf_printf(&text, "{\"studies\":[],\"nextPageToken\":\"%0*d\"}", (int)len, 7);
        assert_int_equal(read_all(buf_string(&text), text.len, &page, &seen, &e),
                         len < CTGOV_TOKEN_BYTES ? 0 : -EBADMSG);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(records_and_envelope_are_read),
        cmocka_unit_test(keys_come_in_any_order_and_unknown_ones_are_skipped),
        cmocka_unit_test(a_page_cut_anywhere_is_an_error_and_yields_only_whole_records),
        cmocka_unit_test(empty_pages_may_go_on),
        cmocka_unit_test(what_is_no_listing_is_refused),
        cmocka_unit_test(a_nul_byte_is_no_space),
        cmocka_unit_test(a_record_that_is_not_json_does_not_sink_its_page),
        cmocka_unit_test(tokens_have_a_limit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
