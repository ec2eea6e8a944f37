/* load_compare.c - JSON reports, read to be compared. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/histogram.h"
#include "base/rng.h"
#include "load/compare.h"

/* A report of 4,000 requests in 40 s, lognormal around 100 ms times factor, of which a part fails.
 */
static void report(gl_buf *out, uint64_t seed, double factor, double errors)
{
    gl_rng rng;
    uint64_t us, n, failed = 0;
    load_blocks *blocks = load_blocks_new(0);
    gl_histogram *h = gl_histogram_new();
    gl_rng_seed(&rng, seed);
    for (int i = 0; i < 4000; i++) {
        us = (uint64_t)(1e5 * factor * exp(0.25 * gl_rng_normal(&rng)));
        gl_time at = (gl_time)i * 10 * GL_MS;
        const load_block_sample sample = { .intended = at,
                                           .done = at + us * GL_US,
                                           .failed = gl_rng_uniform(&rng) < errors,
                                           .latency_us = us,
                                           .ttft_us = -1 };
        failed += sample.failed;
        load_blocks_add(blocks, &sample);
        gl_histogram_add(h, us);
    }
    gl_buf_init(out, 1 << 20);
    gl_buf_printf(out,
                  "{\"glimpse_bench\":2,\"totals\":{\"measured\":4000,\"error_rate\":%.6f,"
                  "\"throughput_rps\":%.2f},\"settings\":{\"seed\":%d,\"factor\":%.1f},"
                  "\"distributions\":{\"ttft\":{\"histogram\":[]},\"latency\":{\"histogram\":[",
                  (double)failed / 4000, (4000 - (double)failed) / 40, (int)seed, factor);
    const char *comma = "";
    for (size_t at = 0; gl_histogram_next(h, &at, &us, &n); comma = ",")
        gl_buf_printf(out, "%s[%d,%d]", comma, (int)us, (int)n);
    gl_buf_append_str(out, "]}}");
    load_blocks_json(blocks, out);
    gl_buf_append_char(out, '}');
    gl_buf_append_char(out, '\0');
    assert_false(out->failed);
    gl_histogram_free(h);
    load_blocks_free(blocks);
}

static load_reports *side_of(uint64_t seed, int runs, double factor, double errors)
{
    load_reports *reports = load_reports_new();
    for (int i = 0; i < runs; i++) {
        gl_buf text;
        report(&text, seed + (uint64_t)i, factor, errors);
        assert_null(load_reports_add(reports, text.data));
        gl_buf_free(&text);
    }
    return reports;
}

static void compared(uint64_t seed, int runs, double factor, double errors,
                     load_change change[LOAD_COMPARED])
{
    load_reports *a = side_of(seed, runs, 1, 0.01);
    load_reports *b = side_of(seed + 50, runs, factor, errors);
    assert_int_equal(load_difference(load_reports_side(a), load_reports_side(b), change), 6);
    load_difference_judge(change, 6);
    load_reports_free(a);
    load_reports_free(b);
}

static void a_tenth_slower_is_worse_and_faster_is_better(void **state)
{
    (void)state;
    size_t live = gl_alloc_live();
    load_change change[LOAD_COMPARED];
    for (int runs = 1; runs <= 3; runs += 2) {
        compared(7, runs, 1.1, 0.1, change);
        for (int i = 0; i < 6; i++) assert_int_equal(change[i].verdict, LOAD_WORSE);
        /* The median: 10 ms. */
        assert_true(change[1].low > 4 && change[1].low < 10);
        assert_true(change[1].high > 10 && change[1].high < 16);
        compared(7, runs, 1, 0.01, change);
        for (int i = 0; i < 6; i++) assert_int_equal(change[i].verdict, LOAD_SAME);
        compared(7, runs, 0.9, 0.01, change);
        for (int i = 0; i < 4; i++) assert_int_equal(change[i].verdict, LOAD_BETTER);
        assert_int_equal(change[5].verdict, LOAD_SAME); /* as many were sent */
    }
    assert_int_equal(gl_alloc_live(), live);
}

static void more_runs_make_it_surer(void **state)
{
    (void)state;
    load_change one[LOAD_COMPARED], four[LOAD_COMPARED];
    compared(7, 1, 1.1, 0.01, one);
    compared(7, 4, 1.1, 0.01, four);
    for (int i = 0; i < 4; i++)
        assert_true(four[i].high - four[i].low < 0.75 * (one[i].high - one[i].low));
}

