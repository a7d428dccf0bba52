#include "check.h"

#include "base/macro.h"
#include "gzip_maker.h"
#include "net/gunzip.h"

#include <errno.h>

#define WINDOW_BYTES 32768 /* deflate's: as far as a copy reaches back */

/* One block of codes of its own (RFC 1951, 3.2.7), behind a header with every field that there is. */
static const char record[] =
    "{\"protocolSection\":{\"identificationModule\":{\"nctId\":\"NCT04614467\","
    "\"briefTitle\":\"CD34+ cells\"},\"statusModule\":{\"overallStatus\":\"RECRUITING\","
    "\"statusVerifiedDate\":\"2026-01\"},\"contactsLocationsModule\":{\"locations\":[{\"facility\":\"Hospital A\","
    "\"status\":\"RECRUITING\",\"city\":\"Cincinnati\"},{\"facility\":\"Hospital B\","
    "\"status\":\"COMPLETED\",\"city\":\"Boston\"}]}}}";

static const unsigned char record_packed[] = {
    0x1F, 0x8B, 0x08, 0x1F, 0x78, 0x56, 0x34, 0x12, 0x02, 0x03, 0x05, 0x00, 0x65, 0x78, 0x74, 0x72, 0x61, 0x72, 0x65,
    0x63, 0x6F, 0x72, 0x64, 0x2E, 0x6A, 0x73, 0x6F, 0x6E, 0x00, 0x61, 0x20, 0x63, 0x6F, 0x6D, 0x6D, 0x65, 0x6E, 0x74,
    0x00, 0x8C, 0xB1, 0x6D, 0x90, 0x41, 0x6B, 0xC2, 0x40, 0x10, 0x46, 0xFF, 0x8A, 0xCC, 0xB5, 0x0A, 0xD1, 0x86, 0x14,
    0x72, 0xAB, 0x9B, 0x50, 0x03, 0x6A, 0x8B, 0xA6, 0xBD, 0x48, 0x0F, 0xDB, 0xC9, 0x06, 0x06, 0x96, 0x1D, 0xC9, 0x8E,
    0x85, 0x12, 0xF6, 0xBF, 0x77, 0xB7, 0x62, 0x95, 0xD2, 0xEB, 0xE3, 0xED, 0xFB, 0x86, 0x1D, 0xE1, 0x38, 0xB0, 0x30,
    0xB2, 0xDD, 0x1B, 0x14, 0x62, 0x07, 0xE5, 0x08, 0xD4, 0x19, 0x27, 0xD4, 0x13, 0xEA, 0x44, 0x36, 0xDC, 0x9D, 0xAC,
    0x49, 0xDC, 0xA1, 0x34, 0x1D, 0x94, 0xB0, 0x55, 0x6D, 0x96, 0x17, 0xF3, 0x3C, 0x2F, 0x1E, 0x60, 0x0A, 0x1F, 0x03,
    0x99, 0xBE, 0x25, 0x49, 0x0E, 0xA8, 0xEA, 0x3E, 0xBF, 0x9B, 0xA0, 0xB1, 0xD6, 0x43, 0x98, 0x82, 0x17, 0x2D, 0x27,
    0x7F, 0x2D, 0xF0, 0xA7, 0x19, 0xB4, 0xB5, 0xFB, 0x1F, 0x1C, 0xF5, 0x5D, 0xAD, 0x76, 0xAF, 0x4D, 0xDB, 0x6C, 0x9F,
    0xE0, 0x22, 0xBF, 0x99, 0x21, 0x4E, 0x9B, 0xAE, 0xD2, 0x92, 0x82, 0x8B, 0x6C, 0x51, 0xCC, 0xB2, 0x79, 0x8A, 0x21,
    0x3B, 0xD1, 0x28, 0x7E, 0xCD, 0xE7, 0xC3, 0x6E, 0xBA, 0xF6, 0x82, 0xA0, 0x3C, 0x8C, 0xD0, 0x6B, 0x24, 0x4B, 0xF2,
    0x15, 0x9F, 0xAF, 0xD8, 0x1F, 0x49, 0xB4, 0x9D, 0x3C, 0xFE, 0x0E, 0xFC, 0x9D, 0xC5, 0xB3, 0xA9, 0xC8, 0x21, 0x39,
    0x17, 0x33, 0x71, 0xEB, 0xFF, 0xC6, 0xF2, 0xB6, 0xA1, 0x9E, 0x37, 0x2F, 0xEB, 0xBA, 0xAD, 0xAB, 0x6B, 0x62, 0xC9,
    0x5E, 0xE2, 0x0F, 0x86, 0xF7, 0x10, 0xC2, 0x37, 0x1A, 0x04, 0x8B, 0x66, 0x59, 0x01, 0x00, 0x00,
};

