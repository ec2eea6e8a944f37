/* Whose turn it is among callers: deficit round robin by tokens. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/rng.h"
#include "oom.h"
#include "policy/fair.h"

typedef struct item {
    gl_node node;
    gl_flow *flow;
    double tokens;
    uint64_t caller;
} item;

static size_t asked;

static double cost(gl_node *node)
{
    asked++;
    return GL_CONTAINER(node, item, node)->tokens;
}

static item *put(gl_fair *fair, uint64_t caller, double tokens)
{
    item *made = calloc(1, sizeof *made);
    *made = (item){ .caller = caller, .tokens = tokens, .flow = gl_fair_flow(fair, caller) };
    gl_list_push_back(&made->flow->waiting, &made->node);
    made->flow->count++;
    return made;
}

static void take_out(gl_fair *fair, item *gone)
{
    gl_node_remove(&gone->node);
    gone->flow->count--;
    bool last = gl_list_empty(&gone->flow->waiting);
    assert_true(gl_fair_left(fair, gone->flow) == last);
    free(gone);
}

/* The next one goes; its caller. 0: none waits. */
static uint64_t go(gl_fair *fair, double *tokens)
{
    gl_node *node = gl_fair_first(fair, cost);
    if (node == NULL) return 0;
    assert_ptr_equal(gl_fair_first(fair, cost), node); /* asking moves nothing */
    item *went = GL_CONTAINER(node, item, node);
    uint64_t caller = went->caller;
    if (tokens != NULL) *tokens = went->tokens;
    gl_fair_went(fair, went->flow, went->tokens);
    take_out(fair, went);
    return caller;
}

static void one_caller_is_a_plain_list_and_costs_nothing(void **state)
{
    (void)state;
    gl_fair fair;
    size_t live = gl_alloc_live();
    gl_fair_init(&fair);
    asked = 0;
    for (int i = 1; i <= 100; i++) put(&fair, 7, i);
    for (int i = 1; i <= 100; i++) {
        double tokens;
        assert_int_equal(go(&fair, &tokens), 7);
        assert_true(tokens == i);
    }
    assert_int_equal(go(&fair, NULL), 0);
    assert_int_equal(asked, 0);
    assert_int_equal(gl_alloc_live(), live);
    gl_fair_free(&fair);
}

static void one_request_does_not_wait_behind_a_thousand(void **state)
{
    (void)state;
    gl_fair fair;
    gl_fair_init(&fair);
    for (int i = 0; i < 1000; i++) put(&fair, 1, 2000);
    assert_int_equal(go(&fair, NULL), 1);
    put(&fair, 2, 2000);
    int before = 0;
    while (go(&fair, NULL) != 2) before++;
    assert_true(before <= 1);
    while (go(&fair, NULL) != 0) continue;
    gl_fair_free(&fair);
}

static void callers_share_tokens_and_not_requests(void **state)
{
    (void)state;
    gl_fair fair;
    double had[4] = { 0 }, tokens;
    static const double sizes[] = { 0, 100, 1000, 10000 };
    gl_fair_init(&fair);
    for (uint64_t caller = 1; caller <= 3; caller++)
        for (int i = 0; i < 1000000 / sizes[caller]; i++) put(&fair, caller, sizes[caller]);
    for (int i = 0; i < 5000; i++) {
        uint64_t caller = go(&fair, &tokens);
        had[caller] += tokens;
    }
    for (int i = 1; i <= 3; i++)
        for (int j = 1; j <= 3; j++)
            if (had[i] - had[j] > 10000 + 2 * GL_FAIR_QUANTUM)
                fail_msg("%d: %f, %d: %f", i, had[i], j, had[j]);
    while (go(&fair, NULL) != 0) continue;
    gl_fair_free(&fair);
}

static void the_largest_request_has_its_turn_in_the_end(void **state)
{
    (void)state;
    gl_fair fair;
    double before = 0, tokens;
    gl_fair_init(&fair);
    put(&fair, 1, 1e15);
    for (int i = 0; i < 1000; i++) put(&fair, 2, 1000);
    while (go(&fair, &tokens) != 1) before += tokens;
    assert_true(before > GL_FAIR_COST_MAX - 2 * GL_FAIR_QUANTUM - 1000 &&
                before < GL_FAIR_COST_MAX + 2 * GL_FAIR_QUANTUM + 1000);
    while (go(&fair, NULL) != 0) continue;
    gl_fair_free(&fair);
}

