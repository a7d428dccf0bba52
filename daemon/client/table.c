#include "client/table.h"

#include "base/buf.h"
#include "client/safetext.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>

#define GAP_COLUMNS 2
#define NARROWEST_CUT 8

struct cell {
    char *text; /* owned; safe */
    size_t columns;
    enum style style;
};

struct table {
    const struct table_column *columns;
    size_t column_count;
    struct cell *cells; /* owned; row by row */
    size_t count, capacity;
};

int table_new(const struct table_column *columns, size_t column_count, struct table **ret)
{
    struct table *table = calloc(1, sizeof(*table));

    if (!table)
        return -ENOMEM;
    table->columns = columns;
    table->column_count = column_count;
    *ret = table;
    return 0;
}

void table_free(struct table *table)
{
    if (!table)
        return;
    for (size_t i = 0; i < table->count; i++)
        free(table->cells[i].text);
    free(table->cells);
    free(table);
}

int table_add(struct table *table, const char *text, enum style style)
{
    _cleanup_buf_ struct buf safe = {0};

    if (table->count == table->capacity) {
        size_t capacity = size_max(64, table->capacity * 2);
        struct cell *cells = reallocarray(table->cells, capacity, sizeof(*cells));
        if (!cells)
            return -ENOMEM;
        table->cells = cells;
        table->capacity = capacity;
    }
    safetext_append(&safe, text);
    char *copy = buf_take(&safe);
    if (!copy)
        return -ENOMEM;
    table->cells[table->count++] = (struct cell){.text = copy, .columns = safetext_columns(copy), .style = style};
    return 0;
}

size_t table_row_count(const struct table *table)
{
    return table->count / table->column_count;
}

/* A width of 0 is that of a column that is not shown. */
static size_t total_columns(const struct table *table, const size_t *widths)
{
    size_t total = 0;

    for (size_t c = 0; c < table->column_count; c++)
        if (widths[c] > 0)
            total += widths[c] + (total > 0 ? GAP_COLUMNS : 0);
    return total;
}

/* Takes columns off the widest one that may be cut until all fit, or none can give more. */
static void narrow(const struct table *table, size_t *widths, size_t available)
{
    while (total_columns(table, widths) > available) {
        size_t widest = table->column_count;

        for (size_t c = 0; c < table->column_count; c++)
            if (table->columns[c].cut && widths[c] > NARROWEST_CUT &&
                (widest == table->column_count || widths[c] > widths[widest]))
                widest = c;
        if (widest == table->column_count)
            return;
        widths[widest]--;
    }
}

static void measure(const struct table *table, size_t *widths, size_t available)
{
    for (size_t c = 0; c < table->column_count; c++)
        widths[c] = 0;
    for (size_t i = 0; i < table->count; i++)
        widths[i % table->column_count] = size_max(widths[i % table->column_count], table->cells[i].columns);
    for (size_t c = 0; c < table->column_count; c++)
        if (widths[c] > 0)
            widths[c] = size_max(widths[c], safetext_columns(table->columns[c].title));
    if (available > 0)
        narrow(table, widths, available);
}

/* gap: columns to leave before it; what a cell leaves of its own width goes into the next one's. Returns that rest. */
static size_t print_cell(const struct terminal *terminal, const struct table_column *column, size_t width, size_t gap,
                         const struct cell *cell)
{
    _cleanup_buf_ struct buf shown = {0};
    const char *style = terminal_style(terminal, cell->style), *plain = *style ? terminal_plain(terminal) : "";

    safetext_append_cut(&shown, cell->text, width);
    size_t used = safetext_columns(buf_string(&shown));
    size_t rest = width > used ? width - used : 0;
    if (used == 0)
        return gap + rest;
    fprintf(terminal->out, "%*s%s%s%s", (int)(gap + (column->right ? rest : 0)), "", style, buf_string(&shown), plain);
    return column->right ? 0 : rest;
}

/* cells: one row. No line ends in spaces. */
static void print_row(const struct table *table, const struct terminal *terminal, const size_t *widths,
                      const struct cell *cells)
{
    size_t gap = 0;

    for (size_t c = 0; c < table->column_count; c++)
        if (widths[c] > 0)
            gap = print_cell(terminal, &table->columns[c], widths[c], gap, &cells[c]) + GAP_COLUMNS;
    fputc('\n', terminal->out);
}

void table_print(const struct table *table, const struct terminal *terminal)
{
    size_t widths[table->column_count];
    struct cell titles[table->column_count];

    measure(table, widths, terminal->columns);
    for (size_t c = 0; c < table->column_count; c++)
        /* Titles are the program's own text and are not changed. */
        titles[c] = (struct cell){.text = (char *)(uintptr_t)table->columns[c].title, .style = STYLE_BOLD};
    print_row(table, terminal, widths, titles);
    for (size_t i = 0; i + table->column_count <= table->count; i += table->column_count)
        print_row(table, terminal, widths, &table->cells[i]);
}
