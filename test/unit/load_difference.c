/* load_difference.c - is a difference told where there is none, and found where there is one? Over
 * simulated queues, fewer pairs than `glimpse-bench-verdicts` takes. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "base/rng.h"
#include "load/batches.h"
#include "load/student.h"
#include "micro/queue_sim.h"

#define PAIRS 40

static int pairs_that_differ(const queue_sim *before, const queue_sim *after)
{
    int differ = 0;
    for (uint64_t i = 0; i < PAIRS; i++) differ += queue_sim_differ(before, after, 1 + i, NULL);
    return differ;
}

static void a_queue_is_no_difference_from_itself(void **state)
{
    (void)state;
    static const double loads[] = { 0.5, 0.8, 0.9 };
    size_t live = gl_alloc_live();
    int all = 0;
    for (size_t i = 0; i < 3; i++) {
        queue_sim sim = { .places = 1,
                          .service_s = loads[i] / 100,
                          .sigma = -1,
                          .rate = 100,
                          .seconds = 20,
                          .error_rate = 0.01 };
        all += pairs_that_differ(&sim, &sim);
    }
    assert_true(all <= 3 * PAIRS / 50); /* 2 % */
    assert_int_equal(gl_alloc_live(), live);
}

static void a_shift_of_5_percent_is_found_in_3000_samples(void **state)
{
    (void)state;
    queue_sim before = {
        .places = 10, .service_s = 0.01, .sigma = 0.25, .rate = 100, .seconds = 30
    };
    queue_sim after = before;
    after.service_s *= 1.05;
    assert_true(pairs_that_differ(&before, &after) >= PAIRS * 9 / 10);
    assert_true(pairs_that_differ(&after, &before) >= PAIRS * 9 / 10);
}

static void a_change_below_2_percent_is_none_however_sure(void **state)
{
    (void)state;
    queue_sim before = {
        .places = 10, .service_s = 0.01, .sigma = 0.01, .rate = 100, .seconds = 30
    };
    queue_sim after = before;
    after.service_s *= 1.012;
    assert_true(pairs_that_differ(&before, &after) <= 1);
}

/* Critical values of a table (Abramowitz and Stegun 26.10), two-sided. */
static void t_is_student_s(void **state)
{
    (void)state;
    static const double table[][3] = { { 0.05, 1, 12.706 }, { 0.01, 4, 4.604 },
                                       { 0.01, 19, 2.861 }, { 0.1, 30, 1.697 },
                                       { 0.001, 7, 5.408 }, { 0.01, 1e6, 2.576 } };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        double t = load_student_t(table[i][0], table[i][1]);
        assert_true(fabs(t - table[i][2]) < 0.001);
        assert_true(fabs(load_student_p(t, table[i][1]) - table[i][0]) < 1e-9);
    }
    assert_true(load_student_p(0, 5) == 1);
}

/* An autoregression of coefficient r has a mean that varies as if there were (1-r)/(1+r) of its
 * values: the error says so, within what 32 batches can tell. */
static void what_goes_on_from_batch_to_batch_widens_the_error(void **state)
{
    (void)state;
    static const double rs[] = { 0, 0.5, 0.8 };
    gl_rng rng;
    gl_rng_seed(&rng, 3);
    for (size_t k = 0; k < 3; k++) {
        double squares = 0, said = 0, freedom = 0;
        for (int turn = 0; turn < 2000; turn++) {
            load_batch batch[LOAD_BATCHES];
            double x = gl_rng_normal(&rng) / sqrt(1 - rs[k] * rs[k]);
            for (size_t i = 0; i < LOAD_BATCHES; i++) {
                batch[i] = (load_batch){ 1, x, i > 0 };
                x = rs[k] * x + gl_rng_normal(&rng);
            }
            load_spread spread = load_spread_of(batch, LOAD_BATCHES);
            squares += spread.mean * spread.mean / 2000;
            said += spread.error * spread.error / 2000;
            freedom += spread.freedom / 2000;
        }
        assert_true(said > 0.9 * squares && said < 3 * squares);
        if (k == 0) assert_true(freedom > 20);
        if (k == 2) assert_true(freedom < 6);
    }
}

static void runs_that_differ_among_themselves_are_unsure(void **state)
{
    (void)state;
    load_batch batch[8];
    /* Two runs: steady in themselves, apart from each other. */
    for (size_t i = 0; i < 8; i++) batch[i] = (load_batch){ 1, i < 4 ? 10 : 12, i % 4 != 0 };
    load_spread spread = load_spread_of(batch, 8);
    assert_true(spread.freedom < LOAD_FREEDOM_MIN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_queue_is_no_difference_from_itself),
        cmocka_unit_test(a_shift_of_5_percent_is_found_in_3000_samples),
        cmocka_unit_test(a_change_below_2_percent_is_none_however_sure),
        cmocka_unit_test(t_is_student_s),
        cmocka_unit_test(what_goes_on_from_batch_to_batch_widens_the_error),
        cmocka_unit_test(runs_that_differ_among_themselves_are_unsure),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