/* What was decoded, in pieces of piece_bytes; the result, with finish's when nothing failed before. */
static int decode_in_pieces(const void *packed, size_t len, size_t piece_bytes, struct buf *out, struct error *e)
{
    struct gunzip *gunzip;
    int r = gunzip_new(&gunzip, e);

    assert_int_equal(r, 0);
    for (size_t at = 0; at < len && r == 0; at += piece_bytes) {
        size_t piece = size_min(piece_bytes, len - at);
        /* of exactly its size, so that the sanitizers see a read past its end */
        _cleanup_free_ char *alone = malloc(piece);
        memcpy(alone, (const char *)packed + at, piece);
        r = gunzip_feed(gunzip, alone, piece, out, e);
    }
    if (r == 0)
        r = gunzip_finish(gunzip, e);
    gunzip_free(gunzip);
    return r;
}

static int decode(const struct buf *packed, struct buf *out, struct error *e)
{
    return decode_in_pieces(packed->data, packed->len, packed->len, out, e);
}

static void decodes_to(const void *packed, size_t len, const void *expected, size_t expected_len)
{
    static const size_t pieces[] = {1, 2, 3, 7, 4096, SIZE_MAX};

    for (size_t i = 0; i < ARRAY_SIZE(pieces); i++) {
        _cleanup_buf_ struct buf out = {0};
        struct error e = {""};
        if (decode_in_pieces(packed, len, size_min(pieces[i], len), &out, &e) < 0)
            fail_msg("in pieces of %zu: %s", pieces[i], e.text);
        assert_int_equal(out.len, expected_len);
        if (expected_len > 0)
            assert_memory_equal(out.data, expected, expected_len);
    }
}

static void fails_with(const struct buf *packed, int expected, const char *words)
{
    static const size_t pieces[] = {1, 5, SIZE_MAX};

    for (size_t i = 0; i < ARRAY_SIZE(pieces); i++) {
        _cleanup_buf_ struct buf out = {0};
        struct error e = {""};
        assert_int_equal(decode_in_pieces(packed->data, packed->len, size_min(pieces[i], packed->len), &out, &e),
                         expected);
        if (!strstr(e.text, words))
            fail_msg("\"%s\" has not \"%s\"", e.text, words);
    }
}

static void a_record_reads_the_same_in_pieces_of_any_size(void **state)
{
    (void)state;
    decodes_to(record_packed, sizeof(record_packed), record, strlen(record));
}

static void members_follow_each_other(void **state)
{
    _cleanup_buf_ struct buf packed = {0}, plain = {0};

    (void)state;
    buf_append(&packed, record_packed, sizeof(record_packed));
    gzip_add_stored(&packed, "", 0);
    gzip_add_stored(&packed, "one more", 8);
    buf_append(&packed, record_packed, sizeof(record_packed));
    buf_printf(&plain, "%sone more%s", record, record);
    decodes_to(packed.data, packed.len, plain.data, plain.len);
}

static void a_body_without_a_byte_is_empty(void **state)
{
    _cleanup_buf_ struct buf packed = {0};

    (void)state;
    decodes_to("", 0, "", 0);
    gzip_add_stored(&packed, "", 0);
    decodes_to(packed.data, packed.len, "", 0);
}

