#include "check.h"

#include "net/mime.h"

#include <errno.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The header's lines as they are sent, or "-EINVAL: words". */
static void append_header(struct buf *out, const char *name, const char *value, bool structured)
{
    struct mime_header header = {name, value, structured};
    struct mime_mail mail = {.headers = &header, .header_count = 1, .text = "", .boundary_seed = "1"};
    struct error e = {""};
    int r = mime_append(out, &mail, &e);

    if (r < 0) {
        assert_int_equal(r, -EINVAL);
        buf_reset(out);
        buf_printf(out, "-EINVAL: %s", e.text);
        return;
    }
    char *end = strstr(out->data, "MIME-Version: 1.0\r\n");
    assert_non_null(end);
    *end = '\0';
    out->len = (size_t)(end - out->data);
}

static void check_header(const char *name, const char *value, bool structured, const char *expected)
{
    _cleanup_buf_ struct buf out = {0};

    append_header(&out, name, value, structured);
    assert_string_equal(buf_string(&out), expected);
}

/* No line longer than 76 bytes, none empty; the encoded words decode to the text again, each to whole characters. */
static void check_encoded(const char *name, const char *text)
{
    _cleanup_buf_ struct buf out = {0}, decoded = {0};

    append_header(&out, name, text, false);
    for (char *line = out.data; *line; line = strstr(line, "\r\n") + 2) {
        assert_in_range(strcspn(line, "\r"), 1, 76);
        char *word = strstr(line, "=?UTF-8?B?");
        if (!word || word > strstr(line, "\r\n"))
            continue;
        size_t len = strcspn(word + 10, "?"), padding = 0;
        unsigned char bytes[80];
        assert_in_range(10 + len + 2, 0, 75);
        assert_memory_equal(word + 10 + len, "?=\r\n", 4);
        int n = EVP_DecodeBlock(bytes, (unsigned char *)word + 10, (int)len);
        while (word[10 + len - 1 - padding] == '=')
            padding++;
        assert_true(n > (int)padding && (bytes[0] & 0xC0) != 0x80);
        buf_append(&decoded, bytes, (size_t)n - padding);
    }
    assert_string_equal(buf_string(&decoded), text);
}

static void ascii_headers_are_sent_as_they_are(void **state)
{
    (void)state;
    check_header("Subject", "FREEDOM is recruiting", false, "Subject: FREEDOM is recruiting\r\n");
    check_header("X-Empty", "", false, "X-Empty: \r\n");
    check_header("Message-ID", "<alert-1@example.org>", true, "Message-ID: <alert-1@example.org>\r\n");
}

static void long_ascii_headers_are_folded_at_spaces(void **state)
{
    (void)state;
    check_header("Subject",
                 "Safety of Intracoronary CD34+ Cells in Participants With Coronary "
                 "Endothelial Microvascular Dysfunction",
                 false,
                 "Subject: Safety of Intracoronary CD34+ Cells in Participants With Coronary\r\n"
                 " Endothelial Microvascular Dysfunction\r\n");
    check_header("X", "12345678901234567890123456789012345678901234567890123456789012345678901 a", false,
                 "X: 12345678901234567890123456789012345678901234567890123456789012345678901 a\r\n");
    check_header("X", "123456789012345678901234567890123456789012345678901234567890123456789012 a", false,
                 "X: 123456789012345678901234567890123456789012345678901234567890123456789012\r\n a\r\n");
}

static void other_text_becomes_encoded_words(void **state)
{
    (void)state;
    check_header("Subject", "caf\xC3\xA9", false, "Subject: =?UTF-8?B?Y2Fmw6k=?=\r\n");
    check_encoded("Subject", "=?UTF-8?Q?not_ours?=");
    check_encoded("Subject", "two  spaces");
    check_encoded("Subject", " space before");
    check_encoded("Subject", "space behind ");
    check_encoded("Subject", "a-word-that-no-line-holds-because-it-goes-on-and-on-and-on-and-on-and-on-and-on");
}

