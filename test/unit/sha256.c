/* sha256.c - the examples of FIPS 180-4, and a context used many times. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/sha256.h"

static void hex_of(gl_sha256 *sha, const gl_slice *parts, size_t count, char hex[65])
{
    unsigned char digest[32];
    assert_true(gl_sha256_digest(sha, parts, count, digest));
    for (size_t i = 0; i < 32; i++) snprintf(hex + 2 * i, 3, "%02x", digest[i]);
}

static void digests_are_those_of_the_standard(void **state)
{
    (void)state;
    static const char *const examples[][2] = {
        { "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" },
        { "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
        { "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
          "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1" },
    };
    size_t live = gl_alloc_live();
    gl_sha256 *sha = gl_sha256_new();
    assert_non_null(sha);
    for (int turn = 0; turn < 3; turn++) {
        for (size_t i = 0; i < sizeof examples / sizeof *examples; i++) {
            char hex[65];
            gl_slice whole = gl_slice_str(examples[i][0]);
            hex_of(sha, &whole, 1, hex);
            assert_string_equal(hex, examples[i][1]);
        }
    }
    gl_sha256_free(sha);
    gl_sha256_free(NULL);
    assert_int_equal(gl_alloc_live(), live);
}

static void parts_are_one_text(void **state)
{
    (void)state;
    gl_sha256 *sha = gl_sha256_new();
    const gl_slice parts[] = { gl_slice_str("a"), gl_slice_of(NULL, 0), gl_slice_str("bc") };
    char hex[65];
    hex_of(sha, parts, 3, hex);
    assert_string_equal(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    hex_of(sha, NULL, 0, hex);
    assert_string_equal(hex, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    gl_sha256_free(sha);
}

static bool no(void)
{
    return false;
}

static void without_memory_there_is_none(void **state)
{
    (void)state;
    size_t live = gl_alloc_live();
    gl_alloc_set_gate(no);
    assert_null(gl_sha256_new());
    gl_alloc_set_gate(NULL);
    assert_int_equal(gl_alloc_live(), live);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(digests_are_those_of_the_standard),
        cmocka_unit_test(parts_are_one_text),
        cmocka_unit_test(without_memory_there_is_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
