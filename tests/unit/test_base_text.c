#include "check.h"

#include "base/clock.h"
#include "base/text.h"

#include <errno.h>
#include <string.h>

static void durations_are_sums_of_units(void **state)
{
    static const struct {
        const char *text;
        int64_t usec;
    } cases[] = {
        {"0s", 0},
        {"90s", 90 * USEC_PER_SEC},
        {"15m", 15 * USEC_PER_MINUTE},
        {"12h", 12 * USEC_PER_HOUR},
        {"7d", 7 * USEC_PER_DAY},
        {"2w", 14 * USEC_PER_DAY},
        {"1y", 365 * USEC_PER_DAY},
        {"1h30m", 90 * USEC_PER_MINUTE},
        {"1m1m", 2 * USEC_PER_MINUTE},
        {"0000000000000000000000000001s", USEC_PER_SEC},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        int64_t usec = -1;
        assert_int_equal(text_parse_duration(cases[i].text, &usec), 0);
        assert_int_equal(usec, cases[i].usec);
    }
}

static void other_durations_are_refused(void **state)
{
    static const char *const texts[] = {"",    "s",    "15",   "15 m", " 15m", "15m ", "-1s",
                                        "+1s", "1.5h", "1h30", "15M",  "1M",   "1ms"};
    int64_t usec = 42;

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
        assert_int_equal(text_parse_duration(texts[i], &usec), -EINVAL);
    assert_int_equal(usec, 42);
}

static void durations_end_at_a_hundred_years(void **state)
{
    int64_t usec = 0;

    (void)state;
    assert_int_equal(text_parse_duration("36500d", &usec), 0);
    assert_int_equal(usec, 36500 * USEC_PER_DAY);
    assert_int_equal(text_parse_duration("36500d1s", &usec), -ERANGE);
    assert_int_equal(text_parse_duration("36501d", &usec), -ERANGE);
    assert_int_equal(text_parse_duration("3153600001s", &usec), -ERANGE);
    assert_int_equal(text_parse_duration("99999999999999999999999999w", &usec), -ERANGE);
    assert_int_equal(text_parse_duration("99999999999999999999999999", &usec), -EINVAL);
}

