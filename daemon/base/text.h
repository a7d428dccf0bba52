/* Text that people write in settings and read in messages: durations, distances, counts, UTF-8, HTML. */
#pragma once

#include "base/buf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* "90s", "15m", "12h", "7d", "2w", "1y" (365 days) and sums such as "1h30m". -EINVAL for anything else, -ERANGE past
 * 100 years. */
int text_parse_duration(const char *text, int64_t *ret_usec);

/* "15 minutes", "3 days", "1 h 30 min": the largest unit and the next one, rounded down. Negative is 0. Returns
 * text. */
const char *text_format_duration(int64_t usec, char *text, size_t size);

/* "300km", "50mi", "12.5 km". -EINVAL without a unit, for anything else, for negative ones and past a million km. */
int text_parse_distance(const char *text, double *ret_km);

#define TEXT_NCT_ID_BYTES 12 /* "NCT" and eight digits, with the NUL */

/* Exactly "NCT" and eight digits. */
bool text_is_nct_id(const char *text);

/* Whether it is one in any letters, as people type it: ret is it in capitals, else untouched. */
bool text_read_nct_id(const char *typed, char ret[static TEXT_NCT_ID_BYTES]);

/* Whether bytes are well-formed UTF-8 (RFC 3629). */
bool text_is_utf8(const char *text, size_t len);

/* The length of the longest start of text that has at most max_bytes and does not end in a character. */
size_t text_cut_at_character(const char *text, size_t max_bytes);

/* Ends text, which snprintf() may have cut in a character, before that character. */
void text_drop_half_character(char *text);

/* As text_cut_at_character(), but it does not end in a word either, nor in the space after one, unless the first word
 * is longer. */
size_t text_cut_at_word(const char *text, size_t max_bytes);

/* How many bytes the control character at the start of text has (U+0001 to U+001F, U+007F to U+009F), 0 for another. */
size_t text_control_bytes(const char *text);

/* Makes strangers' text fit for a line: control characters become spaces, bytes that are no UTF-8 "?". In place. */
void text_clean(char *text);

/* Appends text with the five characters of HTML escaped, and control characters but tab and newline left out. */
void text_append_html(struct buf *out, const char *text);

/* "RECRUITING" and "ACTIVE_NOT_RECRUITING" as "Recruiting" and "Active, not recruiting"; another enumerated value of
 * the registry the same way by rule, so that a new one is still readable. Appends. */
void text_append_enum(struct buf *out, const char *value);

/* Room for any text_format_count() of a noun of a few words. */
#define TEXT_COUNT_BYTES 80

/* "1 site", "221 sites", "2 studies", "3 watches": the count with the noun's regular plural. Returns text. */
const char *text_format_count(size_t count, const char *noun, char text[static TEXT_COUNT_BYTES]);

/* The same, appended. */
void text_append_count(struct buf *out, size_t count, const char *noun);
