/* The promises of core/loop.h as the simulated loop keeps them; test/net/loop.c holds the real one
 * to the same. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "engine/loop_sim.h"
#include "loop.h"

static char trace[64];
static size_t traced;
static gl_loop *loop;
static size_t live_before;

static void mark(char c)
{
    assert_true(traced < sizeof trace - 1);
    trace[traced++] = c;
    trace[traced] = '\0';
}

/* The argument that makes `letter` mark c. */
static void *called(char c)
{
    static char letters[128];
    letters[(unsigned char)c] = c;
    return &letters[(unsigned char)c];
}

static int setup(void **state)
{
    (void)state;
    live_before = gl_alloc_live();
    gl_sim_reset(GL_SECOND);
    loop = gl_loop_new(gl_sim_base());
    traced = 0;
    trace[0] = '\0';
    return loop == NULL;
}

static int teardown(void **state)
{
    (void)state;
    gl_loop_free(loop);
    assert_int_equal(gl_sim_live(), 0);
    assert_int_equal(gl_alloc_live(), live_before);
    return 0;
}

static void letter(void *arg)
{
    mark(*(const char *)arg);
}

static void timers_fire_in_order_of_time_then_of_setting(void **state)
{
    (void)state;
    gl_timer *a = gl_timer_new(loop, letter, called('a'));
    gl_timer *b = gl_timer_new(loop, letter, called('b'));
    gl_timer *c = gl_timer_new(loop, letter, called('c'));
    gl_timer_set(c, 3 * GL_SECOND);
    gl_timer_set(b, 3 * GL_SECOND);
    gl_timer_set(a, 2 * GL_SECOND);
    assert_true(gl_sim_next() == 2 * GL_SECOND);
    gl_sim_run_until(3 * GL_SECOND - 1);
    assert_string_equal(trace, "a");
    assert_true(gl_sim_now() == 3 * GL_SECOND - 1);
    gl_sim_run_until(3 * GL_SECOND);
    assert_string_equal(trace, "acb");
    gl_sim_run_until(9 * GL_SECOND);
    assert_string_equal(trace, "acb");
    assert_true(gl_clock_now() == 9 * GL_SECOND && gl_loop_now(loop) == 9 * GL_SECOND);
    gl_timer_free(a);
    gl_timer_free(b);
    gl_timer_free(c);
}

static void timer_set_to_the_past_fires_from_the_loop(void **state)
{
    (void)state;
    gl_timer *a = gl_timer_new(loop, letter, called('a'));
    gl_timer_set(a, 5);
    assert_string_equal(trace, "");
    assert_true(gl_sim_step());
    assert_string_equal(trace, "a");
    assert_true(gl_sim_now() == GL_SECOND);
    assert_false(gl_sim_step());
    gl_timer_free(a);
}

static void timer_turned_off_or_freed_does_not_fire(void **state)
{
    (void)state;
    gl_timer *a = gl_timer_new(loop, letter, called('a'));
    gl_timer *b = gl_timer_new(loop, letter, called('b'));
    gl_timer_set(a, 2 * GL_SECOND);
    gl_timer_set(b, 2 * GL_SECOND);
    gl_timer_set(a, GL_TIME_NEVER);
    gl_timer_free(b);
    assert_true(gl_sim_run_idle(10));
    assert_string_equal(trace, "");
    gl_timer_free(a);
}

static gl_timer *other;

static void puts_off_the_other(void *arg)
{
    letter(arg);
    gl_timer_set(other, 5 * GL_SECOND);
}

static void timer_moved_while_due_in_the_same_turn_waits(void **state)
{
    (void)state;
    gl_timer *a = gl_timer_new(loop, puts_off_the_other, called('a'));
    other = gl_timer_new(loop, letter, called('b'));
    gl_timer_set(a, 2 * GL_SECOND);
    gl_timer_set(other, 2 * GL_SECOND);
    gl_sim_run_until(2 * GL_SECOND);
    assert_string_equal(trace, "a");
    assert_true(gl_sim_next() == 5 * GL_SECOND);
    gl_sim_run_until(5 * GL_SECOND);
    assert_string_equal(trace, "ab");
    gl_timer_free(a);
    gl_timer_free(other);
}

