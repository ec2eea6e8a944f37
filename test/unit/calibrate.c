/* policy/calibrate: thresholds that follow what was observed, bounded and damped. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>

#include "base/rng.h"
#include "policy/calibrate.h"

static const glimpse_thresholds defaults = GLIMPSE_THRESHOLDS_DEFAULT;
static const gl_time T = 1000 * GL_SECOND;

/* docs/playbook.md section 6: lognormal, median 1,646 ms, p95 2.5 s, times a factor. */
static uint64_t latency(gl_rng *rng, double factor)
{
    double sigma = log(2500.0 / 1646) / 1.644854;
    return (uint64_t)(factor * 1646e6 * exp(sigma * gl_rng_normal(rng)));
}

static bool near(int64_t ms, double wanted, double within)
{
    return fabs((double)ms - wanted) <= within * wanted;
}

/* Ten answers a second for so many seconds, from *now on. */
static void answers(gl_calibrate *c, gl_rng *rng, double factor, int seconds, gl_time *now)
{
    for (int i = 0; i < seconds * 10; i++) {
        *now += GL_SECOND / 10;
        gl_calibrate_saw(c, latency(rng, factor), *now);
    }
}

static void thresholds_come_to_the_percentiles_of_a_steady_model(void **state)
{
    (void)state;
    const double sigma = log(2500.0 / 1646) / 1.644854;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        gl_calibrate c;
        gl_rng rng;
        gl_time now = T;
        gl_rng_seed(&rng, seed);
        gl_calibrate_init(&c, &defaults, now);
        answers(&c, &rng, 1, 600, &now);
        assert_true(near(c.now.t1_ms, 1646, 0.05));
        assert_true(near(c.now.t2_ms, 1646 * exp(0.67449 * sigma), 0.05));
        assert_true(near(c.now.t3_ms, 2500, 0.05));
        assert_true(near(c.now.t4_ms, 1646 * exp(2.32635 * sigma), 0.08));
    }
}

static void nothing_moves_before_a_hundred(void **state)
{
    (void)state;
    gl_calibrate c;
    gl_calibrate_init(&c, &defaults, T);
    gl_time now = T + 3600 * GL_SECOND;
    for (int i = 0; i < GL_CALIBRATE_MIN - 1; i++)
        assert_false(gl_calibrate_saw(&c, 900 * GL_MS, now));
    assert_memory_equal(&c.now, &defaults, sizeof defaults);
    assert_true(gl_calibrate_saw(&c, 900 * GL_MS, now));
    assert_true(c.now.t1_ms < 1500);
}

static void a_step_is_a_quarter_of_the_way_and_at_most_a_fifth_every_ten_seconds(void **state)
{
    (void)state;
    gl_calibrate c;
    gl_calibrate_init(&c, &defaults, T);
    int64_t before = c.now.t4_ms;
    gl_time now = T;
    int steps = 0;
    for (int i = 0; i < 100 * 60; i++) { /* a hundred a second, each after a minute */
        now += GL_SECOND / 100;
        if (!gl_calibrate_saw(&c, 60 * GL_SECOND, now)) continue;
        steps++;
        assert_true((double)c.now.t4_ms <= 1.2 * (double)before + 1);
        before = c.now.t4_ms;
    }
    assert_int_equal(steps, 6); /* in a minute */
    assert_int_equal(c.now.t4_ms, 17916);
    gl_calibrate_init(&c, &defaults, T);
    now = T + 10 * GL_SECOND;
    for (int i = 0; i < GL_CALIBRATE_MIN; i++) gl_calibrate_saw(&c, 2000 * GL_MS, now);
    /* (2000 / 1500) ^ 1/4 is 1.0746, and the slot's middle is within 1.1 % of 2,000. */
    assert_true(near(c.now.t1_ms, 1500 * 1.0746, 0.003));
}

static void a_hundred_outliers_among_thousands_move_little(void **state)
{
    (void)state;
    gl_calibrate c;
    gl_rng rng;
    gl_time now = T;
    gl_rng_seed(&rng, 5);
    gl_calibrate_init(&c, &defaults, now);
    answers(&c, &rng, 1, 600, &now);
    glimpse_thresholds before = c.now;
    for (int i = 0; i < 100; i++) gl_calibrate_saw(&c, 600 * GL_SECOND, now += GL_MS);
    answers(&c, &rng, 1, 20, &now);
    assert_true(near(c.now.t1_ms, (double)before.t1_ms, 0.03));
    assert_true(near(c.now.t2_ms, (double)before.t2_ms, 0.05));
    assert_true((double)c.now.t4_ms <= (double)before.t4_ms * 1.2 * 1.2 * 1.2 + 3);
}

static void what_a_model_did_an_hour_ago_is_forgotten(void **state)
{
    (void)state;
    gl_calibrate c;
    gl_rng rng;
    gl_time now = T;
    gl_rng_seed(&rng, 6);
    gl_calibrate_init(&c, &defaults, now);
    answers(&c, &rng, 2, 600, &now);
    assert_true(near(c.now.t1_ms, 3292, 0.05));
    answers(&c, &rng, 1, 900, &now); /* 9,000 answers: generations turn over by their number */
    assert_true(near(c.now.t1_ms, 1646, 0.05));
    for (int i = 0; i < 3 * 900 / 8 * 8; i += 8) { /* one in 8 s: and by their age */
        now += 8 * GL_SECOND;
        gl_calibrate_saw(&c, latency(&rng, 2), now);
    }
    assert_true(near(c.now.t1_ms, 3292, 0.1));
}

static void whatever_comes_they_rise_within_their_bounds(void **state)
{
    (void)state;
    static const glimpse_thresholds sets[] = { GLIMPSE_THRESHOLDS_DEFAULT,
                                               { 1, 2, 3, 4 },
                                               { 86399997, 86399998, 86399999, 86400000 },
                                               { 1, 2, 3, 86400000 } };
    for (uint64_t seed = 1; seed <= 400; seed++) {
        const glimpse_thresholds *set = &sets[seed % 4];
        gl_calibrate c;
        gl_rng rng;
        gl_time now = T;
        gl_rng_seed(&rng, seed);
        gl_calibrate_init(&c, set, now);
        double scale = gl_rng_uniform(&rng) * 30;
        for (int i = 0; i < 3000; i++) {
            if (gl_rng_below(&rng, 300) == 0) scale = gl_rng_uniform(&rng) * 30;
            now += (uint64_t)(gl_rng_uniform(&rng) * 2e9);
            uint64_t took = (uint64_t)(exp2(scale) * 1e6 * gl_rng_uniform(&rng));
            if (!gl_calibrate_saw(&c, took, now)) continue;
            assert_int_equal(glimpse_thresholds_check(&c.now, NULL), GLIMPSE_OK);
            assert_true(c.now.t1_ms >= set->t1_ms / 4 && c.now.t4_ms >= set->t4_ms / 4);
            assert_true(c.now.t1_ms <= set->t1_ms * 4 && c.now.t4_ms <= set->t4_ms * 4 + 3);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(thresholds_come_to_the_percentiles_of_a_steady_model),
        cmocka_unit_test(nothing_moves_before_a_hundred),
        cmocka_unit_test(a_step_is_a_quarter_of_the_way_and_at_most_a_fifth_every_ten_seconds),
        cmocka_unit_test(a_hundred_outliers_among_thousands_move_little),
        cmocka_unit_test(what_a_model_did_an_hour_ago_is_forgotten),
        cmocka_unit_test(whatever_comes_they_rise_within_their_bounds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
