/* breaker.c - opens on sustained failure, lets single probes through, closes on the first answer.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "policy/breaker.h"

static const gl_time T = 1000 * GL_SECOND;

static gl_breaker_change end(gl_breaker *b, bool failed, gl_time now)
{
    return gl_breaker_ended(b, false, failed, false, now);
}

static void few_failures_do_not_open_it(void **state)
{
    (void)state;
    gl_breaker b;
    gl_time when;
    gl_breaker_init(&b, false);
    for (int i = 0; i < 19; i++) assert_int_equal(end(&b, true, T), GL_BREAKER_SAME);
    assert_true(gl_breaker_may_start(&b, T, &when));
    assert_int_equal(end(&b, true, T), GL_BREAKER_OPENED);
    assert_false(gl_breaker_may_start(&b, T, &when));
    assert_int_equal(when, T + GL_SECOND);
}

static void less_than_half_does_not_open_it(void **state)
{
    (void)state;
    gl_breaker b;
    gl_breaker_init(&b, false);
    for (int i = 0; i < 1000; i++) {
        assert_int_equal(end(&b, false, T + (gl_time)i * GL_MS), GL_BREAKER_SAME);
        assert_int_equal(end(&b, false, T + (gl_time)i * GL_MS), GL_BREAKER_SAME);
        assert_int_equal(end(&b, true, T + (gl_time)i * GL_MS), GL_BREAKER_SAME);
    }
}

static void shares_are_of_the_last_ten_seconds(void **state)
{
    (void)state;
    gl_breaker b;
    gl_breaker_init(&b, false);
    for (int i = 0; i < 100; i++) { /* two in three fail, but too few in any ten seconds */
        gl_time now = T + (gl_time)i * GL_SECOND;
        assert_int_equal(end(&b, true, now), GL_BREAKER_SAME);
        if (i % 2 == 0) assert_int_equal(end(&b, false, now), GL_BREAKER_SAME);
    }
    int failures = 0; /* three in four, quickly */
    while (failures < 100) {
        failures++;
        if (end(&b, true, T + 200 * GL_SECOND) == GL_BREAKER_OPENED) break;
        if (failures % 3 == 0) end(&b, false, T + 200 * GL_SECOND);
    }
    assert_int_equal(failures, 20);
}

static void twenty_on_end_open_it_whatever_came_before(void **state)
{
    (void)state;
    gl_breaker b;
    gl_breaker_init(&b, false);
    for (int i = 0; i < 10000; i++) end(&b, false, T);
    for (int i = 0; i < 19; i++) assert_int_equal(end(&b, true, T), GL_BREAKER_SAME);
    assert_int_equal(end(&b, true, T), GL_BREAKER_OPENED);
}

static void open_circuit(gl_breaker *b)
{
    gl_breaker_init(b, false);
    for (int i = 0; i < 20; i++) end(b, true, T);
    assert_int_equal(b->state, GL_CIRCUIT_OPEN);
}

static void one_probe_at_a_time_and_each_wait_twice_as_long_up_to_four_seconds(void **state)
{
    (void)state;
    static const int waits[] = { 1, 2, 4, 4, 4 };
    gl_breaker b;
    gl_time now = T, when;
    open_circuit(&b);
    for (int i = 0; i < 5; i++) {
        assert_false(gl_breaker_may_start(&b, now, &when));
        assert_int_equal(when - now, (gl_time)waits[i] * GL_SECOND);
        now = when;
        assert_true(gl_breaker_may_start(&b, now, &when));
        assert_true(gl_breaker_started(&b, now));
        assert_false(gl_breaker_may_start(&b, now, &when)); /* while it is out */
        assert_int_equal(when, now + 10 * GL_SECOND);       /* or hangs */
        assert_int_equal(gl_breaker_ended(&b, true, true, false, now), GL_BREAKER_PROBE_FAILED);
    }
    assert_int_equal(b.opened, 1);
}