static void durations_read_as_their_largest_two_units(void **state)
{
    static const struct {
        int64_t usec;
        const char *text;
    } cases[] = {
        {-5, "0 seconds"},
        {0, "0 seconds"},
        {USEC_PER_SEC - 1, "0 seconds"},
        {USEC_PER_SEC, "1 second"},
        {59 * USEC_PER_SEC, "59 seconds"},
        {15 * USEC_PER_MINUTE, "15 minutes"},
        {61 * USEC_PER_SEC, "1 min 1 s"},
        {90 * USEC_PER_MINUTE, "1 h 30 min"},
        {USEC_PER_HOUR + 59 * USEC_PER_SEC, "1 hour"},
        {3 * USEC_PER_DAY, "3 days"},
        {36 * USEC_PER_HOUR, "1 d 12 h"},
        {INT64_MAX, "106751991 d 4 h"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        char text[40];
        assert_string_equal(text_format_duration(cases[i].usec, text, sizeof(text)), cases[i].text);
    }
}

static void distances_need_a_unit(void **state)
{
    static const char *const wrong[] = {"",     "300",   "km",    "-3km",   "3 m",       "3kmh", "1e3km", ".5km",
                                        "5.km", "nankm", "infkm", "0x10km", "1000001km", " 3km", "3km "};
    double km = -1;

    (void)state;
    assert_int_equal(text_parse_distance("300km", &km), 0);
    assert_true(km == 300);
    assert_int_equal(text_parse_distance("12.5 km", &km), 0);
    assert_true(km > 12.4999 && km < 12.5001);
    assert_int_equal(text_parse_distance("50mi", &km), 0);
    assert_true(km > 80.467 && km < 80.468);
    assert_int_equal(text_parse_distance("621371mi", &km), 0);
    assert_int_equal(text_parse_distance("621372mi", &km), -EINVAL);
    assert_int_equal(text_parse_distance("1000000km", &km), 0);
    for (size_t i = 0; i < ARRAY_SIZE(wrong); i++)
        assert_int_equal(text_parse_distance(wrong[i], &km), -EINVAL);
    assert_true(km == 1e6);
}

static void an_absurd_number_is_no_distance(void **state)
{
    char digits[500];
    double km;

    (void)state;
    memset(digits, '9', sizeof(digits));
    memcpy(digits + sizeof(digits) - 3, "km", 3);
    assert_int_equal(text_parse_distance(digits, &km), -EINVAL);
}

static void an_nct_id_has_eight_digits(void **state)
{
    (void)state;
    assert_true(text_is_nct_id("NCT04614467"));
    assert_false(text_is_nct_id("NCT0461446"));
    assert_false(text_is_nct_id("NCT046144670"));
    assert_false(text_is_nct_id("nct04614467"));
    assert_false(text_is_nct_id("NCT0461446x"));
    assert_false(text_is_nct_id(""));
    assert_false(text_is_nct_id("NC"));
}

static void an_nct_id_may_be_typed_in_small_letters(void **state)
{
    char nct_id[TEXT_NCT_ID_BYTES] = "before";

    (void)state;
    assert_false(text_read_nct_id("nct0461446", nct_id));
    assert_false(text_read_nct_id("nct046144670", nct_id));
    assert_false(text_read_nct_id("nct04614467 and far more than an id", nct_id));
    assert_false(text_read_nct_id("cardiology", nct_id));
    assert_false(text_read_nct_id("", nct_id));
    assert_string_equal(nct_id, "before");
    assert_true(text_read_nct_id("nct04614467", nct_id));
    assert_string_equal(nct_id, "NCT04614467");
    assert_true(text_read_nct_id("Nct03508609", nct_id));
    assert_string_equal(nct_id, "NCT03508609");
    assert_true(text_read_nct_id("NCT03508609", nct_id));
}

static void utf8_is_what_rfc_3629_says(void **state)
{
    static const char *const good[] = {"",
                                       "plain",
                                       "\xC3\xA9",
                                       "\xE2\x80\x94",
                                       "\xF0\x9F\x98\x80",
                                       "\xED\x9F\xBF",
                                       "\xEE\x80\x80",
                                       "\xF4\x8F\xBF\xBF",
                                       "\xEF\xBB\xBF"};
    static const char *const bad[] = {"\x80",
                                      "\xC0\x80",
                                      "\xC1\xBF",
                                      "\xE0\x9F\xBF",
                                      "\xED\xA0\x80",
                                      "\xF0\x8F\xBF\xBF",
                                      "\xF4\x90\x80\x80",
                                      "\xF5\x80\x80\x80",
                                      "\xC3",
                                      "\xE2\x80",
                                      "\xF0\x9F\x98",
                                      "\xC3(",
                                      "\xE2(\x80",
                                      "\xFF",
                                      "caf\xE9"};

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(good); i++)
        assert_true(text_is_utf8(good[i], strlen(good[i])));
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
        assert_false(text_is_utf8(bad[i], strlen(bad[i])));
    assert_true(text_is_utf8("a\0b", 3));
}

static void a_cut_keeps_characters_and_words(void **state)
{
    (void)state;
    assert_int_equal(text_cut_at_word("hello world", 11), 11);
    assert_int_equal(text_cut_at_word("hello world", 100), 11);
    assert_int_equal(text_cut_at_word("hello world", 10), 5);
    assert_int_equal(text_cut_at_word("hello world", 6), 5);
    assert_int_equal(text_cut_at_word("hello world", 5), 5);
    assert_int_equal(text_cut_at_word("hello world", 4), 4);
    assert_int_equal(text_cut_at_word("a\n\n b", 4), 1);
    assert_int_equal(text_cut_at_word("hello", 0), 0);
    assert_int_equal(text_cut_at_word("", 0), 0);
    assert_int_equal(text_cut_at_word(" hello", 3), 3);
    assert_int_equal(text_cut_at_word("caf\xC3\xA9", 4), 3);
    assert_int_equal(text_cut_at_word("caf\xC3\xA9", 5), 5);
    assert_int_equal(text_cut_at_character("\xE2\x80\x94", 2), 0);
    assert_int_equal(text_cut_at_character("\xE2\x80\x94\xE2\x80\x94", 5), 3);
}

