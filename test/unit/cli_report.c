/* cli/report: the summary's object. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/alloc.h"
#include "report.h"

static void cache_that_shrank_says_so(void **state)
{
    (void)state;
    size_t live = gl_alloc_live();
    for (uint64_t shrunk = 0; shrunk < 3; shrunk += 2) {
        cli_report report;
        gl_buf out;
        memset(&report, 0, sizeof report);
        report.stats.cache.shrunk = shrunk;
        gl_buf_init(&out, 65536);
        report_json(&report, &out);
        assert_false(out.failed);
        gl_buf_append_char(&out, '\0');
        assert_non_null(
            strstr(out.data, "\"cache\":{\"hits\":0,\"misses\":0,\"store_hits\":0,\"hit_rate\":0"));
        assert_true((strstr(out.data, "\"shrunk\":2}") != NULL) == (shrunk > 0));
        assert_true((strstr(out.data, "shrunk") != NULL) == (shrunk > 0));
        gl_buf_free(&out);
    }
    assert_int_equal(gl_alloc_live(), live);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(cache_that_shrank_says_so) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