static void beside_a_probe_that_hangs_another_finds_the_endpoint_back(void **state)
{
    (void)state;
    gl_breaker b;
    gl_time now = T + GL_SECOND, when;
    open_circuit(&b);
    assert_true(gl_breaker_started(&b, now));
    assert_false(gl_breaker_may_start(&b, now + 9 * GL_SECOND, &when));
    now = when;
    assert_true(gl_breaker_may_start(&b, now, &when));
    assert_true(gl_breaker_started(&b, now));
    assert_false(gl_breaker_may_start(&b, now, &when)); /* one at a time */
    assert_int_equal(gl_breaker_ended(&b, true, false, false, now), GL_BREAKER_CLOSED);
    /* What becomes of the one that hung is one failure like another. */
    assert_int_equal(gl_breaker_ended(&b, true, true, false, now + GL_SECOND), GL_BREAKER_SAME);
    assert_true(gl_breaker_may_start(&b, now + GL_SECOND, &when));
}

static void a_probe_that_is_answered_closes_it(void **state)
{
    (void)state;
    gl_breaker b;
    gl_time when;
    open_circuit(&b);
    assert_true(gl_breaker_started(&b, T + GL_SECOND));
    assert_int_equal(gl_breaker_ended(&b, true, false, false, T + GL_SECOND), GL_BREAKER_CLOSED);
    assert_true(gl_breaker_may_start(&b, T + GL_SECOND, &when));
    assert_false(gl_breaker_started(&b, T + GL_SECOND));       /* no probe any more */
    for (int i = 0; i < 19; i++) end(&b, true, T + GL_SECOND); /* old failures are forgotten */
    assert_int_equal(b.state, GL_CIRCUIT_CLOSED);
}

static void what_went_out_before_it_opened_changes_nothing(void **state)
{
    (void)state;
    gl_breaker b;
    open_circuit(&b);
    gl_time until = b.until;
    assert_int_equal(end(&b, true, T + 1), GL_BREAKER_SAME);
    assert_int_equal(end(&b, false, T + 1), GL_BREAKER_SAME);
    assert_int_equal(b.state, GL_CIRCUIT_OPEN);
    assert_int_equal(b.until, until);
}

static void a_probe_that_is_lost_makes_room_for_another(void **state)
{
    (void)state;
    gl_breaker b;
    gl_time when;
    open_circuit(&b);
    assert_true(gl_breaker_started(&b, T + GL_SECOND));
    gl_breaker_probe_lost(&b, T + 2 * GL_SECOND);
    assert_true(gl_breaker_may_start(&b, T + 2 * GL_SECOND, &when));
}

static void late_answers_open_it_only_where_asked_and_only_after_ten_seconds(void **state)
{
    (void)state;
    for (int minds = 0; minds < 2; minds++) {
        gl_breaker b;
        gl_breaker_init(&b, minds != 0);
        gl_time opened = 0;
        for (int ms = 0; ms < 30000 && opened == 0; ms += 100) {
            gl_time now = T + (gl_time)ms * GL_MS;
            if (gl_breaker_ended(&b, false, false, true, now) == GL_BREAKER_OPENED) opened = now;
        }
        if (!minds)
            assert_int_equal(opened, 0);
        else
            assert_in_range(opened - T, 10 * GL_SECOND, 13 * GL_SECOND);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(few_failures_do_not_open_it),
        cmocka_unit_test(less_than_half_does_not_open_it),
        cmocka_unit_test(shares_are_of_the_last_ten_seconds),
        cmocka_unit_test(twenty_on_end_open_it_whatever_came_before),
        cmocka_unit_test(one_probe_at_a_time_and_each_wait_twice_as_long_up_to_four_seconds),
        cmocka_unit_test(beside_a_probe_that_hangs_another_finds_the_endpoint_back),
        cmocka_unit_test(a_probe_that_is_answered_closes_it),
        cmocka_unit_test(what_went_out_before_it_opened_changes_nothing),
        cmocka_unit_test(a_probe_that_is_lost_makes_room_for_another),
        cmocka_unit_test(late_answers_open_it_only_where_asked_and_only_after_ten_seconds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
