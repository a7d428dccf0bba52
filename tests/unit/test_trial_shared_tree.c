/* A text decoded beside another one: equal to what it is when decoded alone, and sharing what is equal. */
#include "trial_records.h"

#include "trial/shared_tree.h"

/* In a block of its own size, so that a sanitizer sees who reads past its end. The caller frees. */
static char *exact_copy(const char *text, size_t len)
{
    char *copy = malloc(len ? len : 1);

    assert_non_null(copy);
    memcpy(copy, text, len);
    return copy;
}

/* text decoded beside like; both trees are the caller's. */
static json_t *decode_beside(const char *text, size_t len, const char *like, json_t **ret_like)
{
    _cleanup_free_ char *text_copy = exact_copy(text, len), *like_copy = exact_copy(like, strlen(like));

    *ret_like = json_loads(like, JSON_DECODE_ANY, NULL);
    assert_non_null(*ret_like);
    return shared_tree_decode((struct shared_text){text_copy, len}, (struct shared_text){like_copy, strlen(like)},
                              *ret_like);
}

static void assert_decodes(const char *text, const char *like)
{
    json_t *like_tree, *tree = decode_beside(text, strlen(text), like, &like_tree);
    json_t *alone = json_loads(text, 0, NULL);

    if (!json_equal(tree, alone))
        fail_msg("%s beside %s is another one", text, like);
    json_decref(tree);
    json_decref(alone);
    json_decref(like_tree);
}

static void an_equal_text_is_the_same_tree(void **state)
{
    json_t *like, *tree = decode_beside("{\"a\":[1,{}]}", strlen("{\"a\":[1,{}]}"), "{\"a\":[1,{}]}", &like);

    (void)state;
    assert_ptr_equal(tree, like);
    json_decref(tree);
    json_decref(like);
}

static void what_is_equal_is_shared_and_the_rest_is_not(void **state)
{
    static const char text[] = "{\"a\":{\"x\":1,\"y\":[1,2]},\"b\":\"same\",\"c\":[{\"s\":\"t\"},{\"z\":1}],\"d\":{}}";
    json_t *like, *tree = decode_beside(text, strlen(text),
                                        "{\"a\":{\"w\":0,\"x\":2,\"y\":[1,2]},\"b\":\"same\","
                                        "\"c\":[{\"s\":\"u\"},{\"z\":1},7],\"d\":{}}",
                                        &like);
    json_t *a = json_object_get(tree, "a"), *like_a = json_object_get(like, "a");
    json_t *c = json_object_get(tree, "c"), *like_c = json_object_get(like, "c");

    (void)state;
    assert_ptr_not_equal(a, like_a);
    assert_int_equal(json_integer_value(json_object_get(a, "x")), 1);
    assert_ptr_equal(json_object_get(a, "y"), json_object_get(like_a, "y"));
    assert_ptr_equal(json_object_get(tree, "b"), json_object_get(like, "b"));
    assert_string_equal(json_string_value(json_object_get(json_array_get(c, 0), "s")), "t");
    assert_ptr_equal(json_array_get(c, 1), json_array_get(like_c, 1));
    assert_int_equal(json_array_size(c), 2);
    assert_ptr_equal(json_object_get(tree, "d"), json_object_get(like, "d"));
    json_decref(tree);
    json_decref(like);
}

static void every_two_values_decode_beside_each_other(void **state)
{
    static const char *const values[] = {
        "1",
        "12",
        "1.0",
        "-1",
        "0.1",
        "0.12",
        "true",
        "false",
        "null",
        "\"\"",
        "\"a\"",
        "\"ab\"",
        "\"a\\\"b\"",
        "\"a\\\\\"",
        "\"]}\"",
        "[]",
        "[[]]",
        "[1]",
        "[1,2]",
        "[2,1]",
        "[12,\"a\"]",
        "{}",
        "{\"\":1}",
        "{\"a\":1}",
        "{\"a\":12}",
        "{\"ab\":1}",
        "{\"a\":1,\"ab\":1}",
        "{\"\":0,\"a\":{\"a\":1},\"b\":1}",
        "{\"a\":{\"b\":1},\"b\":1}",
        "{\"b\":1,\"c\":[{}]}",
        "{\"é\":1}",
    };
    char text[100], like[100];

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(values); i++)
        for (size_t k = 0; k < ARRAY_SIZE(values); k++) {
            snprintf(text, sizeof(text), "{\"x\":%s,\"y\":[%s,%s]}", values[i], values[i], values[k]);
            snprintf(like, sizeof(like), "{\"x\":%s,\"y\":[%s]}", values[k], values[k]);
            assert_decodes(text, like);
            assert_decodes(like, text);
        }
}

