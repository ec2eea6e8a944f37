/* The content coding of a request's body: its name, its bytes, its bounds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "base/rng.h"
#include "gateway/coding.h"
#include "oom.h"
#include "packed.h"

#define MIB ((size_t)1024 * 1024)

#ifdef GATEWAY_HAS_ZSTD
#define ZSTD_IS GATEWAY_ZSTD
#else
#define ZSTD_IS GATEWAY_OTHER_CODING
#endif

static void one_coding_is_named_and_two_are_another(void **state)
{
    (void)state;
    static const struct {
        const char *first, *second;
        gateway_coding coding;
    } rows[] = {
        { NULL, NULL, GATEWAY_NO_CODING },
        { "", NULL, GATEWAY_NO_CODING },
        { "identity", NULL, GATEWAY_IDENTITY },
        { "gzip", NULL, GATEWAY_GZIP },
        { " GZip\t", NULL, GATEWAY_GZIP },
        { "x-gzip", NULL, GATEWAY_GZIP },
        { "gzip,", NULL, GATEWAY_GZIP },
        { "zstd", NULL, ZSTD_IS },
        { "deflate", NULL, GATEWAY_OTHER_CODING },
        { "br", NULL, GATEWAY_OTHER_CODING },
        { "gzi", NULL, GATEWAY_OTHER_CODING },
        { "gzip;q=1", NULL, GATEWAY_OTHER_CODING },
        { "gzip, gzip", NULL, GATEWAY_OTHER_CODING },
        { "identity, gzip", NULL, GATEWAY_OTHER_CODING },
        { "gzip", "gzip", GATEWAY_OTHER_CODING },
        { "gzip", "", GATEWAY_GZIP },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        gateway_coding coding = GATEWAY_NO_CODING;
        if (rows[i].first != NULL) gateway_coding_add(&coding, gl_slice_str(rows[i].first));
        if (rows[i].second != NULL) gateway_coding_add(&coding, gl_slice_str(rows[i].second));
        if (coding != rows[i].coding) fail_msg("row %zu: %d", i, (int)coding);
    }
}

static void pack(gateway_coding coding, gl_buf *to, gl_slice text, size_t times)
{
#ifdef GATEWAY_HAS_ZSTD
    if (coding == GATEWAY_ZSTD) packed_zstd(to, text, times, 0);
#endif
    if (coding == GATEWAY_GZIP) packed_gzip(to, text, times);
}

/* The codings of this build. */
static const gateway_coding codings[] = {
    GATEWAY_GZIP,
#ifdef GATEWAY_HAS_ZSTD
    GATEWAY_ZSTD,
#endif
};
#define EACH(i) (size_t i = 0; i < sizeof codings / sizeof *codings; i++)

/* Decodes, expects this status, and gives what came. */
static void expect(gateway_coding coding, gl_slice from, size_t most, int status, gl_buf *to)
{
    const char *why;
    int said = gateway_decode(coding, from, most, to, &why);
    if (said != status) fail_msg("coding %d: %d, %s", (int)coding, said, why);
    assert_int_equal(why != NULL, status != 0);
}

static void s8_bodies_come_back_byte_for_byte_up_to_their_bound(void **state)
{
    (void)state;
    static const size_t sizes[] = { 0, 1, 65535, 65536, 65537, 3500000 };
    gl_rng rng;
    char *text = malloc(3500000);
    gl_rng_seed(&rng, 8);
    for (size_t i = 0; i < 3500000; i++) text[i] = "0123456789abcdef"[gl_rng_below(&rng, 16)];
    for
        EACH(c)
        {
            for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
                gl_buf packed, plain;
                pack(codings[c], &packed, gl_slice_of(text, sizes[i]), 1);
                expect(codings[c], gl_buf_slice(&packed), sizes[i], 0, &plain);
                assert_int_equal(plain.len, sizes[i]);
                if (sizes[i] != 0) assert_memory_equal(plain.data, text, sizes[i]);
                gl_buf_free(&plain);
                if (sizes[i] != 0) {
                    expect(codings[c], gl_buf_slice(&packed), sizes[i] - 1, 413, &plain);
                    gl_buf_free(&plain);
                }
                gl_buf_free(&packed);
            }
        }
    free(text);
}

