/* base/rng: the published generator, and bounds and moments of what is made from it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>

#include "base/rng.h"

/* The first outputs of pcg32_oneseq seeded with 42, as the reference implementation checks them
 * (pcg-c, test-high/expected/check-pcg32s.out). */
static void sequence_is_the_published_one(void **state)
{
    (void)state;
    static const uint32_t expected[] = { 0xc2f57bd6, 0x6b07c4a9, 0x72b7b29b,
                                         0x44215383, 0xf5af5ead, 0x68beb632 };
    gl_rng rng;
    gl_rng_seed(&rng, 42);
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++)
        assert_int_equal(gl_rng_next(&rng), expected[i]);
}

static void one_seed_is_one_sequence(void **state)
{
    (void)state;
    gl_rng a, b, c;
    gl_rng_seed(&a, 1);
    gl_rng_seed(&b, 1);
    gl_rng_seed(&c, 2);
    int equal = 0;
    for (int i = 0; i < 1000; i++) {
        uint32_t n = gl_rng_next(&a);
        assert_int_equal(n, gl_rng_next(&b));
        equal += n == gl_rng_next(&c);
    }
    assert_in_range(equal, 0, 3);
}

static void uniform_stays_in_its_range_and_fills_it(void **state)
{
    (void)state;
    enum { DRAWS = 100000 };
    gl_rng rng;
    gl_rng_seed(&rng, 5);
    int tenth[10] = { 0 };
    for (int i = 0; i < DRAWS; i++) {
        double u = gl_rng_uniform(&rng);
        assert_true(u >= 0.0 && u < 1.0);
        tenth[(int)(u * 10)]++;
    }
    for (int i = 0; i < 10; i++) /* expected 10,000, deviation 95 */
        assert_in_range(tenth[i], DRAWS / 10 - 500, DRAWS / 10 + 500);
}

static void below_is_unbiased(void **state)
{
    (void)state;
    gl_rng rng;
    gl_rng_seed(&rng, 6);
    assert_int_equal(gl_rng_below(&rng, 1), 0);
    int seen[6] = { 0 };
    for (int i = 0; i < 60000; i++) seen[gl_rng_below(&rng, 6)]++;
    for (int i = 0; i < 6; i++) assert_in_range(seen[i], 9500, 10500); /* deviation 91 */
    /* Plain remainder would land in the lower half twice as often as in the upper. */
    const uint32_t bound = UINT32_C(3) << 30;
    int low = 0;
    for (int i = 0; i < 30000; i++) {
        uint32_t n = gl_rng_below(&rng, bound);
        assert_true(n < bound);
        low += n < UINT32_C(1) << 30;
    }
    assert_in_range(low, 9600, 10400); /* a third; with plain remainder a half */
}

static void normal_has_mean_0_and_deviation_1(void **state)
{
    (void)state;
    enum { DRAWS = 100000 };
    gl_rng rng;
    gl_rng_seed(&rng, 8);
    double sum = 0, squares = 0;
    int beyond_two = 0;
    for (int i = 0; i < DRAWS; i++) {
        double x = gl_rng_normal(&rng);
        assert_true(isfinite(x));
        sum += x;
        squares += x * x;
        beyond_two += fabs(x) > 2.0;
    }
    assert_true(fabs(sum / DRAWS) < 0.02);
    assert_true(fabs(squares / DRAWS - 1.0) < 0.03);
    assert_in_range(beyond_two, 4200, 4900); /* 4.55 % */
}

static void system_seeds_differ_and_are_never_0(void **state)
{
    (void)state;
    uint64_t a = gl_rng_system_seed(), b = gl_rng_system_seed();
    assert_true(a != 0 && b != 0 && a != b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sequence_is_the_published_one),
        cmocka_unit_test(one_seed_is_one_sequence),
        cmocka_unit_test(uniform_stays_in_its_range_and_fills_it),
        cmocka_unit_test(below_is_unbiased),
        cmocka_unit_test(normal_has_mean_0_and_deviation_1),
        cmocka_unit_test(system_seeds_differ_and_are_never_0),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
