#include "client/report.h"

#include "base/text.h"
#include "client/output.h"

#include <errno.h>
#include <string.h>

static size_t column_count(const struct report_column *columns)
{
    size_t count = 0;

    while (columns[count].key)
        count++;
    return count;
}

static int begin_table(struct report *report, struct error *e)
{
    size_t shown = 0;

    for (const struct report_column *column = report->columns; column->key; column++)
        if (column->title)
            report->titles[shown++] = (struct table_column){
                .title = column->title,
                .right = column->format == COLUMN_NUMBER || column->format == COLUMN_KM,
                .cut = column->cut,
            };
    int r = table_new(report->titles, shown, &report->table);
    return r < 0 ? error_set(e, r, "no memory for a table") : 0;
}

static void print_csv_titles(const struct report *report)
{
    for (const struct report_column *column = report->columns; column->key; column++)
        fprintf(report->client->terminal.out, "%s%s", column == report->columns ? "" : ",", column->key);
    fputs("\r\n", report->client->terminal.out);
}

int report_begin(struct report *report, const struct client *client, const struct report_column *columns,
                 struct error *e)
{
    *report = (struct report){.client = client, .columns = columns};
    if (column_count(columns) > REPORT_MAX_COLUMNS)
        return error_set(e, -E2BIG, "a table of more than %d columns", REPORT_MAX_COLUMNS);
    if (client->json)
        return 0;
    if (!client->csv)
        return begin_table(report, e);
    print_csv_titles(report);
    return 0;
}

void report_clear(struct report *report)
{
    table_free(report->table);
    json_decref(report->above);
    report->table = NULL;
    report->above = NULL;
}

/* A value as CSV has it, and people where the column has no format of its own. Appends. */
static void append_raw(struct buf *out, const json_t *value)
{
    if (json_is_string(value))
        buf_append_string(out, json_string_value(value));
    else if (value && !json_is_null(value))
        output_append_json(out, value, JSON_COMPACT | JSON_SORT_KEYS);
}

static void append_for_people(struct buf *out, const struct report *report, const struct report_column *column,
                              const json_t *value)
{
    char time[CLOCK_TEXT_BYTES];
    int64_t usec;

    if (column->format == COLUMN_ENUM && json_is_string(value))
        text_append_enum(out, json_string_value(value));
    else if (column->format == COLUMN_TIME && json_is_string(value) &&
             clock_parse_utc(json_string_value(value), &usec) == 0)
        buf_append_string(out, when_format(usec, report->client->utc, time));
    else if (column->format == COLUMN_KM && json_is_number(value))
        buf_printf(out, "%.0f km", json_number_value(value));
    else
        append_raw(out, value);
}

static enum style style_of(const struct report_column *column, const json_t *value)
{
    const char *text = json_string_value(value);

    return column->format == COLUMN_ENUM && text && strcmp(text, "RECRUITING") == 0 ? STYLE_GREEN : STYLE_NONE;
}

static int add_to_table(struct report *report, const json_t *row)
{
    bool same = report->above != NULL;

    for (const struct report_column *column = report->columns; column->key; column++) {
        _cleanup_buf_ struct buf text = {0};
        const json_t *value = json_object_get(row, column->key);

        if (!column->title)
            continue;
        same = same && column->once && json_equal(value, json_object_get(report->above, column->key));
        if (!same)
            append_for_people(&text, report, column, value);
        int r = buf_status(&text);
        if (r == 0)
            r = table_add(report->table, buf_string(&text), style_of(column, value));
        if (r < 0)
            return r;
    }
    return 0;
}

static int print_csv(const struct report *report, const json_t *row)
{
    _cleanup_buf_ struct buf line = {0};

    for (const struct report_column *column = report->columns; column->key; column++) {
        _cleanup_buf_ struct buf cell = {0};

        append_raw(&cell, json_object_get(row, column->key));
        if (column != report->columns)
            buf_append(&line, ",", 1);
        output_append_csv(&line, buf_string(&cell));
    }
    buf_append_string(&line, "\r\n");
    fputs(buf_string(&line), report->client->terminal.out);
    return buf_status(&line);
}

static int print_json(const struct report *report, const json_t *row)
{
    _cleanup_buf_ struct buf line = {0};

    buf_append_string(&line, report->count == 0 ? "[\n" : ",\n");
    int r = output_append_json(&line, row, JSON_COMPACT);
    if (r == 0)
        fputs(buf_string(&line), report->client->terminal.out);
    return r;
}

int report_add(struct report *report, json_t *row, struct error *e)
{
    int r;

    if (!row)
        r = -ENOMEM;
    else if (report->client->json)
        r = print_json(report, row);
    else if (report->client->csv)
        r = print_csv(report, row);
    else
        r = add_to_table(report, row);
    json_decref(report->above);
    report->above = row;
    report->count++;
    return r < 0 ? error_set(e, r, "no memory for a row of the answer") : 0;
}

void report_end(struct report *report, const char *nothing)
{
    if (report->client->json)
        fputs(report->count == 0 ? "[]\n" : "\n]\n", report->client->terminal.out);
    else if (report->table && report->count > 0)
        table_print(report->table, &report->client->terminal);
    else if (report->table)
        client_say(report->client, "%s", nothing);
}
