/* base/buf: what is appended is there, the maximum holds, a failure changes nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/rng.h"
#include "oom.h"

static void appends_of_every_kind_line_up(void **state)
{
    (void)state;
    size_t live = gl_alloc_live();
    gl_buf buf;
    gl_buf_init(&buf, SIZE_MAX);
    gl_buf_append(&buf, "a\0b", 3);
    gl_buf_append(&buf, NULL, 0);
    gl_buf_append_str(&buf, "c");
    gl_buf_append_char(&buf, 'd');
    gl_buf_append_u64(&buf, 0);
    gl_buf_append_char(&buf, ' ');
    gl_buf_append_u64(&buf, UINT64_MAX);
    gl_buf_append_char(&buf, ' ');
    gl_buf_append_i64(&buf, INT64_MIN);
    gl_buf_append_i64(&buf, -1);
    gl_buf_append_i64(&buf, INT64_MAX);
    gl_buf_printf(&buf, " %s-%03d ", "x", 7);
    gl_buf_append_hex(&buf, 0, 0);
    gl_buf_append_char(&buf, ' ');
    gl_buf_append_hex(&buf, 0x1a9, 1);
    gl_buf_append_char(&buf, ' ');
    gl_buf_append_hex(&buf, 0xbe, 99);
    gl_buf_append_hex(&buf, UINT64_MAX, 16);
    static const char expected[] =
        "a\0bcd0 18446744073709551615 -9223372036854775808-19223372036854775807 x-007 0 1a9 "
        "00000000000000beffffffffffffffff";
    assert_false(buf.failed);
    assert_true(gl_slice_equal(gl_buf_slice(&buf), gl_slice_of(expected, sizeof expected - 1)));
    assert_true(gl_buf_terminate(&buf));
    assert_int_equal(buf.len, sizeof expected - 1);
    assert_memory_equal(buf.data, expected, sizeof expected);
    gl_buf_free(&buf);
    assert_int_equal(buf.len, 0);
    assert_int_equal(gl_alloc_live(), live);
}

static void what_does_not_fit_the_maximum_changes_nothing(void **state)
{
    (void)state;
    gl_buf buf;
    gl_buf_init(&buf, 10);
    gl_buf_append_str(&buf, "12345678");
    gl_buf_append_str(&buf, "abc");
    assert_true(buf.failed);
    assert_true(buf.too_large);
    assert_true(gl_slice_is(gl_buf_slice(&buf), "12345678"));
    gl_buf_append_char(&buf, 'x'); /* it would fit: failed stays failed */
    assert_true(gl_slice_is(gl_buf_slice(&buf), "12345678"));
    assert_false(gl_buf_terminate(&buf));
    gl_buf_reset(&buf);
    assert_false(buf.failed || buf.too_large);
    gl_buf_append_str(&buf, "0123456789"); /* exactly the maximum */
    assert_false(buf.failed);
    gl_buf_append_char(&buf, 'x');
    assert_true(buf.too_large);
    gl_buf_reset(&buf);
    assert_false(gl_buf_reserve(&buf, SIZE_MAX)); /* no wrap around */
    gl_buf_free(&buf);
    gl_buf_init(&buf, SIZE_MAX);
    gl_buf_append_char(&buf, 'x');
    assert_false(gl_buf_reserve(&buf, SIZE_MAX)); /* len + more would wrap */
    gl_buf_free(&buf);
}

static void printf_fills_the_maximum_exactly(void **state)
{
    (void)state;
    gl_buf buf;
    gl_buf_init(&buf, 5);
    gl_buf_printf(&buf, "%d", 12345);
    assert_false(buf.failed);
    assert_true(gl_slice_is(gl_buf_slice(&buf), "12345"));
    gl_buf_printf(&buf, "%s", "");
    assert_false(buf.failed);
    gl_buf_printf(&buf, "%s", "6");
    assert_true(buf.too_large);
    assert_true(gl_slice_is(gl_buf_slice(&buf), "12345"));
    gl_buf_free(&buf);
}

static void no_memory_is_failed_but_not_too_large(void **state)
{
    (void)state;
    for (size_t k = 1; k <= 2; k++) {
        gl_buf buf;
        gl_buf_init(&buf, SIZE_MAX);
        oom_fail_at(k);
        for (int i = 0; i < 300; i++) gl_buf_append_char(&buf, 'x');
        assert_true(oom_end());
        assert_true(buf.failed);
        assert_false(buf.too_large);
        assert_int_equal(buf.len, k == 1 ? 0 : 256); /* it grew once, to 256 */
        gl_buf_reset(&buf);
        gl_buf_append_str(&buf, "again");
        assert_false(buf.failed);
        assert_true(gl_slice_is(gl_buf_slice(&buf), "again"));
        gl_buf_free(&buf);
    }
}

static void random_appends_match_a_flat_array(void **state)
{
    (void)state;
    static char model[100000], piece[3000];
    gl_rng rng;
    gl_buf buf;
    gl_rng_seed(&rng, 3);
    gl_buf_init(&buf, sizeof model);
    size_t len = 0;
    while (!buf.failed) {
        size_t more = gl_rng_below(&rng, sizeof piece);
        memset(piece, (int)(gl_rng_next(&rng) & 0xff), more);
        gl_buf_append(&buf, piece, more);
        assert_int_equal(buf.failed, more > sizeof model - len);
        if (buf.failed) break;
        memcpy(model + len, piece, more);
        len += more;
        assert_true(gl_slice_equal(gl_buf_slice(&buf), gl_slice_of(model, len)));
    }
    assert_true(buf.too_large && buf.capacity <= sizeof model);
    gl_buf_free(&buf);
}

static void recycling_keeps_little_and_gives_much_back(void **state)
{
    (void)state;
    size_t live = gl_alloc_live();
    gl_buf buf;
    gl_buf_init(&buf, 4096);
    gl_buf_append_str(&buf, "little");
    gl_buf_recycle(&buf, 1024);
    assert_int_equal(buf.len, 0);
    assert_true(buf.capacity != 0);
    assert_true(gl_buf_reserve(&buf, 2000));
    assert_false(gl_buf_reserve(&buf, 5000));
    gl_buf_recycle(&buf, 1024);
    assert_int_equal(gl_alloc_live(), live);
    assert_false(buf.failed);
    gl_buf_append_str(&buf, "again");
    assert_int_equal(buf.len, 5);
    gl_buf_free(&buf);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(appends_of_every_kind_line_up),
        cmocka_unit_test(what_does_not_fit_the_maximum_changes_nothing),
        cmocka_unit_test(printf_fills_the_maximum_exactly),
        cmocka_unit_test(no_memory_is_failed_but_not_too_large),
        cmocka_unit_test(random_appends_match_a_flat_array),
        cmocka_unit_test(recycling_keeps_little_and_gives_much_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