static void s8_a_bomb_ends_at_its_ratio_and_takes_no_more_memory(void **state)
{
    (void)state;
    char *zeros = calloc(1, MIB);
    for
        EACH(c)
        {
            gl_buf bomb, plain;
            pack(codings[c], &bomb, gl_slice_of(zeros, MIB), 512);
            expect(codings[c], gl_buf_slice(&bomb), 64 * MIB, 413, &plain);
            /* 200 times its bytes, a step, and what a buffer grows ahead. */
            if (plain.capacity > 2 * (200 * bomb.len + 2 * 65536) || plain.len > 64 * MIB)
                fail_msg("%zu bytes became %zu", bomb.len, plain.capacity);
            gl_buf_free(&plain);
            gl_buf_free(&bomb);
            /* The same ratio is no bomb where it makes no more than 1 MiB. */
            pack(codings[c], &bomb, gl_slice_of(zeros, MIB), 1);
            assert_true(MIB / bomb.len > 200);
            expect(codings[c], gl_buf_slice(&bomb), 64 * MIB, 0, &plain);
            gl_buf_free(&plain);
            gl_buf_free(&bomb);
        }
    free(zeros);
}

static void s8_a_body_that_is_cut_or_damaged_or_has_more_behind_it_is_refused(void **state)
{
    (void)state;
    static const char text[] = "{\"model\":\"m\",\"messages\":[{\"role\":\"user\"}]}";
    for
        EACH(c)
        {
            gl_buf packed, plain;
            pack(codings[c], &packed, gl_slice_str(text), 3);
            for (size_t len = 0; len < packed.len; len++) {
                expect(codings[c], gl_slice_of(packed.data, len), MIB, 400, &plain);
                gl_buf_free(&plain);
            }
            size_t len = packed.len;
            gl_buf_append_char(&packed, '\n');
            expect(codings[c], gl_buf_slice(&packed), MIB, 400, &plain);
            gl_buf_free(&plain);
            packed.len = len; /* a second member is more behind it, too */
            gl_slice one = gl_slice_of(packed.data, len);
            char *copy = gl_strndup(one.data, one.len);
            gl_buf_append(&packed, copy, len);
            gl_free(copy);
            expect(codings[c], gl_buf_slice(&packed), MIB, 400, &plain);
            gl_buf_free(&plain);
            packed.data[0] ^= 1;
            expect(codings[c], gl_slice_of(packed.data, len), MIB, 400, &plain);
            gl_buf_free(&plain);
            gl_buf_free(&packed);
        }
}

static void a_gzip_checksum_that_does_not_fit_is_damage(void **state)
{
    (void)state;
    gl_buf packed, plain;
    packed_gzip(&packed, gl_slice_str("some text"), 1);
    packed.data[packed.len - 8] ^= 1; /* CRC32 */
    expect(GATEWAY_GZIP, gl_buf_slice(&packed), MIB, 400, &plain);
    gl_buf_free(&plain);
    gl_buf_free(&packed);
}

static void s8_a_window_above_8_mib_is_refused(void **state)
{
    (void)state;
#ifdef GATEWAY_HAS_ZSTD
    static const struct {
        int window_log, status;
    } rows[] = { { 23, 0 }, { 24, 400 }, { 27, 400 } };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        gl_buf packed, plain;
        packed_zstd(&packed, gl_slice_str("a text of few bytes"), 1, rows[i].window_log);
        expect(GATEWAY_ZSTD, gl_buf_slice(&packed), MIB, rows[i].status, &plain);
        gl_buf_free(&plain);
        gl_buf_free(&packed);
    }
#else
    skip();
#endif
}

static void without_memory_it_is_a_503_and_nothing_is_lost(void **state)
{
    (void)state;
    gl_buf packed, plain;
    size_t live = gl_alloc_live();
    packed_gzip(&packed, gl_slice_str("{\"a\":1}"), 20000);
    for (size_t k = 1;; k++) {
        const char *why;
        oom_fail_at(k);
        int said = gateway_decode(GATEWAY_GZIP, gl_buf_slice(&packed), MIB, &plain, &why);
        bool starved = oom_end();
        gl_buf_free(&plain);
        assert_int_equal(said, starved ? 503 : 0);
        if (starved) continue;
        assert_true(k > 3); /* the decoder, its window, the buffer */
        break;
    }
    gl_buf_free(&packed);
    assert_int_equal(gl_alloc_live(), live);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_coding_is_named_and_two_are_another),
        cmocka_unit_test(s8_bodies_come_back_byte_for_byte_up_to_their_bound),
        cmocka_unit_test(s8_a_bomb_ends_at_its_ratio_and_takes_no_more_memory),
        cmocka_unit_test(s8_a_body_that_is_cut_or_damaged_or_has_more_behind_it_is_refused),
        cmocka_unit_test(a_gzip_checksum_that_does_not_fit_is_damage),
        cmocka_unit_test(s8_a_window_above_8_mib_is_refused),
        cmocka_unit_test(without_memory_it_is_a_503_and_nothing_is_lost),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
