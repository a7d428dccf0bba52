/* trialwatch diff --files: two record files compared without a history. */
#include "check.h"

#include "client/diff_files.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define RECORD(status, title, sites)                                                                                   \
    "{\"protocolSection\":{\"identificationModule\":{\"nctId\":\"NCT01234567\",\"briefTitle\":\"" title "\"},"         \
    "\"statusModule\":{\"overallStatus\":\"" status "\"},\"contactsLocationsModule\":{\"locations\":[" sites "]}}}"

/* A file of its own for each test; the paths live as long as the test. */
struct files {
    char before[64], after[64];
};

static void write_file(char path[static 64], const char *text)
{
    strcpy(path, "/tmp/trialwatch-diff-files-XXXXXX");
    int fd = mkstemp(path);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
}

static void files_free(struct files *files)
{
    unlink(files->before);
    unlink(files->after);
}

static void write_files(struct files *files, const char *before, const char *after)
{
    write_file(files->before, before);
    write_file(files->after, after);
}

/* What the comparison prints; the caller frees. */
static char *print_difference(const struct files *files, enum diff_files_form form)
{
    struct error e = {0};
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);

    if (diff_files(files->before, files->after, form, out, &e) < 0)
        fail_msg("%s", e.text);
    fclose(out);
    return text;
}

static void changes_are_json_lines(void **state)
{
    _cleanup_(files_free) struct files files;

    (void)state;
    write_files(&files, RECORD("RECRUITING", "T", ""),
                RECORD("RECRUITING", "T", "{\"city\":\"Atlanta\",\"status\":\"RECRUITING\"}"));
    _cleanup_free_ char *text = print_difference(&files, DIFF_FILES_JSON);
    assert_ptr_equal(strchr(text, '\n'), text + strlen(text) - 1);
    json_t *change = json_loads(text, 0, NULL);
    assert_string_equal(json_string_value(json_object_get(change, "kind")), "site-opened");
    assert_true(json_is_null(json_object_get(change, "old_index")));
    assert_int_equal(json_integer_value(json_object_get(change, "new_index")), 0);
    assert_null(json_object_get(change, "before"));
    assert_string_equal(json_string_value(json_object_get(json_object_get(change, "after"), "city")), "Atlanta");
    json_decref(change);
}

static void the_site_map_has_every_site(void **state)
{
    _cleanup_(files_free) struct files files;

    (void)state;
    write_files(&files, RECORD("RECRUITING", "T", "{\"facility\":\"Gone\"},{\"facility\":\"Mayo\"}"),
                RECORD("RECRUITING", "T", "{\"facility\":\"Mayo\"},{\"facility\":\"Fresh\"}"));
    _cleanup_free_ char *text = print_difference(&files, DIFF_FILES_SITE_MAP);
    assert_string_equal(text, "{\"old\":1,\"new\":0}\n{\"old\":null,\"new\":1}\n{\"old\":0,\"new\":null}\n");
}

static void people_see_what_changed_in_words(void **state)
{
    _cleanup_(files_free) struct files files;

    (void)state;
    write_files(
        &files,
        RECORD("RECRUITING", "Cells for the heart", "{\"facility\":\"Mayo\",\"city\":\"Rochester\",\"zip\":\"1\"}"),
        RECORD("RECRUITING", "Cells \\u001b[2Jfor the brain",
               "{\"facility\":\"Mayo\",\"city\":\"Rochester\",\"zip\":\"2\"}"));
    _cleanup_free_ char *text = print_difference(&files, DIFF_FILES_TEXT);
    assert_non_null(strstr(text, "Site renamed  Mayo, Rochester\n"));
    assert_non_null(strstr(text, "Title  protocolSection.identificationModule.briefTitle (reworded)\n"));
    assert_non_null(strstr(text, "[-heart-]"));
    assert_null(strchr(text, '\033'));
}

static void equal_records_are_said_to_be_equal(void **state)
{
    _cleanup_(files_free) struct files files;

    (void)state;
    write_files(&files, RECORD("RECRUITING", "T", ""), RECORD("RECRUITING", "T", ""));
    _cleanup_free_ char *text = print_difference(&files, DIFF_FILES_TEXT);
    assert_string_equal(text, "No changes in NCT01234567.\n");
    _cleanup_free_ char *json = print_difference(&files, DIFF_FILES_JSON);
    assert_string_equal(json, "");
}

static void what_cannot_be_compared_is_named(void **state)
{
    _cleanup_(files_free) struct files files;
    struct error e = {0};

    (void)state;
    write_files(&files, "<html>", RECORD("RECRUITING", "T", ""));
    assert_int_equal(diff_files(files.before, files.after, DIFF_FILES_JSON, stdout, &e), -EBADMSG);
    assert_memory_equal(e.text, files.before, strlen(files.before));
    assert_int_equal(diff_files(files.after, "/nonexistent", DIFF_FILES_JSON, stdout, &e), -EIO);
    assert_string_equal(e.text, "cannot open /nonexistent: No such file or directory");
    assert_int_equal(diff_files("/", files.after, DIFF_FILES_JSON, stdout, &e), -EIO);
}

static void output_that_fails_is_an_error(void **state)
{
    _cleanup_(files_free) struct files files;
    struct error e = {0};
    FILE *full = fopen("/dev/full", "w");

    (void)state;
    write_files(&files, RECORD("RECRUITING", "T", ""), RECORD("COMPLETED", "T", ""));
    assert_int_equal(diff_files(files.before, files.after, DIFF_FILES_JSON, full, &e), -EIO);
    fclose(full);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(changes_are_json_lines),           cmocka_unit_test(the_site_map_has_every_site),
        cmocka_unit_test(people_see_what_changed_in_words), cmocka_unit_test(equal_records_are_said_to_be_equal),
        cmocka_unit_test(what_cannot_be_compared_is_named), cmocka_unit_test(output_that_fails_is_an_error),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