static void what_no_canonical_text_has_is_left_to_a_decoder(void **state)
{
    static const char like[] = "{\"a\":{\"b\":[1,\"x\"]},\"c\":2}";
    static const char *const texts[] = {
        "",
        "x",
        "{\"a\"}",
        "{\"a\":}",
        "{\"a\":1,}",
        "{\"a\":1 }",
        "{\"a\":1}x",
        "{a:1}",
        "{\"c\":2x}",
        "{\"a\":{\"b\":[1,",
        "{\"a\":{\"b\":[1}}",
        "{\"a\":{\"b\":[1]]}",
        "{\"a\" 1",
        "{\"\\u0061\":1}",
        "{\"a\":{\"b\":[,]}}",
        "{\"c\":\"\xff\"}",
        "{,}",
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
        json_t *like_tree, *tree = decode_beside(texts[i], strlen(texts[i]), like, &like_tree);
        if (tree)
            fail_msg("%s was taken", texts[i]);
        json_decref(like_tree);
    }
}

static void a_text_that_ends_early_is_not_taken(void **state)
{
    static const char text[] = "{\"a\":{\"b\":[1,\"x\"],\"bb\":\"\\\\\"},\"c\":2}";
    static const char *const likes[] = {text, "{\"a\":{\"b\":[1,\"y\"],\"bb\":\"\"},\"c\":22}", "{}"};

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(likes); i++)
        for (size_t len = 0; len < strlen(text); len++) {
            json_t *like_tree, *tree = decode_beside(text, len, likes[i], &like_tree);
            assert_null(tree);
            json_decref(like_tree);
        }
}

/* The number of values below and with this one. */
static size_t count_values(json_t *value)
{
    size_t i, count = 1;
    const char *key;
    json_t *child;

    if (json_is_array(value))
        json_array_foreach (value, i, child)
            count += count_values(child);
    else
        json_object_foreach (value, key, child)
            count += count_values(child);
    return count;
}

/* The number of values in tree that are not nodes of like, at the same place. */
static size_t count_own(json_t *tree, json_t *like)
{
    size_t i, count = 1;
    const char *key;
    json_t *child;

    if (tree == like)
        return 0;
    if (json_is_array(tree))
        json_array_foreach (tree, i, child)
            count += count_own(child, json_array_get(like, i));
    else
        json_object_foreach (tree, key, child)
            count += count_own(child, json_object_get(like, key));
    return count;
}

static size_t own_values, all_values;

static void assert_reads_back(const struct study *study, const struct study *like)
{
    size_t len;
    const char *canonical = study_canonical(study, &len);
    _cleanup_study_ struct study *again = NULL;
    struct error e;

    assert_int_equal(study_from_canonical(exact_copy(canonical, len), len, study_hash(study), like, &again, &e), 0);
    assert_true(json_equal((json_t *)study_record(again), (json_t *)study_record(study)));
    _cleanup_free_ char *rewritten = study_canonical_value(study_record(again));
    assert_string_equal(rewritten, canonical);
    assert_int_equal(study_location_count(again), study_location_count(study));
    own_values += count_own((json_t *)study_record(again), (json_t *)study_record(like));
    all_values += count_values((json_t *)study_record(again));
}

static void assert_read_back(const struct study *before, const struct study *after)
{
    assert_reads_back(before, after);
    assert_reads_back(after, before);
}

