/* base/slice: a part is found where memmem finds it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/rng.h"
#include "base/slice.h"

static void a_part_is_found_where_memmem_finds_it(void **state)
{
    (void)state;
    char text[600], part[300];
    gl_rng rng;
    gl_rng_seed(&rng, 1);
    for (int round = 0; round < 20000; round++) {
        size_t text_len = gl_rng_below(&rng, 40), part_len = 1 + gl_rng_below(&rng, 5);
        for (size_t i = 0; i < text_len; i++) text[i] = (char)('a' + gl_rng_below(&rng, 2));
        for (size_t i = 0; i < part_len; i++) part[i] = (char)('a' + gl_rng_below(&rng, 2));
        const char *found = gl_slice_find(gl_slice_of(text, text_len), gl_slice_of(part, part_len));
        assert_ptr_equal(found, memmem(text, text_len, part, part_len));
    }
}

static void a_long_part_is_found_behind_a_beginning_like_its_own(void **state)
{
    (void)state;
    char text[600], part[300];
    memset(text, 'x', sizeof text);
    memset(part, 'x', sizeof part);
    part[299] = text[450] = 'y';
    const char *found = gl_slice_find(gl_slice_of(text, 600), gl_slice_of(part, 300));
    assert_ptr_equal(found, text + 151);
    assert_null(gl_slice_find(gl_slice_of(text, 450), gl_slice_of(part, 300)));
}

static void no_part_and_one_longer_than_the_text_are_not_found(void **state)
{
    (void)state;
    assert_null(gl_slice_find(gl_slice_str("abc"), gl_slice_str("")));
    assert_null(gl_slice_find(gl_slice_str("abc"), gl_slice_str("abcd")));
    assert_null(gl_slice_find(gl_slice_of(NULL, 0), gl_slice_str("a")));
    assert_null(gl_slice_find(gl_slice_of(NULL, 0), gl_slice_of(NULL, 0)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_part_is_found_where_memmem_finds_it),
        cmocka_unit_test(a_long_part_is_found_behind_a_beginning_like_its_own),
        cmocka_unit_test(no_part_and_one_longer_than_the_text_are_not_found),
    };
    return cmocka_run_group_tests_name("base/slice", tests, NULL, NULL);
}
