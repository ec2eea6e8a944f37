/* cli/options/loopback: what is written like this machine, and what only looks like it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "options/loopback.h"

static void this_machine_is_known_however_it_is_written(void **state)
{
    (void)state;
    static const char *const here[] = { "localhost",       "LOCALHOST:80", "localhost.",
                                        "a.b.localhost:1", "127.0.0.1",    "127.1.2.3:9",
                                        "[::1]",           "[::1]:80",     "[::ffff:127.0.0.1]" };
    static const char *const elsewhere[] = { "",
                                             ":80",
                                             ".",
                                             "[",
                                             "[::1",
                                             "[]",
                                             "notlocalhost",
                                             "localhost.example.com",
                                             "127.0.0.1.example.com",
                                             "0.0.0.0",
                                             "127.1",
                                             "[::]",
                                             "[::ffff:10.0.0.1]",
                                             "[fe80::1]",
                                             "10.127.0.1" };
    for (size_t i = 0; i < sizeof here / sizeof *here; i++)
        assert_true(loopback_host(gl_slice_str(here[i])));
    for (size_t i = 0; i < sizeof elsewhere / sizeof *elsewhere; i++)
        assert_false(loopback_host(gl_slice_str(elsewhere[i])));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(this_machine_is_known_however_it_is_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
