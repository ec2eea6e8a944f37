/* base/alloc: what is counted, and that a gate can make each way to memory fail. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/alloc.h"
#include "oom.h"

static void live_counts_what_is_not_freed_yet(void **state)
{
    (void)state;
    size_t before = gl_alloc_live();
    void *a = gl_malloc(10), *b = gl_calloc(3, 7), *c = gl_realloc(NULL, 5);
    char *d = gl_strdup("text"), *e = gl_strndup("text", 2);
    assert_int_equal(gl_alloc_live(), before + 5);
    c = gl_realloc(c, 5000); /* moved, not one more */
    assert_non_null(c);
    assert_int_equal(gl_alloc_live(), before + 5);
    assert_string_equal(d, "text");
    assert_string_equal(e, "te");
    gl_free(a);
    gl_free(b);
    gl_free(c);
    gl_free(d);
    gl_free(e);
    gl_free(NULL);
    assert_int_equal(gl_alloc_live(), before);
}

static void nothing_is_still_something_to_free(void **state)
{
    (void)state;
    size_t before = gl_alloc_live();
    void *a = gl_malloc(0), *b = gl_calloc(0, 8), *c = gl_realloc(NULL, 0);
    assert_non_null(a);
    assert_non_null(b);
    assert_non_null(c);
    c = gl_realloc(c, 0); /* not a free in disguise */
    assert_non_null(c);
    assert_int_equal(gl_alloc_live(), before + 3);
    gl_free(a);
    gl_free(b);
    gl_free(c);
    assert_int_equal(gl_alloc_live(), before);
    assert_null(gl_strdup(NULL));
}

static void calloc_zeroes_and_refuses_overflow(void **state)
{
    (void)state;
    static const char zeros[64];
    char *memory = gl_calloc(8, 8);
    assert_memory_equal(memory, zeros, sizeof zeros);
    gl_free(memory);
    assert_null(gl_calloc(SIZE_MAX / 2, 3));
    assert_null(gl_calloc(3, SIZE_MAX / 2));
}

static bool closed(void)
{
    return false;
}

static void closed_gate_fails_every_way_and_counts_nothing(void **state)
{
    (void)state;
    size_t before = gl_alloc_live();
    char *kept = gl_strdup("kept");
    gl_alloc_set_gate(closed);
    void *all[] = { gl_malloc(1),          gl_calloc(1, 1),   gl_realloc(NULL, 1),
                    gl_realloc(kept, 100), gl_strdup("text"), gl_strndup("text", 1) };
    gl_alloc_set_gate(NULL);
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) assert_null(all[i]);
    assert_string_equal(kept, "kept");
    gl_free(kept);
    assert_int_equal(gl_alloc_live(), before);
}

static void sweep_fails_exactly_the_kth(void **state)
{
    (void)state;
    oom_fail_at(2);
    void *a = gl_malloc(1), *b = gl_malloc(1), *c = gl_malloc(1);
    assert_true(oom_end());
    assert_non_null(a);
    assert_null(b);
    assert_non_null(c);
    gl_free(a);
    gl_free(c);
    oom_fail_at(2);
    gl_free(gl_malloc(1));
    assert_false(oom_end());
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(live_counts_what_is_not_freed_yet),
        cmocka_unit_test(nothing_is_still_something_to_free),
        cmocka_unit_test(calloc_zeroes_and_refuses_overflow),
        cmocka_unit_test(closed_gate_fails_every_way_and_counts_nothing),
        cmocka_unit_test(sweep_fails_exactly_the_kth),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
