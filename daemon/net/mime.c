#include "net/mime.h"

#include "base/macro.h"
#include "base/text.h"
#include "net/mime_encode.h"

#include <errno.h>
#include <string.h>

/* RFC 5322, without the CRLF. */
#define LINE_MAX_BYTES 998

/* At most 70 characters (RFC 2046, 5.1.1), and a NUL. */
#define BOUNDARY_BYTES 64

/* RFC 5321, 4.5.3.1. */
#define LOCAL_PART_MAX_BYTES 64
#define DOMAIN_MAX_BYTES 255

#define ALPHANUMERIC "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define ATOM ALPHANUMERIC "!#$%&'*+-/=?^_`{|}~"

static bool is_ascii(const char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text >= 0x80)
            return false;
    return true;
}

static bool has_control(const char *text)
{
    for (; *text; text++)
        if (text_control_bytes(text) > 0)
            return true;
    return false;
}

/* Whether folding at single spaces brings every line of "name: value" under the limit and loses none of them. */
static bool folds_at_spaces(const char *name, const char *value, size_t line_bytes)
{
    size_t column = strlen(name) + 1;

    if (*value == ' ' || strstr(value, "  "))
        return false;
    while (*value) {
        size_t len = strcspn(value, " ");
        column = column + 1 + len <= line_bytes ? column + 1 + len : 1 + len;
        if (column > line_bytes || (value[len] == ' ' && value[len + 1] == '\0'))
            return false;
        value += len + (value[len] == ' ');
    }
    return true;
}

/* Words go to a line of their own where they would pass its end; the space before them stays. */
static void append_folded(struct buf *out, const char *name, const char *value)
{
    size_t column = strlen(name) + 1;

    buf_printf(out, "%s:", name);
    do {
        size_t len = strcspn(value, " ");
        bool fold = column + 1 + len > MIME_HEADER_LINE_BYTES;
        if (fold)
            buf_append_string(out, "\r\n");
        buf_append_string(out, " ");
        buf_append(out, value, len);
        column = fold ? 1 + len : column + 1 + len;
        value += len + (value[len] == ' ');
    } while (*value);
    buf_append_string(out, "\r\n");
}

static void append_encoded(struct buf *out, const char *name, const char *value)
{
    size_t start = strlen(name) + 2;

    buf_printf(out, "%s: ", name);
    mime_append_encoded_words(out, value, start < MIME_HEADER_LINE_BYTES ? MIME_HEADER_LINE_BYTES - start : 0, "\r\n ");
    buf_append_string(out, "\r\n");
}

static bool header_name_ok(const char *name)
{
    size_t len = strlen(name);

    return len > 0 && len + strlen(": ") <= MIME_HEADER_LINE_BYTES && strspn(name, ALPHANUMERIC "-") == len;
}

static int append_header(struct buf *out, const struct mime_header *header, bool utf8, struct error *e)
{
    const char *name = header->name, *value = header->value;

    if (!header_name_ok(name))
        return error_set(e, -EINVAL, "a mail header's name has other characters than letters, digits and '-'");
    if (has_control(value))
        return error_set(e, -EINVAL, "the mail header %s has a line break or another control character", name);
    if (!text_is_utf8(value, strlen(value)))
        return error_set(e, -EINVAL, "the mail header %s is not UTF-8", name);
    if (!header->structured && (!is_ascii(value) || strstr(value, "=?") || *value == '\0' ||
                                !folds_at_spaces(name, value, MIME_HEADER_LINE_BYTES))) {
        append_encoded(out, name, value);
        return 0;
    }
    if (!utf8 && !is_ascii(value))
        return error_set(e, -EINVAL, "the mail header %s must be ASCII", name);
    if (!folds_at_spaces(name, value, LINE_MAX_BYTES))
        return error_set(e, -EINVAL, "the mail header %s has a word that is too long, or spaces that get lost", name);
    append_folded(out, name, value);
    return 0;
}

/* "=_" cannot stand in quoted-printable text, so that no body contains the boundary (RFC 2045, 6.7). */
static void make_boundary(const char *seed, char ret[static BOUNDARY_BYTES])
{
    size_t len = strlen(strcpy(ret, "=_"));

    for (; *seed && len < BOUNDARY_BYTES - 1; seed++)
        if (strchr(ALPHANUMERIC "-", *seed))
            ret[len++] = *seed;
    ret[len] = '\0';
}

