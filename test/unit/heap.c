/* base/heap against a search through all entries. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/heap.h"
#include "base/rng.h"
#include "oom.h"

static void equal_times_leave_in_the_order_they_were_set(void **state)
{
    (void)state;
    gl_heap heap;
    gl_heap_entry entries[100];
    gl_heap_init(&heap);
    assert_true(gl_heap_reserve(&heap, 100));
    for (int i = 0; i < 100; i++) {
        gl_heap_entry_init(&entries[i]);
        gl_heap_set(&heap, &entries[i], i % 2 == 0 ? 5 : 3);
    }
    gl_heap_set(&heap, &entries[0], 5); /* unchanged: keeps its place */
    for (int i = 0; i < 100; i++) {
        gl_heap_entry *top = gl_heap_top(&heap);
        assert_ptr_equal(top, &entries[i < 50 ? 2 * i + 1 : 2 * (i - 50)]);
        gl_heap_remove(&heap, top);
        assert_true(top->index == GL_HEAP_NONE);
    }
    gl_heap_free(&heap);
}

static void empty_heap_is_due_never(void **state)
{
    (void)state;
    gl_heap heap;
    gl_heap_entry entry;
    gl_heap_init(&heap);
    gl_heap_entry_init(&entry);
    assert_null(gl_heap_top(&heap));
    assert_true(gl_heap_next(&heap) == GL_TIME_NEVER);
    gl_heap_remove(&heap, &entry);             /* not in: fine */
    gl_heap_set(&heap, &entry, GL_TIME_NEVER); /* needs no room */
    assert_true(gl_heap_reserve(&heap, 1));
    gl_heap_set(&heap, &entry, 9);
    assert_true(gl_heap_next(&heap) == 9);
    gl_heap_set(&heap, &entry, GL_TIME_NEVER);
    assert_true(gl_heap_next(&heap) == GL_TIME_NEVER);
    gl_heap_free(&heap);
}

/* The entry that must be on top: earliest, then set first. */
static const gl_heap_entry *first_of(const gl_heap_entry *entries, size_t count)
{
    const gl_heap_entry *first = NULL;
    for (size_t i = 0; i < count; i++) {
        const gl_heap_entry *e = &entries[i];
        if (e->index == GL_HEAP_NONE) continue;
        if (first == NULL || e->when < first->when ||
            (e->when == first->when && e->order < first->order))
            first = e;
    }
    return first;
}

static void random_operations_keep_the_earliest_on_top(void **state)
{
    (void)state;
    enum { ENTRIES = 150, OPERATIONS = 40000 };
    size_t live = gl_alloc_live();
    gl_heap heap;
    gl_heap_entry entries[ENTRIES];
    uint64_t set[ENTRIES] = { 0 }, clock = 0; /* when each was last set, by us */
    gl_rng rng;
    gl_heap_init(&heap);
    gl_rng_seed(&rng, 11);
    for (int i = 0; i < ENTRIES; i++) gl_heap_entry_init(&entries[i]);
    for (int n = 0; n < OPERATIONS; n++) {
        uint32_t i = gl_rng_below(&rng, ENTRIES);
        gl_heap_entry *e = &entries[i];
        switch (gl_rng_below(&rng, 4)) {
        case 0:
            gl_heap_remove(&heap, e);
            break;
        case 1:
            e = gl_heap_top(&heap);
            if (e != NULL) gl_heap_remove(&heap, e);
            break;
        default: {
            gl_time when = gl_rng_below(&rng, 60); /* few values: many ties */
            if (e->index == GL_HEAP_NONE || e->when != when) set[i] = ++clock;
            assert_true(gl_heap_reserve(&heap, heap.count + 1));
            gl_heap_set(&heap, e, when);
            assert_true(e->when == when);
        }
        }
        const gl_heap_entry *first = first_of(entries, ENTRIES);
        assert_ptr_equal(gl_heap_top(&heap), first);
        for (size_t k = 0; first != NULL && k < ENTRIES; k++) /* order means: set earlier */
            if (entries[k].index != GL_HEAP_NONE && entries[k].when == first->when)
                assert_true(set[first - entries] <= set[k]);
    }
    gl_heap_free(&heap);
    assert_int_equal(gl_alloc_live(), live);
}

static void reserve_that_fails_leaves_the_heap_as_it_was(void **state)
{
    (void)state;
    gl_heap heap;
    gl_heap_entry entries[16];
    gl_heap_init(&heap);
    oom_fail_at(1);
    assert_false(gl_heap_reserve(&heap, 1));
    assert_true(oom_end());
    assert_true(gl_heap_reserve(&heap, 16));
    for (int i = 0; i < 16; i++) {
        gl_heap_entry_init(&entries[i]);
        gl_heap_set(&heap, &entries[i], (gl_time)(16 - i));
    }
    oom_fail_at(1);
    bool grown = gl_heap_reserve(&heap, heap.capacity + 1);
    assert_true(oom_end());
    assert_false(grown);
    assert_false(gl_heap_reserve(&heap, SIZE_MAX / 2));
    for (int i = 15; i >= 0; i--) {
        assert_ptr_equal(gl_heap_top(&heap), &entries[i]);
        gl_heap_remove(&heap, &entries[i]);
    }
    gl_heap_free(&heap);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equal_times_leave_in_the_order_they_were_set),
        cmocka_unit_test(empty_heap_is_due_never),
        cmocka_unit_test(random_operations_keep_the_earliest_on_top),
        cmocka_unit_test(reserve_that_fails_leaves_the_heap_as_it_was),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