static void characters_are_never_split_between_words(void **state)
{
    static const char *const characters[] = {"\xC3\xA9", "\xE2\x80\x94", "\xF0\x9F\x98\x80"};

    (void)state;
    for (size_t start = 0; start < 60; start++)
        for (size_t i = 0; i < ARRAY_SIZE(characters); i++) {
            _cleanup_buf_ struct buf text = {0};
            for (size_t n = 0; n < start; n++)
                buf_append_string(&text, "x");
            for (size_t n = 0; n < 50; n++)
                buf_append_string(&text, characters[i]);
            check_encoded("Subject", buf_string(&text));
        }
    check_encoded("X-A-Name-That-Leaves-No-Room-For-A-Word-On-Its-Line-And-Still-Is-Legal-Now", "\xC3\xA9");
}

static void injection_is_refused_with_the_header_named(void **state)
{
    static const char *const values[] = {
        "a\r\nBcc: x@example.org", "a\nb", "a\rb", "a\x01", "a\tb", "a\x7F", "\xC2\x85"};

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(values); i++) {
        check_header("Subject", values[i], false,
                     "-EINVAL: the mail header Subject has a line break or another control character");
        check_header("To", values[i], true,
                     "-EINVAL: the mail header To has a line break or another control character");
    }
    check_header("Subject", "\xFF", false, "-EINVAL: the mail header Subject is not UTF-8");
    check_header("To", "\xC3\xA9@example.org", true, "-EINVAL: the mail header To must be ASCII");
    check_header("Bad Name", "x", false,
                 "-EINVAL: a mail header's name has other characters than letters, digits and '-'");
    check_header("Bad\r\nName", "x", false,
                 "-EINVAL: a mail header's name has other characters than letters, digits and '-'");
}

static void no_line_passes_998_bytes(void **state)
{
    char word[1000];
    _cleanup_buf_ struct buf out = {0};

    (void)state;
    memset(word, 'a', sizeof(word));
    word[997] = '\0';
    append_header(&out, "X-Id", word, true);
    assert_non_null(strstr(buf_string(&out), "X-Id:\r\n aaa"));
    word[997] = 'a';
    word[998] = '\0';
    check_header("X-Id", word, true,
                 "-EINVAL: the mail header X-Id has a word that is too long, or spaces that get lost");
}

static void many_recipients_fold(void **state)
{
    _cleanup_buf_ struct buf value = {0}, out = {0};

    (void)state;
    for (int i = 0; i < 100; i++)
        buf_printf(&value, "%sperson-%d@example.org", i ? ", " : "", i);
    append_header(&out, "To", buf_string(&value), true);
    for (char *line = out.data; *line; line = strstr(line, "\r\n") + 2)
        assert_in_range(strcspn(line, "\r"), 1, 76);
}

/* The body of a text-only mail. */
static void check_body(const char *text, const char *expected)
{
    static const char head[] = "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
                               "Content-Transfer-Encoding: quoted-printable\r\n\r\n";
    struct mime_mail mail = {.text = text};
    _cleanup_buf_ struct buf out = {0};
    struct error e;

    assert_int_equal(mime_append(&out, &mail, &e), 0);
    assert_memory_equal(out.data, head, strlen(head));
    assert_string_equal(out.data + strlen(head), expected);
}

static void bodies_are_quoted_printable(void **state)
{
    (void)state;
    check_body("", "");
    check_body("one line", "one line\r\n");
    check_body("unix\ndos\r\nmac\rend\n", "unix\r\ndos\r\nmac\r\nend\r\n");
    check_body("caf\xC3\xA9 = 1", "caf=C3=A9 =3D 1\r\n");
    check_body("end \ntab\t\nin the middle \t x ", "end=20\r\ntab=09\r\nin the middle \t x=20\r\n");
    check_body(".\n..\na.b\n", "=2E\r\n=2E.\r\na.b\r\n");
    check_body("a\x01\x7F", "a=01=7F\r\n");
}