/* Turns in which nobody can go are skipped, not walked. */
static void many_large_requests_cost_few_steps(void **state)
{
    (void)state;
    gl_fair fair;
    gl_fair_init(&fair);
    for (uint64_t caller = 1; caller <= 1000; caller++) put(&fair, caller, 1e9);
    asked = 0;
    assert_int_equal(go(&fair, NULL), 1);
    assert_true(asked <= 4 * 1000);
    while (go(&fair, NULL) != 0) continue;
    gl_fair_free(&fair);
}

static void all_that_waits_is_walked(void **state)
{
    (void)state;
    gl_fair fair;
    gl_flow *flow = NULL;
    gl_node *node = NULL;
    double sum = 0;
    gl_fair_init(&fair);
    assert_null(gl_fair_next(&fair, &flow, node));
    for (int i = 1; i <= 100; i++) put(&fair, (uint64_t)i % 7, i);
    assert_int_equal(gl_fair_waiting(&fair, 1), 15); /* of 7 callers, two have 15 */
    assert_int_equal(gl_fair_waiting(&fair, 3), 14);
    assert_int_equal(gl_fair_waiting(&fair, 9), 0);
    while ((node = gl_fair_next(&fair, &flow, node)) != NULL)
        sum += GL_CONTAINER(node, item, node)->tokens;
    assert_true(sum == 5050);
    while (gl_fair_first(&fair, cost) != NULL) go(&fair, NULL);
    gl_fair_free(&fair);
}

/* Callers that always have something waiting get as much, whatever they ask for, and each caller's
 * requests go in their order. */
static void shares_are_equal_under_any_load(void **state)
{
    (void)state;
    enum { CALLERS = 6 };
    for (uint64_t seed = 1; seed <= 100; seed++) {
        gl_fair fair;
        gl_rng rng;
        double had[CALLERS + 1] = { 0 }, largest = 0, tokens;
        size_t waits[CALLERS + 1] = { 0 };
        gl_rng_seed(&rng, seed);
        gl_fair_init(&fair);
        for (int step = 0; step < 3000; step++) {
            for (uint64_t caller = 1; caller <= CALLERS; caller++) {
                while (waits[caller] < 2 + gl_rng_below(&rng, 3)) {
                    double size = 1 + gl_rng_uniform(&rng) * 3000.0 * (double)caller;
                    if (size > largest) largest = size;
                    item *made = put(&fair, caller, size);
                    if (gl_rng_below(&rng, 10) != 0)
                        waits[caller]++;
                    else if (made->flow->waiting.head.next != &made->node)
                        take_out(&fair, made); /* it leaves while it waits */
                    else
                        waits[caller]++;
                }
            }
            uint64_t caller = go(&fair, &tokens);
            assert_true(caller != 0);
            had[caller] += tokens;
            waits[caller]--;
        }
        for (int i = 1; i <= CALLERS; i++)
            for (int j = 1; j <= CALLERS; j++)
                if (had[i] - had[j] > 2 * (largest + GL_FAIR_QUANTUM))
                    fail_msg("seed %d: %d: %f, %d: %f", (int)seed, i, had[i], j, had[j]);
        while (go(&fair, NULL) != 0) continue;
        gl_fair_free(&fair);
    }
}

static void without_memory_callers_share_a_flow_and_nothing_is_lost(void **state)
{
    (void)state;
    size_t live = gl_alloc_live();
    for (size_t k = 1;; k++) {
        gl_fair fair;
        size_t went = 0;
        gl_fair_init(&fair);
        oom_fail_at(k);
        for (uint64_t caller = 1; caller <= 20; caller++) put(&fair, caller, 100);
        bool failed = oom_end();
        while (go(&fair, NULL) != 0) went++;
        assert_int_equal(went, 20);
        gl_fair_free(&fair);
        assert_int_equal(gl_alloc_live(), live);
        if (!failed) break;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_caller_is_a_plain_list_and_costs_nothing),
        cmocka_unit_test(one_request_does_not_wait_behind_a_thousand),
        cmocka_unit_test(callers_share_tokens_and_not_requests),
        cmocka_unit_test(the_largest_request_has_its_turn_in_the_end),
        cmocka_unit_test(many_large_requests_cost_few_steps),
        cmocka_unit_test(all_that_waits_is_walked),
        cmocka_unit_test(shares_are_equal_under_any_load),
        cmocka_unit_test(without_memory_callers_share_a_flow_and_nothing_is_lost),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