static gl_defer *this_one, *next_one;
static gl_timer *at_once;
static int rounds;

static void schedules_three_ways(void *arg)
{
    (void)arg;
    mark('0');
    gl_timer_set(at_once, gl_clock_now());
    gl_defer_next_turn(next_one);
    gl_defer_this_turn(this_one);
    gl_defer_this_turn(this_one); /* twice is once */
}

static void this_turn_runs_before_the_poll_and_next_turn_after(void **state)
{
    (void)state;
    gl_timer *start = gl_timer_new(loop, schedules_three_ways, NULL);
    this_one = gl_defer_new(loop, letter, called('t'));
    next_one = gl_defer_new(loop, letter, called('n'));
    at_once = gl_timer_new(loop, letter, called('@'));
    gl_timer_set(start, 2 * GL_SECOND);
    assert_true(gl_sim_step());
    assert_string_equal(trace, "0t");
    assert_true(gl_sim_step());
    assert_string_equal(trace, "0t@n");
    assert_false(gl_sim_step());
    gl_timer_free(start);
    gl_timer_free(at_once);
    gl_defer_free(this_one);
    gl_defer_free(next_one);
}

static void again(void *arg)
{
    letter(arg);
    if (--rounds > 0) gl_defer_next_turn(next_one);
}

static void next_turn_from_within_is_one_call_a_turn(void **state)
{
    (void)state;
    next_one = gl_defer_new(loop, again, called('n'));
    rounds = 3;
    gl_defer_next_turn(next_one);
    assert_true(gl_sim_step());
    assert_string_equal(trace, "n");
    assert_true(gl_sim_step());
    assert_true(gl_sim_step());
    assert_false(gl_sim_step());
    assert_string_equal(trace, "nnn");
    gl_defer_free(next_one);
}

static void call_scheduled_both_ways_runs_once_and_cancelled_never(void **state)
{
    (void)state;
    gl_defer *a = gl_defer_new(loop, letter, called('a'));
    gl_defer *b = gl_defer_new(loop, letter, called('b'));
    gl_defer_next_turn(a);
    gl_defer_this_turn(a);
    gl_defer_this_turn(b);
    gl_defer_cancel(b);
    assert_true(gl_sim_run_idle(10));
    assert_string_equal(trace, "a");
    gl_defer_free(a);
    gl_defer_free(b);
}

static void frees_itself(void *arg)
{
    mark('f');
    gl_timer_free(*(gl_timer **)arg);
}

static void timer_may_free_itself(void **state)
{
    (void)state;
    gl_timer *timer = gl_timer_new(loop, frees_itself, &timer);
    gl_timer_set(timer, 2 * GL_SECOND);
    assert_true(gl_sim_run_idle(10));
    assert_string_equal(trace, "f");
}

static void time_that_passed_meanwhile_makes_due_what_is_due(void **state)
{
    (void)state;
    gl_timer *a = gl_timer_new(loop, letter, called('a'));
    gl_timer_set(a, 2 * GL_SECOND);
    gl_sim_advance(3 * GL_SECOND);
    assert_string_equal(trace, "");
    assert_true(gl_sim_step());
    assert_string_equal(trace, "a");
    assert_true(gl_sim_now() == 4 * GL_SECOND);
    gl_timer_free(a);
}

#define T(claim) cmocka_unit_test_setup_teardown(claim, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(timers_fire_in_order_of_time_then_of_setting),
        T(timer_set_to_the_past_fires_from_the_loop),
        T(timer_turned_off_or_freed_does_not_fire),
        T(timer_moved_while_due_in_the_same_turn_waits),
        T(this_turn_runs_before_the_poll_and_next_turn_after),
        T(next_turn_from_within_is_one_call_a_turn),
        T(call_scheduled_both_ways_runs_once_and_cancelled_never),
        T(timer_may_free_itself),
        T(time_that_passed_meanwhile_makes_due_what_is_due),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
