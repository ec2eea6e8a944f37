/* utf8.c - every code point and every short byte sequence. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/utf8.h"

static void every_code_point_reads_back(void **state)
{
    (void)state;
    for (uint32_t code = 0; code <= 0x10FFFF; code++) {
        if (code == 0xD800) code = 0xE000;
        char bytes[4];
        size_t len = gl_utf8_encode(code, bytes), used = 0;
        assert_int_equal(len, code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4);
        assert_int_equal(gl_utf8_decode(bytes, len, &used), code);
        assert_int_equal(used, len);
        /* Cut short it is no character; with more behind it, it is the same. */
        if (len > 1) assert_int_equal(gl_utf8_decode(bytes, len - 1, &used), GL_UTF8_BAD);
    }
}

/* Of lead bytes with every kind of tail, what is taken is what encoding gives back, so no overlong
 * form, no surrogate and nothing past U+10FFFF is. */
static void nothing_else_is_a_character(void **state)
{
    (void)state;
    const unsigned char tails[] = { 0x00, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xFF };
    for (unsigned lead = 0x80; lead <= 0xFF; lead++) {
        for (size_t i = 0; i < sizeof tails * sizeof tails * sizeof tails; i++) {
            unsigned char b[4] = { (unsigned char)lead, tails[i % 10], tails[i / 10 % 10],
                                   tails[i / 100] };
            size_t used = 9, len = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
            uint32_t code = gl_utf8_decode((const char *)b, 4, &used);
            if (code == GL_UTF8_BAD) {
                assert_int_equal(used, 1);
                continue;
            }
            char again[4];
            assert_true(code <= 0x10FFFF && !(code >= 0xD800 && code <= 0xDFFF));
            assert_int_equal(used, len);
            assert_int_equal(gl_utf8_encode(code, again), len);
            assert_memory_equal(again, b, len); /* so no overlong form is taken */
        }
    }
}

static void the_first_bad_byte_is_found_at_any_place(void **state)
{
    (void)state;
    char text[40];
    const char *const bad[] = {
        "\x80", "\xFF", "\xC0\xAF", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xE2\x82", "\xF0\x9F\x98"
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        for (size_t at = 0; at < 20; at++) {
            memset(text, 'a', sizeof text);
            memcpy(text + at, bad[i], strlen(bad[i]));
            assert_int_equal(gl_utf8_check(text, sizeof text), at);
            assert_int_equal(gl_utf8_check(text, at), at);
            assert_int_equal(gl_utf8_check(text, at + strlen(bad[i])), at);
        }
    }
    assert_int_equal(gl_utf8_check(NULL, 0), 0);
}

static void good_text_is_good_at_any_place(void **state)
{
    (void)state;
    const char good[] = "abc\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80 and some more plain text";
    char text[80] = "0123456789";
    for (size_t at = 0; at < 10; at++) {
        memcpy(text + at, good, sizeof good);
        assert_int_equal(gl_utf8_check(text, at + sizeof good - 1), at + sizeof good - 1);
    }
}

static void clipping_never_splits_a_character(void **state)
{
    (void)state;
    const char text[] = "a\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80z"; /* 1, 2, 3, 4, 1 bytes */
    const size_t expected[] = { 0, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10, 11, 11 };
    for (size_t limit = 0; limit < sizeof expected / sizeof *expected; limit++)
        assert_int_equal(gl_utf8_clip(text, 11, limit), expected[limit]);
    assert_int_equal(gl_utf8_clip("", 0, 5), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_code_point_reads_back),
        cmocka_unit_test(nothing_else_is_a_character),
        cmocka_unit_test(the_first_bad_byte_is_found_at_any_place),
        cmocka_unit_test(good_text_is_good_at_any_place),
        cmocka_unit_test(clipping_never_splits_a_character),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
