/* core/base/siphash: the published values, and seeds that differ. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/siphash.h"

/* Of the bytes 0, 1, 2, ... under the key 00 01 ... 0f: the authors' test vectors, of which the
 * paper's appendix has the last. */
static const uint64_t published[16] = {
    UINT64_C(0x726fdb47dd0e0e31), UINT64_C(0x74f839c593dc67fd), UINT64_C(0x0d6c8009d9a94f5a),
    UINT64_C(0x85676696d7fb7e2d), UINT64_C(0xcf2794e0277187b7), UINT64_C(0x18765564cd99a68d),
    UINT64_C(0xcbc9466e58fee3ce), UINT64_C(0xab0200f58b01d137), UINT64_C(0x93f5f5799a932462),
    UINT64_C(0x9e0082df0ba9e4b0), UINT64_C(0x7a5dbbc594ddb9f3), UINT64_C(0xf4b32f46226bada7),
    UINT64_C(0x751e8fbc860ee5fb), UINT64_C(0x14ea5627c0843d90), UINT64_C(0xf723ca908e7af2ee),
    UINT64_C(0xa129ca6149be45e5),
};

static void it_gives_the_published_values(void **state)
{
    (void)state;
    const gl_siphash_seed seed = { { UINT64_C(0x0706050403020100), UINT64_C(0x0f0e0d0c0b0a0908) } };
    unsigned char bytes[16];
    for (size_t i = 0; i < 16; i++) {
        bytes[i] = (unsigned char)i;
        assert_true(gl_siphash(&seed, bytes, i) == published[i]);
    }
}

static void seeds_differ_and_so_do_hashes(void **state)
{
    (void)state;
    gl_siphash_seed a = gl_siphash_new_seed(), b = gl_siphash_new_seed();
    assert_true(a.half[0] != b.half[0] && a.half[1] != b.half[1]);
    assert_true(gl_siphash(&a, "id", 2) != gl_siphash(&b, "id", 2));
    assert_true(gl_siphash(&a, "id", 2) == gl_siphash(&a, "id", 2));
}

static void the_hash_of_parts_tells_where_they_end(void **state)
{
    (void)state;
    uint64_t one = gl_hash(gl_hash(0, "ab", 2), "c", 1),
             other = gl_hash(gl_hash(0, "a", 1), "bc", 2);
    assert_true(one != other);
    assert_true(one == gl_hash(gl_hash(0, "ab", 2), "c", 1));
    assert_true(gl_hash(0, NULL, 0) != gl_hash(gl_hash(0, NULL, 0), NULL, 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_gives_the_published_values),
        cmocka_unit_test(seeds_differ_and_so_do_hashes),
        cmocka_unit_test(the_hash_of_parts_tells_where_they_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
