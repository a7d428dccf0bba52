#include "trial/canonical.h"

#include "base/buf.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Digits of a real that are enough for what people wrote, and enough for every double (C's DBL_DIG and
 * DBL_DECIMAL_DIG). */
#define SHORT_REAL_DIGITS 15
#define EXACT_REAL_DIGITS 17

#define SCALAR_BYTES ((size_t)64)

/* A record of the greatest length with as many keys as there is room for has some four million. */
#define MEMBERS_MAX_BYTES ((size_t)256 * 1024 * 1024)

struct member {
    const char *key;
    size_t key_len;
    const json_t *value;
};

struct writer {
    struct buf out;
    struct buf members; /* struct member of the objects that are being written, the innermost one's last */
    size_t real_digits;
    bool inexact; /* a real does not read back equal from so many digits */
    bool negative_zero;
};

static void append_byte(struct buf *out, char byte)
{
    char *room = buf_extend(out, 1);

    if (room)
        *room = byte;
}

static void append_escape(struct buf *out, unsigned char byte)
{
    static const char *const short_escapes['\\' + 1] = {
        ['"'] = "\\\"", ['\\'] = "\\\\", ['\b'] = "\\b", ['\f'] = "\\f", ['\n'] = "\\n", ['\r'] = "\\r", ['\t'] = "\\t",
    };

    if (short_escapes[byte])
        buf_append_string(out, short_escapes[byte]);
    else
        buf_printf(out, "\\u%04X", byte);
}

/* How many bytes are written as they are. */
static size_t plain_length(const char *text, size_t len)
{
    size_t plain = 0;

    while (plain < len && (unsigned char)text[plain] >= ' ' && text[plain] != '"' && text[plain] != '\\')
        plain++;
    return plain;
}

static void append_string(struct buf *out, const char *text, size_t len)
{
    size_t plain;

    append_byte(out, '"');
    while ((plain = plain_length(text, len)) < len) {
        buf_append(out, text, plain);
        append_escape(out, (unsigned char)text[plain]);
        text += plain + 1;
        len -= plain + 1;
    }
    buf_append(out, text, len);
    append_byte(out, '"');
}

/* A number or a word: there are few, and jansson knows how they are written. */
static void append_scalar(struct writer *writer, const json_t *scalar)
{
    char text[SCALAR_BYTES + 1] = "";
    double value = json_real_value(scalar);
    size_t len = json_dumpb(scalar, text, SCALAR_BYTES, JSON_ENCODE_ANY | JSON_REAL_PRECISION(writer->real_digits));

    buf_append(&writer->out, text, len);
    if (!json_is_real(scalar))
        return;
    writer->inexact |= strtod(text, NULL) != value;
    writer->negative_zero |= value == 0 && signbit(value);
}

static void append_value(struct writer *writer, const json_t *value);

static void append_array(struct writer *writer, const json_t *array)
{
    const json_t *element;
    size_t i;

    append_byte(&writer->out, '[');
    json_array_foreach (array, i, element) {
        if (i > 0)
            append_byte(&writer->out, ',');
        append_value(writer, element);
    }
    append_byte(&writer->out, ']');
}

static int compare_members(const void *a, const void *b)
{
    const struct member *one = a, *other = b;
    int order = memcmp(one->key, other->key, size_min(one->key_len, other->key_len));

    return order ? order : (one->key_len > other->key_len) - (one->key_len < other->key_len);
}

/* The members beyond start are those of object, sorted. */
static int push_members(struct buf *members, json_t *object, size_t start)
{
    for (void *at = json_object_iter(object); at; at = json_object_iter_next(object, at)) {
        struct member member = {json_object_iter_key(at), json_object_iter_key_len(at), json_object_iter_value(at)};
        buf_append(members, &member, sizeof(member));
    }
    if (buf_status(members) == 0 && members->len > start)
        qsort(members->data + start, (members->len - start) / sizeof(struct member), sizeof(struct member),
              compare_members);
    return buf_status(members);
}

static void append_object(struct writer *writer, const json_t *object)
{
    size_t start = writer->members.len;

    append_byte(&writer->out, '{');
    if (push_members(&writer->members, (json_t *)object, start) < 0)
        return;
    for (size_t at = start; at < writer->members.len; at += sizeof(struct member)) {
        struct member member;
        memcpy(&member, writer->members.data + at, sizeof(member));
        if (at > start)
            append_byte(&writer->out, ',');
        append_string(&writer->out, member.key, member.key_len);
        append_byte(&writer->out, ':');
        append_value(writer, member.value);
    }
    writer->members.len = start;
    append_byte(&writer->out, '}');
}

static void append_value(struct writer *writer, const json_t *value)
{
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        append_object(writer, value);
        break;
    case JSON_ARRAY:
        append_array(writer, value);
        break;
    case JSON_STRING:
        append_string(&writer->out, json_string_value(value), json_string_length(value));
        break;
    default:
        append_scalar(writer, value);
        break;
    }
}

static int write_with(size_t real_digits, const json_t *value, struct writer *writer)
{
    buf_reset(&writer->out);
    buf_reset(&writer->members);
    writer->real_digits = real_digits;
    append_value(writer, value);
    return buf_status(&writer->members) < 0 ? buf_status(&writer->members) : buf_status(&writer->out);
}

int canonical_write(const json_t *value, struct canonical *ret)
{
    struct writer writer = {.members.max_bytes = MEMBERS_MAX_BYTES};
    int r = value ? write_with(SHORT_REAL_DIGITS, value, &writer) : -EINVAL;

    if (r == 0 && writer.inexact)
        r = write_with(EXACT_REAL_DIGITS, value, &writer);
    if (r == 0) {
        *ret = (struct canonical){.len = writer.out.len, .negative_zero = writer.negative_zero};
        ret->text = buf_take(&writer.out);
    }
    buf_free(&writer.out);
    buf_free(&writer.members);
    return r;
}
