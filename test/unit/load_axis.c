/* load_axis.c - where values lie on an axis, and what is marked. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "load/axis.h"

static void assert_near(double seen, double wanted)
{
    if (fabs(seen - wanted) > 1e-9 * (1 + fabs(wanted)))
        print_error("%.17g, not %.17g\n", seen, wanted);
    assert_true(fabs(seen - wanted) <= 1e-9 * (1 + fabs(wanted)));
}

static void assert_ticks(const load_axis *axis, const double *wanted, size_t count)
{
    double ticks[LOAD_TICKS];
    assert_int_equal(load_axis_ticks(axis, ticks), count);
    for (size_t i = 0; i < count; i++) assert_near(ticks[i], wanted[i]);
}

static void steps_are_1_2_or_5_times_a_power_of_ten(void **state)
{
    (void)state;
    for (double high = 1e-6; high < 1e9; high *= 1.07) {
        load_axis axis = load_axis_linear(high, 5);
        double digits = axis.step / pow(10, floor(log10(axis.step) + 1e-9));
        assert_true(fabs(digits - 1) < 1e-6 || fabs(digits - 2) < 1e-6 || fabs(digits - 5) < 1e-6);
        assert_true(axis.high >= high * (1 - 1e-9) && axis.high < high + axis.step);
        double ticks[LOAD_TICKS];
        size_t count = load_axis_ticks(&axis, ticks);
        assert_in_range(count, 3, 6);
        assert_near(ticks[count - 1], axis.high);
    }
    load_axis axis = load_axis_linear(930, 4);
    assert_ticks(&axis, (double[]){ 0, 500, 1000 }, 3);
    axis = load_axis_linear(0, 4);
    assert_near(axis.high, 1);
}

static void a_span_ends_where_it_ends(void **state)
{
    (void)state;
    load_axis axis = load_axis_span(10.4, 6);
    assert_near(load_axis_place(&axis, 10.4), 1);
    assert_near(load_axis_place(&axis, 5.2), 0.5);
    assert_ticks(&axis, (double[]){ 0, 2, 4, 6, 8, 10 }, 6);
    assert_near(load_axis_place(&axis, 11), 1);
    assert_near(load_axis_place(&axis, -1), 0);
}

static void a_decade_is_as_wide_as_the_next(void **state)
{
    (void)state;
    load_axis axis = load_axis_log(11, 9e6);
    assert_near(axis.low, 10);
    assert_near(axis.high, 1e7);
    assert_ticks(&axis, (double[]){ 10, 100, 1e3, 1e4, 1e5, 1e6, 1e7 }, 7);
    assert_near(load_axis_place(&axis, 1e4), 0.5);
    assert_near(load_axis_place(&axis, 0), 0);
    axis = load_axis_log(25, 800);
    assert_ticks(&axis, (double[]){ 20, 50, 100, 200, 500, 1000 }, 6);
    axis = load_axis_log(10, 10);
    assert_near(axis.high, 100);
}

static void a_nine_is_as_wide_as_the_next(void **state)
{
    (void)state;
    load_axis axis = load_axis_percentile(50000);
    assert_near(axis.high, 5);
    assert_near(load_axis_place(&axis, 0), 0);
    assert_near(load_axis_place(&axis, 0.9), 0.2);
    assert_near(load_axis_place(&axis, 0.99), 0.4);
    assert_near(load_axis_place(&axis, 0.999), 0.6);
    assert_near(load_axis_place(&axis, 1), 1);
    assert_ticks(&axis, (double[]){ 0.5, 0.75, 0.9, 0.95, 0.99, 0.999, 0.9999, 0.99999 }, 8);
    axis = load_axis_percentile(0);
    assert_near(axis.high, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(steps_are_1_2_or_5_times_a_power_of_ten),
        cmocka_unit_test(a_span_ends_where_it_ends),
        cmocka_unit_test(a_decade_is_as_wide_as_the_next),
        cmocka_unit_test(a_nine_is_as_wide_as_the_next),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
