#include "base/err.h"

#include "base/text.h"

#include <stdio.h>
#include <string.h>

int error_set(struct error *e, int err, const char *format, ...)
{
    if (!e)
        return err;

    va_list ap;
    va_start(ap, format);
    int n = vsnprintf(e->text, sizeof(e->text), format, ap);
    va_end(ap);
    if (n >= (int)sizeof(e->text))
        text_drop_half_character(e->text);
    return err;
}

int error_prefix(struct error *e, int err, const char *format, ...)
{
    if (!e)
        return err;

    char before[ERROR_TEXT_BYTES];
    memcpy(before, e->text, sizeof(before));

    va_list ap;
    va_start(ap, format);
    int n = vsnprintf(e->text, sizeof(e->text), format, ap);
    va_end(ap);
    if (n < 0)
        n = 0;
    size_t used = size_min((size_t)n, sizeof(e->text) - 1);
    if (snprintf(e->text + used, sizeof(e->text) - used, ": %s", before) >= (int)(sizeof(e->text) - used))
        text_drop_half_character(e->text);
    return err;
}
