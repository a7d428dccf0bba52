#include "check.h"

#include "base/buf.h"
#include "client/table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct table_column columns[] = {
    {.title = "N", .right = true},
    {.title = "FACILITY", .cut = true},
    {.title = "CITY"},
};

static void add_row(struct table *table, const char *number, const char *facility, const char *city)
{
    assert_int_equal(table_add(table, number, STYLE_NONE), 0);
    assert_int_equal(table_add(table, facility, STYLE_GREEN), 0);
    assert_int_equal(table_add(table, city, STYLE_NONE), 0);
}

/* What the table prints on a terminal of that width. */
static void assert_printed(const struct table *table, size_t width, bool colours, const char *expected)
{
    _cleanup_free_ char *text = NULL;
    size_t len;
    struct terminal terminal = {.out = open_memstream(&text, &len), .columns = width, .colours = colours};

    assert_non_null(terminal.out);
    table_print(table, &terminal);
    fclose(terminal.out);
    assert_string_equal(text, expected);
}

static void cells_stand_in_columns_by_their_width(void **state)
{
    _cleanup_table_ struct table *table = NULL;

    (void)state;
    assert_int_equal(table_new(columns, ARRAY_SIZE(columns), &table), 0);
    add_row(table, "1", "M\xC3\xBCnchen Klinik", "M\xC3\xBCnchen");
    add_row(table, "12", "\xE6\x9D\xB1\xE4\xBA\xAC\xE5\xA4\xA7\xE5\xAD\xA6", "Tokyo");
    assert_int_equal(table_row_count(table), 2);
    assert_printed(table, 0, false,
                   " N  FACILITY        CITY\n"
                   " 1  M\xC3\xBCnchen Klinik  M\xC3\xBCnchen\n"
                   "12  \xE6\x9D\xB1\xE4\xBA\xAC\xE5\xA4\xA7\xE5\xAD\xA6        Tokyo\n");
}

static void what_may_be_cut_is_cut_where_the_terminal_ends(void **state)
{
    _cleanup_table_ struct table *table = NULL;

    (void)state;
    assert_int_equal(table_new(columns, ARRAY_SIZE(columns), &table), 0);
    add_row(table, "1", "Memorial Regional Hospital", "Hollywood");
    assert_printed(table, 40, false,
                   "N  FACILITY                    CITY\n"
                   "1  Memorial Regional Hospital  Hollywood\n");
    assert_printed(table, 39, false,
                   "N  FACILITY                   CITY\n"
                   "1  Memorial Regional Hospit\xE2\x80\xA6  Hollywood\n");
    /* It keeps a rest that can be recognized; the line is then longer than the terminal. */
    assert_printed(table, 5, false,
                   "N  FACILITY  CITY\n"
                   "1  Memoria\xE2\x80\xA6  Hollywood\n");
}

static void colours_do_not_move_columns(void **state)
{
    _cleanup_table_ struct table *table = NULL;

    (void)state;
    assert_int_equal(table_new(columns, ARRAY_SIZE(columns), &table), 0);
    add_row(table, "1", "Mayo", "Rochester");
    assert_printed(table, 80, true,
                   "\033[1mN\033[0m  \033[1mFACILITY\033[0m  \033[1mCITY\033[0m\n"
                   "1  \033[32mMayo\033[0m      Rochester\n");
}

static void strangers_cannot_colour_a_cell(void **state)
{
    _cleanup_table_ struct table *table = NULL;

    (void)state;
    assert_int_equal(table_new(columns, ARRAY_SIZE(columns), &table), 0);
    add_row(table, "1", "\033[31mMayo\n", "\xC2\x9BRochester");
    assert_printed(table, 80, false,
                   "N  FACILITY    CITY\n"
                   "1   [31mMayo    Rochester\n");
}

static void a_column_without_text_is_left_out(void **state)
{
    _cleanup_table_ struct table *table = NULL;

    (void)state;
    assert_int_equal(table_new(columns, ARRAY_SIZE(columns), &table), 0);
    add_row(table, "1", "", "Rochester");
    add_row(table, "", "", "Cincinnati");
    add_row(table, "3", "", "");
    assert_printed(table, 80, false, "N  CITY\n1  Rochester\n   Cincinnati\n3\n");
}

static void many_rows_fit(void **state)
{
    _cleanup_table_ struct table *table = NULL;

    (void)state;
    assert_int_equal(table_new(columns, ARRAY_SIZE(columns), &table), 0);
    for (size_t i = 0; i < 1000; i++)
        add_row(table, "1", "a", "b");
    assert_int_equal(table_row_count(table), 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cells_stand_in_columns_by_their_width),
        cmocka_unit_test(what_may_be_cut_is_cut_where_the_terminal_ends),
        cmocka_unit_test(colours_do_not_move_columns),
        cmocka_unit_test(strangers_cannot_colour_a_cell),
        cmocka_unit_test(a_column_without_text_is_left_out),
        cmocka_unit_test(many_rows_fit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
