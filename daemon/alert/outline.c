#include "alert/outline.h"

#include "alert/outline_lines.h"
#include "base/text.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* How many changes of each study a message about several of them names. */
static size_t changes_per_study(size_t studies)
{
    return studies <= 1 ? SIZE_MAX : studies <= 5 ? 12 : 4;
}

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));

    return text ? text : "";
}

/* "NCT04614467 · Recruiting · Caladrius Biosciences · seen 2021-10-05" */
static int add_facts(struct outline *outline, const json_t *study)
{
    _cleanup_buf_ struct buf facts = {0};

    buf_append_string(&facts, text_of(study, "nct_id"));
    if (*text_of(study, "status")) {
        buf_append_string(&facts, " · ");
        text_append_enum(&facts, text_of(study, "status"));
    }
    if (*text_of(study, "sponsor"))
        buf_printf(&facts, " · %s", text_of(study, "sponsor"));
    if (*text_of(study, "seen"))
        buf_printf(&facts, " · seen %.10s", text_of(study, "seen"));
    return outline_add_text(outline, LINE_FACTS, SPAN_PLAIN, &facts);
}

/* "Contact: Jane Doe, 555-0100, jane@example.org" of the first two. */
static int add_contacts(struct outline *outline, const json_t *contacts)
{
    static const char *const keys[] = {"name", "phone", "email"};
    size_t index;
    json_t *contact;

    json_array_foreach (contacts, index, contact) {
        _cleanup_buf_ struct buf line = {0};
        const char *separator = "Contact: ";

        for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
            if (!*text_of(contact, keys[i]))
                continue;
            buf_printf(&line, "%s%s", separator, text_of(contact, keys[i]));
            separator = ", ";
        }
        if (*text_of(contact, "phoneExt"))
            buf_printf(&line, " (ext. %s)", text_of(contact, "phoneExt"));
        int r = line.len > 0 ? outline_add_text(outline, LINE_DETAIL, SPAN_PLAIN, &line) : 0;
        if (r < 0 || index == 1)
            return r;
    }
    return 0;
}

static int add_difference(struct outline *outline, const json_t *difference)
{
    size_t index, used = 0;
    json_t *piece;

    if (json_array_size(difference) == 0)
        return 0;
    struct line *line = outline_add(outline, LINE_DETAIL);
    if (!line)
        return -ENOMEM;
    json_array_foreach (difference, index, piece) {
        const char *op = json_string_value(json_array_get(piece, 0));
        const char *text = json_string_value(json_array_get(piece, 1));
        enum span_style style = strcmp(op, "struck") == 0  ? SPAN_STRUCK
                                : strcmp(op, "added") == 0 ? SPAN_ADDED
                                                           : SPAN_PLAIN;
        int r = line_add_span(line, style, text, OUTLINE_MAX_LINE_BYTES - used);
        if (r < 0)
            return r;
        used += strlen(text);
        if (used >= OUTLINE_MAX_LINE_BYTES)
            return index + 1 < json_array_size(difference) ? line_add_span(line, SPAN_PLAIN, " …", 8) : 0;
    }
    return 0;
}

static int add_change(struct outline *outline, const json_t *change)
{
    struct line *line = outline_add(outline, LINE_CHANGE);

    if (!line)
        return -ENOMEM;
    line->changes = 1;
    line->urgent = strcmp(text_of(change, "weight"), "urgent") == 0;
    int r =
        line_add_span(line, line->urgent ? SPAN_STRONG : SPAN_PLAIN, text_of(change, "text"), OUTLINE_MAX_LINE_BYTES);
    if (r >= 0)
        r = add_contacts(outline, json_object_get(json_object_get(change, "site"), "contacts"));
    if (r >= 0)
        r = add_difference(outline, json_object_get(change, "difference"));
    return r;
}

static int add_changes(struct outline *outline, const json_t *study, size_t max)
{
    const json_t *changes = json_object_get(study, "changes");
    size_t count = json_array_size(changes);

    for (size_t i = 0; i < count && i < max; i++) {
        int r = add_change(outline, json_array_get(changes, i));
        if (r < 0)
            return r;
    }
    size_t left = count > max ? count - max : 0;
    left += (size_t)json_integer_value(json_object_get(study, "changes_omitted"));
    return left > 0 ? outline_add_more(outline, left, 0) : 0;
}

