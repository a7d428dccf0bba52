#include "base/text.h"

#include "base/clock.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define MAX_DURATION_USEC (100 * 365 * USEC_PER_DAY)
#define MAX_DISTANCE_KM 1e6
#define KM_PER_MILE 1.609344

/* Larger units first: formatting takes the first that fits. */
static const struct duration_unit {
    char letter;
    const char *word; /* one of it; NULL: only parsed */
    const char *short_word;
    int64_t usec;
} duration_units[] = {
    {'y', NULL, NULL, 365 * USEC_PER_DAY}, {'w', NULL, NULL, 7 * USEC_PER_DAY},     {'d', "day", "d", USEC_PER_DAY},
    {'h', "hour", "h", USEC_PER_HOUR},     {'m', "minute", "min", USEC_PER_MINUTE}, {'s', "second", "s", USEC_PER_SEC},
};

/* What the rule "lower case, spaces for underscores" would render badly. */
static const struct enum_text {
    const char *value, *text;
} enum_texts[] = {
    {"ACTIVE_NOT_RECRUITING", "Active, not recruiting"},
    {"NA", "Not applicable"},
    {"EARLY_PHASE1", "Early phase 1"},
    {"PHASE1", "Phase 1"},
    {"PHASE2", "Phase 2"},
    {"PHASE3", "Phase 3"},
    {"PHASE4", "Phase 4"},
    {"NIH", "NIH"},
    {"FDA", "FDA"},
    {"CDC", "CDC"},
    {"VA", "VA"},
    {"AHRQ", "AHRQ"},
    {"SAMHSA", "SAMHSA"},
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static const struct duration_unit *duration_unit_by_letter(char letter)
{
    for (size_t i = 0; i < ARRAY_SIZE(duration_units); i++)
        if (duration_units[i].letter == letter)
            return &duration_units[i];
    return NULL;
}

int text_parse_duration(const char *text, int64_t *ret_usec)
{
    int64_t sum = 0;

    if (*text == '\0')
        return -EINVAL;
    while (*text) {
        int64_t count = 0;

        if (!is_digit(*text))
            return -EINVAL;
        for (; is_digit(*text); text++)
            if (count < MAX_DURATION_USEC) /* more digits than that are out of range with any unit */
                count = count * 10 + (*text - '0');
        const struct duration_unit *unit = duration_unit_by_letter(*text);
        if (!unit)
            return -EINVAL;
        text++;
        if (count > (MAX_DURATION_USEC - sum) / unit->usec)
            return -ERANGE;
        sum += count * unit->usec;
    }
    *ret_usec = sum;
    return 0;
}

const char *text_format_duration(int64_t usec, char *text, size_t size)
{
    const struct duration_unit *last = &duration_units[ARRAY_SIZE(duration_units) - 1];
    const struct duration_unit *unit = duration_units;

    if (usec < 0)
        usec = 0;
    while (unit < last && (!unit->word || usec < unit->usec))
        unit++;
    int64_t count = usec / unit->usec;
    int64_t rest = unit < last ? usec % unit->usec / unit[1].usec : 0;
    if (rest > 0)
        snprintf(text, size, "%lld %s %lld %s", (long long)count, unit->short_word, (long long)rest,
                 unit[1].short_word);
    else
        snprintf(text, size, "%lld %s%s", (long long)count, unit->word, count == 1 ? "" : "s");
    return text;
}

/* Digits with an optional fraction, independent of the locale. Returns the end, NULL when there is no number. */
static const char *parse_decimal(const char *text, double *ret)
{
    double value = 0, scale = 1;

    if (!is_digit(*text))
        return NULL;
    for (; is_digit(*text); text++)
        value = value * 10 + (*text - '0');
    if (*text == '.') {
        text++;
        if (!is_digit(*text))
            return NULL;
        for (; is_digit(*text); text++)
            value += (*text - '0') * (scale /= 10);
    }
    *ret = value;
    return text;
}

int text_parse_distance(const char *text, double *ret_km)
{
    double value;
    const char *unit = parse_decimal(text, &value);

    if (!unit)
        return -EINVAL;
    while (*unit == ' ')
        unit++;
    if (strcmp(unit, "mi") == 0)
        value *= KM_PER_MILE;
    else if (strcmp(unit, "km") != 0)
        return -EINVAL;
    if (!(value <= MAX_DISTANCE_KM))
        return -EINVAL;
    *ret_km = value;
    return 0;
}

bool text_is_nct_id(const char *text)
{
    if (strncmp(text, "NCT", 3) != 0)
        return false;
    for (size_t i = 3; i < 11; i++)
        if (!is_digit(text[i]))
            return false;
    return text[11] == '\0';
}

bool text_read_nct_id(const char *typed, char ret[static TEXT_NCT_ID_BYTES])
{
    char nct_id[TEXT_NCT_ID_BYTES];
    size_t len = strlen(typed);

    if (len >= sizeof(nct_id))
        return false;
    for (size_t i = 0; i <= len; i++)
        nct_id[i] = (char)(typed[i] >= 'a' && typed[i] <= 'z' ? typed[i] - 'a' + 'A' : typed[i]);
    if (!text_is_nct_id(nct_id))
        return false;
    memcpy(ret, nct_id, sizeof(nct_id));
    return true;
}

/* The length of the well-formed character at the start of bytes, 0 when there is none (table 3-7 of Unicode). */
static size_t utf8_character_bytes(const unsigned char *bytes, size_t len)
{
    unsigned char lead = bytes[0], low = 0x80, high = 0xBF;
    size_t want;

    if (lead < 0x80)
        return 1;
    if (lead >= 0xC2 && lead <= 0xDF)
        want = 2;
    else if (lead >= 0xE0 && lead <= 0xEF)
        want = 3;
    else if (lead >= 0xF0 && lead <= 0xF4)
        want = 4;
    else
        return 0;
    if (lead == 0xE0)
        low = 0xA0; /* overlong */
    if (lead == 0xED)
        high = 0x9F; /* surrogates */
    if (lead == 0xF0)
        low = 0x90; /* overlong */
    if (lead == 0xF4)
        high = 0x8F; /* past U+10FFFF */
    if (len < want || bytes[1] < low || bytes[1] > high)
        return 0;
    for (size_t i = 2; i < want; i++)
        if ((bytes[i] & 0xC0) != 0x80)
            return 0;
    return want;
}

bool text_is_utf8(const char *text, size_t len)
{
    const unsigned char *bytes = (const unsigned char *)text;

    for (size_t i = 0; i < len;) {
        size_t n = utf8_character_bytes(bytes + i, len - i);
        if (n == 0)
            return false;
        i += n;
    }
    return true;
}

size_t text_cut_at_character(const char *text, size_t max_bytes)
{
    size_t len = strnlen(text, max_bytes);

    if (text[len] == '\0')
        return len;
    while (len > 0 && ((unsigned char)text[len] & 0xC0) == 0x80)
        len--;
    return len;
}

void text_drop_half_character(char *text)
{
    size_t len = strlen(text), start = len;

    while (start > 0 && ((unsigned char)text[start - 1] & 0xC0) == 0x80)
        start--;
    if (start == 0)
        return;
    unsigned char lead = (unsigned char)text[start - 1];
    size_t want = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC0 ? 2 : 1;
    if (len - (start - 1) < want)
        text[start - 1] = '\0';
}

size_t text_cut_at_word(const char *text, size_t max_bytes)
{
    size_t len = text_cut_at_character(text, max_bytes);

    if (text[len] == '\0')
        return len;
    size_t end = len;
    while (end > 0 && !is_space(text[end]))
        end--;
    while (end > 0 && is_space(text[end - 1]))
        end--;
    return end > 0 ? end : len;
}

size_t text_control_bytes(const char *text)
{
    unsigned char first = (unsigned char)text[0], second = first ? (unsigned char)text[1] : 0;

    if ((first > 0 && first < 0x20) || first == 0x7F)
        return 1;
    return first == 0xC2 && second >= 0x80 && second <= 0x9F ? 2 : 0;
}

void text_clean(char *text)
{
    size_t len = strlen(text);

    while (len > 0) {
        size_t control = text_control_bytes(text), character = utf8_character_bytes((unsigned char *)text, len);
        if (control > 0)
            memset(text, ' ', control);
        else if (character == 0)
            *text = '?';
        text += size_max(character, 1);
        len -= size_max(character, 1);
    }
}

static const char *html_entity(char c)
{
    switch (c) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\'':
        return "&#39;";
    default:
        return NULL;
    }
}