static void runs_of_different_settings_are_noted(void **state)
{
    (void)state;
    gl_buf notes;
    load_reports *a = side_of(1, 1, 1, 0), *b = side_of(2, 1, 2, 0);
    gl_buf_init(&notes, 1000);
    load_reports_note(a, a, "before", "after", &notes);
    assert_int_equal(notes.len, 0);
    load_reports_note(a, b, "before", "after", &notes);
    assert_true(gl_slice_is(gl_buf_slice(&notes), "not the same factor: 1.0 before, 2.0 after\n"));
    gl_buf_free(&notes);
    load_reports_free(a);
    load_reports_free(b);
}

static void a_setting_that_only_one_has_is_noted(void **state)
{
    (void)state;
    gl_buf texts[2], notes;
    load_reports *sides[2];
    gl_buf_init(&notes, 1000);
    for (int i = 0; i < 2; i++) {
        sides[i] = load_reports_new();
        report(&texts[i], 1, 1, 0);
        if (i == 1) { /* the same length: "factor":1.0 becomes "think":11.0 */
            char *at = (char *)texts[1].data;
            while (*at != '\0' && !(at[0] == 'f' && at[1] == 'a' && at[2] == 'c')) at++;
            const char *other = "think\":11.0";
            for (size_t k = 0; other[k] != '\0'; k++) at[k] = other[k];
        }
        assert_null(load_reports_add(sides[i], texts[i].data));
        gl_buf_free(&texts[i]);
    }
    load_reports_note(sides[0], sides[1], "before", "after", &notes);
    assert_true(gl_slice_is(gl_buf_slice(&notes), "not the same factor: 1.0 before, null after\n"
                                                  "not the same think: null before, 11.0 after\n"));
    gl_buf_free(&notes);
    load_reports_free(sides[0]);
    load_reports_free(sides[1]);
}

static void what_is_no_report_is_refused(void **state)
{
    (void)state;
#define HEAD                                                                                       \
    "{\"glimpse_bench\":2,\"totals\":{\"measured\":5,\"error_rate\":0,\"throughput_rps\":1},"
#define BODY "\"distributions\":{\"latency\":{\"histogram\":[[1,5]]},\"ttft\":{\"histogram\":[]}}"
    static const char *const bad[][2] = {
        { "", "is no report of a bench" },
        { "[]", "is no report of a bench" },
        { "{}", "is no report of a bench" },
        { "{\"glimpse_bench\":9}", "is of a version that is not known" },
        { "{\"glimpse_bench\":2}", "lacks its figures" },
        { HEAD "\"distributions\":{}}", "lacks its figures" },
        { HEAD BODY "}",
          "has no blocks of time, by which runs are compared: make it again with this version" },
        { HEAD BODY ",\"blocks\":{\"block_s\":0,\"rows\":[]}}",
          "has blocks of time that are none" },
        { HEAD BODY ",\"blocks\":{\"block_s\":1,\"rows\":[{}]}}",
          "has blocks of time that are none" },
        { HEAD BODY ",\"blocks\":{\"block_s\":1,\"rows\":[{\"ended\":1,\"errors\":0,\"answers\":1,"
                    "\"latency\":[[1]],\"ttft\":[]}]}}",
          "has blocks of time that are none" },
        { "{\"glimpse_bench\":2,\"totals\":{\"measured\":0,\"error_rate\":0,\"throughput_rps\":0}}",
          "measured nothing" },
    };
    size_t live = gl_alloc_live();
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        load_reports *reports = load_reports_new();
        const char *wrong = load_reports_add(reports, bad[i][0]);
        assert_non_null(wrong);
        assert_string_equal(wrong, bad[i][1]);
        load_reports_free(reports);
    }
    assert_int_equal(gl_alloc_live(), live);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_tenth_slower_is_worse_and_faster_is_better),
        cmocka_unit_test(more_runs_make_it_surer),
        cmocka_unit_test(runs_of_different_settings_are_noted),
        cmocka_unit_test(a_setting_that_only_one_has_is_noted),
        cmocka_unit_test(what_is_no_report_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
