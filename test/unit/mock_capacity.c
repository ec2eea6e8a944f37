/* Who is served, who waits, and who comes next. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "mock/capacity.h"

static mock_capacity capacity;
static mock_ticket t[4];

static void set_up(uint64_t places, uint64_t longest)
{
    mock_capacity_init(&capacity, places, longest);
    for (size_t i = 0; i < 4; i++) mock_ticket_init(&t[i]);
}

static void who_finds_no_place_is_served_in_the_order_it_came(void **state)
{
    (void)state;
    set_up(1, 0);
    assert_true(mock_capacity_enter(&capacity, &t[0], 5));
    assert_false(mock_capacity_enter(&capacity, &t[1], 6));
    assert_false(mock_capacity_enter(&capacity, &t[2], 7));
    assert_ptr_equal(mock_capacity_leave(&capacity, &t[0]), &t[1]);
    assert_int_equal(t[1].latency, 6);
    assert_ptr_equal(mock_capacity_leave(&capacity, &t[1]), &t[2]);
    assert_null(mock_capacity_leave(&capacity, &t[2]));
    assert_int_equal(capacity.served, 0);
    assert_int_equal(capacity.queue_peak, 2);
    assert_int_equal(capacity.queued_requests, 2);
}

static void who_leaves_the_queue_frees_no_place(void **state)
{
    (void)state;
    set_up(1, 0);
    mock_capacity_enter(&capacity, &t[0], 0);
    mock_capacity_enter(&capacity, &t[1], 0);
    mock_capacity_enter(&capacity, &t[2], 0);
    assert_null(mock_capacity_leave(&capacity, &t[1]));
    assert_int_equal(capacity.served, 1);
    assert_null(mock_capacity_leave(&capacity, &t[1])); /* again is nothing */
    assert_ptr_equal(mock_capacity_leave(&capacity, &t[0]), &t[2]);
    mock_capacity_leave(&capacity, &t[2]);
}

static void it_is_full_when_the_queue_is(void **state)
{
    (void)state;
    set_up(1, 1);
    assert_false(mock_capacity_full(&capacity));
    mock_capacity_enter(&capacity, &t[0], 0);
    assert_false(mock_capacity_full(&capacity));
    mock_capacity_enter(&capacity, &t[1], 0);
    assert_true(mock_capacity_full(&capacity));
    mock_capacity_leave(&capacity, &t[0]);
    assert_false(mock_capacity_full(&capacity));
}

static void without_a_capacity_nobody_waits(void **state)
{
    (void)state;
    set_up(0, 1);
    for (size_t i = 0; i < 4; i++) assert_true(mock_capacity_enter(&capacity, &t[i], 0));
    assert_false(mock_capacity_full(&capacity));
    assert_null(mock_capacity_leave(&capacity, &t[0]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_finds_no_place_is_served_in_the_order_it_came),
        cmocka_unit_test(who_leaves_the_queue_frees_no_place),
        cmocka_unit_test(it_is_full_when_the_queue_is),
        cmocka_unit_test(without_a_capacity_nobody_waits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