void text_append_html(struct buf *out, const char *text)
{
    while (*text) {
        const char *entity = html_entity(*text);
        size_t control = *text == '\t' || *text == '\n' ? 0 : text_control_bytes(text);

        if (entity)
            buf_append_string(out, entity);
        else if (control == 0)
            buf_append(out, text, 1);
        text += size_max(control, 1);
    }
}

void text_append_enum(struct buf *out, const char *value)
{
    for (size_t i = 0; i < ARRAY_SIZE(enum_texts); i++)
        if (strcmp(enum_texts[i].value, value) == 0) {
            buf_append_string(out, enum_texts[i].text);
            return;
        }
    for (const char *c = value; *c; c++) {
        char shown = *c;
        if (shown == '_')
            shown = ' ';
        else if (c > value && shown >= 'A' && shown <= 'Z')
            shown = (char)(shown - 'A' + 'a');
        buf_append(out, &shown, 1);
    }
}

static bool ends_in(const char *text, size_t len, const char *ending)
{
    size_t ending_len = strlen(ending);

    return len >= ending_len && memcmp(text + len - ending_len, ending, ending_len) == 0;
}

const char *text_format_count(size_t count, const char *noun, char text[static TEXT_COUNT_BYTES])
{
    size_t len = strlen(noun);
    const char *ending = "s";

    if (count == 1) {
        ending = "";
    } else if (len > 1 && noun[len - 1] == 'y' && !strchr("aeiou", noun[len - 2])) {
        len--;
        ending = "ies";
    } else if (ends_in(noun, len, "ch") || ends_in(noun, len, "sh") || ends_in(noun, len, "s")) {
        ending = "es";
    }
    snprintf(text, TEXT_COUNT_BYTES, "%zu %.*s%s", count, (int)len, noun, ending);
    return text;
}

void text_append_count(struct buf *out, size_t count, const char *noun)
{
    char text[TEXT_COUNT_BYTES];

    buf_append_string(out, text_format_count(count, noun, text));
}