/* Bytes that do not repeat, then from distance back copied 258 times over. */
static void add_copy_from_far(struct buf *packed, struct buf *plain, size_t before, unsigned extra_distance)
{
    struct gzip_bits bits = {0};

    for (size_t i = 0; i < before; i++)
        buf_append(plain, (unsigned char[]){(unsigned char)(i * i * 31 >> 3)}, 1);
    buf_append(packed, GZIP_PLAIN_HEADER, GZIP_PLAIN_HEADER_BYTES);
    gzip_put_stored_block(packed, plain->data, before, false);
    gzip_put_bits(packed, &bits, 3, 3);
    gzip_put_bits(packed, &bits, 0xA3, 8);            /* length 258 */
    gzip_put_bits(packed, &bits, 0x17, 5);            /* distances from 24577: 11101 */
    gzip_put_bits(packed, &bits, extra_distance, 13); /* to 32768 */
    gzip_put_end(packed, &bits);
    for (size_t i = 0; i < 258; i++) {
        char copied = plain->data[plain->len - size_min(24577 + extra_distance, plain->len)];
        buf_append(plain, &copied, 1);
    }
    gzip_put_trailer(packed, plain->data, plain->len);
}

static void a_copy_reaches_back_as_far_as_deflate_allows(void **state)
{
    _cleanup_buf_ struct buf packed = {0}, plain = {0};

    (void)state;
    add_copy_from_far(&packed, &plain, WINDOW_BYTES, 8191);
    decodes_to(packed.data, packed.len, plain.data, plain.len);
}

static void a_copy_from_before_the_beginning_is_an_error(void **state)
{
    _cleanup_buf_ struct buf packed = {0}, plain = {0};

    (void)state;
    add_copy_from_far(&packed, &plain, WINDOW_BYTES - 1, 8191);
    fails_with(&packed, -EPROTO, "damaged: ");
}

static void a_body_that_ends_anywhere_before_its_end_is_an_error(void **state)
{
    (void)state;
    for (size_t len = 1; len < sizeof(record_packed); len++) {
        struct buf cut = {.data = (char *)(uintptr_t)record_packed, .len = len};
        fails_with(&cut, -EPROTO, "the answer ends amid its gzip data");
    }
}

static void a_second_member_that_is_cut_is_an_error(void **state)
{
    (void)state;
    for (size_t len = 1; len < sizeof(record_packed); len++) {
        _cleanup_buf_ struct buf packed = {0};
        gzip_add_stored(&packed, "first", 5);
        buf_append(&packed, record_packed, len);
        fails_with(&packed, -EPROTO, "the answer ends amid its gzip data");
    }
}

/* The header's own checksum covers that too, so that not even a flipped bit of its date passes. Only the bits that fill
 * up the last byte before the trailer mean nothing. */
static void any_flipped_bit_is_an_error(void **state)
{
    size_t passed = 0;

    (void)state;
    for (size_t bit = 0; bit < 8 * sizeof(record_packed); bit++) {
        unsigned char packed[sizeof(record_packed)];
        _cleanup_buf_ struct buf out = {0};
        struct error e = {""};
        memcpy(packed, record_packed, sizeof(packed));
        packed[bit / 8] = (unsigned char)(packed[bit / 8] ^ 1u << bit % 8);
        int r = decode_in_pieces(packed, sizeof(packed), bit % 2 ? 3 : sizeof(packed), &out, &e);
        if (r == 0) {
            assert_int_equal(bit / 8, sizeof(packed) - GZIP_TRAILER_BYTES - 1);
            assert_string_equal(buf_string(&out), record);
            passed++;
        } else {
            assert_int_equal(r, -EPROTO);
            assert_string_not_equal(e.text, "");
        }
    }
    assert_in_range(passed, 0, 7);
}

