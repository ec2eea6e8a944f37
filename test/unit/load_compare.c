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
#define ROWS    62

/* A report of 20,000 requests, lognormal around 100 ms. */
/* Its throughput is 1,000 a second over the factor, within 3 % from row to row. */
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
                  "{\"glimpse_bench\":1,\"totals\":{\"measured\":20000,\"error_rate\":%s,"
                  "\"throughput_rps\":%.2f},\"settings\":{\"seed\":%d,\"factor\":%.1f},"
                  "\"distributions\":{\"latency\":{\"histogram\":[",
                  error_rate, 1000 / factor, (int)seed, factor);
    const char *comma = "";
    for (int i = 0; i < BUCKETS; i++) {
        if (n[i] == 0) continue;
        gl_buf_printf(out, "%s[%d,%u]", comma, i * 1000, n[i]);
        comma = ",";
    }
    gl_buf_append_str(out, "]}},\"row_s\":1,\"timeline\":[");
    for (int i = 0; i < ROWS; i++)
        gl_buf_printf(out, "%s{\"at_s\":%d,\"done\":%d}", i > 0 ? "," : "", i,
                      (int)(1000 / factor * (1 + 0.03 * gl_rng_normal(&rng))));
    gl_buf_append_str(out, "]}");
    gl_buf_append_char(out, '\0');
    assert_false(out->failed);
}

static void compared(uint64_t seed, double factor, const char *errors, load_change *change)
{
    gl_buf a, b;
    char problem[80];
    report(&a, 2 * seed, 1, "0.01");
    report(&b, 2 * seed + 1, factor, errors);
    assert_true(
        load_compare((char *)a.data, (char *)b.data, change, NULL, problem, sizeof problem));
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
    /* 100 verdicts at half a percent each. */
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

static void throughput_is_judged_by_how_much_it_varied(void **state)
{
    (void)state;
    load_change change[LOAD_COMPARED];
    compared(3, 1.01, "0.01", change); /* a percent does not matter, however sure it is */
    assert_int_equal(change[4].verdict, LOAD_SAME);
    compared(3, 1.05, "0.01", change);
    assert_int_equal(change[4].verdict, LOAD_WORSE);
    /* 60 rows of 3 % in 20 batches of 3: 2.861 x 30 / sqrt(60) = 11 each way, for two runs 16. */
    double half = (change[4].high - change[4].low) / 2;
    assert_true(half > 8 && half < 30);
}

static void runs_of_different_settings_are_noted(void **state)
{
    (void)state;
    load_change change[LOAD_COMPARED];
    gl_buf a, b, notes;
    char problem[80];
    report(&a, 1, 1, "0.01");
    report(&b, 2, 2, "0.01");
    gl_buf_init(&notes, 1000);
    assert_true(load_compare((char *)a.data, (char *)a.data, change, &notes, problem, 80));
    assert_int_equal(notes.len, 0);
    assert_true(load_compare((char *)a.data, (char *)b.data, change, &notes, problem, 80));
    assert_true(gl_slice_is(gl_buf_slice(&notes), "not the same factor: 1.0 before, 2.0 after\n"));
    gl_buf_free(&notes);
    gl_buf_free(&a);
    gl_buf_free(&b);
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
        assert_false(load_compare(bad[i], bad[i], change, NULL, problem, sizeof problem));
        assert_memory_equal(problem, "the first ", 10);
    }
    assert_int_equal(gl_alloc_live(), live);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_twice_is_no_regression),
        cmocka_unit_test(a_tenth_slower_is_a_regression_and_faster_is_not),
        cmocka_unit_test(throughput_is_judged_by_how_much_it_varied),
        cmocka_unit_test(runs_of_different_settings_are_noted),
        cmocka_unit_test(what_is_no_report_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
