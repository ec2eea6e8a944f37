/* load_lengths.c - lengths of texts, drawn as they were asked for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <string.h>

#include "load/lengths.h"

enum { DRAWS = 100000 };

static load_lengths parsed(const char *text)
{
    load_lengths lengths;
    char problem[200] = "";
    if (!load_lengths_parse(&lengths, gl_slice_str(text), problem, sizeof problem))
        fail_msg("%s: %s", text, problem);
    return lengths;
}

typedef struct drawn {
    double mean, deviation, below; /* below: part of them below the bound that was asked for */
    uint32_t least, most;
} drawn;

static drawn draw(const char *text, uint32_t bound)
{
    load_lengths lengths = parsed(text);
    drawn all = { .least = UINT32_MAX };
    double squares = 0;
    gl_rng rng;
    gl_rng_seed(&rng, 7);
    for (int i = 0; i < DRAWS; i++) {
        uint32_t length = load_lengths_draw(&lengths, &rng);
        all.mean += length;
        squares += (double)length * length;
        all.below += length < bound;
        if (length < all.least) all.least = length;
        if (length > all.most) all.most = length;
    }
    all.mean /= DRAWS;
    all.below /= DRAWS;
    all.deviation = sqrt(squares / DRAWS - all.mean * all.mean);
    return all;
}

static bool near(double seen, double wanted, double part)
{
    return fabs(seen - wanted) <= part * wanted;
}

static void a_constant_is_always_the_same(void **state)
{
    (void)state;
    drawn all = draw("512", 0);
    assert_int_equal(all.least, 512);
    assert_int_equal(all.most, 512);
}

static void a_uniform_has_both_its_ends_and_the_mean_between(void **state)
{
    (void)state;
    drawn all = draw("100-900", 300);
    assert_int_equal(all.least, 100);
    assert_int_equal(all.most, 900);
    assert_true(near(all.mean, 500, 0.01));
    assert_true(near(all.below, 200.0 / 801, 0.03));
}

static void a_normal_has_its_mean_and_deviation(void **state)
{
    (void)state;
    drawn all = draw("normal:512:64", 512 - 64);
    assert_true(near(all.mean, 512, 0.005));
    assert_true(near(all.deviation, 64, 0.02));
    assert_true(near(all.below, 0.1587, 0.05));
}

static void a_lognormal_has_its_median_and_p95(void **state)
{
    (void)state;
    assert_true(near(draw("lognormal:400:2000", 400).below, 0.5, 0.02));
    assert_true(near(1 - draw("lognormal:400:2000", 2000).below, 0.05, 0.05));
}

static void what_is_outside_the_bounds_is_drawn_again_and_makes_no_heap(void **state)
{
    (void)state;
    drawn all = draw("normal:500:200:400-600", 401);
    assert_int_equal(all.least, 400);
    assert_int_equal(all.most, 600);
    /* One value of 201: clamped, it would have had 0.31 of them. */
    assert_true(all.below < 0.01);
    /* Bounds that are never met end all the same. */
    load_lengths never = parsed("normal:500:1:900000-900001");
    gl_rng rng;
    gl_rng_seed(&rng, 7);
    assert_int_equal(load_lengths_draw(&never, &rng), 900000);
}

static void the_same_seed_draws_the_same(void **state)
{
    (void)state;
    load_lengths lengths = parsed("lognormal:400:2000:10-5000");
    gl_rng one, other;
    gl_rng_seed(&one, 3);
    gl_rng_seed(&other, 3);
    for (int i = 0; i < 1000; i++)
        assert_int_equal(load_lengths_draw(&lengths, &one), load_lengths_draw(&lengths, &other));
}

static void what_is_no_length_is_refused_with_what_is(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "0",
        "-5",
        "5-",
        "9-5",
        "1000001",
        "1.5",
        "normal",
        "normal:5",
        "normal:0:5",
        "normal:5:0",
        "normal:5:5:9-1",
        "normal:5:5:5",
        "normal:1:2:3-4:5",
        "lognormal:500:500",
        "gauss:1:2",
        "99999999999999999999",
        "5 ",
        "0-5",
        "normal:5:x",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        load_lengths lengths;
        char problem[200] = "";
        if (load_lengths_parse(&lengths, gl_slice_str(bad[i]), problem, sizeof problem))
            fail_msg("'%s' was taken", bad[i]);
        assert_true(strlen(problem) > 10);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_constant_is_always_the_same),
        cmocka_unit_test(a_uniform_has_both_its_ends_and_the_mean_between),
        cmocka_unit_test(a_normal_has_its_mean_and_deviation),
        cmocka_unit_test(a_lognormal_has_its_median_and_p95),
        cmocka_unit_test(what_is_outside_the_bounds_is_drawn_again_and_makes_no_heap),
        cmocka_unit_test(the_same_seed_draws_the_same),
        cmocka_unit_test(what_is_no_length_is_refused_with_what_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
