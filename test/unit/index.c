/* An index of numbers by hash. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/index.h"
#include "oom.h"

#define MANY 5000

/* Items whose hash is one of few: most of them collide, and `group` says by how much. */
typedef struct owner {
    uint64_t group;
    uint32_t calls;
} owner;

static uint64_t hash(const void *of, uint32_t number)
{
    owner *o = (owner *)(uintptr_t)of;
    o->calls++;
    return number / o->group;
}

static bool has(const gl_index *index, owner *o, uint32_t wanted)
{
    uint32_t number;
    gl_index_walk walk = gl_index_find(index, hash(o, wanted));
    while (gl_index_next(&walk, &number))
        if (number == wanted) return true;
    return false;
}

static void each_number_is_found_and_no_other(void **state)
{
    (void)state;
    for (uint64_t group = 1; group <= 64; group *= 8) {
        owner o = { .group = group };
        gl_index index;
        gl_index_init(&index);
        assert_false(has(&index, &o, 0));
        for (uint32_t i = 0; i < MANY; i++) {
            assert_true(gl_index_reserve(&index, i + 1, hash, &o));
            assert_false(has(&index, &o, i));
            gl_index_add(&index, hash(&o, i), i);
            assert_true(index.count <= index.size / 2);
        }
        for (uint32_t i = 0; i < 2 * MANY; i++) assert_int_equal(has(&index, &o, i), i < MANY);
        gl_index_free(&index);
        assert_false(has(&index, &o, 1));
    }
}

static void a_walk_ends_after_each_item_of_the_hash(void **state)
{
    (void)state;
    const uint64_t last =
        UINT64_MAX; /* its home is the last place: the walk goes on at the first */
    owner o = { .group = 1 };
    gl_index index;
    gl_index_init(&index);
    assert_true(gl_index_reserve(&index, 8, hash, &o));
    for (uint32_t i = 0; i < 8; i++) gl_index_add(&index, last, i);
    gl_index_walk walk = gl_index_find(&index, last);
    uint32_t number;
    for (uint32_t i = 0; i < 8; i++) {
        assert_true(gl_index_next(&walk, &number));
        assert_int_equal(number, i);
    }
    assert_false(gl_index_next(&walk, &number));
    gl_index_free(&index);
}

static void room_that_is_reserved_is_not_made_again(void **state)
{
    (void)state;
    owner o = { .group = 1 };
    gl_index index;
    gl_index_init(&index);
    assert_true(gl_index_reserve(&index, MANY, hash, &o));
    size_t size = index.size;
    for (uint32_t i = 0; i < MANY; i++) {
        assert_true(gl_index_reserve(&index, i + 1, hash, &o));
        gl_index_add(&index, i, i);
    }
    assert_int_equal(index.size, size);
    assert_int_equal(o.calls, 0); /* nothing was placed anew */
    gl_index_free(&index);
}

static void without_memory_the_index_is_as_before(void **state)
{
    (void)state;
    owner o = { .group = 3 };
    gl_index index;
    gl_index_init(&index);
    uint32_t full = 0;
    assert_true(gl_index_reserve(&index, 1, hash, &o));
    for (; full < index.size / 2; full++) gl_index_add(&index, hash(&o, full), full);
    const gl_index before = index;
    oom_fail_at(1);
    bool grown = gl_index_reserve(&index, full + 1, hash, &o);
    assert_true(oom_end());
    assert_false(grown);
    assert_false(gl_index_reserve(&index, (size_t)UINT32_MAX + 1, hash, &o));
    assert_memory_equal(&index, &before, sizeof index);
    for (uint32_t i = 0; i < 2 * full; i++) assert_int_equal(has(&index, &o, i), i < full);
    assert_true(gl_index_reserve(&index, full + 1, hash, &o));
    for (uint32_t i = 0; i < 2 * full; i++) assert_int_equal(has(&index, &o, i), i < full);
    gl_index_free(&index);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_number_is_found_and_no_other),
        cmocka_unit_test(a_walk_ends_after_each_item_of_the_hash),
        cmocka_unit_test(room_that_is_reserved_is_not_made_again),
        cmocka_unit_test(without_memory_the_index_is_as_before),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