static void long_lines_are_broken_softly(void **state)
{
    _cleanup_buf_ struct buf text = {0}, expected = {0};

    (void)state;
    for (int i = 0; i < 75; i++)
        buf_append_string(&text, "a");
    buf_append(&expected, text.data, text.len);
    buf_append_string(&expected, "\r\n");
    check_body(buf_string(&text), buf_string(&expected));

    buf_append_string(&text, ".");
    buf_reset(&expected);
    buf_append(&expected, text.data, 75);
    buf_append_string(&expected, "=\r\n=2E\r\n");
    check_body(buf_string(&text), buf_string(&expected));
}

static void quoted_characters_stay_whole_at_every_column(void **state)
{
    (void)state;
    for (int start = 0; start < 80; start++) {
        _cleanup_buf_ struct buf text = {0}, out = {0};
        for (int i = 0; i < start; i++)
            buf_append_string(&text, "x");
        for (int i = 0; i < 100; i++)
            buf_append_string(&text, "\xE2\x80\x94");
        struct mime_mail mail = {.text = buf_string(&text)};
        struct error e;
        assert_int_equal(mime_append(&out, &mail, &e), 0);
        for (char *line = strstr(out.data, "\r\n\r\n") + 4; *line; line = strstr(line, "\r\n") + 2) {
            size_t len = strcspn(line, "\r");
            assert_in_range(len, 1, 76);
            for (size_t i = 0; i < len; i++)
                if (line[i] == '=' && i + 1 < len)
                    assert_true(i + 2 < len);
        }
    }
}

static void two_texts_are_alternatives(void **state)
{
    struct mime_mail mail = {.text = "plain", .html = "<p>--=_alert-7</p>", .boundary_seed = "alert-7\r\n\"x"};
    _cleanup_buf_ struct buf out = {0};
    struct error e;

    (void)state;
    assert_int_equal(mime_append(&out, &mail, &e), 0);
    assert_string_equal(out.data, "MIME-Version: 1.0\r\n"
                                  "Content-Type: multipart/alternative;\r\n"
                                  " boundary=\"=_alert-7x\"\r\n"
                                  "\r\n"
                                  "--=_alert-7x\r\n"
                                  "Content-Type: text/plain; charset=utf-8\r\n"
                                  "Content-Transfer-Encoding: quoted-printable\r\n"
                                  "\r\n"
                                  "plain\r\n"
                                  "\r\n"
                                  "--=_alert-7x\r\n"
                                  "Content-Type: text/html; charset=utf-8\r\n"
                                  "Content-Transfer-Encoding: quoted-printable\r\n"
                                  "\r\n"
                                  "<p>--=3D_alert-7</p>\r\n"
                                  "\r\n"
                                  "--=_alert-7x--\r\n");
}

static void text_that_is_not_utf8_is_refused(void **state)
{
    struct mime_mail mail = {.text = "caf\xE9", .boundary_seed = "1"};
    _cleanup_buf_ struct buf out = {0};
    struct error e;

    (void)state;
    assert_int_equal(mime_append(&out, &mail, &e), -EINVAL);
    mail.text = "";
    mail.html = "\xFF";
    assert_int_equal(mime_append(&out, &mail, &e), -EINVAL);
}

static void a_full_buffer_is_told(void **state)
{
    struct mime_mail mail = {.text = "0123456789", .html = "0123456789", .boundary_seed = "1"};
    struct error e;

    (void)state;
    for (size_t max = 1; max < 500; max++) {
        _cleanup_buf_ struct buf out = {.max_bytes = max};
        int r = mime_append(&out, &mail, &e);
        assert_true(r == -EFBIG || (r == 0 && out.len <= max));
    }
}

