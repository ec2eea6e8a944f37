/* load_mix.c - which request comes next. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "base/alloc.h"
#include "load/mix.h"
#include "load/prompts.h"

static void seventy_of_a_hundred_are_from_the_pool(void **state)
{
    (void)state;
    size_t live = gl_alloc_live();
    load_mix mix;
    assert_true(load_mix_init(&mix, 0.7, 50, 0, 5));
    unsigned pool = 0, repeated = 0, seen[50] = { 0 };
    uint64_t unique = 50;
    for (int i = 0; i < 100000; i++) {
        load_pick pick = load_mix_next(&mix);
        if (pick.number < 50) {
            pool++;
            assert_int_equal(pick.repeated, seen[pick.number] > 0);
            seen[pick.number]++;
        } else {
            assert_int_equal(pick.number, unique++); /* never twice */
            assert_false(pick.repeated);
        }
        repeated += pick.repeated;
    }
    assert_true(pool > 69400 && pool < 70600); /* 4 deviations */
    assert_int_equal(repeated, pool - 50);
    for (int i = 0; i < 50; i++) assert_true(seen[i] > 1250 && seen[i] < 1550);
    load_mix_free(&mix);
    assert_int_equal(gl_alloc_live(), live);
}

static void a_zipf_pool_prefers_the_first_by_its_exponent(void **state)
{
    (void)state;
    load_mix mix;
    assert_true(load_mix_init(&mix, 1, 100, 1, 6));
    unsigned seen[100] = { 0 };
    for (int i = 0; i < 200000; i++) seen[load_mix_next(&mix).number]++;
    for (int k = 1; k < 20; k++) { /* the k-th 1 / (k + 1) as often */
        double part = (double)seen[k] * (k + 1) / (double)seen[0];
        assert_true(fabs(part - 1) < 0.1);
    }
    load_mix_free(&mix);
}

static void nothing_of_the_pool_at_ratio_0_and_all_at_1(void **state)
{
    (void)state;
    load_mix mix;
    assert_true(load_mix_init(&mix, 0, 1, 0, 7));
    for (int i = 0; i < 1000; i++) assert_true(load_mix_next(&mix).number >= 1);
    load_mix_free(&mix);
    assert_true(load_mix_init(&mix, 1, 1, 0, 7));
    for (int i = 0; i < 1000; i++) {
        load_pick pick = load_mix_next(&mix);
        assert_int_equal(pick.number, 0);
        assert_int_equal(pick.repeated, i > 0);
    }
    load_mix_free(&mix);
}

static void prompts_differ_by_their_number_alone(void **state)
{
    (void)state;
    load_prompts a, b;
    load_question x, y;
    for (uint64_t n = 0; n < 2000; n++) {
        load_prompts_question(&a, n, &x);
        load_prompts_question(&b, n, &y);
        assert_string_equal(x.draft.input_text, y.draft.input_text);
        load_prompts_question(&b, n + 1 + n % 100, &y);
        assert_string_not_equal(x.draft.input_text, y.draft.input_text);
        assert_true(strlen(x.draft.input_text) < sizeof a.text - 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(seventy_of_a_hundred_are_from_the_pool),
        cmocka_unit_test(a_zipf_pool_prefers_the_first_by_its_exponent),
        cmocka_unit_test(nothing_of_the_pool_at_ratio_0_and_all_at_1),
        cmocka_unit_test(prompts_differ_by_their_number_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
