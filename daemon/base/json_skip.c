#include "base/json_skip.h"

#include <string.h>

size_t json_skip_space(const char *text, size_t len, size_t at)
{
    while (at < len && (text[at] == ' ' || text[at] == '\n' || text[at] == '\t' || text[at] == '\r'))
        at++;
    return at;
}

/* An odd number of backslashes before a quote makes it part of the string that begins at start. */
static size_t backslashes_before(const char *text, size_t at, size_t start)
{
    size_t count = 0;

    while (at - count > start && text[at - count - 1] == '\\')
        count++;
    return count;
}

size_t json_skip_string(const char *text, size_t len, size_t at)
{
    size_t start = at + 1;

    for (size_t from = start; from < len;) {
        const char *quote = memchr(text + from, '"', len - from);
        if (!quote)
            return 0;
        size_t end = (size_t)(quote - text);
        if (backslashes_before(text, end, start) % 2 == 0)
            return end + 1;
        from = end + 1;
    }
    return 0;
}

static size_t skip_nested(const char *text, size_t len, size_t at)
{
    size_t depth = 0;

    while (at < len) {
        switch (text[at]) {
        case '"':
            at = json_skip_string(text, len, at);
            if (at == 0)
                return 0;
            continue;
        case '{':
        case '[':
            depth++;
            break;
        case '}':
        case ']':
            if (--depth == 0)
                return at + 1;
            break;
        default:
            break;
        }
        at++;
    }
    return 0;
}

static size_t skip_word(const char *text, size_t len, size_t at)
{
    while (at < len && text[at] != '\0' && !strchr(",]} \t\r\n", text[at]))
        at++;
    return at < len ? at : 0;
}

size_t json_skip_value(const char *text, size_t len, size_t at)
{
    switch (text[at]) {
    case '{':
    case '[':
        return skip_nested(text, len, at);
    case '"':
        return json_skip_string(text, len, at);
    default:
        return skip_word(text, len, at);
    }
}
