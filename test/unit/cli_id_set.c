/* cli/batch/id_set: an id is new once. cli/batch/ordered: records leave in the order of their
 * numbers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/rng.h"
#include "batch/id_set.h"
#include "batch/ordered.h"

static void an_id_is_new_exactly_once_among_many(void **state)
{
    (void)state;
    enum { IDS = 50000 };
    size_t live = gl_alloc_live();
    id_set set;
    id_set_init(&set);
    for (int round = 0; round < 2; round++)
        for (int i = 0; i < IDS; i++) {
            char id[32];
            int len = snprintf(id, sizeof id, "request-%d", i);
            assert_int_equal(id_set_add(&set, gl_slice_of(id, (size_t)len)),
                             round == 0 ? ID_NEW : ID_SEEN);
        }
    assert_int_equal(set.seen.count, IDS);
    assert_true(set.seen.capacity <= 2 * IDS * 8 / 7 + 1024);
    assert_int_equal(id_set_add(&set, gl_slice_str("")), ID_NEW);
    assert_int_equal(id_set_add(&set, gl_slice_str("")), ID_SEEN);
    id_set_clear(&set);
    assert_int_equal(id_set_add(&set, gl_slice_str("request-1")), ID_NEW);
    id_set_free(&set);
    assert_int_equal(gl_alloc_live(), live);
}

static bool nothing_left(void)
{
    return false;
}

static void without_memory_an_id_is_neither_new_nor_seen(void **state)
{
    (void)state;
    id_set set;
    id_set_init(&set);
    gl_alloc_set_gate(nothing_left);
    assert_int_equal(id_set_add(&set, gl_slice_str("a")), ID_FAILED);
    gl_alloc_set_gate(NULL);
    assert_int_equal(id_set_add(&set, gl_slice_str("a")), ID_NEW);
    id_set_free(&set);
}

static void note(void *arg, gl_slice record)
{
    char *out = arg;
    strncat(out, record.data, record.len);
}

static void records_leave_in_order_whatever_order_they_come_in(void **state)
{
    (void)state;
    size_t live = gl_alloc_live();
    gl_rng rng;
    gl_rng_seed(&rng, 7);
    for (int round = 0; round < 200; round++) {
        char out[64] = "";
        cli_ordered order;
        int numbers[10] = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9 };
        assert_true(ordered_init(&order, 10, note, out));
        for (uint32_t i = 9; i > 0; i--) {
            uint32_t j = gl_rng_below(&rng, i + 1);
            int swap = numbers[i];
            numbers[i] = numbers[j];
            numbers[j] = swap;
        }
        for (int i = 0; i < 10; i++) {
            char record[2] = { (char)('0' + numbers[i]), '\0' };
            size_t len = numbers[i] == 4 ? 0 : 1; /* one line that ends without a record */
            assert_true(ordered_put(&order, (uint64_t)numbers[i], gl_slice_of(record, len)));
        }
        assert_string_equal(out, "012356789");
        assert_int_equal(order.next, 10);
        ordered_free(&order);
    }
    assert_int_equal(gl_alloc_live(), live);
}

static void what_waits_is_freed_with_it(void **state)
{
    (void)state;
    size_t live = gl_alloc_live();
    char out[8] = "";
    cli_ordered order;
    assert_true(ordered_init(&order, 4, note, out));
    assert_true(ordered_put(&order, 2, gl_slice_str("x")));
    assert_true(ordered_put(&order, 3, gl_slice_str("y")));
    assert_string_equal(out, "");
    ordered_free(&order);
    assert_int_equal(gl_alloc_live(), live);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_id_is_new_exactly_once_among_many),
        cmocka_unit_test(without_memory_an_id_is_neither_new_nor_seen),
        cmocka_unit_test(records_leave_in_order_whatever_order_they_come_in),
        cmocka_unit_test(what_waits_is_freed_with_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
