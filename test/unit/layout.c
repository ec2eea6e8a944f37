/* layout.c - a struct of a caller that knew fewer members, or more, is read and written whole. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "base/layout.h"

/* A part as it was, is, and will be. */
typedef struct part_before {
    size_t size;
    int64_t a;
} part_before;

typedef struct part_now {
    size_t size;
    int64_t a, b;
} part_now;

typedef struct part_later {
    size_t size;
    int64_t a, b, c;
} part_later;

typedef struct whole_before {
    size_t size;
    int64_t x;
    part_before one;
    int64_t y;
    part_before two;
} whole_before;

typedef struct whole_now {
    size_t size;
    int64_t x;
    part_now one;
    int64_t y;
    part_now two;
    int64_t z;
} whole_now;

typedef struct whole_later {
    size_t size;
    int64_t x;
    part_later one;
    int64_t y;
    part_later two;
    int64_t z, last;
} whole_later;

static const gl_layout layout = {
    sizeof(whole_now),
    { { offsetof(whole_now, one), sizeof(part_now) },
      { offsetof(whole_now, two), sizeof(part_now) } },
    2,
};

static const whole_now defaults = {
    sizeof(whole_now), 10, { sizeof(part_now), 11, 12 }, 20, { sizeof(part_now), 21, 22 }, 30,
};

static void what_was_not_known_before_has_its_default(void **state)
{
    (void)state;
    const whole_before before = {
        sizeof before, 1, { sizeof(part_before), 2 }, 3, { sizeof(part_before), 4 }
    };
    whole_now room;
    const whole_now *read = gl_layout_read(&layout, &before, &defaults, &room);
    assert_ptr_equal(read, &room);
    assert_int_equal(read->size, sizeof room);
    assert_int_equal(read->x, 1);
    assert_int_equal(read->one.size, sizeof(part_now));
    assert_int_equal(read->one.a, 2);
    assert_int_equal(read->one.b, 12);
    assert_int_equal(read->y, 3);
    assert_int_equal(read->two.a, 4);
    assert_int_equal(read->two.b, 22);
    assert_int_equal(read->z, 30);
}

static void what_is_ours_is_read_where_it_stands(void **state)
{
    (void)state;
    whole_now room;
    assert_ptr_equal(gl_layout_read(&layout, &defaults, &defaults, &room), &defaults);
}

static void a_later_caller_is_read_unless_it_sets_what_we_do_not_know(void **state)
{
    (void)state;
    whole_later later = { .size = sizeof later,
                          .x = 1,
                          .one = { .size = sizeof(part_later), .a = 2, .b = 3 },
                          .y = 4,
                          .two = { .size = sizeof(part_later), .a = 5, .b = 6 },
                          .z = 7 };
    whole_now room;
    const whole_now *read = gl_layout_read(&layout, &later, &defaults, &room);
    assert_non_null(read);
    assert_int_equal(read->two.a, 5);
    assert_int_equal(read->z, 7);
    int64_t *const unknown[] = { &later.one.c, &later.two.c, &later.last };
    for (size_t i = 0; i < 3; i++) {
        *unknown[i] = 1;
        assert_null(gl_layout_read(&layout, &later, &defaults, &room));
        *unknown[i] = 0;
        assert_non_null(gl_layout_read(&layout, &later, &defaults, &room));
    }
}

/* What memory held that nobody initialized, and sizes that lie. */
static void a_size_that_cannot_be_is_refused(void **state)
{
    (void)state;
    static const size_t wrong[] = { 0, 1, sizeof(size_t) - 1, 4097, SIZE_MAX };
    whole_now room, bad;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        bad = defaults;
        bad.size = wrong[i];
        assert_null(gl_layout_read(&layout, &bad, &defaults, &room));
        assert_false(gl_layout_write(&layout, &bad, &defaults));
        bad = defaults;
        bad.one.size = wrong[i];
        assert_null(gl_layout_read(&layout, &bad, &defaults, &room));
        bad = defaults;
        bad.two.size = wrong[i];
        assert_null(gl_layout_read(&layout, &bad, &defaults, &room));
    }
}

/* The struct itself is the fault where it is no part's. */
static void the_part_at_fault_is_known(void **state)
{
    (void)state;
    whole_now bad = defaults;
    bad.size = 0;
    assert_int_equal(gl_layout_fault(&layout, &bad), 2);
    bad = defaults;
    bad.one.size = 0;
    assert_int_equal(gl_layout_fault(&layout, &bad), 0);
    bad = defaults;
    bad.two.size = 0;
    assert_int_equal(gl_layout_fault(&layout, &bad), 1);
    whole_later later = { .size = sizeof later,
                          .one = { .size = sizeof(part_later) },
                          .two = { .size = sizeof(part_later) } };
    int64_t *const unknown[] = { &later.one.c, &later.two.c, &later.last };
    for (size_t i = 0; i < 3; i++) {
        *unknown[i] = 1;
        assert_int_equal(gl_layout_fault(&layout, &later), i);
        *unknown[i] = 0;
    }
}

static void a_caller_that_knew_no_part_yet_gets_the_parts_defaults(void **state)
{
    (void)state;
    struct {
        size_t size;
        int64_t x;
    } first = { sizeof first, 1 };
    whole_now room;
    const whole_now *read = gl_layout_read(&layout, &first, &defaults, &room);
    assert_non_null(read);
    assert_int_equal(read->x, 1);
    assert_memory_equal(&read->one, &defaults.one, sizeof read->one);
    assert_int_equal(read->z, 30);
}

static void writing_keeps_the_callers_sizes_and_nothing_is_written_behind_it(void **state)
{
    (void)state;
    struct {
        whole_before it;
        int64_t guard;
    } before = {
        { sizeof(whole_before), 0, { sizeof(part_before), 0 }, 0, { sizeof(part_before), 0 } }, 77
    };
    assert_true(gl_layout_write(&layout, &before.it, &defaults));
    assert_int_equal(before.it.size, sizeof before.it);
    assert_int_equal(before.it.x, 10);
    assert_int_equal(before.it.one.size, sizeof(part_before));
    assert_int_equal(before.it.one.a, 11);
    assert_int_equal(before.it.y, 20);
    assert_int_equal(before.it.two.a, 21);
    assert_int_equal(before.guard, 77);
    whole_later later;
    memset(&later, 0xAB, sizeof later);
    later.size = sizeof later;
    later.one.size = later.two.size = sizeof(part_later);
    assert_true(gl_layout_write(&layout, &later, &defaults));
    assert_int_equal(later.size, sizeof later);
    assert_int_equal(later.two.b, 22);
    assert_int_equal(later.z, 30);
    assert_int_equal(later.one.c, 0); /* not known here: zero */
    assert_int_equal(later.last, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_not_known_before_has_its_default),
        cmocka_unit_test(what_is_ours_is_read_where_it_stands),
        cmocka_unit_test(a_later_caller_is_read_unless_it_sets_what_we_do_not_know),
        cmocka_unit_test(a_size_that_cannot_be_is_refused),
        cmocka_unit_test(the_part_at_fault_is_known),
        cmocka_unit_test(a_caller_that_knew_no_part_yet_gets_the_parts_defaults),
        cmocka_unit_test(writing_keeps_the_callers_sizes_and_nothing_is_written_behind_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
