#include "trial/entity.h"

#include "base/macro.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* More digits than any character has. */
#define MAX_DIGITS 10
#define NO_CHARACTER 0xFFFD

static const struct {
    const char *name; /* with both its signs */
    const char *character;
} named[] = {
    {"&amp;", "&"}, {"&lt;", "<"}, {"&gt;", ">"}, {"&quot;", "\""}, {"&apos;", "'"}, {"&nbsp;", "\u00A0"},
};

/* The value of a hexadecimal digit, or more than that. */
static uint32_t digit_value(char c)
{
    if (c >= '0' && c <= '9')
        return (uint32_t)(c - '0');
    if (c >= 'a' && c <= 'f')
        return (uint32_t)(c - 'a') + 10;
    return c >= 'A' && c <= 'F' ? (uint32_t)(c - 'A') + 10 : UINT32_MAX;
}

static bool is_character(uint32_t code)
{
    bool control = (code < 0x20 && code != '\t' && code != '\n') || (code >= 0x7F && code < 0xA0);

    return !control && code <= 0x10FFFF && (code < 0xD800 || code > 0xDFFF);
}

static void encode(uint32_t code, char ret[static ENTITY_BYTES])
{
    static const unsigned char lead[] = {0, 0, 0xC0, 0xE0, 0xF0};
    size_t len = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;

    ret[len] = '\0';
    if (len == 1) {
        ret[0] = (char)code;
        return;
    }
    for (size_t i = len - 1; i > 0; i--, code >>= 6)
        ret[i] = (char)(0x80 | (code & 0x3F));
    ret[0] = (char)(lead[len] | code);
}

/* "&#39;" and "&#x27;". */
static size_t decode_number(const char *text, char ret[static ENTITY_BYTES])
{
    bool hexadecimal = text[2] == 'x' || text[2] == 'X';
    uint32_t base = hexadecimal ? 16 : 10, code = 0;
    size_t start = hexadecimal ? 3 : 2, at = start;

    for (; at - start < MAX_DIGITS && digit_value(text[at]) < base; at++)
        code = code > 0x10FFFF ? code : code * base + digit_value(text[at]);
    if (at == start || text[at] != ';')
        return 0;
    encode(is_character(code) ? code : NO_CHARACTER, ret);
    return at + 1;
}

size_t entity_decode(const char *text, char ret[static ENTITY_BYTES])
{
    if (text[0] != '&')
        return 0;
    if (text[1] == '#')
        return decode_number(text, ret);
    for (size_t i = 0; i < ARRAY_SIZE(named); i++) {
        size_t len = strlen(named[i].name);
        if (strncmp(text, named[i].name, len) == 0) {
            strcpy(ret, named[i].character);
            return len;
        }
    }
    return 0;
}
