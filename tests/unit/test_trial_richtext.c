#include "check.h"

#include "trial/archived.h"
#include "trial/entity.h"
#include "trial/richtext.h"
#include "trial_records.h"

#include <errno.h>

static void assert_markdown(const char *html, const char *expected)
{
    _cleanup_buf_ struct buf out = {0};

    richtext_append_markdown(&out, html);
    assert_int_equal(buf_status(&out), 0);
    assert_string_equal(buf_string(&out), expected);
}

static void html_becomes_markdown(void **state)
{
    static const char *const cases[][2] = {
        {"", ""},
        {"<p></p><ul><li></li></ul>", ""},
        {"One sentence.\nAnother one.", "One sentence. Another one."},
        {"<p>a</p><p>b</p>", "a\n\nb"},
        {"<p> a \n b </p> <p>b</p>\n", "a b\n\nb"},
        {"<p>a:</p><ul><li>b</li><li>c</li></ul><p>d</p>", "a:\n\n* b\n* c\n\nd"},
        {"<ol><li>a</li><li>b</li></ol>", "1. a\n2. b"},
        {"<ol start=\"9\"><li>a</li><li><p>b</p><ul><li>c</li></ul></li></ol>", "9. a\n10. b\n\n    * c"},
        {"<ul><li><p>a</p><ul><li>b</li><li><p>c</p><ol><li>d</li></ol></li></ul></li><li>e</li></ul>",
         "* a\n\n  * b\n  * c\n\n    1. d\n* e"},
        {"<ol><li><p>a</p><p>b</p>or<ul><li>c</li></ul></li><li>d</li></ol>", "1. a\n\n   b\n\n   or\n   * c\n2. d"},
        {"<ol><li>a</li></ol><ol><li>b</li></ol>", "1. a\n\n<!-- -->\n\n1. b"},
        {"<ol><li>a</li></ol><ul><li>b</li></ul>", "1. a\n\n* b"},
        {"<ul><li><ul><li>a</li></ul></li></ul>", "* * a"},
        {"<ul><li>a<ul><li>b</li></ul>c</li></ul>", "* a\n  * b\n\n  c"},
        {"a<br>b <b>c</b>d <x-y z='>'>", "a b cd '\\>"},
        {"a < b, c &lt; d, <", "a \\< b, c \\< d, \\<"},
        {"</ul></li><li>a</p>", "a"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
        assert_markdown(cases[i][0], cases[i][1]);
}

static void what_markdown_would_read_otherwise_gets_a_backslash(void **state)
{
    static const char *const cases[][2] = {
        {"&gt;= 18 &amp; &lt;65 m^2 [a] *b* ~c |d `e \\f",
         "\\>= 18 \\& \\<65 m\\^2 \\[a\\] \\*b\\* \\~c \\|d \\`e \\\\f"},
        {"a_b _c __ 5_", "a_b \\_c \\_\\_ 5\\_"},
        {"<p>1. a</p><p>12) b</p><p>9.1 c</p><p>3)d</p><p>4.</p>", "1\\. a\n\n12\\) b\n\n9.1 c\n\n3)d\n\n4\\."},
        {"<p>- a</p><p>-- b</p><p>-c</p><p>-</p>", "\\- a\n\n\\-- b\n\n-c\n\n\\-"},
        {"<ol><li>- a</li></ol>", "1. \\- a"},
        {"<p># a</p><p>#1 b</p><p>+ c</p><p>a - b + c # d</p>", "\\# a\n\n#1 b\n\n\\+ c\n\na - b + c # d"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
        assert_markdown(cases[i][0], cases[i][1]);
}

static void lists_too_deep_stay_at_the_deepest_level(void **state)
{
    _cleanup_buf_ struct buf html = {0}, out = {0};

    (void)state;
    for (int i = 0; i < RICHTEXT_MAX_DEPTH + 1; i++)
        buf_append_string(&html, "<ul><li>x");
    for (int i = 0; i < RICHTEXT_MAX_DEPTH + 1; i++)
        buf_append_string(&html, "</li></ul>");
    buf_append_string(&html, "<p>end</p>");
    richtext_append_markdown(&out, buf_string(&html));
    assert_non_null(strstr(buf_string(&out), "\n                      * x\n                      * x\n\nend"));
    assert_null(strstr(buf_string(&out), "\n                        * x"));
}

static void a_tag_without_end_is_text(void **state)
{
    char html[300], expected[301];

    (void)state;
    for (size_t len = 256; len <= 257; len++) {
        memset(html, 'b', sizeof(html));
        html[0] = '<';
        html[len - 1] = '>';
        strcpy(html + len, "c");
        snprintf(expected, sizeof(expected), "\\<%.*s\\>c", (int)len - 2, html + 1);
        assert_markdown(html, len == 256 ? "c" : expected);
    }
}

static void entities_are_characters(void **state)
{
    static const char *const cases[][2] = {
        {"&amp;", "&"},           {"&#x2F;", "/"},    {"&#39;", "'"},         {"&#x1F600;", "😀"},
        {"&nbsp;", "\u00A0"},     {"&#0;", "\uFFFD"}, {"&#xD800;", "\uFFFD"}, {"&#x110000;", "\uFFFD"},
        {"&#27;", "\uFFFD"},      {"&", NULL},        {"&#;", NULL},          {"&#x;", NULL},
        {"&#12345678901;", NULL}, {"&auml;", NULL},   {"&amp", NULL},         {"&#9999999999;", "\uFFFD"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        char character[ENTITY_BYTES] = "";
        size_t len = entity_decode(cases[i][0], character);
        assert_int_equal(len, cases[i][1] ? strlen(cases[i][0]) : 0);
        assert_string_equal(character, cases[i][1] ? cases[i][1] : "");
    }
}

static void plain_texts_are_only_decoded(void **state)
{
    _cleanup_buf_ struct buf out = {0};

    (void)state;
    richtext_append_plain(&out, "St. Mary&#x27;s &lt;b&gt;  1* A&amp;amp;B\n  and\nmore &x; <p>");
    assert_string_equal(buf_string(&out), "St. Mary's <b>  1* A&amp;B and more &x; <p>");
}

static void keys_are_the_same_for_the_same_words(void **state)
{
    _cleanup_buf_ struct buf one = {0}, two = {0};

    (void)state;
    richtext_append_key(&one, "a\\_b \\- c\n\n<!-- -->\n\n1. d \\\\ ");
    richtext_append_key(&two, " a_b - c\n\n1. d \\");
    assert_string_equal(buf_string(&one), buf_string(&two));
    assert_string_equal(buf_string(&one), "a_b - c 1. d \\");
}

/* Bytes of which tags and entities are likely made. */
static void any_bytes_are_survived(void **state)
{
    static const char *const parts[] = {
        "<",   ">", "</", "ul>", "<ul>", "<ol start=", "<li>", "</li>", "</ul>",    "<p>",  "</p>", "&",   "&#",
        "&#x", ";", "99", "a",   " ",    "\n",         "\\",   "<!--",  "\xC2\xA0", "\xC2", "- ",   "1. ", "_"};
    struct random_source random = {.state = 5};

    (void)state;
    for (int round = 0; round < 20000; round++) {
        _cleanup_buf_ struct buf html = {0}, out = {0};
        for (size_t n = random_below(&random, 30); n > 0; n--)
            buf_append_string(&html, parts[random_below(&random, ARRAY_SIZE(parts))]);
        richtext_append_markdown(&out, buf_string(&html));
        richtext_append_plain(&out, buf_string(&html));
        richtext_append_key(&out, buf_string(&html));
        assert_int_equal(buf_status(&out), 0);
    }
}

static void a_full_buffer_is_remembered(void **state)
{
    _cleanup_buf_ struct buf out = {.max_bytes = 4};

    (void)state;
    richtext_append_markdown(&out, "<p>hello</p>");
    assert_int_equal(buf_status(&out), -EFBIG);
}

/* What the API gives, by what it says. */
static void learn_texts(json_t *texts, json_t *value)
{
    const char *name;
    json_t *member;
    size_t i;

    json_object_foreach (value, name, member)
        learn_texts(texts, member);
    json_array_foreach (value, i, member)
        learn_texts(texts, member);
    if (json_is_string(value)) {
        _cleanup_buf_ struct buf key = {0};
        richtext_append_key(&key, json_string_value(value));
        json_t *same = json_object_get(texts, buf_string(&key));
        if (!same)
            json_object_set_new(texts, buf_string(&key), (same = json_array()));
        json_array_append(same, value);
    }
}

struct tally {
    json_t *texts;
    size_t pairs, alike;
};

static bool is_among(const json_t *texts, const char *text)
{
    size_t i;
    const json_t *one;

    json_array_foreach (texts, i, one)
        if (strcmp(json_string_value(one), text) == 0)
            return true;
    return false;
}

static void compare_texts(struct tally *tally, const json_t *value)
{
    const char *name;
    json_t *member;
    size_t i;

    json_object_foreach ((json_t *)value, name, member)
        compare_texts(tally, member);
    json_array_foreach (value, i, member)
        compare_texts(tally, member);
    if (!json_is_string(value) || !strstr(json_string_value(value), "</"))
        return;
    _cleanup_buf_ struct buf text = {0}, key = {0};
    richtext_append_markdown(&text, json_string_value(value));
    richtext_append_key(&key, buf_string(&text));
    const json_t *same = json_object_get(tally->texts, buf_string(&key));
    if (!same)
        return;
    tally->pairs++;
    if (is_among(same, buf_string(&text)))
        tally->alike++;
    else
        print_message("the API gives:\n%s\nthis gives:\n%s\n", json_string_value(json_array_get(same, 0)),
                      buf_string(&text));
}

static void texts_that_stand_in_both_forms_become_the_same(void **state)
{
    struct tally tally = {.texts = json_object()};
    glob_t files;

    (void)state;
    if (!registry_folder())
        skip();
    registry_files("records/*.json", &files);
    for (size_t i = 0; i < files.gl_pathc; i++) {
        json_t *record = json_of_file(files.gl_pathv[i]);
        learn_texts(tally.texts, record);
        json_decref(record);
    }
    globfree(&files);
    registry_files("patches/*.json", &files);
    for (size_t i = 0; i < files.gl_pathc; i++) {
        json_t *patch = json_of_file(files.gl_pathv[i]);
        compare_texts(&tally, json_object_get(patch, "patch"));
        json_decref(patch);
    }
    globfree(&files);
    json_decref(tally.texts);
    print_message("%zu of %zu rich texts alike\n", tally.alike, tally.pairs);
    assert_true(tally.pairs > 30);
    assert_int_equal(tally.alike, tally.pairs);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(html_becomes_markdown),
        cmocka_unit_test(what_markdown_would_read_otherwise_gets_a_backslash),
        cmocka_unit_test(lists_too_deep_stay_at_the_deepest_level),
        cmocka_unit_test(a_tag_without_end_is_text),
        cmocka_unit_test(entities_are_characters),
        cmocka_unit_test(plain_texts_are_only_decoded),
        cmocka_unit_test(keys_are_the_same_for_the_same_words),
        cmocka_unit_test(any_bytes_are_survived),
        cmocka_unit_test(a_full_buffer_is_remembered),
        cmocka_unit_test(texts_that_stand_in_both_forms_become_the_same),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
