/* limit.c - the window of attempts in flight: shrinks once a round trip, comes back quickly. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "policy/limit.h"

static void start(gl_limit *limit, int n)
{
    for (int i = 0; i < n; i++) gl_limit_started(limit);
}

static void the_window_starts_at_the_most(void **state)
{
    (void)state;
    gl_limit limit;
    gl_limit_init(&limit, 3);
    for (int i = 0; i < 3; i++) {
        assert_true(gl_limit_may_start(&limit));
        gl_limit_started(&limit);
    }
    assert_false(gl_limit_may_start(&limit));
    gl_limit_ended(&limit);
    assert_true(gl_limit_may_start(&limit));
    assert_int_equal(limit.peak, 3);
}

static void overload_shrinks_it_once_for_all_that_were_out(void **state)
{
    (void)state;
    gl_limit limit;
    gl_limit_init(&limit, 100);
    start(&limit, 100);
    for (int i = 0; i < 50; i++) gl_limit_overloaded(&limit, 1 * GL_SECOND, 2 * GL_SECOND);
    assert_int_equal(limit.window, 70);
    gl_limit_overloaded(&limit, 3 * GL_SECOND, 4 * GL_SECOND); /* one that started after */
    assert_int_equal(limit.window, 49);
    for (int i = 0; i < 100; i++)
        gl_limit_overloaded(&limit, (gl_time)(5 + i) * GL_SECOND, (gl_time)(6 + i) * GL_SECOND);
    assert_int_equal(limit.window, 1); /* never below */
    limit.in_flight = 0;
    assert_true(gl_limit_may_start(&limit));
}

static void a_window_that_was_never_filled_shrinks_from_what_was_out(void **state)
{
    (void)state;
    gl_limit limit;
    gl_limit_init(&limit, 1000);
    start(&limit, 10);
    gl_limit_ended(&limit);
    gl_limit_overloaded(&limit, 1, 2);
    assert_int_equal(limit.window, 7);
}

static void after_an_outage_it_doubles_each_round_trip_up_to_the_most(void **state)
{
    (void)state;
    gl_limit limit;
    gl_limit_init(&limit, 64);
    gl_limit_restart(&limit);
    int rounds = 0;
    while ((int64_t)limit.window < 64) {
        int answers = (int)limit.window;
        for (int i = 0; i < answers; i++) gl_limit_answered(&limit);
        assert_true((int)limit.window >= (2 * answers < 64 ? 2 * answers : 64));
        assert_true(++rounds < 10);
    }
    assert_int_equal(rounds, 5); /* 2, 4, 8, 16, 32, 64 */
    for (int i = 0; i < 1000; i++) gl_limit_answered(&limit);
    assert_int_equal(limit.window, 64);
}

static void beyond_where_it_held_it_grows_by_one_a_window(void **state)
{
    (void)state;
    gl_limit limit;
    gl_limit_init(&limit, 100);
    start(&limit, 100);
    gl_limit_overloaded(&limit, 1, 2);
    for (int i = 0; i < 71; i++) gl_limit_answered(&limit);
    assert_true(limit.window >= 70.9 && limit.window <= 71.1);
}

static void many_429s_in_a_row_leave_a_short_way_back(void **state)
{
    (void)state;
    gl_limit limit;
    gl_limit_init(&limit, 100);
    start(&limit, 100);
    for (gl_time at = 1; at < 40; at += 2) gl_limit_overloaded(&limit, at, at + 1);
    assert_true(limit.window < 2);
    /* Doubling: as many answers as the window it held grows to, not as its square. */
    for (int i = 0; i < 70; i++) gl_limit_answered(&limit);
    assert_true(limit.window >= 70 && limit.window < 72);
    gl_limit_overloaded(&limit, 100, 101); /* too much there, too: next time less far */
    assert_true(limit.held < 50);
}

static void without_descriptors_what_is_in_flight_is_all_there_can_be(void **state)
{
    (void)state;
    gl_limit limit;
    gl_limit_init(&limit, 500);
    start(&limit, 20);
    gl_limit_ended(&limit);
    assert_true(gl_limit_starved(&limit));
    assert_int_equal(limit.window, 19);
    assert_false(gl_limit_may_start(&limit));
    for (int i = 0; i < 20; i++) gl_limit_answered(&limit); /* a window's worth of answers */
    assert_int_equal(limit.window, 20);
    while (limit.in_flight > 0) gl_limit_ended(&limit);
    assert_false(gl_limit_starved(&limit)); /* none to wait for */
    assert_int_equal(limit.window, 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_window_starts_at_the_most),
        cmocka_unit_test(overload_shrinks_it_once_for_all_that_were_out),
        cmocka_unit_test(a_window_that_was_never_filled_shrinks_from_what_was_out),
        cmocka_unit_test(after_an_outage_it_doubles_each_round_trip_up_to_the_most),
        cmocka_unit_test(without_descriptors_what_is_in_flight_is_all_there_can_be),
        cmocka_unit_test(many_429s_in_a_row_leave_a_short_way_back),
        cmocka_unit_test(beyond_where_it_held_it_grows_by_one_a_window),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
