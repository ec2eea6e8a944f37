/* load_arrival.c - the schedule of an open loop. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "load/arrival.h"

static void start(load_arrivals *arrivals, double rate, load_process process, double shape)
{
    load_stretch stretch = { rate, rate, INFINITY };
    load_arrivals_init(arrivals, &stretch, 1, process, shape, 7);
}

static void constant_arrivals_never_drift(void **state)
{
    (void)state;
    load_arrivals arrivals;
    start(&arrivals, 3000, LOAD_PROCESS_CONSTANT, 1);
    for (uint64_t i = 0; i < 1000000; i++) {
        gl_time at = load_arrivals_next(&arrivals), ideal = i * GL_SECOND / 3000;
        assert_true(at + 1 >= ideal && at <= ideal + 1000); /* 1 us, after a million of them */
    }
}

static void gaps_have_the_mean_and_the_spread_of_their_process(void **state)
{
    (void)state;
    static const struct {
        load_process process;
        double shape, variation; /* deviation of a gap over its mean: 1 / sqrt(shape) */
    } rows[] = { { LOAD_PROCESS_POISSON, 1, 1 },
                 { LOAD_PROCESS_GAMMA, 0.25, 2 },
                 { LOAD_PROCESS_GAMMA, 1, 1 },
                 { LOAD_PROCESS_GAMMA, 4, 0.5 } };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        load_arrivals arrivals;
        start(&arrivals, 100, rows[i].process, rows[i].shape);
        const int count = 200000;
        double sum = 0, squares = 0;
        gl_time before = 0;
        for (int n = 0; n < count; n++) {
            gl_time at = load_arrivals_next(&arrivals);
            assert_true(at >= before);
            double gap = (double)(at - before) / 1e7; /* in means of 10 ms */
            sum += gap;
            squares += gap * gap;
            before = at;
        }
        double mean = sum / count, deviation = sqrt(squares / count - mean * mean);
        assert_true(fabs(mean - 1) < 0.02);
        assert_true(fabs(deviation / rows[i].variation - 1) < 0.02);
    }
}

static void a_ramp_and_a_step_have_as_many_arrivals_as_their_area(void **state)
{
    (void)state;
    /* 0 to 1,000 a second in 10 s, 10 s of 1,000, 5 s of nothing, 10 s of 100. */
    static const load_stretch stretch[] = {
        { 0, 1000, 10 }, { 1000, 1000, 10 }, { 0, 0, 5 }, { 100, 100, 10 }
    };
    load_arrivals arrivals;
    load_arrivals_init(&arrivals, stretch, 4, LOAD_PROCESS_CONSTANT, 1, 1);
    unsigned in[36] = { 0 };
    unsigned total = 0;
    gl_time at, before = 0;
    while ((at = load_arrivals_next(&arrivals)) != GL_TIME_NEVER) {
        assert_true(at >= before && at < 35 * GL_SECOND);
        before = at;
        in[at / GL_SECOND]++;
        total++;
    }
    assert_int_equal(total, 5000 + 10000 + 1000);
    for (unsigned s = 0; s < 10; s++) /* second s of the ramp: 50 + 100 s */
        assert_true(in[s] >= 49 + 100 * s && in[s] <= 51 + 100 * s);
    for (unsigned s = 10; s < 20; s++) assert_true(in[s] >= 999 && in[s] <= 1001);
    for (unsigned s = 20; s < 25; s++) assert_int_equal(in[s], 0);
    for (unsigned s = 25; s < 35; s++) assert_true(in[s] >= 99 && in[s] <= 101);
    assert_true(load_arrivals_next(&arrivals) == GL_TIME_NEVER);
}

static void the_same_seed_is_the_same_schedule(void **state)
{
    (void)state;
    load_arrivals a, b;
    start(&a, 50, LOAD_PROCESS_GAMMA, 0.5);
    start(&b, 50, LOAD_PROCESS_GAMMA, 0.5);
    for (int i = 0; i < 1000; i++) assert_true(load_arrivals_next(&a) == load_arrivals_next(&b));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(constant_arrivals_never_drift),
        cmocka_unit_test(gaps_have_the_mean_and_the_spread_of_their_process),
        cmocka_unit_test(a_ramp_and_a_step_have_as_many_arrivals_as_their_area),
        cmocka_unit_test(the_same_seed_is_the_same_schedule),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
