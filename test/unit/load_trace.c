/* load_trace.c - recorded times, replayed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/alloc.h"
#include "load/trace.h"

static bool read_text(load_trace *trace, const char *text, char problem[128])
{
    return load_trace_read(trace, gl_slice_str(text), problem, 128);
}

static void times_since_1970_keep_their_nanoseconds(void **state)
{
    (void)state;
    size_t live = gl_alloc_live();
    load_trace trace;
    char problem[128];
    assert_true(read_text(&trace,
                          "# made by hand\n1700158546.680590000,412,18\n\n"
                          "1700158546.680590001\r\n  1700158548;x\n1700158549.6805900009",
                          problem));
    assert_int_equal(trace.count, 4);
    assert_int_equal(load_trace_length(&trace), 3 * GL_SECOND);
    assert_int_equal(load_trace_next(&trace), 0);
    assert_int_equal(load_trace_next(&trace), 1);
    assert_int_equal(load_trace_next(&trace), 1319410000);
    assert_int_equal(load_trace_next(&trace), 3 * GL_SECOND);
    assert_true(load_trace_next(&trace) == GL_TIME_NEVER);
    assert_true(load_trace_next(&trace) == GL_TIME_NEVER);
    load_trace_free(&trace);
    assert_int_equal(gl_alloc_live(), live);
}

static void times_out_of_order_are_put_in_order(void **state)
{
    (void)state;
    load_trace trace;
    char problem[128];
    assert_true(read_text(&trace, "2.5\n2\n3\n2\n", problem));
    const gl_time expected[] = { 0, 0, GL_SECOND / 2, GL_SECOND };
    for (size_t i = 0; i < 4; i++) assert_int_equal(load_trace_next(&trace), expected[i]);
    load_trace_free(&trace);
}

static void a_line_that_is_no_time_is_named(void **state)
{
    (void)state;
    static const char *const bad[] = { "1\n\nx\n",   "1\n2\n-1\n",          "1\n2\n1e3\n",
                                       "1\n2\n.5\n", "1\n2\n10000000000\n", "1\n2\n1.2.3\n" };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        load_trace trace;
        char problem[128] = "";
        assert_false(read_text(&trace, bad[i], problem));
        assert_non_null(strstr(problem, "line 3"));
        load_trace_free(&trace);
    }
    load_trace trace;
    char problem[128] = "";
    assert_false(read_text(&trace, "# nothing\n", problem));
    assert_string_equal(problem, "has no times");
    load_trace_free(&trace);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(times_since_1970_keep_their_nanoseconds),
        cmocka_unit_test(times_out_of_order_are_put_in_order),
        cmocka_unit_test(a_line_that_is_no_time_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
