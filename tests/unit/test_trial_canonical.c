/* The canonical writer gives byte for byte what jansson gives: the hashes of all versions depend on it. */
#include "trial_records.h"

#include "base/buf.h"
#include "trial/canonical.h"

#include <errno.h>
#include <float.h>
#include <math.h>

static bool reads_back_short(const json_t *value)
{
    const char *key;
    json_t *child;
    size_t i;
    char text[64];
    bool does = true;

    if (json_is_real(value)) {
        snprintf(text, sizeof(text), "%.15g", json_real_value(value));
        return strtod(text, NULL) == json_real_value(value);
    }
    json_array_foreach (value, i, child)
        does &= reads_back_short(child);
    json_object_foreach ((json_t *)value, key, child)
        does &= reads_back_short(child);
    return does;
}

/* What the bytes are by definition. */
static char *written_by_jansson(const json_t *value)
{
    size_t digits = reads_back_short(value) ? 15 : 17;

    return json_dumps(value, JSON_SORT_KEYS | JSON_COMPACT | JSON_ENCODE_ANY | JSON_REAL_PRECISION(digits));
}

static void assert_as_jansson(const json_t *value)
{
    _cleanup_free_ char *wanted = written_by_jansson(value);
    struct canonical canonical;

    assert_non_null(wanted);
    assert_int_equal(canonical_write(value, &canonical), 0);
    assert_string_equal(canonical.text, wanted);
    assert_int_equal(canonical.len, strlen(wanted));
    free(canonical.text);
}

static void assert_takes(json_t *value)
{
    assert_non_null(value);
    assert_as_jansson(value);
    json_decref(value);
}

static void every_character_is_written_alike(void **state)
{
    (void)state;
    for (unsigned code = 0; code < 0x3000; code++) {
        char text[8], utf8[4];
        size_t len = code < 0x80 ? 1 : code < 0x800 ? 2 : 3;
        utf8[0] = (char)(len == 1 ? code : len == 2 ? 0xC0 | code >> 6 : 0xE0 | code >> 12);
        utf8[1] = (char)(0x80 | (len == 2 ? code & 0x3F : code >> 6 & 0x3F));
        utf8[2] = (char)(0x80 | (code & 0x3F));
        text[0] = 'a';
        memcpy(text + 1, utf8, len);
        text[len + 1] = 'b';
        assert_takes(json_stringn(text, len + 2)); /* in the middle */
        assert_takes(json_stringn(text + 1, len)); /* alone, first and last */
        json_t *object = json_object();
        assert_int_equal(json_object_setn_new(object, text, len + 2, json_null()), 0);
        assert_takes(object);
    }
    assert_takes(json_string("\U0001F600\U0010FFFF"));
    assert_takes(json_string("\"\"\\\\\n\n\x1f\x7f/</script>\xe2\x80\xa8"));
    assert_takes(json_string(""));
}

static void reals_and_integers_are_written_alike(void **state)
{
    static const double reals[] = {0.0,
                                   -0.0,
                                   1,
                                   -1,
                                   1.5,
                                   0.1,
                                   0.1 + 0.2,
                                   1.0 / 3,
                                   1e-7,
                                   1e15,
                                   1e16,
                                   1e17,
                                   1e22,
                                   1e300,
                                   1e-300,
                                   -1e300,
                                   39.14,
                                   -84.52,
                                   123456,
                                   1234567.,
                                   1e5 + .5,
                                   DBL_MAX,
                                   DBL_MIN,
                                   DBL_MIN / 8,
                                   DBL_EPSILON,
                                   2e-5,
                                   100000000000000000000.0,
                                   4503599627370497.5};
    static const json_int_t integers[] = {0, -1, 7, 4294967296, INT64_MAX, INT64_MIN};

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(reals); i++) {
        assert_takes(json_real(reals[i]));
        assert_takes(json_pack("[f, f]", reals[i], 0.5));
        assert_takes(json_pack("{s:[f], s:f}", "b", reals[i], "a", 0.1 + 0.2));
    }
    for (size_t i = 0; i < ARRAY_SIZE(integers); i++)
        assert_takes(json_integer(integers[i]));
}

static void any_double_is_written_alike(void **state)
{
    struct random_source random = {.state = 20260304};

    (void)state;
    for (int i = 0; i < 20000; i++) {
        uint64_t bits = random_next(&random);
        double value;
        memcpy(&value, &bits, sizeof(value));
        if (isfinite(value))
            assert_takes(json_real(value));
        assert_takes(json_real((double)(int64_t)(bits >> 20) / 1e6));
    }
}

