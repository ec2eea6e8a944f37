/* Which times an outage covers, and which lists are refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "mock/outage.h"

static mock_outages parsed(const char *list)
{
    mock_outages outages;
    char problem[300];
    assert_true(mock_outages_parse(&outages, list, problem, sizeof problem));
    return outages;
}

static void a_window_begins_with_its_start_and_ends_before_its_end(void **state)
{
    (void)state;
    mock_outages outages = parsed("5s-35s");
    assert_int_equal(outages.count, 1);
    assert_false(mock_outages_at(&outages, 0));
    assert_false(mock_outages_at(&outages, 5 * GL_SECOND - 1));
    assert_true(mock_outages_at(&outages, 5 * GL_SECOND));
    assert_true(mock_outages_at(&outages, 35 * GL_SECOND - 1));
    assert_false(mock_outages_at(&outages, 35 * GL_SECOND));
}

static void several_windows_may_come_in_any_order_and_overlap(void **state)
{
    (void)state;
    mock_outages outages = parsed("2s-3s,0-10ms,2.5s-4s");
    assert_int_equal(outages.count, 3);
    assert_true(mock_outages_at(&outages, 0));
    assert_false(mock_outages_at(&outages, 10 * GL_MS));
    assert_false(mock_outages_at(&outages, 2 * GL_SECOND - 1));
    assert_true(mock_outages_at(&outages, 2 * GL_SECOND));
    assert_true(mock_outages_at(&outages, 3 * GL_SECOND));
    assert_false(mock_outages_at(&outages, 4 * GL_SECOND));
}

static void no_list_is_no_outage(void **state)
{
    (void)state;
    static const char *const lists[] = { NULL, "" };
    for (size_t i = 0; i < 2; i++) {
        mock_outages outages = parsed(lists[i]);
        assert_false(mock_outages_at(&outages, 0));
        assert_false(mock_outages_at(&outages, GL_TIME_NEVER - 1));
    }
}

static void a_bad_list_is_refused_by_name(void **state)
{
    (void)state;
    static const char *const lists[] = {
        "5s", "5s-", "-5s", "5-35", "5s-5s", "6s-5s", "5s-6s,", ",5s-6s", "5s-6s;7s-8s", "5s-2h",
    };
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
        mock_outages outages;
        char problem[300] = "";
        assert_false(mock_outages_parse(&outages, lists[i], problem, sizeof problem));
        assert_int_equal(strncmp(problem, "outage: ", 8), 0);
    }
}

static void add_window(char *list, size_t size)
{
    strncat(list, list[0] != '\0' ? ",1s-2s" : "1s-2s", size - strlen(list) - 1);
}

static void a_seventeenth_window_is_refused(void **state)
{
    (void)state;
    char list[200] = "", problem[300];
    mock_outages outages;
    for (int i = 0; i < MOCK_OUTAGES; i++) add_window(list, sizeof list);
    assert_true(mock_outages_parse(&outages, list, problem, sizeof problem));
    add_window(list, sizeof list);
    assert_false(mock_outages_parse(&outages, list, problem, sizeof problem));
    assert_non_null(strstr(problem, "16"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_window_begins_with_its_start_and_ends_before_its_end),
        cmocka_unit_test(several_windows_may_come_in_any_order_and_overlap),
        cmocka_unit_test(no_list_is_no_outage),
        cmocka_unit_test(a_bad_list_is_refused_by_name),
        cmocka_unit_test(a_seventeenth_window_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
