/* The eligibility lines that mention what somebody looks for. */
#include "trial/watch.h"

#include "base/buf.h"
#include "trial/fold.h"

#include <string.h>

#define ELIGIBILITY_PATH "protocolSection.eligibilityModule.eligibilityCriteria"

/* The index of the first word that the line mentions, word_count for none, negative without memory. */
static ssize_t find_word(char *const *words, size_t word_count, const char *line)
{
    _cleanup_buf_ struct buf padded_line = {0};

    if (fold_phrase(line, &padded_line) < 0)
        return -1;
    for (size_t i = 0; i < word_count; i++) {
        _cleanup_buf_ struct buf padded_word = {0};
        if (fold_phrase(words[i], &padded_word) < 0)
            return -1;
        if (padded_word.len > strlen("  ") && strstr(buf_string(&padded_line), buf_string(&padded_word)))
            return (ssize_t)i;
    }
    return (ssize_t)word_count;
}

static int add_highlight(json_t *highlights, const char *word, const char *line)
{
    return json_array_append_new(highlights, json_pack("{ss ss}", "word", word, "line", line));
}

static int add_line(json_t *highlights, char *const *words, size_t word_count, const char *line, size_t len)
{
    while (len > 0 && strchr(" \t\r", line[len - 1]))
        len--;
    while (len > 0 && strchr(" \t\r", *line)) {
        line++;
        len--;
    }
    _cleanup_free_ char *copy = strndup(line, len);
    ssize_t found = copy ? find_word(words, word_count, copy) : -1;
    if (found < 0)
        return -1;
    return (size_t)found < word_count ? add_highlight(highlights, words[found], copy) : 0;
}

json_t *watch_highlights(char *const *words, size_t word_count, const struct study *study)
{
    const char *line = study_string_at(study, ELIGIBILITY_PATH);
    json_t *highlights = json_array();

    while (highlights && line) {
        size_t len = strcspn(line, "\n");
        if (add_line(highlights, words, word_count, line, len) < 0) {
            json_decref(highlights);
            return NULL;
        }
        line = line[len] == '\n' ? line + len + 1 : NULL;
    }
    return highlights;
}