static void append_part(struct buf *out, const char *type, const char *text)
{
    buf_printf(out,
               "Content-Type: text/%s; charset=utf-8\r\n"
               "Content-Transfer-Encoding: quoted-printable\r\n"
               "\r\n",
               type);
    mime_append_quoted_printable(out, text);
}

static void append_alternatives(struct buf *out, const struct mime_mail *mail)
{
    char boundary[BOUNDARY_BYTES];

    make_boundary(mail->boundary_seed, boundary);
    buf_printf(out, "Content-Type: multipart/alternative;\r\n boundary=\"%s\"\r\n\r\n", boundary);
    buf_printf(out, "--%s\r\n", boundary);
    append_part(out, "plain", mail->text);
    buf_printf(out, "\r\n--%s\r\n", boundary);
    append_part(out, "html", mail->html);
    buf_printf(out, "\r\n--%s--\r\n", boundary);
}

int mime_append(struct buf *out, const struct mime_mail *mail, struct error *e)
{
    for (size_t i = 0; i < mail->header_count; i++) {
        int r = append_header(out, &mail->headers[i], mail->utf8, e);
        if (r < 0)
            return r;
    }
    if (!text_is_utf8(mail->text, strlen(mail->text)) || (mail->html && !text_is_utf8(mail->html, strlen(mail->html))))
        return error_set(e, -EINVAL, "the mail's text is not UTF-8");
    buf_append_string(out, "MIME-Version: 1.0\r\n");
    if (mail->html)
        append_alternatives(out, mail);
    else
        append_part(out, "plain", mail->text);
    return buf_status(out) < 0 ? error_set(e, buf_status(out), "the mail is too large") : 0;
}

static void append_quoted_string(struct buf *out, const char *text)
{
    buf_append_string(out, "\"");
    for (; *text; text++) {
        if (*text == '"' || *text == '\\')
            buf_append_string(out, "\\");
        buf_append(out, text, 1);
    }
    buf_append_string(out, "\"");
}

void mime_append_address(struct buf *out, const char *name, const char *address)
{
    _cleanup_buf_ struct buf plain = {0};

    if (!name || *name == '\0') {
        buf_append_string(out, address);
        return;
    }
    while (*name) {
        size_t control = text_control_bytes(name);
        buf_append(&plain, control > 0 ? " " : name, 1);
        name += size_max(control, 1);
    }
    const char *text = buf_string(&plain);
    if (!is_ascii(text) || strstr(text, "=?") || !folds_at_spaces("", text, MIME_HEADER_LINE_BYTES))
        mime_append_encoded_words(out, text, MIME_HEADER_LINE_BYTES, " ");
    else if (text[strspn(text, ATOM " ")] != '\0')
        append_quoted_string(out, text);
    else
        buf_append_string(out, text);
    buf_printf(out, " <%s>", address);
}

/* Runs of the allowed ASCII characters or non-ASCII ones, separated by single dots. */
static bool is_dotted(const char *text, size_t len, const char *allowed)
{
    bool after_dot = true;

    for (size_t i = 0; i < len; i++) {
        bool dot = text[i] == '.';
        if (dot ? after_dot : (unsigned char)text[i] < 0x80 && !strchr(allowed, text[i]))
            return false;
        after_dot = dot;
    }
    return !after_dot;
}

bool mime_address_ok(const char *address, bool *ret_needs_smtputf8)
{
    const char *at = strchr(address, '@');

    if (!at || has_control(address) || !text_is_utf8(address, strlen(address)))
        return false;
    size_t local = (size_t)(at - address), domain = strlen(at + 1);
    if (local > LOCAL_PART_MAX_BYTES || domain > DOMAIN_MAX_BYTES || !is_dotted(address, local, ATOM) ||
        !is_dotted(at + 1, domain, ALPHANUMERIC "-") || at[1] == '-' || at[domain] == '-')
        return false;
    *ret_needs_smtputf8 = !is_ascii(address);
    return true;
}