static int add_highlights(struct outline *outline, const json_t *study)
{
    size_t index;
    json_t *highlight;

    json_array_foreach (json_object_get(study, "highlights"), index, highlight) {
        _cleanup_buf_ struct buf line = {0};

        const char *quoted = text_of(highlight, "line");
        quoted += strspn(quoted, "*- \t"); /* the list's mark */
        buf_printf(&line, "Eligibility mentions %s: “%s”", text_of(highlight, "word"), quoted);
        int r = outline_add_text(outline, LINE_QUOTE, SPAN_PLAIN, &line);
        if (r < 0)
            return r;
    }
    return 0;
}

static int add_study(struct outline *outline, const json_t *study, size_t max_changes)
{
    struct line *title = outline_add(outline, LINE_TITLE);

    if (!title)
        return -ENOMEM;
    title->studies = 1;
    title->url = strdup(text_of(study, "url"));
    const char *text = *text_of(study, "title") ? text_of(study, "title") : text_of(study, "nct_id");
    int r = title->url ? line_add_span(title, SPAN_STRONG, text, OUTLINE_MAX_TITLE_BYTES) : -ENOMEM;
    if (r >= 0)
        r = add_facts(outline, study);
    if (r >= 0)
        r = add_changes(outline, study, max_changes);
    if (r >= 0)
        r = add_highlights(outline, study);
    return r;
}

/* "Asked for by: freedom, cd34": names of one study that no other before it had. */
static void append_watches(struct buf *line, const json_t *study, json_t *named)
{
    size_t index;
    json_t *name;

    json_array_foreach (json_object_get(study, "watches"), index, name) {
        const char *text = json_string_value(name);
        if (json_object_get(named, text) || line->len > OUTLINE_MAX_LINE_BYTES)
            continue;
        json_object_set_new(named, text, json_true());
        buf_printf(line, "%s%s", line->len > 0 ? ", " : "Asked for by: ", text);
    }
}

static int add_watches(struct outline *outline, const json_t *studies)
{
    _cleanup_buf_ struct buf line = {0};
    json_t *named = json_object(), *study;
    size_t index;

    json_array_foreach (studies, index, study) {
        append_watches(&line, study, named);
    }
    json_decref(named);
    return line.len > 0 ? outline_add_text(outline, LINE_NOTE, SPAN_PLAIN, &line) : 0;
}

static int add_ending(struct outline *outline, const json_t *message)
{
    _cleanup_buf_ struct buf command = {0}, footer = {0};
    int r = add_watches(outline, json_object_get(message, "studies"));

    if (r >= 0 && *text_of(message, "history_command")) {
        buf_printf(&command, "History: %s", text_of(message, "history_command"));
        r = outline_add_text(outline, LINE_NOTE, SPAN_PLAIN, &command);
    }
    buf_printf(&footer, "trialwatch %s", text_of(message, "id"));
    if (*text_of(message, "ledger_head"))
        buf_printf(&footer, " · ledger %s", text_of(message, "ledger_head"));
    return r < 0 ? r : outline_add_text(outline, LINE_FOOTER, SPAN_PLAIN, &footer);
}

static int add_beginning(struct outline *outline, const json_t *message)
{
    _cleanup_buf_ struct buf headline = {0}, text = {0};

    buf_printf(&headline, "%s%s", json_is_true(json_object_get(message, "test")) ? "[test] " : "",
               text_of(message, "headline"));
    int r = outline_add_text(outline, LINE_HEADLINE, SPAN_STRONG, &headline);
    if (r < 0 || !*text_of(message, "text"))
        return r;
    buf_append_string(&text, text_of(message, "text"));
    return outline_add_text(outline, LINE_TEXT, SPAN_PLAIN, &text);
}

int outline_build(const json_t *message, struct outline *ret)
{
    _cleanup_outline_ struct outline outline = {0};
    const json_t *studies = json_object_get(message, "studies");
    size_t max_changes = changes_per_study(json_array_size(studies)), index;
    json_t *study;

    int r = add_beginning(&outline, message);
    json_array_foreach (studies, index, study) {
        if (r >= 0)
            r = add_study(&outline, study, max_changes);
    }
    size_t omitted = (size_t)json_integer_value(json_object_get(message, "studies_omitted"));
    if (r >= 0 && omitted > 0)
        r = outline_add_more(&outline, 0, omitted);
    if (r >= 0)
        r = add_ending(&outline, message);
    if (r < 0)
        return r;
    *ret = outline;
    outline = (struct outline){0};
    return 0;
}
