/* openai/keeping: when a request takes a new connection. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "openai/keeping.h"

static void one_that_died_is_no_habit_and_two_running_are(void **state)
{
    (void)state;
    gl_keeping k = { 0 };
    assert_false(gl_keeping_wants_new(&k));
    for (int i = 0; i < 100; i++) {
        gl_keeping_ended(&k, false);
        assert_false(gl_keeping_wants_new(&k));
        gl_keeping_ended(&k, true);
        assert_false(gl_keeping_wants_new(&k));
    }
    gl_keeping_ended(&k, false);
    gl_keeping_ended(&k, false);
    assert_true(gl_keeping_wants_new(&k));
}

static void a_kept_one_is_tried_now_and_then_until_it_serves_twice(void **state)
{
    (void)state;
    gl_keeping k = { 0 };
    for (int i = 0; i < 8; i++) gl_keeping_ended(&k, false); /* eight were out on such */
    for (int round = 0; round < 3; round++) {
        for (int i = 1; i < GL_KEEPING_TRY_EVERY; i++) assert_true(gl_keeping_wants_new(&k));
        assert_false(gl_keeping_wants_new(&k));
        if (round < 2) gl_keeping_ended(&k, false);
    }
    gl_keeping_ended(&k, true); /* a proxy was put in front of it */
    for (int i = 0; i < 1000; i++) assert_false(gl_keeping_wants_new(&k));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_that_died_is_no_habit_and_two_running_are),
        cmocka_unit_test(a_kept_one_is_tried_now_and_then_until_it_serves_twice),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