/* Makes one value below, some levels down, another one, adds one, or takes one away. */
static void edit(struct random_source *random, json_t *value)
{
    size_t size = json_is_array(value) ? json_array_size(value) : json_object_size(value);
    size_t place = size > 0 ? random_below(random, size) : 0;
    void *iter = json_object_iter(value);
    json_t *child = json_array_get(value, place);

    for (size_t i = 0; iter && i < place; i++)
        iter = json_object_iter_next(value, iter);
    if (iter)
        child = json_object_iter_value(iter);
    if (random_below(random, 8) > 0 && (json_array_size(child) > 0 || json_object_size(child) > 0)) {
        edit(random, child);
        return;
    }
    size_t what = random_below(random, 3);
    if (json_is_array(value) && what == 0)
        json_array_remove(value, place);
    else if (json_is_array(value) && what == 1)
        json_array_insert_new(value, place, random_value(random, 2));
    else if (json_is_array(value))
        json_array_set_new(value, place, random_value(random, 2));
    else if (iter && what == 0)
        json_object_del(value, json_object_iter_key(iter));
    else if (iter && what == 1)
        json_object_iter_set_new(value, iter, random_value(random, 2));
    else
        json_object_set_new(value, "measure", random_value(random, 2));
}

/* The record after some edits; where these leave no record, as it was. */
static struct study *edited(struct random_source *random, const struct study *study)
{
    json_t *record = json_deep_copy(study_record(study));
    struct study *changed = NULL;

    for (size_t n = 1 + random_below(random, 6); n > 0; n--)
        edit(random, record);
    if (study_from_json(record, &changed, NULL) < 0)
        assert_int_equal(study_from_json((json_t *)study_record(study), &changed, NULL), 0);
    json_decref(record);
    return changed;
}

static void made_up_records_with_edits_read_back(void **state)
{
    struct random_source random = {.state = 20260301};

    (void)state;
    for (int i = 0; i < 3000; i++) {
        json_t *record = json_pack("{s:{s:{s:s}},s:o}", "protocolSection", "identificationModule", "nctId",
                                   "NCT01234567", "x", random_value(&random, 0));
        _cleanup_study_ struct study *before = study_of(record);
        _cleanup_study_ struct study *after = edited(&random, before);
        assert_read_back(before, after);
    }
}

static void a_key_with_an_escape_is_decoded_with_its_record(void **state)
{
    _cleanup_study_ struct study *before = study_of_text(
        "{\"protocolSection\":{\"identificationModule\":{\"nctId\":\"NCT01234567\"}},\"a\\\"b\":1,\"a\\nc\":2}");
    _cleanup_study_ struct study *after = study_of_text(
        "{\"protocolSection\":{\"identificationModule\":{\"nctId\":\"NCT01234567\"}},\"a\\\"b\":2,\"a\\nc\":2}");

    (void)state;
    assert_read_back(before, after);
}

static void real_records_with_edits_read_back(void **state)
{
    struct random_source random = {.state = 20260302};
    glob_t files;

    (void)state;
    if (!registry_folder())
        skip();
    registry_files("records/*.json", &files);
    own_values = all_values = 0;
    for (size_t i = 0; i < files.gl_pathc; i++) {
        _cleanup_study_ struct study *before = study_of(json_of_file(files.gl_pathv[i]));
        _cleanup_study_ struct study *after = edited(&random, before);
        assert_read_back(before, after);
    }
    globfree(&files);
    print_message("%zu of %zu values were decoded\n", own_values, all_values);
    assert_true(own_values < all_values / 10);
}

static void real_pairs_read_back_and_share_most(void **state)
{
    (void)state;
    if (!registry_folder())
        skip();
    own_values = all_values = 0;
    each_real_pair(assert_read_back);
    print_message("%zu of %zu values were decoded\n", own_values, all_values);
    assert_true(own_values < all_values / 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_equal_text_is_the_same_tree),
        cmocka_unit_test(what_is_equal_is_shared_and_the_rest_is_not),
        cmocka_unit_test(every_two_values_decode_beside_each_other),
        cmocka_unit_test(what_no_canonical_text_has_is_left_to_a_decoder),
        cmocka_unit_test(a_text_that_ends_early_is_not_taken),
        cmocka_unit_test(made_up_records_with_edits_read_back),
        cmocka_unit_test(a_key_with_an_escape_is_decoded_with_its_record),
        cmocka_unit_test(real_records_with_edits_read_back),
        cmocka_unit_test(real_pairs_read_back_and_share_most),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