static void a_wrong_checksum_or_length_is_an_error(void **state)
{
    (void)state;
    for (size_t at = 0; at < GZIP_TRAILER_BYTES; at++) {
        _cleanup_buf_ struct buf packed = {0};
        gzip_add_zeros(&packed, 3);
        packed.data[packed.len - GZIP_TRAILER_BYTES + at]++;
        fails_with(&packed, -EPROTO, "damaged: ");
    }
}

static void bytes_behind_the_last_member_are_an_error(void **state)
{
    static const char *const words = "the answer goes on behind its gzip data";
    static const char behind[][4] = {"\0", "x", "{}\n", "\0\0\0"};

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(behind); i++) {
        _cleanup_buf_ struct buf packed = {0};
        gzip_add_stored(&packed, "record", 6);
        buf_append(&packed, behind[i], sizeof(behind[i]));
        fails_with(&packed, -EPROTO, words);
    }
}

static void what_is_no_gzip_is_told_so(void **state)
{
    struct buf plain = {.data = (char *)(uintptr_t) "{\"studies\":[]}", .len = 14};

    (void)state;
    fails_with(&plain, -EPROTO, "the answer is no gzip, although its header says so");
}

static void a_header_that_nobody_can_know_is_an_error(void **state)
{
    static const struct {
        size_t at;
        unsigned char byte;
    } cases[] = {{1, 0x8C}, {2, 7}, {2, 0}, {3, 0x20}, {3, 0x40}, {3, 0x80}};

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        _cleanup_buf_ struct buf packed = {0};
        gzip_add_stored(&packed, "record", 6);
        packed.data[cases[i].at] = (char)cases[i].byte;
        fails_with(&packed, -EPROTO, "damaged: ");
    }
}

static void the_limit_is_of_decoded_bytes(void **state)
{
    size_t plain_bytes = 1 + 258 * 1000;
    _cleanup_buf_ struct buf packed = {0}, at_limit = {.max_bytes = plain_bytes};
    struct error e = {""};

    (void)state;
    gzip_add_zeros(&packed, 1000);
    assert_int_equal(decode(&packed, &at_limit, &e), 0);
    assert_int_equal(at_limit.len, plain_bytes);
    for (size_t piece_bytes = 1; piece_bytes < 4000; piece_bytes *= 7) {
        _cleanup_buf_ struct buf one_less = {.max_bytes = plain_bytes - 1};
        assert_int_equal(decode_in_pieces(packed.data, packed.len, piece_bytes, &one_less, &e), -EFBIG);
        assert_string_equal(e.text, "the answer is larger than allowed");
    }
}

static void a_bomb_takes_no_more_memory_than_the_limit(void **state)
{
    _cleanup_buf_ struct buf packed = {0}, out = {.max_bytes = 100000};
    struct error e = {""};

    (void)state;
    gzip_add_zeros(&packed, 20000); /* 5 MB in 33 KB */
    assert_int_equal(decode(&packed, &out, &e), -EFBIG);
    assert_true(out.capacity <= 100001);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_record_reads_the_same_in_pieces_of_any_size),
        cmocka_unit_test(members_follow_each_other),
        cmocka_unit_test(a_body_without_a_byte_is_empty),
        cmocka_unit_test(a_copy_reaches_back_as_far_as_deflate_allows),
        cmocka_unit_test(a_copy_from_before_the_beginning_is_an_error),
        cmocka_unit_test(a_body_that_ends_anywhere_before_its_end_is_an_error),
        cmocka_unit_test(a_second_member_that_is_cut_is_an_error),
        cmocka_unit_test(any_flipped_bit_is_an_error),
        cmocka_unit_test(a_wrong_checksum_or_length_is_an_error),
        cmocka_unit_test(bytes_behind_the_last_member_are_an_error),
        cmocka_unit_test(what_is_no_gzip_is_told_so),
        cmocka_unit_test(a_header_that_nobody_can_know_is_an_error),
        cmocka_unit_test(the_limit_is_of_decoded_bytes),
        cmocka_unit_test(a_bomb_takes_no_more_memory_than_the_limit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
