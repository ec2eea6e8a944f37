/* The identity under which an answer is stored: of key, endpoint, path and the caller's scope. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/sha256.h"
#include "policy/key.h"

static const gl_slice nobody = { NULL, 0 };
static void a_caller_s_scope_is_a_part_of_its_own(void **state)
{
    (void)state;
    gl_keyer *keyer = gl_keyer_new();
    enum { COUNT = 5 };
    static const char *const callers[COUNT] = { "a", "b", "ab", "/chat", "" };
    glimpse_key key = { .bytes = { 1 } }, ids[COUNT], without;
    gl_slice scope = gl_slice_str("https://x/v1"), path = gl_slice_str("/chat");
    assert_int_equal(gl_keyer_identity(keyer, &key, scope, path, nobody, nobody, &without),
                     GLIMPSE_OK);
    for (size_t i = 0; i < COUNT; i++) {
        gl_slice caller = gl_slice_str(callers[i]);
        assert_int_equal(gl_keyer_identity(keyer, &key, scope, path, caller, nobody, &ids[i]),
                         GLIMPSE_OK);
        assert_memory_not_equal(&ids[i], &without, sizeof without);
        for (size_t j = 0; j < i; j++) assert_memory_not_equal(&ids[i], &ids[j], sizeof without);
    }
    /* The identity of a request without one is that of earlier versions: SHA-256 of the three
     * parts, each behind its length. */
    const unsigned char path_len[8] = { 5 }, scope_len[8] = { 12 }, key_len[8] = { 32 };
    const gl_slice parts[] = { { (const char *)key_len, 8 },   { (const char *)key.bytes, 32 },
                               { (const char *)scope_len, 8 }, scope,
                               { (const char *)path_len, 8 },  path };
    unsigned char digest[32];
    gl_sha256 *sha = gl_sha256_new();
    assert_true(gl_sha256_digest(sha, parts, 6, digest));
    gl_sha256_free(sha);
    assert_memory_equal(digest, &without, sizeof digest);
    gl_keyer_free(keyer);
}

static void an_identity_tells_all_its_parts_apart(void **state)
{
    (void)state;
    gl_keyer *keyer = gl_keyer_new();
    static const char *const parts[][2] = {
        { "", "" },    { "a", "" },   { "", "a" },     { "ab", "c" },
        { "a", "bc" }, { "abc", "" }, { "a\n", "bc" }, { "https://x/v1", "/chat" },
        { "b", "" },
    };
    enum { COUNT = sizeof parts / sizeof *parts };
    glimpse_key key = { .bytes = { 1 } }, ids[COUNT], again;
    for (size_t i = 0; i < COUNT; i++) {
        gl_slice scope = gl_slice_str(parts[i][0]), path = gl_slice_str(parts[i][1]);
        assert_int_equal(gl_keyer_identity(keyer, &key, scope, path, nobody, nobody, &ids[i]),
                         GLIMPSE_OK);
        assert_int_equal(gl_keyer_identity(keyer, &key, scope, path, nobody, nobody, &again),
                         GLIMPSE_OK);
        assert_memory_equal(&ids[i], &again, sizeof again);
        for (size_t j = 0; j < i; j++) assert_memory_not_equal(&ids[i], &ids[j], sizeof again);
    }
    glimpse_key other = { .bytes = { 2 } };
    gl_slice none = gl_slice_str("");
    assert_int_equal(gl_keyer_identity(keyer, &other, none, none, nobody, nobody, &again),
                     GLIMPSE_OK);
    assert_memory_not_equal(&ids[0], &again, sizeof again);
    gl_keyer_free(keyer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_caller_s_scope_is_a_part_of_its_own),
        cmocka_unit_test(an_identity_tells_all_its_parts_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
