#include "trial/words.h"

#include "trial/fold.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

/* Items that one list is followed through. */
#define MAX_SERIES 200

static const char *const bullets[] = {"-", "*", "•", "–", "—", "·", "◦", "▪", "‣", "○", "●"};

/* The ways to count the items of a list; a marker may belong to two ("i." is the first, or comes after "h."). */
enum series { SERIES_NUMBER, SERIES_LETTER, SERIES_CAPITAL, SERIES_ROMAN, SERIES_ROMAN_CAPITAL, SERIES_COUNT };

enum punctuation { PUNCTUATION_DOT, PUNCTUATION_PARENTHESIS, PUNCTUATION_BOTH, PUNCTUATION_COUNT };

struct markers_seen {
    bool seen[SERIES_COUNT][PUNCTUATION_COUNT][MAX_SERIES + 1];
};

/* The bytes of white space at the start of text, 0 when there is none. */
static size_t space_bytes(const char *text)
{
    static const char no_break_space[] = "\xC2\xA0";

    if (*text && strchr(" \t\n\r\v\f", *text))
        return 1;
    return strncmp(text, no_break_space, 2) == 0 ? 2 : 0;
}

static size_t count_words(const char *text)
{
    size_t count = 0;
    bool in_word = false;

    while (*text) {
        size_t space = space_bytes(text);
        count += space == 0 && !in_word;
        in_word = space == 0;
        text += size_max(space, 1);
    }
    return count;
}

void word_list_free(struct word_list *list)
{
    free(list->items);
    *list = (struct word_list){0};
}

int word_list_split(const char *text, struct word_list *ret)
{
    struct word_list list = {.items = calloc(count_words(text) + 1, sizeof(*list.items))};
    bool starts_line = true;

    if (!list.items)
        return -ENOMEM;
    while (*text) {
        size_t space = space_bytes(text);
        if (space > 0) {
            starts_line = starts_line || *text == '\n' || *text == '\r';
            text += space;
            continue;
        }
        struct word *word = &list.items[list.count++];
        *word = (struct word){.text = text, .starts_line = starts_line};
        while (*text && space_bytes(text) == 0)
            text++;
        word->len = (size_t)(text - word->text);
        word->hash = fold_hash(word->text, word->len);
        starts_line = false;
    }
    *ret = list;
    return 0;
}

bool words_equal(const struct word *a, const struct word *b)
{
    return a->hash == b->hash && a->len == b->len && memcmp(a->text, b->text, a->len) == 0;
}

static bool is_bullet(const struct word *word)
{
    for (size_t i = 0; i < ARRAY_SIZE(bullets); i++)
        if (word->len == strlen(bullets[i]) && memcmp(word->text, bullets[i], word->len) == 0)
            return true;
    return false;
}

/* Each returns the place in its series that the len characters stand for, 0 when they are none of it. */
static unsigned number_value(const char *text, size_t len)
{
    unsigned value = 0;

    for (size_t i = 0; i < len; i++) {
        if (!isdigit((unsigned char)text[i]) || value > MAX_SERIES)
            return 0;
        value = value * 10 + (unsigned)(text[i] - '0');
    }
    return value;
}

static unsigned letter_value(const char *text, size_t len, char first)
{
    return len == 1 && text[0] >= first && text[0] < first + 26 ? (unsigned)(text[0] - first + 1) : 0;
}

/* Up to xxxix. Letters in a wrong order have some value too, which no series expects. */
static unsigned roman_value(const char *text, size_t len, const char *letters)
{
    static const unsigned worth[] = {1, 5, 10};
    unsigned value = 0, to_the_right = 0;

    if (len > strlen("xxxviii"))
        return 0;
    for (size_t i = len; i-- > 0;) {
        const char *letter = memchr(letters, text[i], ARRAY_SIZE(worth));
        if (!letter)
            return 0;
        unsigned one = worth[letter - letters];
        value = one < to_the_right ? value - one : value + one;
        to_the_right = one;
    }
    return value;
}

static enum punctuation punctuation_of(const char *text, size_t len)
{
    if (text[0] == '(')
        return PUNCTUATION_BOTH;
    return text[len - 1] == '.' ? PUNCTUATION_DOT : PUNCTUATION_PARENTHESIS;
}

/* Whether the word is the next marker of some series, which goes on from it then. */
static bool take_marker(struct markers_seen *seen, const struct word *word)
{
    const char *text = word->text;
    size_t len = word->len;
    bool found = false;

    if (len < 2 || (text[len - 1] != '.' && text[len - 1] != ')') || (text[0] == '(' && text[len - 1] != ')'))
        return false;
    enum punctuation punctuation = punctuation_of(text, len);
    len -= punctuation == PUNCTUATION_BOTH ? 2 : 1;
    text += punctuation == PUNCTUATION_BOTH ? 1 : 0;
    if (len == 0)
        return false;
    const unsigned values[] = {
        [SERIES_NUMBER] = number_value(text, len),
        [SERIES_LETTER] = letter_value(text, len, 'a'),
        [SERIES_CAPITAL] = letter_value(text, len, 'A'),
        [SERIES_ROMAN] = roman_value(text, len, "ivx"),
        [SERIES_ROMAN_CAPITAL] = roman_value(text, len, "IVX"),
    };
    for (size_t series = 0; series < SERIES_COUNT; series++) {
        unsigned value = values[series];
        if (value < 1 || value > MAX_SERIES || (value > 1 && !seen->seen[series][punctuation][value - 1]))
            continue;
        seen->seen[series][punctuation][value] = true;
        found = true;
    }
    return found;
}

void word_list_drop_markers(struct word_list *list)
{
    struct markers_seen seen = {0};
    size_t kept = 0;

    for (size_t i = 0; i < list->count; i++) {
        const struct word *word = &list->items[i];
        if (!word->starts_line || (!is_bullet(word) && !take_marker(&seen, word)))
            list->items[kept++] = *word;
    }
    list->count = kept;
}
