/* load_search.c - the searches for a limit, against simulated servers of 100 a second in no time.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/rng.h"
#include "load/keeping_up.h"
#include "load/rate_search.h"
#include "load/users_search.h"
#include "micro/queue_sim.h"

#define CAPACITY 100.0

/* Ten places of 100 ms: 100 a second. */
static queue_sim server(double rate, double sigma)
{
    return (queue_sim){ .places = 10,
                        .service_s = 0.1 / exp(sigma * sigma / 2),
                        .sigma = sigma,
                        .even = true,
                        .rate = rate,
                        .seconds = 5 };
}

static bool keeps_up(double rate, double sigma, uint64_t seed)
{
    queue_sim sim = server(rate, sigma);
    load_blocks *blocks = load_blocks_new(0);
    queue_sim_blocks(&sim, seed, blocks);
    load_keeping keeping = load_keeping_up(blocks);
    load_blocks_free(blocks);
    return keeping.kept_up;
}

static void a_rate_above_the_capacity_is_told_in_5_seconds(void **state)
{
    (void)state;
    assert_true(keeps_up(50, 0, 1));
    assert_true(keeps_up(99, 0, 1));
    assert_false(keeps_up(104, 0, 1));
    assert_false(keeps_up(200, 0, 1));
    int wrong = 0;
    for (uint64_t seed = 1; seed <= 50; seed++) {
        wrong += !keeps_up(50, 0.25, seed) + !keeps_up(90, 0.25, seed);
        wrong += keeps_up(110, 0.25, seed) + keeps_up(150, 0.25, seed);
    }
    assert_true(wrong <= 4);
}

static void answers_that_stay_out_are_not_kept_up_with(void **state)
{
    (void)state;
    /* Every second one is answered only when the run is over, at the same latency as ever: what
     * is still in flight says it. */
    load_blocks *blocks = load_blocks_new(0);
    for (int i = 0; i < 1000; i++) {
        gl_time at = (gl_time)i * 5 * GL_MS;
        const load_block_sample sample = { .intended = at,
                                           .done = i % 2 ? at : at + 100 * GL_SECOND,
                                           .latency_us = 1000,
                                           .ttft_us = -1 };
        load_blocks_sent(blocks, at);
        load_blocks_add(blocks, &sample);
    }
    load_keeping keeping = load_keeping_up(blocks);
    assert_true(fabs(keeping.left - 0.5) < 0.05);
    assert_false(keeping.kept_up);
    load_blocks_free(blocks);
}

static load_rate_search searched(double from, double most, double sigma, uint64_t seed)
{
    load_rate_search search;
    load_rate_search_init(&search, from, most);
    for (int i = 0; search.state == LOAD_SEARCH_ON; i++) {
        assert_true(i < 100);
        bool met = keeps_up(search.rate, sigma, seed + (uint64_t)i);
        load_rate_search_saw(&search, met ? LOAD_SEEN_MET : LOAD_SEEN_MISSED);
    }
    return search;
}

static void the_rate_of_a_server_of_100_is_found_within_5_percent(void **state)
{
    (void)state;
    static const double from[] = { 3, 10, 77, 99 };
    for (size_t i = 0; i < 4; i++) {
        load_rate_search found = searched(from[i], INFINITY, 0, 1);
        assert_int_equal(found.state, LOAD_SEARCH_FOUND);
        assert_true(found.good >= 0.95 * CAPACITY && found.good <= 1.05 * CAPACITY);
        assert_true(found.bad / found.good <= LOAD_SEARCH_WITHIN);
    }
    /* Where each takes a different time, a queue may grow for 5 s by chance. */
    for (uint64_t seed = 0; seed < 20; seed++) {
        load_rate_search found = searched(10, INFINITY, 0.25, 1000 * seed);
        assert_int_equal(found.state, LOAD_SEARCH_FOUND);
        assert_true(found.good >= 0.85 * CAPACITY && found.good <= 1.1 * CAPACITY);
    }
}

static void nothing_is_found_below_the_first_rate(void **state)
{
    (void)state;
    assert_int_equal(searched(300, INFINITY, 0, 1).state, LOAD_SEARCH_NONE);
}

