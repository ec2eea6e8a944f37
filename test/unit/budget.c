/* budget.c - retries: 20 % of the first attempts of the last 10 s, and 10 a second besides. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "policy/budget.h"

static int retries(gl_budget *budget, gl_time now)
{
    int count = 0;
    while (gl_budget_retry(budget, now)) count++;
    return count;
}

static void who_sends_little_has_ten_a_second(void **state)
{
    (void)state;
    gl_budget budget = { .second = 0 };
    for (gl_time second = 100; second < 130; second++) /* not a hundred now and none for 10 s */
        assert_int_equal(retries(&budget, second * GL_SECOND), 10);
    assert_int_equal(retries(&budget, 200 * GL_SECOND), 10); /* and none are saved up */
}

static void what_is_left_is_what_can_be_taken(void **state)
{
    (void)state;
    gl_budget budget = { .second = 0 };
    for (int i = 0; i < 100; i++) gl_budget_first(&budget, 100 * GL_SECOND);
    assert_int_equal(gl_budget_left(&budget, 100 * GL_SECOND), 30);
    assert_true(gl_budget_retry(&budget, 100 * GL_SECOND));
    assert_int_equal(gl_budget_left(&budget, 100 * GL_SECOND), 29);
    assert_int_equal(retries(&budget, 100 * GL_SECOND), 29);
    assert_int_equal(gl_budget_left(&budget, 100 * GL_SECOND), 0);
    assert_int_equal(gl_budget_left(&budget, 101 * GL_SECOND), 10);
    assert_int_equal(gl_budget_left(&budget, 200 * GL_SECOND), 10);
}

static void a_fifth_of_the_first_attempts_comes_on_top(void **state)
{
    (void)state;
    gl_budget budget = { .second = 0 };
    for (int i = 0; i < 1000; i++) gl_budget_first(&budget, (100 + (gl_time)i / 100) * GL_SECOND);
    assert_int_equal(retries(&budget, 109 * GL_SECOND), 210);
    assert_int_equal(retries(&budget, 109 * GL_SECOND), 0);
}

static void first_attempts_are_forgotten_after_ten_seconds(void **state)
{
    (void)state;
    gl_budget budget = { .second = 0 };
    for (int i = 0; i < 1000; i++) gl_budget_first(&budget, 100 * GL_SECOND);
    assert_int_equal(retries(&budget, 110 * GL_SECOND), 10);
}

static void over_any_ten_seconds_of_an_outage_the_bound_holds(void **state)
{
    (void)state;
    gl_budget budget = { .second = 0 };
    int firsts = 0, allowed = 0;
    for (int ms = 0; ms < 10000; ms += 10) { /* 100 firsts and 400 wishes to retry a second */
        gl_time now = 1000 * GL_SECOND + (gl_time)ms * GL_MS;
        gl_budget_first(&budget, now);
        firsts++;
        for (int i = 0; i < 4; i++) allowed += gl_budget_retry(&budget, now);
    }
    assert_true(allowed <= firsts / 5 + 100);
    assert_true(allowed >= firsts / 5);
}

static void a_clock_that_goes_back_breaks_nothing(void **state)
{
    (void)state;
    gl_budget budget = { .second = 0 };
    assert_int_equal(retries(&budget, 100 * GL_SECOND), 10);
    assert_int_equal(retries(&budget, 50 * GL_SECOND), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_left_is_what_can_be_taken),
        cmocka_unit_test(who_sends_little_has_ten_a_second),
        cmocka_unit_test(a_fifth_of_the_first_attempts_comes_on_top),
        cmocka_unit_test(first_attempts_are_forgotten_after_ten_seconds),
        cmocka_unit_test(over_any_ten_seconds_of_an_outage_the_bound_holds),
        cmocka_unit_test(a_clock_that_goes_back_breaks_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
