/* Strangers' texts in each receiver's language. */
#include "alert_documents.h"

#include "alert/sink.h"

typedef void sink(struct buf *out, const char *text);

static void check(sink *append, const char *text, const char *expected)
{
    _cleanup_buf_ struct buf out = {0};

    append(&out, text);
    assert_int_equal(buf_status(&out), 0);
    assert_string_equal(buf_string(&out), expected);
}

static void a_line_stays_one_visible_line(void **state)
{
    (void)state;
    check(sink_append_line, "plain — ümlaut 東京", "plain — ümlaut 東京");
    check(sink_append_line, "a\r\nb\tc\x1B[31m\x7F", "a  b c [31m ");
    check(sink_append_line, "C1\xC2\x85x", "C1 x");
    check(sink_append_line, "zero\xE2\x80\x8Bwidth\xEF\xBB\xBF", "zerowidth");
    check(sink_append_line, "\xE2\x80\xAEright\xE2\x81\xA6to\xE2\x80\x8Fleft", "righttoleft");
    check(sink_append_line, "tag\xF3\xA0\x81\x81", "tag");
    check(sink_append_line, "", "");
}

static void bytes_that_are_no_utf8_are_replaced(void **state)
{
    (void)state;
    check(sink_append_line, "a\xFFz", "a\xEF\xBF\xBDz");
    check(sink_append_line, "cut\xE2\x80", "cut\xEF\xBF\xBD\xEF\xBF\xBD");
}

static void html_has_no_markup(void **state)
{
    (void)state;
    check(sink_append_html, "<b a=\"1\" c='2'>&", "&lt;b a=&quot;1&quot; c=&#39;2&#39;&gt;&amp;");
    check(sink_append_html, "\xE2\x80\xAE<", "&lt;");
}

static void slack_mentions_nobody(void **state)
{
    (void)state;
    check(sink_append_slack, "<!channel> & <@U1>", "&lt;!channel&gt; &amp; &lt;@\xE2\x80\x8BU1&gt;");
    check(sink_append_slack, "@everyone (@here)",
          "@\xE2\x80\x8B"
          "everyone (@\xE2\x80\x8Bhere)");
    check(sink_append_slack, "mail a@example.org", "mail a@example.org");
}

static void markdown_has_no_markup_and_mentions_nobody(void **state)
{
    (void)state;
    check(sink_append_markdown, "**b** _i_ `c` ~~s~~", "\\*\\*b\\*\\* \\_i\\_ \\`c\\` \\~\\~s\\~\\~");
    check(sink_append_markdown, "[l](x) # <@1> |h|",
          "\\[l\\]\\(x\\) \\# \\<@\xE2\x80\x8B"
          "1\\> \\|h\\|");
    check(sink_append_markdown, "@everyone",
          "@\xE2\x80\x8B"
          "everyone");
    check(sink_append_markdown, "a\\*", "a\\\\\\*");
}

static void a_url_cannot_leave_its_brackets(void **state)
{
    (void)state;
    check(sink_append_url, "https://clinicaltrials.gov/study/NCT04614467",
          "https://clinicaltrials.gov/study/NCT04614467");
    check(sink_append_url, "https://x/>|)\" \n\xC3\xA9", "https://x/%3E%7C%29%22%20%0A%C3%A9");
}

static void the_journal_does_not_say_whose_an_address_is(void **state)
{
    (void)state;
    check(sink_append_journal, "550 <nobody@mail.test>: unknown", "550 <…@mail.test>: unknown");
    check(sink_append_journal, "a.b+c@x.org, d@y.org", "…@x.org, …@y.org");
    check(sink_append_journal, "\"john doe\"@x.org", "…@x.org");
    check(sink_append_journal, "jürgen@bücher.example 冠@[127.0.0.1]", "…@bücher.example …@[127.0.0.1]");
    check(sink_append_journal, "\"@x @ y a@ @@ end@", "\"@x @ y a@ @@ end@");
    check(sink_append_journal, "a@b@c", "…@…@c");
    check(sink_append_journal, "two\nlines\x1B[31m", "two lines [31m");
    check(sink_append_journal, "", "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_stays_one_visible_line),
        cmocka_unit_test(bytes_that_are_no_utf8_are_replaced),
        cmocka_unit_test(html_has_no_markup),
        cmocka_unit_test(slack_mentions_nobody),
        cmocka_unit_test(markdown_has_no_markup_and_mentions_nobody),
        cmocka_unit_test(a_url_cannot_leave_its_brackets),
        cmocka_unit_test(the_journal_does_not_say_whose_an_address_is),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