static void half_a_character_is_dropped(void **state)
{
    char half[] = "caf\xE2\x80", whole[] = "caf\xC3\xA9", ascii[] = "cafe", lost[] = "\x80\x80", empty[] = "";

    (void)state;
    text_drop_half_character(half);
    assert_string_equal(half, "caf");
    text_drop_half_character(whole);
    assert_string_equal(whole, "caf\xC3\xA9");
    text_drop_half_character(ascii);
    assert_string_equal(ascii, "cafe");
    text_drop_half_character(lost);
    text_drop_half_character(empty);
    assert_string_equal(empty, "");
}

static void strangers_text_is_cleaned_in_place(void **state)
{
    char text[] = "a\r\nb\t\xC2\x9B"
                  "c\xC3\xA9\xFF\xC3(\xE2\x80",
         empty[] = "";

    (void)state;
    text_clean(text);
    assert_string_equal(text, "a  b   c\xC3\xA9?"
                              "?(?"
                              "?");
    text_clean(empty);
    assert_string_equal(empty, "");
}

static void html_is_escaped_and_has_no_controls(void **state)
{
    _cleanup_buf_ struct buf out = {0};

    (void)state;
    text_append_html(&out, "<a href='x'>\"R&D\"</a>\t\n\r\x01\x7F\xC2\x9B\xC2\xA0\xC3\xA9");
    assert_string_equal(buf_string(&out),
                        "&lt;a href=&#39;x&#39;&gt;&quot;R&amp;D&quot;&lt;/a&gt;\t\n\xC2\xA0\xC3\xA9");
}

static void enumerated_values_read_as_words(void **state)
{
    static const char *const cases[][2] = {
        {"RECRUITING", "Recruiting"},
        {"ACTIVE_NOT_RECRUITING", "Active, not recruiting"},
        {"ENROLLING_BY_INVITATION", "Enrolling by invitation"},
        {"PHASE2", "Phase 2"},
        {"SOMETHING_NEW_IN_2031", "Something new in 2031"},
        {"", ""},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        _cleanup_buf_ struct buf out = {0};
        text_append_enum(&out, cases[i][0]);
        assert_string_equal(buf_string(&out), cases[i][1]);
    }
}

static void counts_take_the_plural(void **state)
{
    _cleanup_buf_ struct buf out = {0};

    (void)state;
    text_append_count(&out, 0, "site");
    text_append_count(&out, 1, "site");
    text_append_count(&out, 221, "site");
    assert_string_equal(buf_string(&out), "0 sites1 site221 sites");
    buf_reset(&out);
    for (size_t count = 1; count <= 2; count++) {
        text_append_count(&out, count, "study");
        text_append_count(&out, count, "watch");
        text_append_count(&out, count, "further day");
    }
    assert_string_equal(buf_string(&out), "1 study1 watch1 further day2 studies2 watches2 further days");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(durations_are_sums_of_units),
        cmocka_unit_test(other_durations_are_refused),
        cmocka_unit_test(durations_end_at_a_hundred_years),
        cmocka_unit_test(durations_read_as_their_largest_two_units),
        cmocka_unit_test(distances_need_a_unit),
        cmocka_unit_test(an_absurd_number_is_no_distance),
        cmocka_unit_test(an_nct_id_has_eight_digits),
        cmocka_unit_test(an_nct_id_may_be_typed_in_small_letters),
        cmocka_unit_test(utf8_is_what_rfc_3629_says),
        cmocka_unit_test(a_cut_keeps_characters_and_words),
        cmocka_unit_test(half_a_character_is_dropped),
        cmocka_unit_test(strangers_text_is_cleaned_in_place),
        cmocka_unit_test(html_is_escaped_and_has_no_controls),
        cmocka_unit_test(enumerated_values_read_as_words),
        cmocka_unit_test(counts_take_the_plural),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
