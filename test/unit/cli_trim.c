/* cli_trim.c - when memory is given back after a peak. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "bench/trim.h"

static bool second(trim *t, uint64_t most)
{
    trim_note(t, most / 2);
    trim_note(t, most);
    trim_note(t, 0);
    return trim_due(t);
}

static void a_steady_load_is_left_alone(void **state)
{
    (void)state;
    trim t = { 0 };
    for (int i = 0; i < 100; i++) assert_false(second(&t, 1000 + 400 * (uint64_t)(i % 2)));
}

static void after_a_peak_it_is_given_back_twice_and_then_no_more(void **state)
{
    (void)state;
    trim t = { 0 };
    assert_false(second(&t, 100));
    assert_false(second(&t, 4500));
    assert_false(second(&t, 4500));
    assert_true(second(&t, 100));
    assert_true(second(&t, 100));
    for (int i = 0; i < 100; i++) assert_false(second(&t, 100));
}

static void a_small_peak_is_not_worth_it(void **state)
{
    (void)state;
    trim t = { 0 };
    assert_false(second(&t, 256));
    assert_false(second(&t, 0));
    assert_false(second(&t, 0));
}

static void what_drains_slowly_is_given_back_step_by_step(void **state)
{
    (void)state;
    trim t = { 0 };
    int given = 0;
    for (uint64_t in_flight = 16000; in_flight > 10; in_flight = in_flight * 9 / 10)
        given += second(&t, in_flight);
    assert_true(given >= 4 && given <= 16);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_steady_load_is_left_alone),
        cmocka_unit_test(after_a_peak_it_is_given_back_twice_and_then_no_more),
        cmocka_unit_test(a_small_peak_is_not_worth_it),
        cmocka_unit_test(what_drains_slowly_is_given_back_step_by_step),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
