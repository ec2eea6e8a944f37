/* histogram against exact sorting. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>

#include "base/histogram.h"
#include "base/rng.h"
#include "oom.h"

enum { VALUES = 20000 };

static int ascending(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

/* Every promise about the quantiles of these values. */
static void match_sorted(uint64_t *values, size_t count)
{
    static const double quantiles[] = { 0,    0.001, 0.01, 0.05,  0.07,   0.25, 0.5,
                                        0.75, 0.95,  0.99, 0.999, 0.9999, 1 };
    gl_histogram *histogram = gl_histogram_new();
    assert_non_null(histogram);
    for (size_t i = 0; i < count; i++) gl_histogram_add(histogram, values[i]);
    qsort(values, count, sizeof *values, ascending);
    assert_int_equal(gl_histogram_count(histogram), count);
    assert_true(gl_histogram_max(histogram) == values[count - 1]);
    uint64_t before = 0;
    for (size_t i = 0; i < sizeof quantiles / sizeof *quantiles; i++) {
        /* In whole numbers: q in ten thousandths. */
        size_t parts = (size_t)lround(quantiles[i] * 10000);
        size_t rank = (count * parts + 9999) / 10000;
        uint64_t exact = values[rank > 0 ? rank - 1 : 0];
        uint64_t got = gl_histogram_quantile(histogram, quantiles[i]);
        uint64_t off = got > exact ? got - exact : exact - got;
        assert_true(off * 1000 <= exact);
        assert_true(got <= values[count - 1] && got >= before);
        before = got;
    }
    gl_histogram_free(histogram);
}

static void quantiles_are_within_a_thousandth_of_sorting(void **state)
{
    (void)state;
    size_t live = gl_alloc_live();
    static uint64_t values[VALUES];
    gl_rng rng;
    gl_rng_seed(&rng, 1);
    for (size_t i = 0; i < VALUES; i++) /* every scale alike, 1 us to 71 minutes */
        values[i] = (uint64_t)exp(gl_rng_uniform(&rng) * log(4294967295.0));
    match_sorted(values, VALUES);
    for (size_t i = 0; i < VALUES; i++) /* what latencies look like: median 1.4 s */
        values[i] = (uint64_t)(1400000 * exp(0.35 * gl_rng_normal(&rng)));
    match_sorted(values, VALUES);
    for (size_t i = 0; i < VALUES; i++) values[i] = 1 + gl_rng_below(&rng, 2000);
    match_sorted(values, VALUES);
    for (size_t i = 0; i < VALUES; i++) values[i] = 1000000; /* all the same */
    match_sorted(values, VALUES);
    for (size_t n = 1; n <= 100; n++) { /* few values: the ranks themselves */
        for (size_t i = 0; i < n; i++) values[i] = (i + 1) * 1000;
        match_sorted(values, n);
    }
    assert_int_equal(gl_alloc_live(), live);
}

static void every_step_is_within_a_thousandth(void **state)
{
    (void)state;
    gl_histogram *histogram = gl_histogram_new();
    /* 2 values: the median is the lower, and the maximum does not clip it. */
    gl_rng rng;
    gl_rng_seed(&rng, 2);
    for (int i = 0; i < 2000; i++) {
        int bits = (int)gl_rng_below(&rng, 32);
        uint64_t near = (UINT64_C(1) << bits) + gl_rng_below(&rng, 5);
        uint64_t value = near > 2 ? near - 2 : 1;
        gl_histogram_free(histogram);
        histogram = gl_histogram_new();
        gl_histogram_add(histogram, value);
        gl_histogram_add(histogram, UINT64_MAX);
        uint64_t got = gl_histogram_quantile(histogram, 0.5);
        uint64_t off = got > value ? got - value : value - got;
        assert_true(off * 1000 <= value);
        if (value < 1024) assert_true(off == 0);
    }
    gl_histogram_free(histogram);
}

static void ends_of_the_range_hold(void **state)
{
    (void)state;
    gl_histogram *histogram = gl_histogram_new();
    assert_true(gl_histogram_quantile(histogram, 0.5) == 0);
    assert_true(gl_histogram_max(histogram) == 0);
    gl_histogram_add(histogram, 0);
    assert_true(gl_histogram_max(histogram) == 1);
    assert_true(gl_histogram_quantile(histogram, 0.5) == 1);
    gl_histogram_add(histogram, UINT64_MAX);
    gl_histogram_add(histogram, UINT64_MAX);
    uint64_t end = gl_histogram_quantile(histogram, 0.5);
    assert_true(end > UINT64_C(3600000000)); /* over an hour */
    assert_true(end <= UINT32_MAX);
    assert_true(gl_histogram_max(histogram) == UINT64_MAX);
    assert_true(gl_histogram_quantile(histogram, 1.0) == UINT64_MAX);
    assert_true(gl_histogram_quantile(histogram, -1.0) == 1);
    assert_true(gl_histogram_quantile(histogram, 2.0) == UINT64_MAX);
    gl_histogram_free(histogram);
}

static void no_memory_is_null(void **state)
{
    (void)state;
    oom_fail_at(1);
    gl_histogram *histogram = gl_histogram_new();
    assert_true(oom_end());
    assert_null(histogram);
    gl_histogram_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(quantiles_are_within_a_thousandth_of_sorting),
        cmocka_unit_test(every_step_is_within_a_thousandth),
        cmocka_unit_test(ends_of_the_range_hold),
        cmocka_unit_test(no_memory_is_null),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
