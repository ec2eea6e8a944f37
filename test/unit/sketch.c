/* base/sketch: estimates, ageing, growing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/rng.h"
#include "base/sketch.h"
#include "oom.h"

enum { KEYS = 1000 };

static uint64_t hash_of(uint64_t n)
{
    gl_rng rng;
    gl_rng_seed(&rng, n + 1);
    uint64_t high = gl_rng_next(&rng);
    return high << 32 | gl_rng_next(&rng);
}

static void add(gl_sketch *sketch, uint64_t n, int times)
{
    while (times-- > 0) gl_sketch_add(sketch, hash_of(n));
}

static unsigned seen(const gl_sketch *sketch, uint64_t n)
{
    return gl_sketch_estimate(sketch, hash_of(n));
}

static void one_that_has_no_memory_yet_says_nothing(void **state)
{
    (void)state;
    gl_sketch sketch;
    gl_sketch_init(&sketch);
    add(&sketch, 1, 5);
    assert_int_equal(seen(&sketch, 1), 0);
    gl_sketch_halve(&sketch);
    gl_sketch_free(&sketch);
}

/* Fewer additions than make a block age: nothing is too low, and little is too high. */
static void estimate_is_never_too_low(void **state)
{
    (void)state;
    gl_sketch sketch;
    gl_sketch_init(&sketch);
    assert_true(gl_sketch_reserve(&sketch, KEYS));
    int high = 0;
    for (uint64_t n = 0; n < 60; n++) add(&sketch, n, 1);
    for (uint64_t n = 0; n < KEYS; n++) {
        unsigned expected = n < 60;
        assert_true(seen(&sketch, n) >= expected);
        high += seen(&sketch, n) > expected;
    }
    assert_true(high <= KEYS / 100);
    gl_sketch_free(&sketch);
}

static void it_counts_to_15_and_no_further(void **state)
{
    (void)state;
    gl_sketch sketch;
    gl_sketch_init(&sketch);
    assert_true(gl_sketch_reserve(&sketch, KEYS));
    for (unsigned n = 1; n <= 40; n++) {
        add(&sketch, 7, 1);
        assert_int_equal(seen(&sketch, 7), n < GL_SKETCH_MOST ? n : GL_SKETCH_MOST);
    }
    gl_sketch_halve(&sketch);
    assert_int_equal(seen(&sketch, 7), 7);
    for (int i = 0; i < 3; i++) gl_sketch_halve(&sketch);
    assert_int_equal(seen(&sketch, 7), 0);
    gl_sketch_free(&sketch);
}

/* What nobody asks for any more is forgotten while others are asked for. */
static void what_was_popular_is_forgotten(void **state)
{
    (void)state;
    gl_sketch sketch;
    gl_sketch_init(&sketch);
    assert_true(gl_sketch_reserve(&sketch, KEYS));
    add(&sketch, 7, 15);
    for (uint64_t i = 0; i < 5 * 8 * 1024; i++) add(&sketch, 100 + i % 500, 1);
    assert_true(seen(&sketch, 7) <= 1);
    for (uint64_t n = 100; n < 600; n++) assert_true(seen(&sketch, n) >= 4);
    gl_sketch_free(&sketch);
}

static void growing_keeps_what_was_seen(void **state)
{
    (void)state;
    gl_sketch sketch;
    gl_sketch_init(&sketch);
    assert_true(gl_sketch_reserve(&sketch, 8));
    for (uint64_t n = 0; n < 8; n++) add(&sketch, n, (int)n);
    unsigned before[8];
    for (uint64_t n = 0; n < 8; n++) before[n] = seen(&sketch, n);
    for (size_t keys = 16; keys <= 65536; keys *= 4) {
        size_t count = sketch.count;
        oom_fail_at(1);
        assert_false(gl_sketch_reserve(&sketch, keys));
        assert_true(oom_end());
        assert_true(sketch.count == count);
        assert_true(gl_sketch_reserve(&sketch, keys));
        assert_true(sketch.count * sizeof *sketch.blocks <= keys * GL_SKETCH_KEY_BYTES);
        for (uint64_t n = 0; n < 8; n++) assert_int_equal(seen(&sketch, n), before[n]);
    }
    size_t count = sketch.count;
    assert_true(gl_sketch_reserve(&sketch, 10)); /* never smaller */
    assert_true(sketch.count == count);
    assert_false(gl_sketch_reserve(&sketch, SIZE_MAX));
    gl_sketch_free(&sketch);
    assert_int_equal(gl_alloc_live(), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_that_has_no_memory_yet_says_nothing),
        cmocka_unit_test(estimate_is_never_too_low),
        cmocka_unit_test(it_counts_to_15_and_no_further),
        cmocka_unit_test(what_was_popular_is_forgotten),
        cmocka_unit_test(growing_keeps_what_was_seen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
