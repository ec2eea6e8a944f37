/* Until when a stall holds an answer up, and which lists are refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "mock/stall.h"

static void what_is_due_in_a_window_waits_for_its_end(void **state)
{
    (void)state;
    mock_stalls stalls;
    char problem[300];
    assert_true(mock_stalls_parse(&stalls, "10s+1400ms", problem, sizeof problem));
    gl_time from = 10 * GL_SECOND, to = from + 1400 * GL_MS;
    assert_int_equal(mock_stalls_until(&stalls, from - 1), from - 1);
    assert_int_equal(mock_stalls_until(&stalls, from), to);
    assert_int_equal(mock_stalls_until(&stalls, to - 1), to);
    assert_int_equal(mock_stalls_until(&stalls, to), to);
}

static void an_end_within_another_window_waits_for_that_one(void **state)
{
    (void)state;
    mock_stalls stalls;
    char problem[300];
    assert_true(mock_stalls_parse(&stalls, "2s+2s,1s+1.5s", problem, sizeof problem));
    assert_int_equal(mock_stalls_until(&stalls, GL_SECOND), 4 * GL_SECOND);
}

static void a_bad_list_is_refused_by_name(void **state)
{
    (void)state;
    static const char *const lists[] = { "5s", "5s+", "+5s", "5s-6s", "5s+0", "5s+1s,", "5+6" };
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
        mock_stalls stalls;
        char problem[300] = "";
        assert_false(mock_stalls_parse(&stalls, lists[i], problem, sizeof problem));
        assert_int_equal(strncmp(problem, "stall: ", 7), 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_due_in_a_window_waits_for_its_end),
        cmocka_unit_test(an_end_within_another_window_waits_for_that_one),
        cmocka_unit_test(a_bad_list_is_refused_by_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
