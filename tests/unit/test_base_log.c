#include "check.h"

#include "base/log_fields.h"
#include "base/text.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct heard {
    int lines, priority;
    const struct log_event *event;
    char text[4096];
};

static void hear(int priority, const struct log_event *event, const char *text, void *userdata)
{
    struct heard *heard = userdata;

    heard->lines++;
    heard->priority = priority;
    heard->event = event;
    snprintf(heard->text, sizeof(heard->text), "%s", text);
}

static int teardown(void **state)
{
    (void)state;
    log_set_sink(NULL, NULL);
    log_set_max_priority(LOG_INFO);
    return 0;
}

static void a_sink_hears_the_line_and_its_event(void **state)
{
    static const struct log_event event = {.fields = {{"TRIALWATCH_STUDY", "NCT04614467"}}};
    struct heard heard = {0};

    (void)state;
    log_set_sink(hear, &heard);
    log_write(LOG_NOTICE, &event, "study %s", "NCT04614467");
    assert_int_equal(heard.lines, 1);
    assert_int_equal(heard.priority, LOG_NOTICE);
    assert_ptr_equal(heard.event, &event);
    assert_string_equal(heard.text, "study NCT04614467");
}

static void less_urgent_lines_are_dropped(void **state)
{
    struct heard heard = {0};

    (void)state;
    log_set_sink(hear, &heard);
    log_debug("unheard");
    assert_int_equal(heard.lines, 0);
    log_info("heard");
    assert_int_equal(heard.lines, 1);
    log_set_max_priority(LOG_ERR);
    log_warning("unheard");
    assert_int_equal(heard.lines, 1);
    log_error("heard");
    assert_int_equal(heard.lines, 2);
}

static void control_characters_of_strangers_are_blanked(void **state)
{
    struct heard heard = {0};

    (void)state;
    log_set_sink(hear, &heard);
    log_info("title %s", "a\r\nb\x1B[31m\x7F\xC2\x9B"
                         "1m\xC3\xA9");
    assert_string_equal(heard.text, "title a  b [31m   1m\xC3\xA9");
}

static void a_long_line_is_cut_between_characters(void **state)
{
    struct heard heard = {0};
    char text[6001];

    (void)state;
    for (size_t i = 0; i < 6000; i += 3)
        memcpy(text + i, "\xE2\x80\x94", 3);
    text[6000] = '\0';
    log_set_sink(hear, &heard);
    log_info("%s", text);
    assert_in_range(strlen(heard.text), 2040, 2047);
    assert_true(text_is_utf8(heard.text, strlen(heard.text)));
}

static void under_systemd_stderr_carries_the_priority(void **state)
{
    char path[] = "/tmp/test_base_log.XXXXXX", text[64] = {0};
    int saved = dup(STDERR_FILENO), fd = mkstemp(path);

    (void)state;
    assert_true(fd >= 0 && saved >= 0);
    fflush(stderr);
    dup2(fd, STDERR_FILENO);
    setenv("JOURNAL_STREAM", "1:2", 1);
    log_warning("disk is %d%% full", 91);
    unsetenv("JOURNAL_STREAM");
    log_warning("plain");
    fflush(stderr);
    dup2(saved, STDERR_FILENO);
    assert_true(pread(fd, text, sizeof(text) - 1, 0) > 0);
    assert_string_equal(text, "<4>disk is 91% full\nplain\n");
    close(saved);
    close(fd);
    unlink(path);
}

static void a_terminal_is_spared_what_is_there_to_be_found_later(void **state)
{
    const struct log_event later = {.to_be_found = true};
    char text[64] = {0};
    int saved = dup(STDERR_FILENO), terminal = posix_openpt(O_RDWR | O_NOCTTY);

    (void)state;
    assert_true(terminal >= 0 && saved >= 0 && grantpt(terminal) == 0 && unlockpt(terminal) == 0);
    int other_end = open(ptsname(terminal), O_RDWR | O_NOCTTY);
    assert_true(other_end >= 0);
    fflush(stderr);
    dup2(other_end, STDERR_FILENO);
    setenv("NO_COLOR", "1", 1);
    log_write(LOG_INFO, &later, "looked up");
    log_info("read");
    unsetenv("NO_COLOR");
    fflush(stderr);
    dup2(saved, STDERR_FILENO);
    assert_true(read(terminal, text, sizeof(text) - 1) > 0);
    assert_string_equal(text, "read\r\n");
    close(other_end);
    close(terminal);
    close(saved);
}

static void fields_are_kept_once_and_up_to_their_limit(void **state)
{
    _cleanup_log_fields_ struct log_fields fields = {0};
    char value[16] = "cardiology";

    (void)state;
    log_fields_add(&fields, "TRIALWATCH_CHANNEL", value);
    log_fields_add(&fields, "TRIALWATCH_WATCH", value);
    log_fields_add(&fields, "TRIALWATCH_CHANNEL", "cardiology");
    value[0] = 'C';
    assert_int_equal(fields.count, 2);
    assert_string_equal(fields.items[0].value, "cardiology");
    for (size_t i = fields.count; i <= LOG_FIELDS_MAX; i++) {
        snprintf(value, sizeof(value), "al_%zu", i);
        log_fields_add(&fields, "TRIALWATCH_ALERT", value);
    }
    assert_int_equal(fields.count, LOG_FIELDS_MAX);
    snprintf(value, sizeof(value), "al_%zu", LOG_FIELDS_MAX - 1);
    assert_string_equal(fields.items[LOG_FIELDS_MAX - 1].value, value);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(a_sink_hears_the_line_and_its_event, teardown),
        cmocka_unit_test_teardown(less_urgent_lines_are_dropped, teardown),
        cmocka_unit_test_teardown(control_characters_of_strangers_are_blanked, teardown),
        cmocka_unit_test_teardown(a_long_line_is_cut_between_characters, teardown),
        cmocka_unit_test(fields_are_kept_once_and_up_to_their_limit),
        cmocka_unit_test_teardown(under_systemd_stderr_carries_the_priority, teardown),
        cmocka_unit_test_teardown(a_terminal_is_spared_what_is_there_to_be_found_later, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
