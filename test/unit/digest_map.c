/* Digests and their numbers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/digest_map.h"
#include "oom.h"

#define MANY 20000

/* The i-th of many digests that differ in few bits. */
static gl_digest digest(uint32_t i)
{
    return (gl_digest){ i % 7, i };
}

static void put(gl_digest_map *map, gl_digest it, uint32_t number)
{
    assert_true(gl_digest_map_reserve(map));
    gl_digest_map_put(map, it, number);
}

static void each_digest_has_the_number_it_was_given_last(void **state)
{
    (void)state;
    gl_digest_map map;
    gl_digest_map_init(&map);
    uint32_t number = 0;
    assert_false(gl_digest_map_get(&map, digest(0), &number));
    for (uint32_t i = 0; i < MANY; i++) put(&map, digest(i), i);
    assert_int_equal(map.count, MANY);
    for (uint32_t i = 0; i < MANY; i += 2) put(&map, digest(i), i + 1);
    assert_int_equal(map.count, MANY);
    for (uint32_t i = 0; i < 2 * MANY; i++) {
        assert_int_equal(gl_digest_map_get(&map, digest(i), &number), i < MANY);
        if (i < MANY) assert_int_equal(number, i % 2 == 0 ? i + 1 : i);
    }
    gl_digest_map_free(&map);
    assert_false(gl_digest_map_get(&map, digest(1), NULL));
}

static void zero_is_a_digest_like_any_other(void **state)
{
    (void)state;
    gl_digest_map set;
    gl_digest_set_init(&set);
    put(&set, digest(3), 0);
    assert_false(gl_digest_map_get(&set, (gl_digest){ 0, 0 }, NULL));
    put(&set, (gl_digest){ 0, 0 }, 0);
    assert_true(gl_digest_map_get(&set, (gl_digest){ 0, 0 }, NULL));
    assert_int_equal(set.count, 2);
    gl_digest_map_free(&set);
}

static void a_set_takes_16_bytes_a_slot_and_is_at_least_7_in_16_full(void **state)
{
    (void)state;
    gl_digest_map set;
    gl_digest_set_init(&set);
    for (uint32_t i = 0; i < MANY; i++) {
        put(&set, digest(i), 0);
        assert_true(set.count <= set.capacity / 8 * 7);
        assert_true(set.capacity == 1024 || set.count > set.capacity / 16 * 7);
    }
    assert_null(set.numbers);
    assert_int_equal(sizeof *set.slots, 16);
    gl_digest_map_free(&set);
}

static void two_maps_place_the_same_digests_elsewhere(void **state)
{
    (void)state;
    gl_digest_map one, other;
    gl_digest_set_init(&one);
    gl_digest_set_init(&other);
    for (uint32_t i = 0; i < 64; i++) put(&one, digest(i), 0), put(&other, digest(i), 0);
    assert_memory_not_equal(one.slots, other.slots, one.capacity * sizeof *one.slots);
    gl_digest_map_free(&one);
    gl_digest_map_free(&other);
}

static void without_memory_the_map_is_as_before(void **state)
{
    (void)state;
    gl_digest_map map;
    gl_digest_map_init(&map);
    uint32_t count = 0;
    while (gl_digest_map_reserve(&map) && map.count + 1 < 1024 / 8 * 7)
        put(&map, digest(count++), 7);
    put(&map, digest(count++), 7);
    for (size_t k = 1;; k++) {
        oom_fail_at(k);
        bool good = gl_digest_map_reserve(&map);
        bool failed = oom_end();
        assert_int_equal(good, !failed);
        uint32_t number = 0;
        for (uint32_t i = 0; i < count; i++) {
            assert_true(gl_digest_map_get(&map, digest(i), &number));
            assert_int_equal(number, 7);
        }
        if (!failed) break;
        assert_int_equal(map.capacity, 1024);
    }
    assert_int_equal(map.capacity, 2048);
    gl_digest_map_free(&map);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_digest_has_the_number_it_was_given_last),
        cmocka_unit_test(zero_is_a_digest_like_any_other),
        cmocka_unit_test(a_set_takes_16_bytes_a_slot_and_is_at_least_7_in_16_full),
        cmocka_unit_test(two_maps_place_the_same_digests_elsewhere),
        cmocka_unit_test(without_memory_the_map_is_as_before),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