static void addresses_get_their_name(void **state)
{
    static const char *const cases[][2] = {
        {NULL, "a@example.org"},
        {"", "a@example.org"},
        {"Trial Watch", "Trial Watch <a@example.org>"},
        {"Doe, Jane", "\"Doe, Jane\" <a@example.org>"},
        {"Jane \"J\\\" Doe", "\"Jane \\\"J\\\\\\\" Doe\" <a@example.org>"},
        {"caf\xC3\xA9", "=?UTF-8?B?Y2Fmw6k=?= <a@example.org>"},
        {"a\r\nBcc:x", "=?UTF-8?B?YSAgQmNjOng=?= <a@example.org>"},
        {"a\r<x@evil>", "\"a <x@evil>\" <a@example.org>"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        _cleanup_buf_ struct buf out = {0};
        mime_append_address(&out, cases[i][0], "a@example.org");
        assert_string_equal(buf_string(&out), cases[i][1]);
    }
}

static void a_name_of_broken_bytes_ends(void **state)
{
    _cleanup_buf_ struct buf out = {0};
    char name[300];

    (void)state;
    memset(name, 0x80, sizeof(name) - 1);
    name[sizeof(name) - 1] = '\0';
    mime_append_address(&out, name, "a@example.org");
    assert_int_equal(buf_status(&out), 0);
}

static void addresses_are_judged(void **state)
{
    static const char *const good[] = {"a@example.org", "first.last+tag@sub.example.org", "root@localhost",
                                       "o'brien@example.org"};
    static const char *const bad[] = {
        "",
        "@",
        "a@",
        "@b",
        "a",
        "a@b@c",
        "a b@example.org",
        "a@exam ple.org",
        "a@example.org\r\nRCPT TO:<b@c>",
        "<a@example.org>",
        "a@example..org",
        ".a@example.org",
        "a.@example.org",
        "a..b@example.org",
        "a@-example.org",
        "a@example.org-",
        "a@.example.org",
        "a@example.org.",
        "\"a\"@example.org",
        "a,b@example.org",
        "a@[127.0.0.1]",
        "a@example.org\t",
        "a@exa\x01mple.org",
        "\xFF@example.org",
        "a@exa_mple.org",
    };
    bool utf8 = true;

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
        assert_true(mime_address_ok(good[i], &utf8));
        assert_false(utf8);
    }
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
        assert_false(mime_address_ok(bad[i], &utf8));
    assert_true(mime_address_ok("jos\xC3\xA9@example.org", &utf8));
    assert_true(utf8);
}

static void addresses_have_a_longest_length(void **state)
{
    char address[400];
    bool utf8;

    (void)state;
    for (int local = 64; local <= 65; local++)
        for (int domain = 255; domain <= 256; domain++) {
            memset(address, 'a', sizeof(address));
            address[local] = '@';
            address[local + 1 + domain] = '\0';
            assert_int_equal(mime_address_ok(address, &utf8), local == 64 && domain == 255);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ascii_headers_are_sent_as_they_are),
        cmocka_unit_test(long_ascii_headers_are_folded_at_spaces),
        cmocka_unit_test(other_text_becomes_encoded_words),
        cmocka_unit_test(characters_are_never_split_between_words),
        cmocka_unit_test(injection_is_refused_with_the_header_named),
        cmocka_unit_test(no_line_passes_998_bytes),
        cmocka_unit_test(many_recipients_fold),
        cmocka_unit_test(bodies_are_quoted_printable),
        cmocka_unit_test(long_lines_are_broken_softly),
        cmocka_unit_test(quoted_characters_stay_whole_at_every_column),
        cmocka_unit_test(two_texts_are_alternatives),
        cmocka_unit_test(text_that_is_not_utf8_is_refused),
        cmocka_unit_test(a_full_buffer_is_told),
        cmocka_unit_test(addresses_get_their_name),
        cmocka_unit_test(a_name_of_broken_bytes_ends),
        cmocka_unit_test(addresses_are_judged),
        cmocka_unit_test(addresses_have_a_longest_length),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
