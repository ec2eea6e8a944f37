/* base/map against a table with one place for each key. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/map.h"
#include "base/rng.h"
#include "oom.h"

static void absent_keys_are_null(void **state)
{
    (void)state;
    gl_map map;
    gl_map_init(&map);
    assert_null(gl_map_get(&map, 0));
    assert_null(gl_map_remove(&map, 0));
    assert_true(gl_map_reserve(&map, 1));
    int value;
    gl_map_add(&map, 0, &value); /* 0 is a key like any other */
    assert_ptr_equal(gl_map_get(&map, 0), &value);
    assert_null(gl_map_get(&map, 1));
    assert_null(gl_map_get(&map, UINT64_MAX));
    assert_ptr_equal(gl_map_remove(&map, 0), &value);
    assert_null(gl_map_get(&map, 0));
    gl_map_free(&map);
}

/* Keys of one operation sequence: consecutive, or spread over 64 bits. */
static uint64_t key_of(size_t i, bool spread)
{
    return spread ? i * UINT64_C(0x9e3779b97f4a7c15) : i;
}

static void match_the_table(bool spread, uint64_t seed)
{
    enum { KEYS = 700, OPERATIONS = 60000 };
    size_t live = gl_alloc_live(), count = 0;
    static char values[KEYS];
    bool in[KEYS] = { false };
    gl_map map;
    gl_rng rng;
    gl_map_init(&map);
    gl_rng_seed(&rng, seed);
    for (int n = 0; n < OPERATIONS; n++) {
        /* Waves: mostly filling, then mostly emptying, so that it grows and then has long runs. */
        bool filling = n / 5000 % 2 == 0;
        size_t i = gl_rng_below(&rng, KEYS);
        bool adds = gl_rng_below(&rng, 4) != 0 ? filling : !filling;
        if (adds && !in[i]) {
            assert_true(gl_map_reserve(&map, map.count + 1));
            gl_map_add(&map, key_of(i, spread), &values[i]);
            in[i] = true;
            count++;
        } else if (!adds) {
            void *gone = gl_map_remove(&map, key_of(i, spread));
            assert_ptr_equal(gone, in[i] ? &values[i] : NULL);
            count -= in[i];
            in[i] = false;
        }
        assert_int_equal(map.count, count);
        if (n % 97 != 0) continue;
        for (size_t k = 0; k < KEYS; k++)
            assert_ptr_equal(gl_map_get(&map, key_of(k, spread)), in[k] ? &values[k] : NULL);
    }
    gl_map_free(&map);
    assert_int_equal(gl_alloc_live(), live);
}

static void random_operations_match_a_table(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 3; seed++) {
        match_the_table(false, seed);
        match_the_table(true, seed);
    }
}

static void reserved_room_needs_no_memory(void **state)
{
    (void)state;
    gl_map map;
    gl_map_init(&map);
    assert_true(gl_map_reserve(&map, 1000));
    static char values[1000];
    oom_fail_at(1);
    for (uint64_t i = 0; i < 1000; i++) {
        gl_map_reserve(&map, map.count + 1);
        gl_map_add(&map, i, &values[i]);
    }
    assert_false(oom_end());
    for (uint64_t i = 0; i < 1000; i++) assert_ptr_equal(gl_map_get(&map, i), &values[i]);
    gl_map_free(&map);
}

static void reserve_that_fails_leaves_the_map_as_it_was(void **state)
{
    (void)state;
    gl_map map;
    static char values[12];
    gl_map_init(&map);
    oom_fail_at(1);
    assert_false(gl_map_reserve(&map, 1));
    assert_true(oom_end());
    assert_true(gl_map_reserve(&map, 12));
    for (uint64_t i = 0; i < 12; i++) gl_map_add(&map, i, &values[i]);
    oom_fail_at(1);
    bool grown = gl_map_reserve(&map, 13);
    assert_true(oom_end());
    assert_false(grown);
    assert_false(gl_map_reserve(&map, SIZE_MAX / 2));
    for (uint64_t i = 0; i < 12; i++) assert_ptr_equal(gl_map_get(&map, i), &values[i]);
    gl_map_free(&map);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(absent_keys_are_null),
        cmocka_unit_test(random_operations_match_a_table),
        cmocka_unit_test(reserved_room_needs_no_memory),
        cmocka_unit_test(reserve_that_fails_leaves_the_map_as_it_was),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
