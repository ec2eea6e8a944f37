/* Room in a growing array. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "base/array.h"

static void the_capacity_doubles_and_what_was_there_stays(void **state)
{
    (void)state;
    uint32_t *array = NULL;
    size_t capacity = 0, grown = 0;
    for (uint32_t i = 0; i < 1000; i++) {
        size_t before = capacity;
        uint32_t *room = gl_array_room(array, &capacity, i + 1, 4, sizeof *array);
        assert_non_null(room);
        array = room;
        if (capacity != before) {
            assert_true(before == 0 ? capacity == 4 : capacity == 2 * before);
            grown++;
        }
        array[i] = i;
    }
    assert_int_equal(grown, 9); /* 4 to 1,024 */
    for (uint32_t i = 0; i < 1000; i++) assert_int_equal(array[i], i);
    gl_free(array);
}

static void one_call_may_want_many(void **state)
{
    (void)state;
    size_t capacity = 0;
    char *array = gl_array_room(NULL, &capacity, 100, 16, 1);
    assert_non_null(array);
    assert_int_equal(capacity, 128);
    assert_ptr_equal(gl_array_room(array, &capacity, 128, 16, 1), array);
    gl_free(array);
}

static void what_no_memory_holds_is_refused_and_nothing_changes(void **state)
{
    (void)state;
    size_t capacity = 0;
    char *array = gl_array_room(NULL, &capacity, 3, 0, 1);
    assert_non_null(array);
    assert_int_equal(capacity, 4);
    assert_null(gl_array_room(array, &capacity, SIZE_MAX, 16, 1));
    assert_null(gl_array_room(array, &capacity, SIZE_MAX / 4, 16, 16));
    assert_int_equal(capacity, 4);
    array[3] = 'x';
    gl_free(array);
}

static bool never(void)
{
    return false;
}

static void without_memory_the_array_stays(void **state)
{
    (void)state;
    size_t capacity = 0;
    char *array = gl_array_room(NULL, &capacity, 1, 1, 1);
    assert_non_null(array);
    array[0] = 'x';
    gl_alloc_set_gate(never);
    assert_null(gl_array_room(array, &capacity, 2, 1, 1));
    gl_alloc_set_gate(NULL);
    assert_int_equal(capacity, 1);
    assert_int_equal(array[0], 'x');
    gl_free(array);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_capacity_doubles_and_what_was_there_stays),
        cmocka_unit_test(one_call_may_want_many),
        cmocka_unit_test(what_no_memory_holds_is_refused_and_nothing_changes),
        cmocka_unit_test(without_memory_the_array_stays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
