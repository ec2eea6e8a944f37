/* core/base/count: sums of what endpoints tell stay sums. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdbool.h>

#include "base/count.h"

static void a_sum_grows_to_its_bound_and_stays_there(void **state)
{
    (void)state;
    assert_true(gl_sum_add(5, 7) == 12);
    assert_true(gl_sum_add(5, 0) == 5);
    assert_true(gl_sum_add(5, -1) == 5); /* not said */
    assert_true(gl_sum_add(5, INT64_MIN) == 5);
    uint64_t sum = 0;
    for (int i = 0; i < 4096; i++) sum = gl_sum_add(sum, GL_COUNT_MAX);
    assert_true(sum == GL_SUM_MAX);
    assert_true(gl_sum_add(0, INT64_MAX) == GL_SUM_MAX);
    assert_true(gl_sum_add(GL_SUM_MAX, INT64_MAX) == GL_SUM_MAX);
    assert_true(gl_sum_add(GL_SUM_MAX - 1, 1) == GL_SUM_MAX);
    assert_true(GL_SUM_MAX + GL_SUM_MAX <= (uint64_t)INT64_MAX + 1); /* no sum of two wraps */
}

static void a_balance_stays_between_its_bounds(void **state)
{
    (void)state;
    const int64_t most = (int64_t)GL_SUM_MAX;
    assert_true(gl_balance_add(5, 7.9) == 12);
    assert_true(gl_balance_add(5, -7.9) == -2);
    assert_true(gl_balance_add(most - 1024, 4096) == most);
    assert_true(gl_balance_add(1024 - most, -4096) == -most);
    assert_true(gl_balance_add(5, 1e300) == most); /* no int64_t holds it */
    assert_true(gl_balance_add(5, -1e300) == -most);
    assert_true(gl_balance_add(most, INFINITY) == most);
    assert_true(gl_balance_add(-most, (double)most * 1.5) == most / 2);
    assert_true(gl_balance_add(5, NAN) == 5);
    int64_t sum = 0;
    for (int i = 0; i < 4096; i++) sum = gl_balance_add(sum, (double)GL_COUNT_MAX * 10);
    assert_true(sum == most);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sum_grows_to_its_bound_and_stays_there),
        cmocka_unit_test(a_balance_stays_between_its_bounds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
