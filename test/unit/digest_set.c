/* Digests that were seen. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/digest_set.h"
#include "oom.h"

#define MANY 20000

/* The i-th of many digests that differ in few bits. */
static gl_digest digest(uint32_t i)
{
    return (gl_digest){ i % 7, i };
}

static void each_digest_is_new_once(void **state)
{
    (void)state;
    gl_digest_set set;
    gl_digest_set_init(&set);
    assert_false(gl_digest_set_has(&set, digest(0)));
    for (uint32_t i = 0; i < MANY; i++)
        assert_int_equal(gl_digest_set_add(&set, digest(i)), GL_DIGEST_NEW);
    for (uint32_t i = 0; i < MANY; i++)
        assert_int_equal(gl_digest_set_add(&set, digest(i)), GL_DIGEST_SEEN);
    for (uint32_t i = 1; i < 2 * MANY; i++)
        assert_int_equal(gl_digest_set_has(&set, digest(i)), i < MANY);
    assert_int_equal(set.count, MANY);
    gl_digest_set_free(&set);
    assert_false(gl_digest_set_has(&set, digest(1)));
}

static void zero_is_a_digest_like_any_other(void **state)
{
    (void)state;
    gl_digest_set set;
    gl_digest_set_init(&set);
    assert_int_equal(gl_digest_set_add(&set, digest(3)), GL_DIGEST_NEW);
    assert_false(gl_digest_set_has(&set, (gl_digest){ 0, 0 }));
    assert_int_equal(gl_digest_set_add(&set, (gl_digest){ 0, 0 }), GL_DIGEST_NEW);
    assert_true(gl_digest_set_has(&set, (gl_digest){ 0, 0 }));
    assert_int_equal(set.count, 2);
    gl_digest_set_free(&set);
}

static void a_slot_takes_16_bytes_and_more_than_7_of_16_are_full(void **state)
{
    (void)state;
    gl_digest_set set;
    gl_digest_set_init(&set);
    for (uint32_t i = 0; i < MANY; i++) {
        gl_digest_set_add(&set, digest(i));
        assert_true(set.count <= set.capacity / 8 * 7);
        assert_true(set.capacity == 1024 || set.count > set.capacity / 16 * 7);
    }
    assert_int_equal(sizeof *set.slots, 16);
    gl_digest_set_free(&set);
}

static void two_sets_place_the_same_digests_elsewhere(void **state)
{
    (void)state;
    gl_digest_set one, other;
    gl_digest_set_init(&one);
    gl_digest_set_init(&other);
    for (uint32_t i = 0; i < 64; i++) {
        gl_digest_set_add(&one, digest(i));
        gl_digest_set_add(&other, digest(i));
    }
    assert_memory_not_equal(one.slots, other.slots, one.capacity * sizeof *one.slots);
    gl_digest_set_free(&one);
    gl_digest_set_free(&other);
}

static void without_memory_the_set_is_as_before(void **state)
{
    (void)state;
    gl_digest_set set;
    gl_digest_set_init(&set);
    const uint32_t full = 1024 / 8 * 7;
    for (uint32_t i = 0; i < full; i++) gl_digest_set_add(&set, digest(i));
    oom_fail_at(1);
    gl_digest_added added = gl_digest_set_add(&set, digest(full));
    assert_true(oom_end());
    assert_int_equal(added, GL_DIGEST_NO_MEMORY);
    assert_int_equal(set.capacity, 1024);
    for (uint32_t i = 0; i <= full; i++)
        assert_int_equal(gl_digest_set_has(&set, digest(i)), i < full);
    assert_int_equal(gl_digest_set_add(&set, digest(full)), GL_DIGEST_NEW);
    assert_int_equal(set.capacity, 2048);
    gl_digest_set_free(&set);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_digest_is_new_once),
        cmocka_unit_test(zero_is_a_digest_like_any_other),
        cmocka_unit_test(a_slot_takes_16_bytes_and_more_than_7_of_16_are_full),
        cmocka_unit_test(two_sets_place_the_same_digests_elsewhere),
        cmocka_unit_test(without_memory_the_set_is_as_before),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
