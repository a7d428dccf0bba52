#include "trial/fold.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <utf8proc.h>

/* Letters that Unicode does not decompose although people write them plain, in the order of the code points. From the
 * languages of the registry's sites: Danish, Icelandic, Croatian, Polish, Turkish, French. */
static const struct {
    utf8proc_int32_t letter;
    const char *plain;
} plain_letters[] = {
    {0xE6, "ae"}, {0xF0, "d"},  {0xF8, "o"},  {0xFE, "th"},  {0x111, "d"},
    {0x127, "h"}, {0x131, "i"}, {0x142, "l"}, {0x153, "oe"},
};

/* The bytes 0x80–0x9F of Windows-1252 (WHATWG's index); what has no character there stands for itself. */
static const uint16_t windows_1252[32] = {
    0x20AC, 0x81,   0x201A, 0x192,  0x201E, 0x2026, 0x2020, 0x2021, 0x2C6,  0x2030, 0x160,
    0x2039, 0x152,  0x8D,   0x17D,  0x8F,   0x90,   0x2018, 0x2019, 0x201C, 0x201D, 0x2022,
    0x2013, 0x2014, 0x2DC,  0x2122, 0x161,  0x203A, 0x153,  0x9D,   0x17E,  0x178,
};

/* The byte that a character was, had UTF-8 been read as Windows-1252 or Latin-1; -1 when there is none. */
static int byte_of(utf8proc_int32_t c)
{
    if (c < 0x100)
        return c;
    for (int i = 0; i < 32; i++)
        if (windows_1252[i] == c)
            return 0x80 + i;
    return -1;
}

/* Reads the next character and returns its length in bytes, 1 with *ret < 0 when it is ill-formed. */
static size_t next_character(const char *text, size_t len, utf8proc_int32_t *ret)
{
    utf8proc_ssize_t n = utf8proc_iterate((const utf8proc_uint8_t *)text, (utf8proc_ssize_t)len, ret);

    if (n > 0)
        return (size_t)n;
    *ret = -1;
    return 1;
}

/* "Ã©" for "é": a character whose UTF-8 bytes were each read as one character. Returns the bytes it takes in text, 0
 * when text does not begin with one. */
static size_t read_mojibake(const char *text, size_t len, utf8proc_int32_t *ret)
{
    utf8proc_uint8_t bytes[4];
    size_t count = 0, used = 0, want = 1;

    while (count < want && used < len) {
        utf8proc_int32_t c;
        used += next_character(text + used, len - used, &c);
        int byte = byte_of(c);
        if (byte < 0x80)
            return 0;
        if (count == 0)
            want = byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : 2;
        bytes[count++] = (utf8proc_uint8_t)byte;
    }
    if (count < want || utf8proc_iterate(bytes, (utf8proc_ssize_t)count, ret) != (utf8proc_ssize_t)count)
        return 0;
    return used;
}

/* Where the folded words go. */
struct words {
    struct buf *out;
    size_t start; /* of the first word in out */
    bool gap;     /* what comes next begins a word */
};

static void add_plain(struct words *words, const char *text, size_t len)
{
    if (words->gap && words->out->len > words->start)
        buf_append(words->out, " ", 1);
    words->gap = false;
    buf_append(words->out, text, len);
}

static bool is_apostrophe(utf8proc_int32_t c)
{
    return c == '\'' || c == '`' || c == 0xB4 || c == 0x2018 || c == 0x2019 || c == 0x2BC;
}

/* One character that is already decomposed and lower case. */
static void add_folded(struct words *words, utf8proc_int32_t c)
{
    utf8proc_uint8_t encoded[4];
    utf8proc_category_t category = utf8proc_category(c);

    for (size_t i = 0; i < ARRAY_SIZE(plain_letters); i++) {
        if (plain_letters[i].letter == c) {
            add_plain(words, plain_letters[i].plain, strlen(plain_letters[i].plain));
            return;
        }
    }
    bool letter = category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_LO;
    bool digit = category >= UTF8PROC_CATEGORY_ND && category <= UTF8PROC_CATEGORY_NO;
    if (letter || digit)
        add_plain(words, (const char *)encoded, (size_t)utf8proc_encode_char(c, encoded));
    else if (category < UTF8PROC_CATEGORY_MN || category > UTF8PROC_CATEGORY_ME)
        words->gap = true; /* marks are accents and vanish, the rest parts words */
}

static void add_character(struct words *words, utf8proc_int32_t c)
{
    /* the longest compatibility decomposition has 18 characters (U+FDFA) */
    utf8proc_int32_t parts[32];
    int boundary = 0;

    if (is_apostrophe(c)) /* "St. Luke's" and "St Lukes" are one name */
        return;
    utf8proc_ssize_t n = utf8proc_decompose_char(c, parts, (utf8proc_ssize_t)ARRAY_SIZE(parts),
                                                 UTF8PROC_COMPAT | UTF8PROC_CASEFOLD | UTF8PROC_DECOMPOSE, &boundary);
    if (n < 0 || (size_t)n > ARRAY_SIZE(parts))
        words->gap = true;
    for (utf8proc_ssize_t i = 0; i < n && (size_t)n <= ARRAY_SIZE(parts); i++)
        add_folded(words, parts[i]);
}

static bool is_plain(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/* Most text is ASCII, and needs no tables. Takes a run of letters and digits, or one other character; returns its
 * length. */
static size_t add_ascii(struct words *words, const char *text, size_t len)
{
    char lower[64];
    size_t n = 0;

    for (; n < len && n < sizeof(lower) && is_plain(text[n]); n++)
        lower[n] = text[n] >= 'A' && text[n] <= 'Z' ? (char)(text[n] | 0x20) : text[n];
    if (n > 0)
        add_plain(words, lower, n);
    else if (!is_apostrophe(*text))
        words->gap = true;
    return n > 0 ? n : 1;
}

int fold_text(const char *text, struct buf *out)
{
    struct words words = {.out = out, .start = out->len, .gap = true};
    size_t len = strlen(text);

    for (size_t i = 0; i < len;) {
        utf8proc_int32_t c;
        if ((unsigned char)text[i] < 0x80) {
            i += add_ascii(&words, text + i, len - i);
            continue;
        }
        size_t used = read_mojibake(text + i, len - i, &c);
        i += used > 0 ? used : next_character(text + i, len - i, &c);
        if (c < 0)
            words.gap = true;
        else
            add_character(&words, c);
    }
    return buf_status(out);
}

int fold_phrase(const char *text, struct buf *out)
{
    buf_append_string(out, " ");
    fold_text(text, out);
    return buf_append_string(out, " ");
}

uint64_t fold_hash(const void *bytes, size_t len)
{
    const unsigned char *byte = bytes;
    uint64_t hash = UINT64_C(0xcbf29ce484222325);

    for (size_t i = 0; i < len; i++)
        hash = (hash ^ byte[i]) * UINT64_C(0x100000001b3);
    return hash;
}
