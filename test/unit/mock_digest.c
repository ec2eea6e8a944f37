/* mock_digest.c - the name that the mock gives a request. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>

#include "mock/digest.h"

/* Where an answer of the mock changed with the release, a benchmark's bodies would change too. */
static void same_request_has_the_same_digest_in_every_process(void **state)
{
    (void)state;
    unsigned char digest[MOCK_DIGEST];
    char hex[2 * MOCK_DIGEST + 1];
    mock_digest(gl_slice_str("/v1/chat/completions"), gl_slice_str("{\"model\":\"m\"}"), digest);
    for (size_t i = 0; i < sizeof digest; i++) snprintf(hex + 2 * i, 3, "%02x", digest[i]);
    assert_string_equal(hex, "f29db12fc5c44a51e84a743563dc8acfdc4ba61503ae75fe1b74cbc777fdebf8");
}

static void request_differs_by_each_byte_and_by_where_its_path_ends(void **state)
{
    (void)state;
    static const char *const table[][2] = {
        { "/a", "b" }, { "/ab", "" }, { "/", "ab" }, { "/a", "c" }, { "/b", "b" }, { "/a", "b " },
    };
    enum { COUNT = sizeof table / sizeof table[0] };
    unsigned char digest[COUNT][MOCK_DIGEST];
    for (size_t i = 0; i < COUNT; i++)
        mock_digest(gl_slice_str(table[i][0]), gl_slice_str(table[i][1]), digest[i]);
    for (size_t i = 0; i < COUNT; i++) {
        for (size_t j = 0; j < i; j++) {
            for (size_t word = 0; word < MOCK_DIGEST; word += 8)
                assert_memory_not_equal(digest[i] + word, digest[j] + word, 8);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(same_request_has_the_same_digest_in_every_process),
        cmocka_unit_test(request_differs_by_each_byte_and_by_where_its_path_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
