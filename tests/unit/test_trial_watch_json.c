/* A watch as JSON and back. */
#include "check.h"

#include "trial/watch_json.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static void check_survives(const char *text)
{
    json_t *settings = json_loads(text, 0, NULL);
    struct watch watch;
    struct error e;

    assert_non_null(settings);
    if (watch_from_json(settings, &watch, &e) < 0)
        fail_msg("%s: %s", text, e.text);
    json_t *again = watch_to_json(&watch);
    char *printed = json_dumps(again, JSON_COMPACT);
    if (!json_equal(settings, again))
        fail_msg("%s became %s", text, printed);
    free(printed);
    json_decref(settings);
    json_decref(again);
    watch_clear(&watch);
}

static void check_refused(const char *text, const char *sentence)
{
    json_t *settings = json_loads(text, JSON_DECODE_ANY, NULL);
    struct watch watch;
    struct error e;

    assert_int_equal(watch_from_json(settings, &watch, &e), -EINVAL);
    if (!strstr(e.text, sentence))
        fail_msg("%s: %s", text, e.text);
    json_decref(settings);
}

static void every_setting_comes_back(void **state)
{
    (void)state;
    check_survives("{\"name\":\"a\",\"studies\":[\"NCT04614467\"],\"notify\":[\"here\"]}");
    check_survives("{\"name\":\"a\",\"studies\":\"all\",\"changes\":[\"silent\"]}");
    check_survives(
        "{\"name\":\"b\",\"query\":{\"condition\":\"a\",\"intervention\":\"b\",\"term\":\"c\",\"title\":\"d\","
        "\"sponsor\":\"e\",\"location\":\"f\",\"patient\":\"g\",\"id\":\"h\",\"status\":\"i\",\"phase\":\"j\","
        "\"advanced\":\"k\"},\"announce\":\"existing\",\"changes\":[\"urgent\",\"results\"],"
        "\"countries\":[\"France\"],\"states\":[\"Ohio\"],\"cities\":[\"Paris\",\"Dayton\"],"
        "\"facilities\":[\"Mayo Clinic\"],\"near\":{\"lat\":39.14,\"lon\":-84.52,\"within\":\"300km\"},"
        "\"when\":\".weight\",\"highlight\":[\"diabetes\"],\"notify\":[\"here\",\"there\"]}");
}

static void distances_come_back_without_an_exponent(void **state)
{
    (void)state;
    check_survives("{\"name\":\"a\",\"near\":{\"lat\":1.0,\"lon\":2.0,\"within\":\"482.8032km\"}}");
    check_survives("{\"name\":\"a\",\"near\":{\"lat\":1.0,\"lon\":2.0,\"within\":\"0.00001km\"}}");
    check_survives("{\"name\":\"a\",\"near\":{\"lat\":1.0,\"lon\":2.0,\"within\":\"1000000km\"}}");
    check_survives("{\"name\":\"a\",\"near\":{\"lat\":1.0,\"lon\":2.0,\"within\":\"0km\"}}");
}

static void changes_are_as_the_settings_take_them(void **state)
{
    json_t *settings = json_loads("{\"name\":\"a\"}", 0, NULL);
    struct watch watch;

    (void)state;
    assert_int_equal(watch_from_json(settings, &watch, NULL), 0);
    assert_true(watch.kinds == watch_default_kinds() && watch.weights == watch_default_weights());
    watch_clear(&watch);
    json_object_set_new(settings, "changes", json_pack("[s,s]", "routine", "status"));
    assert_int_equal(watch_from_json(settings, &watch, NULL), 0);
    assert_true(watch.kinds == UINT64_C(1) << KIND_STATUS && watch.weights == watch_weights_from(WEIGHT_ROUTINE));
    watch_clear(&watch);
    json_decref(settings);
}

static void another_form_is_refused_with_what_would_be_right(void **state)
{
    (void)state;
    check_refused("[]", "a watch should be an object");
    check_refused("{\"name\":7}", "name of a watch should be a text");
    check_refused("{\"countries\":\"France\"}", "countries of a watch should be a list");
    check_refused("{\"studies\":[7]}", "studies of a watch should be a list of texts");
    check_refused("{\"query\":{\"condition\":[]}}", "condition of a watch should be a text");
    check_refused("{\"changes\":[\"site-opend\"]}", "did you mean site-opened?");
    check_refused("{\"changes\":{}}", "changes of a watch should be a list");
    check_refused("{\"near\":{\"lat\":1}}", "near of a watch should be {lat: DEGREES");
    check_refused("{\"near\":{\"lat\":1,\"lon\":2,\"within\":\"far\"}}", "\"far\" is no distance");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_setting_comes_back),
        cmocka_unit_test(distances_come_back_without_an_exponent),
        cmocka_unit_test(changes_are_as_the_settings_take_them),
        cmocka_unit_test(another_form_is_refused_with_what_would_be_right),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
