/* load_scrape.c - a server's page of metrics, read into rows of the run's time axis. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "load/scrape.h"

static load_scrape *scrape(const char *names)
{
    char problem[200];
    load_scrape *s = malloc(sizeof *s);
    assert_non_null(s);
    assert_true(load_scrape_init(s, 100 * GL_SECOND, names, problem, sizeof problem));
    return s;
}

static void page(load_scrape *s, const char *text, gl_time ms)
{
    load_scrape_page(s, gl_slice_str(text), 100 * GL_SECOND + ms * GL_MS);
}

static double row(const load_series *series, size_t at)
{
    double value;
    return load_series_row_at(series, at, &value) ? value : NAN;
}

static bool is(double value, double wanted)
{
    return fabs(value - wanted) < 1e-9;
}

static void a_gauge_is_summed_over_labels_and_averaged(void **state)
{
    (void)state;
    load_scrape *s = scrape("a:running,a:other");
    double mean;
    page(s, "a:running{engine=\"0\",x=\"}\\\"{\"} 3\na:running{engine=\"1\"} 4.5 1700000000000\n",
         500);
    page(s, "# HELP a:running x\r\n# TYPE a:running gauge\r\na:running 1e+01\r\n", 2500);
    assert_true(is(row(&s->series[0], 0), 7.5));
    assert_true(isnan(row(&s->series[0], 1)));
    assert_true(is(row(&s->series[0], 2), 10));
    assert_true(load_series_mean(s, &s->series[0], &mean));
    assert_true(is(mean, 8.75));
    assert_false(s->series[1].seen);
    free(s);
}

static void a_counter_is_told_by_its_growth_also_when_it_began_again(void **state)
{
    (void)state;
    load_scrape *s = scrape("t_total");
    double mean;
    s->start += GL_SECOND; /* the first page comes before the run */
    page(s, "t_total 1000\n", 500);
    page(s, "t_total 1300\n", 1500);
    page(s, "t_total 1400\n", 2500);
    page(s, "t_total 50\n", 4500);
    const load_series *series = &s->series[0];
    assert_true(is(row(series, 0), 300));
    assert_true(is(row(series, 1), 100));
    assert_true(is(row(series, 3), 25));
    assert_true(load_series_mean(s, series, &mean));
    assert_true(is(mean, 450.0 / 4));
    assert_true(is(series->least, 25));
    assert_true(is(series->most, 300));
    free(s);
}

static void the_type_says_what_the_name_does_not(void **state)
{
    (void)state;
    load_scrape *s = scrape("sent,odd_total");
    page(s, "# TYPE sent counter\nsent 5\n# TYPE odd_total gauge\nodd_total 9\n", 500);
    page(s, "sent 8\nodd_total 9\n", 1500);
    assert_true(is(row(&s->series[0], 1), 3));
    assert_true(is(row(&s->series[1], 1), 9));
    free(s);
}

static void what_is_no_sample_is_passed_over(void **state)
{
    (void)state;
    load_scrape *s = scrape("x");
    page(s, "x NaN\nx +Inf\nx\nx{a=\"b\nx {a=\"\nxy 3\n7 7\n\n<html>\n", 500);
    assert_false(s->series[0].seen);
    assert_int_equal(s->pages, 1); /* xy is a sample, of something else */
    page(s, "<html>no such page</html>", 1500);
    page(s, "", 2500);
    assert_int_equal(s->failed, 2);
    free(s);
}

static void rows_are_bounded_and_keep_the_whole(void **state)
{
    (void)state;
    load_scrape *s = scrape("n_total,g");
    char text[64];
    double mean;
    for (gl_time i = 0; i <= 3000; i++) {
        snprintf(text, sizeof text, "n_total %u\ng 2\n", (unsigned)i * 7);
        page(s, text, 500 + 1000 * i);
    }
    assert_true(s->rows <= LOAD_SCRAPE_ROWS);
    assert_int_equal(s->width, 8 * GL_SECOND);
    for (size_t i = 1; i + 1 < s->rows; i++) {
        assert_true(is(row(&s->series[0], i), 7));
        assert_true(is(row(&s->series[1], i), 2));
    }
    assert_true(load_series_mean(s, &s->series[0], &mean));
    assert_true(is(mean, 7));
    free(s);
}

static void names_are_checked_and_the_known_ones_fit(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "", "a,", "a b", "a{x=\"y\"}", "a-name-that-is-none", "a,,b"
    };
    char problem[200];
    load_scrape *s = scrape(NULL);
    assert_true(s->count > 15);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (load_scrape_init(s, 0, bad[i], problem, sizeof problem)) fail_msg("'%s'", bad[i]);
    free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_gauge_is_summed_over_labels_and_averaged),
        cmocka_unit_test(a_counter_is_told_by_its_growth_also_when_it_began_again),
        cmocka_unit_test(the_type_says_what_the_name_does_not),
        cmocka_unit_test(what_is_no_sample_is_passed_over),
        cmocka_unit_test(rows_are_bounded_and_keep_the_whole),
        cmocka_unit_test(names_are_checked_and_the_known_ones_fit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
