#include "check.h"

#include "base/buf.h"
#include "base/clock.h"
#include "trial/textdiff.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The pieces as "same[-struck-]{+added+}". */
static void append_shown(struct buf *out, const char *before, const char *after)
{
    static const char *const open[] = {"", "[-", "{+"}, *const close[] = {"", "-]", "+}"};
    _cleanup_textdiff_ struct textdiff diff = {0};

    assert_int_equal(textdiff_words(before, after, &diff), 0);
    for (size_t i = 0; i < diff.count; i++)
        buf_printf(out, "%s%.*s%s", open[diff.pieces[i].op], (int)diff.pieces[i].len, diff.pieces[i].text,
                   close[diff.pieces[i].op]);
}

static void words_are_struck_and_added(void **state)
{
    static const char *const cases[][3] = {
        {"", "", ""},
        {" \n", "\t", ""},
        {"a b", "a b", "a b"},
        {" a  b ", "a\nb", "a  b"},
        {"", "a b", "{+a b+}"},
        {"a b", "", "[-a b-]"},
        {"a b", "c d", "[-a b-]{+c d+}"},
        {"a b c", "a x c", "a [-b -]{+x +}c"},
        {"a b", "a b c", "a b{+ c+}"},
        {"a b c", "a b", "a b[- c-]"},
        {"a b c", "b c", "[-a -]b c"},
        {"b c", "a b c", "{+a +}b c"},
        {"a b x", "a b y", "a b[- x-]{+ y+}"},
        {"a c", "a b c", "a {+b +}c"},
        {"a b c d e", "a x c y e", "a [-b -]{+x +}c [-d -]{+y +}e"},
        {"Age 18 to 65 years", "Age 21 to 70 years or older", "Age [-18 -]{+21 +}to [-65 -]{+70 +}years{+ or older+}"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        _cleanup_buf_ struct buf shown = {0};
        append_shown(&shown, cases[i][0], cases[i][1]);
        assert_string_equal(buf_string(&shown), cases[i][2]);
    }
}

static void append_word(struct buf *out, unsigned *seed, unsigned words)
{
    *seed = *seed * 1103515245 + 12345;
    buf_printf(out, "%sw%u", out->len ? " " : "", (*seed >> 16) % words);
}

/* Over random texts: what is not added spells the text before, what is not struck the text after. */
static void pieces_spell_both_texts(void **state)
{
    unsigned seed = 42;

    (void)state;
    for (int round = 0; round < 3000; round++) {
        _cleanup_buf_ struct buf before = {0}, after = {0}, struck = {0}, added = {0};
        _cleanup_textdiff_ struct textdiff diff = {0};
        for (int i = round % 23; i > 0; i--)
            append_word(&before, &seed, 1 + (unsigned)round % 7);
        for (int i = round % 19; i > 0; i--)
            append_word(&after, &seed, 1 + (unsigned)round % 7);
        assert_int_equal(textdiff_words(buf_string(&before), buf_string(&after), &diff), 0);
        for (size_t i = 0; i < diff.count; i++) {
            if (diff.pieces[i].op != TEXTDIFF_ADDED)
                buf_append(&struck, diff.pieces[i].text, diff.pieces[i].len);
            if (diff.pieces[i].op != TEXTDIFF_STRUCK)
                buf_append(&added, diff.pieces[i].text, diff.pieces[i].len);
            if (i > 0)
                assert_true(diff.pieces[i].op != diff.pieces[i - 1].op);
        }
        /* A struck end leaves the gap that stood before it with the struck words, so both spellings are exact. */
        assert_string_equal(buf_string(&struck), buf_string(&before));
        assert_string_equal(buf_string(&added), buf_string(&after));
    }
}

static void append_numbered(struct buf *out, const char *word, int count)
{
    for (int i = 0; i < count; i++)
        buf_printf(out, "%s%d ", word, i);
}

static void past_the_limit_the_middle_is_one_piece(void **state)
{
    _cleanup_buf_ struct buf before = {0}, after = {0};
    _cleanup_textdiff_ struct textdiff at = {0}, past = {0};

    (void)state;
    buf_append_string(&before, "start ");
    buf_append_string(&after, "start ");
    for (int i = 0; i < TEXTDIFF_MAX_DIFFERENCES / 2; i++) {
        buf_printf(&before, "same b%d ", i);
        buf_printf(&after, "same a%d ", i);
    }
    size_t before_len = before.len, after_len = after.len;
    buf_append_string(&before, "end");
    buf_append_string(&after, "end");
    assert_int_equal(textdiff_words(buf_string(&before), buf_string(&after), &at), 0);
    assert_true(at.count > TEXTDIFF_MAX_DIFFERENCES);

    before.len = before_len;
    after.len = after_len;
    buf_append_string(&before, "same one end");
    buf_append_string(&after, "same end");
    assert_int_equal(textdiff_words(buf_string(&before), buf_string(&after), &past), 0);
    assert_int_equal(past.count, 4);
    assert_int_equal(past.pieces[0].op, TEXTDIFF_SAME);
    assert_int_equal(past.pieces[1].op, TEXTDIFF_STRUCK);
    assert_int_equal(past.pieces[2].op, TEXTDIFF_ADDED);
    assert_int_equal(past.pieces[3].op, TEXTDIFF_SAME);
}

static void megabytes_that_differ_take_bounded_time(void **state)
{
    _cleanup_buf_ struct buf before = {0}, after = {0};
    _cleanup_textdiff_ struct textdiff diff = {0};

    (void)state;
    append_numbered(&before, "before", 150000);
    append_numbered(&after, "after", 150000);
    int64_t start = clock_stopwatch_usec();
    assert_int_equal(textdiff_words(buf_string(&before), buf_string(&after), &diff), 0);
    assert_in_range(clock_stopwatch_usec() - start, 0, 5 * USEC_PER_SEC);
    assert_int_equal(diff.count, 2);
}

static void natures_are_told_apart(void **state)
{
    static const struct {
        const char *before, *after;
        enum textdiff_nature nature;
    } cases[] = {
        {"", "", TEXTDIFF_EQUAL},
        {"a b", "a b", TEXTDIFF_EQUAL},
        {"a b", "a\nb ", TEXTDIFF_REWRAPPED},
        {"a b",
         "a\xC2\xA0"
         "b",
         TEXTDIFF_REWRAPPED},
        {"a b", "ab", TEXTDIFF_REWORDED},
        {"1. Age\n2. BMI", "1) Age\n2) BMI", TEXTDIFF_RENUMBERED},
        {"1. Age\n2. BMI", "- Age\n- BMI", TEXTDIFF_RENUMBERED},
        {"* Age\n* BMI", "Age\n\nBMI", TEXTDIFF_RENUMBERED},
        {"\xE2\x80\xA2 Age", "- Age", TEXTDIFF_RENUMBERED},
        {"a. Age\nb. BMI\nc. Sex", "i. Age\nii. BMI\niii. Sex", TEXTDIFF_RENUMBERED},
        {"A) Age\nB) BMI", "(1) Age\n(2) BMI", TEXTDIFF_RENUMBERED},
        {"I. Age\nII. BMI\nIII. Sex\nIV. Health", "1. Age 2. BMI", TEXTDIFF_REWORDED},
        {"I. Age\nII. BMI\nIII. Sex\nIV. Health", "* Age\n* BMI\n* Sex\n* Health", TEXTDIFF_RENUMBERED},
        {"1. Age\n2. BMI", "1. BMI\n2. Age", TEXTDIFF_REWORDED},
        {"1. Age\n2. BMI", "1. Age", TEXTDIFF_REWORDED},
        /* Numbers that mean something, though they stand where a marker could. */
        {"older than\n18.", "older than\n21.", TEXTDIFF_REWORDED},
        {"Creatinine >\n1.5", "Creatinine >\n2.5", TEXTDIFF_REWORDED},
        {"* Age 18", "* Age 21", TEXTDIFF_REWORDED},
        {"Drug A\n+ Drug B", "Drug A\nDrug B", TEXTDIFF_REWORDED},
        {"see (a) below", "see (b) below", TEXTDIFF_REWORDED},
        {"not eligible", "eligible", TEXTDIFF_REWORDED},
        {"(", ")", TEXTDIFF_REWORDED},
        {"()\n.\n(.", "", TEXTDIFF_REWORDED},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        if (textdiff_nature(cases[i].before, cases[i].after) != cases[i].nature)
            fail_msg("'%s' to '%s'", cases[i].before, cases[i].after);
        assert_int_equal(textdiff_nature(cases[i].after, cases[i].before), cases[i].nature);
    }
}

static void a_series_of_roman_numbers_is_followed(void **state)
{
    static const char *const roman[] = {"i",  "ii",  "iii",  "iv",  "v",  "vi",  "vii",  "viii",  "ix",  "x",
                                        "xi", "xii", "xiii", "xiv", "xv", "xvi", "xvii", "xviii", "xix", "xx"};
    _cleanup_buf_ struct buf before = {0}, after = {0};

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(roman); i++) {
        buf_printf(&before, "%s. item\n", roman[i]);
        buf_printf(&after, "%zu) item\n", i + 1);
    }
    assert_int_equal(textdiff_nature(buf_string(&before), buf_string(&after)), TEXTDIFF_RENUMBERED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_are_struck_and_added),
        cmocka_unit_test(pieces_spell_both_texts),
        cmocka_unit_test(past_the_limit_the_middle_is_one_piece),
        cmocka_unit_test(megabytes_that_differ_take_bounded_time),
        cmocka_unit_test(natures_are_told_apart),
        cmocka_unit_test(a_series_of_roman_numbers_is_followed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
