/* load_compare.c - two reports side by side. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/rng.h"
#include "load/compare.h"

#define BUCKETS 400

/* A report of 20,000 requests, lognormal around 100 ms. */
static void report(gl_buf *out, uint64_t seed, double factor, const char *error_rate)
{
    unsigned n[BUCKETS] = { 0 };
    gl_rng rng;
    gl_rng_seed(&rng, seed);
    for (int i = 0; i < 20000; i++) {
        double us = 1e5 * factor * exp(0.25 * gl_rng_normal(&rng));
        int at = (int)(us / 1000);
        n[at < BUCKETS ? at : BUCKETS - 1]++;
    }
    gl_buf_init(out, 1 << 20);
    gl_buf_printf(out,
                  "{\"glimpse_bench\":1,\"totals\":{\"measured\":20000,\"error_rate\":%s},"
                  "\"distributions\":{\"latency\":{\"histogram\":[",
                  error_rate);
    const char *comma = "";
    for (int i = 0; i < BUCKETS; i++) {
        if (n[i] == 0) continue;
        gl_buf_printf(out, "%s[%d,%u]", comma, i * 1000, n[i]);
        comma = ",";
    }
    gl_buf_append_str(out, "]}}}");
    gl_buf_append_char(out, '\0');
    assert_false(out->failed);
}

static void compared(uint64_t seed, double factor, const char *errors, load_change *change)
{
    gl_buf a, b;
    char problem[80];
    report(&a, 2 * seed, 1, "0.01");
    report(&b, 2 * seed + 1, factor, errors);
    assert_true(load_compare((char *)a.data, (char *)b.data, change, problem, sizeof problem));
    gl_buf_free(&a);
    gl_buf_free(&b);
}

static void the_same_twice_is_no_regression(void **state)
{
    (void)state;
    size_t live = gl_alloc_live();
    int worse = 0;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        load_change change[LOAD_COMPARED];
        compared(seed, 1, "0.01", change);
        for (int i = 0; i < LOAD_COMPARED; i++) worse += change[i].verdict == LOAD_WORSE;
    }
    /* 80 verdicts at half a percent each. */
    assert_true(worse <= 1);
    assert_int_equal(gl_alloc_live(), live);
}

static void a_tenth_slower_is_a_regression_and_faster_is_not(void **state)
{
    (void)state;
    load_change change[LOAD_COMPARED];
    compared(7, 1.1, "0.02", change);
    for (int i = 0; i < LOAD_COMPARED; i++) assert_int_equal(change[i].verdict, LOAD_WORSE);
    compared(7, 0.9, "0.001", change);
    for (int i = 0; i < LOAD_COMPARED; i++) assert_int_equal(change[i].verdict, LOAD_BETTER);
}

static void what_is_no_report_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = { "", "[]", "{}", "{\"glimpse_bench\":2}",
                                       "{\"glimpse_bench\":1}" };
    load_change change[LOAD_COMPARED];
    size_t live = gl_alloc_live();
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char problem[80] = "";
        assert_false(load_compare(bad[i], bad[i], change, problem, sizeof problem));
        assert_memory_equal(problem, "the first ", 10);
    }
    assert_int_equal(gl_alloc_live(), live);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_twice_is_no_regression),
        cmocka_unit_test(a_tenth_slower_is_a_regression_and_faster_is_not),
        cmocka_unit_test(what_is_no_report_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
