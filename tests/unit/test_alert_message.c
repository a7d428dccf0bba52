#include "alert_story.h"
#include "schema_check.h"
static void x(void **state)
{
    static const char *const studies[] = {"NCT04614467", "NCT03508609"};
    static const char *const days[] = {"2020-11-04","2021-01-19","2021-03-16","2021-05-18","2021-06-22","2021-08-17","2021-09-14","2021-10-05","2022-03-15","2022-06-14","2022-10-11","2023-02-14"};
    struct story story; char *hl[] = {(char*)"angina", (char*)"diabetes"};
    (void)state;
    story_begin(&story, studies, 2);
    story.fixture.watch.near = (struct watch_near){true, 26.12, -80.14, 20000};
    story.fixture.watch.highlight = hl; story.fixture.watch.highlight_count = 2;
    for (size_t i = 0; i < ARRAY_SIZE(days); i++) {
        story_take_day(&story, "NCT04614467", days[i]);
        json_t *m = story_message(&story);
        printf("== %s\n", days[i]);
        if (m) { char *t = json_dumps(m, JSON_INDENT(1)); puts(t); free(t); assert_fits_alert_schema(m); json_decref(m); }
    }
    story_take_day(&story, "NCT03508609", "2020-06-16");
    story_take_day(&story, "NCT03508609", "2021-01-08");
    json_t *m = story_message(&story);
    char *t = json_dumps(m, JSON_INDENT(1)); puts(t); free(t); assert_fits_alert_schema(m); json_decref(m);
    story_end(&story);
}
int main(void){ const struct CMUnitTest tests[] = {cmocka_unit_test(x)}; return cmocka_run_group_tests(tests, NULL, NULL);}
