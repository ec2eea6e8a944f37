/* load_lag.c - how late a loop was, as a part of the time and not of the ticks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "load/lag.h"

/* A tick each 10 ms for 12 s, of which the loop stood still for 2: a sixth of the time was late. */
static void a_stop_weighs_as_long_as_it_lasted(void **state)
{
    (void)state;
    gl_histogram *lag = gl_histogram_new();
    assert_non_null(lag);
    for (int i = 0; i < 1000; i++) load_lag_add(lag, 0, 10 * GL_MS);
    load_lag_add(lag, 2 * GL_SECOND, 10 * GL_MS);
    assert_int_equal(gl_histogram_count(lag), 1200);
    assert_int_equal(gl_histogram_quantile(lag, 0.8), 1); /* us, its least */
    assert_in_range(gl_histogram_quantile(lag, 0.99), 1870000, 1890000);
    assert_in_range(gl_histogram_max(lag), 1998000, 2002000);
    gl_histogram_free(lag);
}

/* A machine that slept for a week is not counted tick by tick. */
static void hours_are_counted_in_bounded_time(void **state)
{
    (void)state;
    gl_histogram *lag = gl_histogram_new();
    assert_non_null(lag);
    load_lag_add(lag, 7 * 24 * 3600 * GL_SECOND, 10 * GL_MS);
    assert_in_range(gl_histogram_count(lag), 1, 60000);
    gl_histogram_free(lag);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_stop_weighs_as_long_as_it_lasted),
        cmocka_unit_test(hours_are_counted_in_bounded_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
