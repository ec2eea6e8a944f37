/* hedge.c - a second attempt goes late enough, where there is room, and within its budget. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <glimpse/engine.h>

#include "base/rng.h"
#include "policy/budget.h"
#include "policy/hedge.h"

static void the_wait_is_a_duration_or_the_95th_percentile(void **state)
{
    (void)state;
    static const struct {
        int64_t hedge_ms;
        uint64_t p95, answers, after;
    } rows[] = {
        { 0, 7, 1000, GL_TIME_NEVER }, /* off */
        { 1, 7, 0, GL_MS },
        { 2500, 7, 1000, 2500 * GL_MS },
        { GLIMPSE_HEDGE_P95, 7 * GL_SECOND, 20, 7 * GL_SECOND },
        { GLIMPSE_HEDGE_P95, 7 * GL_SECOND, 19, GL_TIME_NEVER }, /* the slowest of them */
        { GLIMPSE_HEDGE_P95, 0, 0, GL_TIME_NEVER },
        { INT64_MAX, 7, 0, GL_TIME_NEVER },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_true(gl_hedge_after(rows[i].hedge_ms, rows[i].p95, rows[i].answers) ==
                    rows[i].after);
}

static void none_goes_where_a_limit_or_a_circuit_is_near(void **state)
{
    (void)state;
    static const struct {
        gl_hedge_target target;
        bool may;
    } rows[] = {
        { { false, 64, 0 }, true },   { { false, 16, 48 }, true },
        { { false, 15, 49 }, false }, { { false, 0, 64 }, false },
        { { false, 1, 0 }, true },    { { false, 1, 3 }, true },
        { { false, 1, 4 }, false },   { { true, 64, 0 }, false },
        { { false, 0, 0 }, false },   { { false, UINT32_MAX, UINT32_MAX }, true },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_int_equal(gl_hedge_may(&rows[i].target), rows[i].may);
}

static int hedges(gl_budget *budget, double part, gl_time now)
{
    int count = 0;
    while (gl_budget_hedge(budget, part, now)) count++;
    return count;
}

static void they_are_a_part_of_the_first_attempts_of_ten_seconds(void **state)
{
    (void)state;
    gl_budget budget = { .second = 0 };
    gl_time now = 100 * GL_SECOND;
    assert_int_equal(hedges(&budget, 1, now), 0); /* none is its own */
    for (int i = 0; i < 19; i++) gl_budget_first(&budget, now);
    assert_int_equal(hedges(&budget, 0.05, now), 0);
    gl_budget_first(&budget, now);
    assert_int_equal(hedges(&budget, 0.05, now), 1);
    assert_int_equal(hedges(&budget, 0.05, now + 9 * GL_SECOND), 0);
    assert_int_equal(hedges(&budget, 1, now + 10 * GL_SECOND), 0); /* all is forgotten */
    for (int i = 0; i < 100; i++) gl_budget_first(&budget, now + 20 * GL_SECOND);
    assert_int_equal(hedges(&budget, 0, now + 20 * GL_SECOND), 0);
    assert_int_equal(hedges(&budget, 1, now + 20 * GL_SECOND), 100);
}

static void retries_and_hedges_take_nothing_from_each_other(void **state)
{
    (void)state;
    gl_budget budget = { .second = 0 };
    gl_time now = 100 * GL_SECOND;
    for (int i = 0; i < 100; i++) gl_budget_first(&budget, now);
    while (gl_budget_retry(&budget, now)) {
    }
    assert_int_equal(hedges(&budget, 0.05, now), 5);
    assert_int_equal(gl_budget_left(&budget, now + GL_SECOND), 10 + 0);
}

/* Any order of first attempts and wishes, at any times: counted anew from a list. */
static void over_any_ten_seconds_the_bound_holds(void **state)
{
    (void)state;
    enum { EVENTS = 4000 };
    static gl_time firsts[EVENTS], taken[EVENTS];
    for (uint64_t seed = 1; seed <= 50; seed++) {
        gl_rng rng;
        gl_rng_seed(&rng, seed);
        gl_budget budget = { .second = 0 };
        double part = gl_rng_uniform(&rng) * 0.3;
        gl_time now = gl_rng_below(&rng, 1000) * GL_SECOND;
        size_t first_count = 0, taken_count = 0;
        for (int i = 0; i < EVENTS; i++) {
            now += gl_rng_below(&rng, 20) * GL_MS;
            if (gl_rng_below(&rng, 200) == 0) now += gl_rng_below(&rng, 15) * GL_SECOND;
            if (gl_rng_below(&rng, 2) == 0) {
                gl_budget_first(&budget, now);
                firsts[first_count++] = now;
                continue;
            }
            if (!gl_budget_hedge(&budget, part, now)) continue;
            taken[taken_count++] = now;
            size_t recent_firsts = 0, recent_taken = 0;
            for (size_t f = 0; f < first_count; f++)
                recent_firsts += now / GL_SECOND - firsts[f] / GL_SECOND < 10;
            for (size_t t = 0; t < taken_count; t++)
                recent_taken += now / GL_SECOND - taken[t] / GL_SECOND < 10;
            assert_true((double)recent_taken <= part * (double)recent_firsts);
        }
        assert_true(part < 0.02 || taken_count > 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_wait_is_a_duration_or_the_95th_percentile),
        cmocka_unit_test(none_goes_where_a_limit_or_a_circuit_is_near),
        cmocka_unit_test(they_are_a_part_of_the_first_attempts_of_ten_seconds),
        cmocka_unit_test(retries_and_hedges_take_nothing_from_each_other),
        cmocka_unit_test(over_any_ten_seconds_the_bound_holds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