static void negative_zeros_are_told(void **state)
{
    static const struct {
        double value;
        bool told;
    } cases[] = {{0.0, false}, {-0.0, true}, {-1e-300, false}, {1, false}};
    struct canonical canonical;

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        json_t *value = json_pack("{s:[f, f]}", "a", cases[i].value, 0.1 + 0.2);
        assert_int_equal(canonical_write(value, &canonical), 0);
        assert_int_equal(canonical.negative_zero, cases[i].told);
        free(canonical.text);
        json_decref(value);
    }
}

static void keys_are_sorted_alike(void **state)
{
    static const struct {
        const char *text;
        size_t len;
    } keys[] = {{"", 0},   {"a", 1},  {"ab", 2},           {"a\0", 2}, {"a\0b", 3}, {"B", 1},  {"é", 2}, {"\x7f", 1},
                {"\"", 1}, {"\\", 1}, {"\xEF\xBF\xBD", 3}, {"😀", 4},   {"\0", 1},   {"\n", 1}, {"Z", 1}, {"~", 1}};
    struct random_source random = {.state = 20260305};

    (void)state;
    for (int i = 0; i < 2000; i++) {
        json_t *object = json_object();
        for (size_t n = random_below(&random, ARRAY_SIZE(keys) + 1); n > 0; n--) {
            size_t k = random_below(&random, ARRAY_SIZE(keys));
            assert_int_equal(json_object_setn_new(object, keys[k].text, keys[k].len, json_integer((json_int_t)k)), 0);
        }
        assert_takes(object);
    }
}

static void containers_are_written_alike(void **state)
{
    static const char *const texts[] = {
        "[]",
        "{}",
        "[[]]",
        "{\"a\":{}}",
        "[null,true,false]",
        "{\"b\":[1,{\"d\":1,\"c\":[]}],\"a\":{\"z\":{\"y\":1,\"x\":2},\"b\":0}}",
    };
    json_t *deep = json_array();

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
        assert_takes(json_loads(texts[i], 0, NULL));
    for (int depth = 0; depth < 2000; depth++)
        deep = depth % 2 ? json_pack("[o]", deep) : json_pack("{s:o,s:i}", "z", deep, "a", depth);
    assert_takes(deep);
}

static void random_trees_are_written_alike(void **state)
{
    struct random_source random = {.state = 20260306};

    (void)state;
    for (int i = 0; i < 20000; i++)
        assert_takes(random_value(&random, 0));
}

static void what_is_no_value_or_too_long_is_refused(void **state)
{
    struct canonical canonical;
    char *text = malloc(BUF_DEFAULT_MAX_BYTES);

    (void)state;
    assert_int_equal(canonical_write(NULL, &canonical), -EINVAL);
    assert_non_null(text);
    memset(text, 'x', BUF_DEFAULT_MAX_BYTES);
    json_t *longest = json_stringn(text, BUF_DEFAULT_MAX_BYTES - 2);
    json_t *longer = json_stringn(text, BUF_DEFAULT_MAX_BYTES - 1);
    free(text);
    assert_int_equal(canonical_write(longest, &canonical), 0);
    assert_int_equal(canonical.len, BUF_DEFAULT_MAX_BYTES);
    free(canonical.text);
    assert_int_equal(canonical_write(longer, &canonical), -EFBIG);
    json_decref(longest);
    json_decref(longer);
}

static void every_real_record_is_written_alike(void **state)
{
    static const char *const patterns[] = {"records/*.json", "versions/NCT*/*.json"};
    glob_t files;

    (void)state;
    if (!registry_folder())
        skip();
    for (size_t p = 0; p < ARRAY_SIZE(patterns); p++) {
        registry_files(patterns[p], &files);
        for (size_t i = 0; i < files.gl_pathc; i++)
            assert_takes(json_of_file(files.gl_pathv[i]));
        globfree(&files);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_character_is_written_alike),
        cmocka_unit_test(reals_and_integers_are_written_alike),
        cmocka_unit_test(any_double_is_written_alike),
        cmocka_unit_test(negative_zeros_are_told),
        cmocka_unit_test(keys_are_sorted_alike),
        cmocka_unit_test(containers_are_written_alike),
        cmocka_unit_test(random_trees_are_written_alike),
        cmocka_unit_test(what_is_no_value_or_too_long_is_refused),
        cmocka_unit_test(every_real_record_is_written_alike),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
