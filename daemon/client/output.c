#include "client/output.h"

#include "base/macro.h"
#include "client/safetext.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int output_append_json(struct buf *out, const json_t *value, size_t flags)
{
    _cleanup_free_ char *text = json_dumps(value, flags | JSON_ENCODE_ANY);

    if (!text)
        return -ENOMEM;
    for (const char *c = text; *c;) {
        size_t plain = strcspn(c, "\x7F\xC2");

        buf_append(out, c, plain);
        c += plain;
        if (*c == '\x7F') {
            buf_append_string(out, "\\u007F");
            c++;
        } else if (*c && (unsigned char)c[1] <= 0x9F) {
            buf_printf(out, "\\u%04X", (unsigned char)c[1]);
            c += 2;
        } else if (*c) {
            buf_append(out, c, 2);
            c += 2;
        }
    }
    return buf_status(out);
}

void output_append_csv(struct buf *out, const char *text)
{
    _cleanup_buf_ struct buf safe = {0};

    safetext_append_lines(&safe, text);
    const char *cell = buf_string(&safe);
    if (!strpbrk(cell, "\",\n")) {
        buf_append_string(out, cell);
        return;
    }
    buf_append(out, "\"", 1);
    for (; *cell; cell++) {
        if (*cell == '"')
            buf_append(out, "\"", 1);
        buf_append(out, cell, 1);
    }
    buf_append(out, "\"", 1);
}