static void the_client_s_own_limit_is_never_passed_and_never_a_result(void **state)
{
    (void)state;
    load_rate_search found = searched(10, 70, 0, 1);
    assert_int_equal(found.state, LOAD_SEARCH_CLIENT);
    assert_true(found.good == 70);
    assert_int_equal(searched(80, 70, 0, 1).state, LOAD_SEARCH_CLIENT);
    assert_true(searched(80, 70, 0, 1).good == 0);
    /* A server that is slower than the client is found all the same. */
    assert_int_equal(searched(10, 120, 0, 1).state, LOAD_SEARCH_FOUND);
}

static void a_spoilt_run_is_repeated_and_three_end_the_search_untrusted(void **state)
{
    (void)state;
    load_rate_search search;
    load_rate_search_init(&search, 10, INFINITY);
    load_rate_search_saw(&search, LOAD_SEEN_MET);
    for (int i = 0; i < 2; i++) {
        double rate = search.rate;
        load_rate_search_saw(&search, LOAD_SEEN_SPOILT);
        assert_true(search.rate == rate);
        assert_int_equal(search.state, LOAD_SEARCH_ON);
    }
    load_rate_search_saw(&search, LOAD_SEEN_MET);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(search.state, LOAD_SEARCH_ON);
        load_rate_search_saw(&search, LOAD_SEEN_SPOILT);
    }
    assert_int_equal(search.state, LOAD_SEARCH_UNTRUSTED);
    assert_true(search.good == 20 && isinf(search.bad));
}

/* A closed loop of users against so many places, each 100 ms: noise of a percent, as 5 s have. */
static load_users_search saturated(uint64_t places, double noise)
{
    load_users_search search;
    gl_rng rng;
    gl_rng_seed(&rng, places);
    load_users_search_init(&search);
    while (search.state == LOAD_USERS_ON) {
        uint64_t busy = search.users < places ? search.users : places;
        load_users_search_saw(&search, 10.0 * (double)busy * (1 + noise * gl_rng_normal(&rng)),
                              false);
    }
    return search;
}

static void the_knee_is_found_within_5_percent(void **state)
{
    (void)state;
    static const uint64_t places[] = { 1, 2, 10, 37, 64, 100, 1000 };
    for (size_t i = 0; i < 7; i++) {
        load_users_search found = saturated(places[i], 0.002);
        double knee = (double)places[i];
        assert_int_equal(found.state, LOAD_USERS_FOUND);
        assert_false(found.rising);
        assert_true(fabs(found.ceiling - 10 * knee) < 0.05 * 10 * knee);
        assert_true(fabs((double)found.knee - knee) <= 0.05 * knee);
    }
}

static void a_server_without_a_knee_ends_at_the_most_users(void **state)
{
    (void)state;
    load_users_search found = saturated(1000000, 0);
    assert_int_equal(found.state, LOAD_USERS_FOUND);
    assert_true(found.rising);
}

static void a_server_that_answers_nothing_has_no_knee(void **state)
{
    (void)state;
    load_users_search search;
    load_users_search_init(&search);
    for (int i = 0; search.state == LOAD_USERS_ON; i++) {
        assert_true(i < 3);
        load_users_search_saw(&search, 0, false);
    }
    assert_int_equal(search.state, LOAD_USERS_NONE);
}

static void spoilt_runs_of_users_are_no_rows(void **state)
{
    (void)state;
    load_users_search search;
    load_users_search_init(&search);
    load_users_search_saw(&search, 500, true);
    load_users_search_saw(&search, 10, false);
    assert_int_equal(search.users, 2);
    assert_true(search.ceiling == 10);
    for (int i = 0; i < 3; i++) load_users_search_saw(&search, 0, true);
    assert_int_equal(search.state, LOAD_USERS_UNTRUSTED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_rate_above_the_capacity_is_told_in_5_seconds),
        cmocka_unit_test(answers_that_stay_out_are_not_kept_up_with),
        cmocka_unit_test(the_rate_of_a_server_of_100_is_found_within_5_percent),
        cmocka_unit_test(nothing_is_found_below_the_first_rate),
        cmocka_unit_test(the_client_s_own_limit_is_never_passed_and_never_a_result),
        cmocka_unit_test(a_spoilt_run_is_repeated_and_three_end_the_search_untrusted),
        cmocka_unit_test(the_knee_is_found_within_5_percent),
        cmocka_unit_test(a_server_without_a_knee_ends_at_the_most_users),
        cmocka_unit_test(a_server_that_answers_nothing_has_no_knee),
        cmocka_unit_test(spoilt_runs_of_users_are_no_rows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
